"""Where profiles are: those that come with the product, and the customer's own in HR_PROFILES_DIR.

An unusable profile of the customer's stops its own source only: that one answers 503, so that the sender comes back.
"""

import logging
import re
from pathlib import Path

from provisioning.errors import ConfigurationError
from provisioning.settings import HrSettings, load

log = logging.getLogger(__name__)

DIRECTORY_SETTING = "HR_PROFILES_DIR"
SHIPPED = Path(__file__).parent / "profiles"
PACKAGE = Path(__file__).resolve().parents[3]  # where function_app.py is
NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
LONGEST_NAME = 40


def is_name(text: str) -> bool:
    """Whether a source may be called so: it becomes part of an address, of a setting and of a secret's name."""
    return len(text) <= LONGEST_NAME and NAME.fullmatch(text) is not None


def customer_directory() -> Path | None:
    """The customer's directory, or None without the setting. A relative one is below the package.

    Raises:
        Misconfigured: It is not a directory.
    """
    value = load(HrSettings).profiles_dir
    if not value:
        return None
    directory = PACKAGE / value
    if not is_directory(directory):
        remedy = "Set it to a directory of *.toml files in the deployed package, or remove it."
        raise ConfigurationError(DIRECTORY_SETTING, fault="names no directory", remedy=remedy)
    return directory


def is_directory(path: Path) -> bool:
    """Whether it is one that can be looked into."""
    try:
        return path.is_dir()
    except OSError:
        return False


def profile_path(name: str) -> Path | None:
    """The profile of this name, the customer's before ours; None if there is none.

    Raises:
        Misconfigured: The customer's directory is not there: what would be in it must not be read by our profile.
    """
    if not is_name(name):
        return None
    for directory in (customer_directory(), SHIPPED):
        path = directory / f"{name}.toml" if directory else None
        if path and path.is_file():
            return path
    return None


def profile_names() -> set[str]:
    """The names of all profiles.

    Raises:
        Misconfigured: The customer's directory is not there.
    """
    found = {
        path.stem for directory in (customer_directory(), SHIPPED) if directory for path in directory.glob("*.toml")
    }
    return {name for name in found if is_name(name)}


def faults_in(directory: Path) -> list[str]:
    """What is wrong in a directory of profiles: a sentence each, with file and line where there is one."""
    from provisioning.webhooks.sources.profile_loader import ProfileFault, load_profile
    from provisioning.webhooks.sources.registry import ADAPTERS

    faults = []
    for path in sorted(directory.glob("*.toml")):
        if path.stem in ADAPTERS:
            faults.append(f"{path}: {path.stem} is a source in code, which no profile replaces. Rename the file.")
        elif not is_name(path.stem):
            faults.append(
                f"{path}: {path.stem} cannot be a source's name. Use a-z, 0-9 and single hyphens, at most 40."
            )
        else:
            try:
                load_profile(path)
            except ProfileFault as error:
                faults.append(error.located)
    return faults


def log_faults() -> None:
    """At the start of a process: log what is wrong with the customer's profiles.

    Raises nothing at all: an exception here would hide every function of the app.
    """
    try:
        directory = customer_directory()
        for fault in faults_in(directory) if directory else []:
            log.error("hr profiles: %s", fault)
    except ConfigurationError as error:
        log.error("hr profiles: %s", error)
    except Exception:
        log.exception("hr profiles: they could not be checked; look with python -m provisioning sources check")
