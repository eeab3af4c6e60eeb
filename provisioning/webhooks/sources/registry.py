"""Finds a source by its name."""

from importlib import import_module

from provisioning.hr_profiles import SOURCES_IN_CODE, profile_names, profile_path
from provisioning.model.hires import HireEventType
from provisioning.webhooks.sources.base import Source


def find_source(name: str) -> Source | None:
    """Return the source of this name, or None. A customer's profile goes before one that comes with the product.

    Raises:
        ConfigurationError: It is described by a profile of the customer's that has a fault.
    """
    if name in SOURCES_IN_CODE:  # imported when asked for: a webhook has three seconds, a cold start included
        found: Source = import_module(f"{__package__}.{name.replace('-', '_')}").SOURCE
        return found
    path = profile_path(name)
    if path is None:
        return find_event_address(name)
    from provisioning.webhooks.sources.profile_loader import load_profile
    from provisioning.webhooks.sources.profile_source import source_of

    return source_of(name, load_profile(path))


def find_event_address(name: str) -> Source | None:
    """Return the source at an address that says what happened: workday-terminated, start-date-changed and so on.

    For senders whose body names the person and not what happened: a flow or a report for each event.
    """
    for kind in HireEventType:
        base = name.removesuffix(f"-{kind.replace('_', '-')}")
        path = profile_path(base) if base != name else None
        if path is None:
            continue
        from provisioning.webhooks.sources.profile_loader import load_profile
        from provisioning.webhooks.sources.profile_source import source_of

        profile = load_profile(path)
        return source_of(base, profile, fixed=kind) if profile.addresses_by_event else None
    return None


def all_names() -> list[str]:
    """Return every source there is, in alphabetical order."""
    return sorted({*SOURCES_IN_CODE, *profile_names()})
