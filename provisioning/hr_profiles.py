"""Where profiles of HR systems are, and which sources can be believed: read by front, and again by the people role.

Those that come with the product, and the customer's own in HR_PROFILES_DIR. An unusable profile of the customer's stops
its own source only: that one answers 503, so that the sender comes back.
"""

import re
import tomllib
from pathlib import Path

from provisioning.errors import ConfigurationError
from provisioning.hr_settings import HrSettings
from provisioning.settings import load

DIRECTORY_SETTING = "HR_PROFILES_DIR"
SHIPPED = Path(__file__).parent / "webhooks" / "sources" / "profiles"
PACKAGE = Path(__file__).resolve().parents[1]  # where function_app.py is
SOURCES_IN_CODE = ("bamboohr", "cloudevents", "eventgrid", "standard-webhooks")  # no profile replaces these
NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
LONGEST_NAME = 40


def is_name(text: str) -> bool:
    """Return whether a source may have this name: it becomes part of an address, a setting and a secret's name."""
    return len(text) <= LONGEST_NAME and NAME.fullmatch(text) is not None


def customer_directory() -> Path | None:
    """Return the customer's directory, or None without the setting. A relative one is below the package.

    Raises:
        ConfigurationError: It is not a directory.
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
    """Return whether the path is a directory that can be read."""
    try:
        return path.is_dir()
    except OSError:
        return False


def profile_path(name: str) -> Path | None:
    """Return the profile of this name, the customer's before ours; None if there is none.

    Raises:
        ConfigurationError: The customer's directory is not there: what would be in it must not be read by our profile.
    """
    if not is_name(name):
        return None
    for directory in (customer_directory(), SHIPPED):
        path = directory / f"{name}.toml" if directory else None
        if path and path.is_file():
            return path
    return None


def profile_names() -> set[str]:
    """Return the names of all profiles.

    Raises:
        ConfigurationError: The customer's directory is not there.
    """
    found = {
        path.stem for directory in (customer_directory(), SHIPPED) if directory for path in directory.glob("*.toml")
    }
    return {name for name in found if is_name(name)}


def is_believed(source: str) -> bool:
    """Return whether a source's word counts by itself. Without a sound profile that says so it does not.

    What a queue message says of its own source proves nothing: any writer to the queue could say it.
    """
    if source in SOURCES_IN_CODE:
        return True
    try:
        path = profile_path(source)
        return path is not None and tomllib.loads(path.read_text(encoding="utf-8")).get("confirmed") is True
    except (ConfigurationError, OSError, ValueError, RecursionError):
        return False
