"""The page's settings, parsed once for as long as the environment stays as it is: parsing takes as long as a page."""

import os
from functools import lru_cache
from uuid import UUID

from landing.settings import PageSettings
from provisioning.settings import TenantSettings, load

NAMES = tuple(str(field.validation_alias) for field in PageSettings.model_fields.values())
TENANT_ID = "TENANT_ID"


def page_settings() -> PageSettings:
    """Return what the page needs to know of the organization.

    Raises:
        ConfigurationError: A setting is wrong.
    """
    return parse_page_settings(tuple(os.environ.get(name) for name in NAMES))


def own_tenant_id() -> UUID:
    """Return the tenant that this deployment serves.

    Raises:
        ConfigurationError: The setting is missing or wrong.
    """
    return parse_tenant_id(os.environ.get(TENANT_ID))


@lru_cache(maxsize=4)
def parse_page_settings(values: tuple[str | None, ...]) -> PageSettings:
    """Parse the settings that have these values now; the values are the cache's key."""
    return load(PageSettings)


@lru_cache(maxsize=4)
def parse_tenant_id(value: str | None) -> UUID:
    """Parse the setting that has this value now; the value is the cache's key."""
    return load(TenantSettings).tenant_id
