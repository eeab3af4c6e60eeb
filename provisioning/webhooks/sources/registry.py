"""Finds a source by its name."""

from importlib import import_module

from provisioning.webhooks.sources.base import Source
from provisioning.webhooks.sources.profile_directory import profile_names, profile_path

# Imported when asked for: a webhook has three seconds, a cold start included.
ADAPTERS = ("bamboohr", "cloudevents", "eventgrid", "standard-webhooks")


def find_source(name: str) -> Source | None:
    """The source of this name, or None. A customer's profile goes before one that comes with the product.

    Raises:
        Misconfigured: It is described by a profile of the customer's that has a fault.
    """
    if name in ADAPTERS:
        found: Source = import_module(f"{__package__}.{name.replace('-', '_')}").SOURCE
        return found
    path = profile_path(name)
    if path is None:
        return None
    from provisioning.webhooks.sources.profile_loader import load_profile
    from provisioning.webhooks.sources.profile_source import source_of

    return source_of(name, load_profile(path))


def all_names() -> list[str]:
    """Every source there is, in the order of the alphabet."""
    return sorted({*ADAPTERS, *profile_names()})
