"""App settings, typed and frozen. One class for each thing that needs some, so that a missing one stops only that.

Every name here stands in `infra/` too; a test compares the two lists.
"""

import os
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Annotated, Literal, Self, TypeVar
from uuid import UUID

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from provisioning.errors import ConfigurationError, SettingFault, SettingsError
from provisioning.setting_faults import faults_of


def split(value: object) -> object:
    """Split a text at its commas; return anything else as it is."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


Item = TypeVar("Item")
# Several values of a setting, which come as one text, separated by commas.
Separated = Annotated[tuple[Item, ...], NoDecode, BeforeValidator(split)]


class AppSettings(BaseSettings):
    """Base: read from the environment, ignore what is not ours, never change.

    A field's description ends the sentence "Set NAME to ..."; the errors and docs/configuration.md are made of it.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True, populate_by_name=False)


class TenantSettings(AppSettings):
    """Which tenant this deployment serves."""

    tenant_id: UUID = Field(
        validation_alias="TENANT_ID", description="the ID of the Entra tenant that this deployment serves"
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
        description="the client ID of the managed identity that reaches the storage account",
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


class BreakGlassSettings(AppSettings):
    """The emergency accounts, which are never invited and which no policy of this product may affect."""

    break_glass_user_ids: Separated[UUID] = Field(
        min_length=1,
        validation_alias="BREAK_GLASS_USER_IDS",
        description="the object IDs of your emergency access accounts, separated by commas; no policy of this product "
        "ever affects them, and they must exist",
    )


LOOK_STALE_HOURS = 49  # two intervals of the default schedule of the function watch, and an hour


class AdministrationSettings(AppSettings):
    """What stands before the administration API."""

    auth_enabled: bool = Field(
        default=False,
        validation_alias="WEBSITE_AUTH_ENABLED",
        description="whether Easy Auth protects the app; the platform sets it",
    )
    function_keys: Literal["true", "false"] = Field(
        default="false",
        validation_alias="ADMIN_FUNCTION_KEYS",
        description="true to let a function key open the administration API: instead of a sign-in to Entra if Easy "
        "Auth is off, and in addition to it if Easy Auth is on; for trying out",
    )


class SingleAppSettings(AppSettings):
    """Whether one app with one identity runs every role."""

    single_app: bool = Field(
        default=False,
        validation_alias="SINGLE_APP",
        description="true if one app with one identity runs everything; for trying out only",
    )


class OutgoingSettings(AppSettings):
    """Which systems are told of people. What each has by itself is in outgoing_settings.py."""

    receivers: Separated[str] = Field(
        default=(),
        validation_alias="OUTGOING_WEBHOOKS",
        description="the names of the systems that are notified of invitations, registrations, and people who need "
        "help, separated by commas",
    )
    pass_events: bool = Field(
        default=False,
        validation_alias="OUTGOING_PASS_EVENTS",
        description=(
            "true to also notify those systems when Temporary Access Passes are offered, made, or taken back; IDs only"
        ),
    )


class RetentionSettings(AppSettings):
    """How long is kept what is done with: by the role that owns the table."""

    days: int = Field(
        default=400,
        ge=30,
        le=3660,
        validation_alias="RETENTION_DAYS",
        description="the number of days for which settled messages and the steps of passes are kept",
    )

    @property
    def retention(self) -> timedelta:
        """How old a row may be that nothing is done with any more."""
        return timedelta(days=self.days)


NEVER = "never"
# Microsoft-provided text messages and calls end then for most accounts (learn.microsoft.com/entra/identity/
# authentication/concept-sms-voice-retirement, 2026-07-29): a person who has nothing else must register again.
PHONE_ENDS = date(2027, 2, 1)


S = TypeVar("S", bound=AppSettings)


@dataclass
class ReadGroups:
    """The groups that were read from an environment, which are frozen: reading one takes half a millisecond.

    Attributes:
        environment: As it was then.
        groups: What was read from it, by class.
    """

    environment: dict[str, str] = field(default_factory=dict)
    groups: dict[type[AppSettings], AppSettings] = field(default_factory=dict)

    def of(self, kind: type[S]) -> S:
        """Return a group, read anew if the environment is another one by now."""
        environment = os.environ.copy()
        if environment != self.environment:
            self.environment, self.groups = environment, {}
        if kind not in self.groups:
            self.groups[kind] = kind()
        group = self.groups[kind]
        if not isinstance(group, kind):
            raise TypeError(f"A group of settings is kept under {kind.__name__} that is another one's.")
        return group


READ = ReadGroups()


def load(kind: type[S]) -> S:
    """Read one group of settings from the environment.

    Raises:
        ConfigurationError: Settings are missing or wrong; the error names every one of this group.
    """
    try:
        return READ.of(kind)
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
