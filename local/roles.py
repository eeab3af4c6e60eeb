"""Which Function App reads which settings."""

from collections.abc import Mapping

from landing.settings import PageSettings
from provisioning.board_settings import BoardHistorySettings, BoardNameSettings, BoardSettings
from provisioning.hr_settings import (
    AddressPrivateKeySettings,
    AddressPublicKeySettings,
    HrSettings,
    PrivateAddressSettings,
)
from provisioning.messages.settings import MessageSettings
from provisioning.organization_settings import DeadlineSettings, OrganizationSettings, TimeZoneSettings
from provisioning.pass_settings import PassHelpdeskSettings, PassSettings
from provisioning.passes.settings import PassMakingSettings
from provisioning.people_settings import PeopleSettings, WindowSettings
from provisioning.settings import (
    AdministrationSettings,
    AppSettings,
    BreakGlassSettings,
    GraphSettings,
    OutgoingSettings,
    RetentionSettings,
    SingleAppSettings,
    StorageSettings,
    TenantSettings,
)
from provisioning.support.settings import HealthSettings
from provisioning.tenant.settings import TenantIdentitySettings, TenantObjectSettings

# Which Function App reads what. infra/ writes exactly these, and docs/configuration.md lists them.
ROLES: Mapping[str, tuple[type[AppSettings], ...]] = {
    "front": (
        TenantSettings,
        StorageSettings,
        HrSettings,
        AddressPublicKeySettings,
        PrivateAddressSettings,
        BoardSettings,
        BoardNameSettings,
        PassHelpdeskSettings,
        PageSettings,
        OrganizationSettings,
    ),
    "people": (
        TenantSettings,
        StorageSettings,
        GraphSettings,
        HrSettings,
        AddressPrivateKeySettings,
        BreakGlassSettings,
        PeopleSettings,
        BoardHistorySettings,
        OutgoingSettings,
        MessageSettings,
        OrganizationSettings,
        PassSettings,
        RetentionSettings,
    ),
    "passes": (TenantSettings, StorageSettings, GraphSettings, TimeZoneSettings, PassMakingSettings, RetentionSettings),
    "tenant": (
        TenantSettings,
        StorageSettings,
        GraphSettings,
        TenantIdentitySettings,
        TenantObjectSettings,
        WindowSettings,
        DeadlineSettings,
        HealthSettings,
        AdministrationSettings,
        SingleAppSettings,
    ),
}
