"""App settings, typed and frozen. One class for each thing that needs some, so that a missing one stops only that.

Every name here stands in `infra/` too; a test compares the two lists.
"""

import os
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from provisioning.errors import ConfigurationError

LOOPBACK = frozenset({"127.0.0.1", "localhost"})
OWN_LOGO = Path(__file__).parent / "tenant" / "logo.png"


def split(value: object) -> object:
    """The parts of a text that are separated by commas; anything else as it is."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


class AppSettings(BaseSettings):
    """Base: read from the environment, ignore what is not ours, never change."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True, populate_by_name=False)


class TenantSettings(AppSettings):
    """Which tenant this deployment serves."""

    tenant_id: UUID = Field(validation_alias="TENANT_ID")


class StorageSettings(AppSettings):
    """Where queues and tables are: by identity in Azure, by connection string on a laptop."""

    connection_string: SecretStr | None = Field(default=None, validation_alias="AzureWebJobsStorage")
    queue_service_uri: str | None = Field(default=None, validation_alias="AzureWebJobsStorage__queueServiceUri")
    table_service_uri: str | None = Field(default=None, validation_alias="AzureWebJobsStorage__tableServiceUri")
    client_id: str | None = Field(default=None, validation_alias="AzureWebJobsStorage__clientId")

    @model_validator(mode="after")
    def one_way_in(self) -> Self:
        """Either the connection string or both service addresses must be there."""
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

    endpoint: str = Field(default="https://graph.microsoft.com", validation_alias="GRAPH_ENDPOINT")
    scope: str = Field(default="https://graph.microsoft.com/.default", validation_alias="GRAPH_SCOPE")

    @field_validator("endpoint")
    @classmethod
    def no_trailing_slash(cls, value: str) -> str:
        """A trailing slash would double in every address."""
        return value.rstrip("/")


class WindowSettings(AppSettings):
    """When a new hire is invited. Two roles read it: one invites, the other tells when that will be."""

    enroll_days_before_start: int = Field(default=14, ge=0, le=90, validation_alias="ENROLL_DAYS_BEFORE_START")

    @property
    def window(self) -> timedelta:
        """How long before the first day a person is invited."""
        return timedelta(days=self.enroll_days_before_start)


class PeopleSettings(WindowSettings):
    """Who counts as a new hire, and what stops a run that looks wrong."""

    client_id: str = Field(validation_alias="PEOPLE_CLIENT_ID")
    recent_days: int = Field(default=30, ge=1, le=365, validation_alias="RECENT_DAYS")
    employee_types: Annotated[tuple[str, ...], NoDecode] = Field(default=(), validation_alias="SCOPE_EMPLOYEE_TYPES")
    departments: Annotated[tuple[str, ...], NoDecode] = Field(default=(), validation_alias="SCOPE_DEPARTMENTS")
    max_changes: int = Field(default=500, ge=1, validation_alias="SWEEP_MAX_CHANGES")
    max_percent: int = Field(default=20, ge=1, le=100, validation_alias="SWEEP_MAX_PERCENT")
    sweep_seconds: int = Field(default=240, ge=10, le=1500, validation_alias="SWEEP_SECONDS")

    @field_validator("employee_types", "departments", mode="before")
    @classmethod
    def split_list(cls, value: object) -> object:
        """Names come as one text, separated by commas."""
        return split(value)

    @property
    def recent(self) -> timedelta:
        """How long ago an account may have been made, or a first day may lie, to count as a new hire."""
        return timedelta(days=self.recent_days)


class TenantIdentitySettings(AppSettings):
    """As which identity the tenant's objects are changed."""

    client_id: str = Field(validation_alias="TENANT_CLIENT_ID")


class TenantObjectSettings(TenantIdentitySettings):
    """What the objects in the tenant are called and whom the policy must never touch."""

    people_principal_id: UUID = Field(validation_alias="PEOPLE_PRINCIPAL_ID")
    landing_url: str = Field(validation_alias="LANDING_URL")
    break_glass_user_ids: Annotated[tuple[UUID, ...], NoDecode] = Field(
        min_length=1, validation_alias="BREAK_GLASS_USER_IDS"
    )
    display_name: str = Field(
        default="MFA Pre-Enrollment", min_length=1, max_length=80, validation_alias="DISPLAY_NAME"
    )
    front_principal_id: UUID | None = Field(default=None, validation_alias="FRONT_PRINCIPAL_ID")
    logo_file: Path = Field(default=OWN_LOGO, validation_alias="LOGO_FILE")
    assignment_required: bool = Field(default=False, validation_alias="ASSIGNMENT_REQUIRED")
    policy_users: Literal["group", "all"] = Field(default="group", validation_alias="POLICY_USERS")
    authentication_strength: str | None = Field(default=None, validation_alias="AUTHENTICATION_STRENGTH")
    registration_policy: Literal["off", "mfa", "mfa_or_trusted_location"] = Field(
        default="off", validation_alias="REGISTRATION_POLICY"
    )
    acknowledge_unprotected_registration: bool = Field(
        default=False, validation_alias="ACKNOWLEDGE_UNPROTECTED_REGISTRATION"
    )
    soft_deleted: Literal["restore", "purge"] = Field(default="restore", validation_alias="SOFT_DELETED")
    expected_owner_ids: Annotated[tuple[UUID, ...], NoDecode] = Field(default=(), validation_alias="EXPECTED_OWNER_IDS")

    @field_validator("break_glass_user_ids", "expected_owner_ids", mode="before")
    @classmethod
    def split_list(cls, value: object) -> object:
        """Ids come as one text, separated by commas."""
        return split(value)

    @field_validator("landing_url")
    @classmethod
    def web_address(cls, value: str) -> str:
        """Entra takes https redirect addresses only, and http for loopback (reply-url page of entra-docs)."""
        address = urlsplit(value)
        loopback = address.scheme == "http" and address.hostname in LOOPBACK and not address.username
        if not ((address.scheme == "https" and address.hostname) or loopback):
            raise ValueError("must start with https://")
        return value.rstrip("/")


class HealthSettings(AppSettings):
    """When a missing sweep is a fault rather than a pause."""

    sweep_stale_minutes: int = Field(default=45, ge=1, le=7 * 24 * 60, validation_alias="SWEEP_STALE_MINUTES")

    @property
    def sweep_stale(self) -> timedelta:
        """How old the last sweep may be: three intervals of the default schedule."""
        return timedelta(minutes=self.sweep_stale_minutes)


class HrSettings(AppSettings):
    """Where the customer's own profiles of HR systems are. Each source's secret is read by its name: hr_secrets."""

    profiles_dir: str | None = Field(default=None, validation_alias="HR_PROFILES_DIR")


class AddressSettings(AppSettings):
    """The keys that seal announced work addresses. Without one, people are found by employee id only."""

    keys: SecretStr | None = Field(default=None, validation_alias="HR_ADDRESS_KEYS")


class PageSettings(AppSettings):
    """What the landing page says about the organization, and whether Easy Auth stands before it."""

    auth_enabled: bool = Field(default=False, validation_alias="WEBSITE_AUTH_ENABLED")
    organization: str = Field(default="Your organization", validation_alias="ORGANIZATION_NAME")
    help_contact: str | None = Field(default=None, validation_alias="HELP_CONTACT")


S = TypeVar("S", bound=AppSettings)


def load(kind: type[S]) -> S:
    """Read one group of settings from the environment.

    Raises:
        Misconfigured: A setting is missing or wrong; the error names the first one.
    """
    try:
        return kind()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        setting = str(first["loc"][0]) if first["loc"] else kind.__name__
        if first["type"] == "missing":
            raise ConfigurationError(
                setting, fault="is missing", remedy=f"Add it: {describe_setting(kind, setting)}"
            ) from None
        fault = f"is not usable ({first['msg']})"
        raise ConfigurationError(
            setting, fault=fault, remedy=f"Correct it: {describe_setting(kind, setting)}"
        ) from None


def describe_setting(kind: type[AppSettings], setting: str) -> str:
    """What the group that this setting belongs to is for."""
    return f"it tells {(kind.__doc__ or '').splitlines()[0].strip().rstrip('.').lower()}."


UNRESOLVED = "@Microsoft.KeyVault("


def secret_setting(source: str) -> str:
    """The app setting that holds a source's secret."""
    return f"HR_SECRET_{source.upper().replace('-', '_')}"


def secrets_in(setting: str, value: str) -> list[str]:
    """The secrets in a setting's value, separated by commas.

    Raises:
        Misconfigured: It is a reference to Key Vault that the platform could not resolve and handed on as it stands
            (learn.microsoft.com/azure/app-service/app-service-key-vault-references): what stands in a template is no
            secret.
    """
    if value.lstrip().startswith(UNRESOLVED):
        remedy = "Check that the secret exists and that this app's identity may read it, then restart the app."
        raise ConfigurationError(setting, fault="is a reference to Key Vault that was not resolved", remedy=remedy)
    return [part.strip() for part in value.split(",") if part.strip()]


def hr_secrets(source: str) -> list[str]:
    """The secrets of an HR source. Two, separated by a comma, are valid at once while one is being replaced.

    Raises:
        Misconfigured: There is none. Better no answer than one that lets anybody in.
    """
    setting = secret_setting(source)
    secrets = secrets_in(setting, os.environ.get(setting, ""))
    if not secrets:
        remedy = f"Set it to the secret that the HR system proves itself with, to accept deliveries of {source}."
        raise ConfigurationError(setting, fault="is missing", remedy=remedy)
    return secrets
