"""App settings of the passes role."""

from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator

from provisioning.organization_settings import TimeZoneSettings
from provisioning.pass_settings import PassHelpdeskSettings
from provisioning.settings import BreakGlassSettings


class ValidFrom(StrEnum):
    """From when a pass works."""

    REQUEST = "request"
    FIRST_DAY = "first_day"


class PassMakingSettings(PassHelpdeskSettings, BreakGlassSettings, TimeZoneSettings):
    """How many passes are made, and how long they live."""

    client_id: str = Field(
        validation_alias="PASSES_CLIENT_ID", description="the client ID of the passes role's managed identity"
    )
    per_hour: int = Field(
        default=20,
        ge=1,
        le=1000,
        validation_alias="PASSES_PER_HOUR",
        description="the number of passes that may be made within an hour, for all people together",
    )
    minutes: int = Field(
        default=60,
        ge=10,
        le=43_200,
        validation_alias="PASS_MINUTES",
        description=(
            "the number of minutes for which a pass is valid; the tenant's policy may make it shorter or longer"
        ),
    )
    once: bool = Field(
        default=False,
        validation_alias="PASS_ONE_TIME",
        description="true for passes that work for one sign-in only; setting up a new laptop on the first day uses up "
        "such a pass",
    )
    valid_from: ValidFrom = Field(
        default=ValidFrom.REQUEST,
        validation_alias="PASS_VALID_FROM",
        description=(
            "request for passes that work at once, first_day for passes that start to work on the first day of work"
        ),
    )
    first_hour: int = Field(
        default=0,
        ge=0,
        le=23,
        validation_alias="PASS_FIRST_HOUR",
        description="the hour of the first day at which such a pass begins to work, by the clock of the place that HR "
        "names, else in TIME_ZONE",
    )

    @field_validator("time_zone")
    @classmethod
    def known_zone(cls, value: str) -> str:
        """Check that the time zone is one of the IANA's."""
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("is not an IANA time zone, such as Europe/Berlin") from error
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The time zone."""
        return ZoneInfo(self.time_zone)
