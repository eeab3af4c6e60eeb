"""Checks a directory of profiles, at the start of a process and for the command line."""

from pathlib import Path

from provisioning.errors import ConfigurationError
from provisioning.hr_profiles import SOURCES_IN_CODE, customer_directory, is_name
from provisioning.log import EventLog

log = EventLog(__name__)


def faults_in(directory: Path) -> list[str]:
    """Return the faults of a directory of profiles: a sentence each, with file and line where there is one."""
    from provisioning.webhooks.sources.profile_loader import ProfileFault, load_profile

    faults = []
    for path in sorted(directory.glob("*.toml")):
        if path.stem in SOURCES_IN_CODE:
            faults.append(f"{path}: {path.stem} is a built-in source, which a profile cannot replace. Rename the file.")
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
            log.error("hr_profiles", reason=fault)
    except ConfigurationError as error:
        log.error("hr_profiles", reason=error)
    except Exception:
        log.exception(
            "hr_profiles", reason="they could not be checked; run python -m provisioning sources check to see why"
        )
