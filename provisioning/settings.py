"""App settings, typed and frozen. One class for each thing that needs some, so that a missing one stops only that.

Every name here stands in `infra/` too; a test compares the two lists.
"""

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar
from uuid import UUID

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from provisioning.errors import ConfigurationError, SettingFault, SettingsError
from provisioning.setting_faults import faults_of

OWN_LOGO = Path(__file__).parent / "tenant" / "logo.png"


def split(value: object) -> object:
    """The parts of a text that are separated by commas; anything else as it is."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


class AppSettings(BaseSettings):
    """Base: read from the environment, ignore what is not ours, never change.

    A field's description ends the sentence "Set NAME to ..."; the errors and docs/configuration.md are made of it.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True, populate_by_name=False)


class TenantSettings(AppSettings):
    """Which tenant this deployment serves."""

    tenant_id: UUID = Field(
        validation_alias="TENANT_ID", description="the id of the Entra tenant that this deployment serves"
    )


class StorageSettings(AppSettings):
    """Where queues and tables are: by identity in Azure, by connection string on a laptop."""

    connection_string: SecretStr | None = Field(
        default=None,
        validation_alias="AzureWebJobsStorage",
        description="the storage account's connection string, on a laptop; in Azure the settings below take its place",
    )
    queue_service_uri: str | None = Field(
        default=None,
        validation_alias="AzureWebJobsStorage__queueServiceUri",
        description="the address of the storage account's queues",
    )
    table_service_uri: str | None = Field(
        default=None,
        validation_alias="AzureWebJobsStorage__tableServiceUri",
        description="the address of the storage account's tables",
    )
    client_id: str | None = Field(
        default=None,
        validation_alias="AzureWebJobsStorage__clientId",
        description="the client id of the managed identity that reaches the storage account",
    )

    @model_validator(mode="after")
    def one_way_in(self) -> Self:
        """Check that the connection string or both service addresses are there."""
        if self.connection_string is None and not (self.queue_service_uri and self.table_service_uri):
            raise ConfigurationError(
                "AzureWebJobsStorage",
                fault="is missing",
                remedy="Set AzureWebJobsStorage__queueServiceUri and AzureWebJobsStorage__tableServiceUri, "
                "or a connection string on a laptop.",
            )
        return self


class GraphSettings(AppSettings):
    """Where Microsoft Graph is; the default is the global cloud.

    Hosts of the national clouds: learn.microsoft.com/graph/deployments.
    """

    endpoint: str = Field(
        default="https://graph.microsoft.com",
        validation_alias="GRAPH_ENDPOINT",
        description="the address of Microsoft Graph in the tenant's cloud",
    )
    scope: str = Field(
        default="https://graph.microsoft.com/.default",
        validation_alias="GRAPH_SCOPE",
        description="the scope of tokens for Microsoft Graph in the tenant's cloud",
    )

    @field_validator("endpoint")
    @classmethod
    def no_trailing_slash(cls, value: str) -> str:
        """A trailing slash would double in every address."""
        return value.rstrip("/")


class WindowSettings(AppSettings):
    """When a new hire is invited. Two roles read it: one invites, the other reports when that will be."""

    enroll_days_before_start: int = Field(
        default=14,
        ge=0,
        le=90,
        validation_alias="ENROLL_DAYS_BEFORE_START",
        description="the number of days before the first working day on which a new hire is invited",
    )

    @property
    def window(self) -> timedelta:
        """How long before the first day a person is invited."""
        return timedelta(days=self.enroll_days_before_start)


class PeopleSettings(WindowSettings):
    """Who counts as a new hire, and what stops a sweep that looks wrong."""

    client_id: str = Field(
        validation_alias="PEOPLE_CLIENT_ID", description="the client id of the people role's managed identity"
    )
    recent_days: int = Field(
        default=30,
        ge=1,
        le=365,
        validation_alias="RECENT_DAYS",
        description="the number of days for which a new account or a past first day still counts as a new hire",
    )
    employee_types: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        validation_alias="SCOPE_EMPLOYEE_TYPES",
        description="the employeeType values whose people are invited, separated by commas; empty invites all",
    )
    departments: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        validation_alias="SCOPE_DEPARTMENTS",
        description="the departments whose people are invited, separated by commas; empty invites all",
    )
    max_changes: int = Field(
        default=500,
        ge=1,
        validation_alias="SWEEP_MAX_CHANGES",
        description="the number of people above which a sweep stops before it invites or removes the first",
    )
    max_percent: int = Field(
        default=20,
        ge=1,
        le=100,
        validation_alias="SWEEP_MAX_PERCENT",
        description="the percentage of all accounts above which it stops likewise; 50 people are always let through",
    )
    sweep_seconds: int = Field(
        default=240,
        ge=10,
        le=1500,
        validation_alias="SWEEP_SECONDS",
        description="the number of seconds after which a sweep stops; the next one goes on where it stopped",
    )

    @field_validator("employee_types", "departments", mode="before")
    @classmethod
    def split_list(cls, value: object) -> object:
        """Names come as one text, separated by commas."""
        return split(value)

    @property
    def recent(self) -> timedelta:
        """How long ago an account may have been made, or a first day may lie, to count as a new hire."""
        return timedelta(days=self.recent_days)


class TenantObjectSettings(AppSettings):
    """What the objects in the tenant are called, and which users the policy must never affect."""

    client_id: str = Field(
        validation_alias="TENANT_CLIENT_ID", description="the client id of the tenant role's managed identity"
    )
    people_principal_id: UUID = Field(
        validation_alias="PEOPLE_PRINCIPAL_ID",
        description="the object id of the people role's managed identity, which owns the group",
    )
    landing_url: str = Field(
        validation_alias="LANDING_URL", description="the https address of the landing page, which the tile opens"
    )
    break_glass_user_ids: Annotated[tuple[UUID, ...], NoDecode] = Field(
        min_length=1,
        validation_alias="BREAK_GLASS_USER_IDS",
        description="the object ids of your emergency access accounts, separated by commas; no policy of this product "
        "ever affects them, and they must exist",
    )
    display_name: str = Field(
        default="MFA Pre-Enrollment",
        min_length=1,
        max_length=80,
        validation_alias="DISPLAY_NAME",
        description="the name of the group, the application and the policy",
    )
    front_principal_id: UUID | None = Field(
        default=None,
        validation_alias="FRONT_PRINCIPAL_ID",
        description="the object id of the front role's managed identity, which signs in as the application "
        "without a secret",
    )
    logo_file: Path = Field(
        default=OWN_LOGO,
        validation_alias="LOGO_FILE",
        description="the path of the tile's picture, a PNG of 215 x 215 pixels",
    )
    assignment_required: bool = Field(
        default=False,
        validation_alias="ASSIGNMENT_REQUIRED",
        description="true to let only assigned people sign in; with false, anyone else gets this product's page",
    )
    policy_users: Literal["group", "all"] = Field(
        default="group",
        validation_alias="POLICY_USERS",
        description="the users that the policy includes: the enrollment group's members, or all",
    )
    authentication_strength: str | None = Field(
        default=None,
        validation_alias="AUTHENTICATION_STRENGTH",
        description="the name or id of an authentication strength to require instead of MFA of any kind; most "
        "strengths do not accept a Temporary Access Pass",
    )
    registration_policy: Literal["off", "mfa", "mfa_or_trusted_location"] = Field(
        default="off",
        validation_alias="REGISTRATION_POLICY",
        description="what a second policy requires before anyone registers security information",
    )
    registration_policy_users: Literal["all", "group"] = Field(
        default="all",
        validation_alias="REGISTRATION_POLICY_USERS",
        description="the users that the second policy includes: all members of the tenant, who are then protected "
        "before they are invited as well, or the enrollment group's members; never guests or emergency access accounts",
    )
    acknowledge_unprotected_registration: bool = Field(
        default=False,
        validation_alias="ACKNOWLEDGE_UNPROTECTED_REGISTRATION",
        description="true to let enable pass although nothing guards the registration of security information",
    )
    soft_deleted: Literal["restore", "purge"] = Field(
        default="restore",
        validation_alias="SOFT_DELETED",
        description="what becomes of objects of this deployment that are in the recycle bin",
    )
    expected_owner_ids: Annotated[tuple[UUID, ...], NoDecode] = Field(
        default=(),
        validation_alias="EXPECTED_OWNER_IDS",
        description="the object ids of further owners that the group and the application may have, separated by commas",
    )

    @field_validator("break_glass_user_ids", "expected_owner_ids", mode="before")
    @classmethod
    def split_list(cls, value: object) -> object:
        """Ids come as one text, separated by commas."""
        return split(value)

    @field_validator("landing_url")
    @classmethod
    def web_address(cls, value: str) -> str:
        """Entra takes https redirect addresses only, and http for loopback (reply-url page of entra-docs)."""
        loopback = value.startswith(("http://127.0.0.1", "http://localhost"))
        if not (value.startswith("https://") or loopback):
            raise ValueError("it must start with https://")
        return value.rstrip("/")


class HealthSettings(AppSettings):
    """When a missing sweep, or a missing look at the tenant, is a fault rather than a pause."""

    sweep_stale_minutes: int = Field(
        default=45,
        ge=1,
        le=7 * 24 * 60,
        validation_alias="SWEEP_STALE_MINUTES",
        description="the number of minutes without a sweep after which health reports a fault",
    )

    watch_stale_hours: int = Field(
        default=49,
        ge=1,
        le=31 * 24,
        validation_alias="WATCH_STALE_HOURS",
        description="the number of hours without a look at the tenant's policies after which health reports a fault",
    )

    @property
    def watch_stale(self) -> timedelta:
        """How old the last look may be: two intervals of the default schedule and an hour."""
        return timedelta(hours=self.watch_stale_hours)

    @property
    def sweep_stale(self) -> timedelta:
        """How old the last sweep may be: three intervals of the default schedule."""
        return timedelta(minutes=self.sweep_stale_minutes)


class HrSettings(AppSettings):
    """Where the customer's own profiles of HR systems are. Each source's secret is read by its name: hr_secrets."""

    profiles_dir: str | None = Field(
        default=None,
        validation_alias="HR_PROFILES_DIR",
        description="the directory of your own HR profiles, inside the package",
    )


class AddressSettings(AppSettings):
    """The keys that encrypt announced work addresses. Without one, people are found by employee id only."""

    keys: SecretStr | None = Field(
        default=None,
        validation_alias="HR_ADDRESS_KEYS",
        description="the Fernet key that encrypts announced work addresses; two, separated by a comma, while one is "
        "being replaced; without one, accounts are matched by employee id only",
    )


class PageSettings(AppSettings):
    """What the landing page says about the organization, and whether Easy Auth stands before it."""

    auth_enabled: bool = Field(
        default=False,
        validation_alias="WEBSITE_AUTH_ENABLED",
        description="nothing: the platform sets it where Easy Auth is on",
    )
    organization: str = Field(
        default="Your organization",
        validation_alias="ORGANIZATION_NAME",
        description="the organization's name, as the page shows it",
    )
    help_contact: str | None = Field(
        default=None,
        validation_alias="HELP_CONTACT",
        description="where the page sends people who need help: an address, a number or a link",
    )


# Which Function App reads what. infra/ writes exactly these, and docs/configuration.md lists them.
ROLES: Mapping[str, tuple[type[AppSettings], ...]] = {
    "front": (TenantSettings, StorageSettings, HrSettings, AddressSettings, PageSettings),
    "people": (TenantSettings, StorageSettings, GraphSettings, AddressSettings, PeopleSettings),
    "tenant": (TenantSettings, StorageSettings, GraphSettings, TenantObjectSettings, WindowSettings, HealthSettings),
}


S = TypeVar("S", bound=AppSettings)


def load(kind: type[S]) -> S:
    """Read one group of settings from the environment.

    Raises:
        ConfigurationError: Settings are missing or wrong; the error names every one of this group.
    """
    try:
        return kind()
    except ValidationError as error:
        raise SettingsError(tuple(faults_of(kind, error))) from None


def check_settings(*kinds: type[AppSettings]) -> None:
    """Read several groups of settings, to report everything that is missing or wrong at once.

    Raises:
        ConfigurationError: The error names every setting of every group.
    """
    faults: list[SettingFault] = []
    for kind in kinds:
        try:
            load(kind)
        except SettingsError as error:
            faults += error.faults
        except ConfigurationError as error:
            faults.append(SettingFault(error.setting, error.fault, error.remedy))
    if faults:
        raise SettingsError(tuple(faults))


UNRESOLVED = "@Microsoft.KeyVault("


def secret_setting(source: str) -> str:
    """The app setting that holds a source's secret."""
    return f"HR_SECRET_{source.upper().replace('-', '_')}"


def secrets_in(setting: str, value: str) -> list[str]:
    """The secrets in a setting's value, separated by commas.

    Raises:
        ConfigurationError: It is a reference to Key Vault that the platform could not resolve and handed on as it
            stands (learn.microsoft.com/azure/app-service/app-service-key-vault-references), which is no secret.
    """
    if value.lstrip().startswith(UNRESOLVED):
        remedy = "Check that the secret exists and that this app's identity may read it, then restart the app."
        raise ConfigurationError(setting, fault="is a reference to Key Vault that was not resolved", remedy=remedy)
    return [part.strip() for part in value.split(",") if part.strip()]


def hr_secrets(source: str) -> list[str]:
    """The secrets of an HR source. Two, separated by a comma, are valid at once while one is being replaced.

    Raises:
        ConfigurationError: There is none. Better no answer than one that lets anybody in.
    """
    setting = secret_setting(source)
    secrets = secrets_in(setting, os.environ.get(setting, ""))
    if not secrets:
        remedy = f"Set it to the secret that the HR system proves itself with, to accept deliveries of {source}."
        raise ConfigurationError(setting, fault="is missing", remedy=remedy)
    return secrets
