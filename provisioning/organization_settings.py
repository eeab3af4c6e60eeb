"""App settings about the organization that several roles read: what it is called, and its working time."""

from datetime import date
from typing import Literal

from pydantic import Field

from provisioning.model.deadline import DeadlineRules
from provisioning.model.working_time import Weekday, WorkingDays
from provisioning.settings import AppSettings, Separated


class TimeZoneSettings(AppSettings):
    """What clock the organization goes by."""

    time_zone: str = Field(
        default="UTC",
        validation_alias="TIME_ZONE",
        description="the time zone for days and times on the page, and for people whose own time zone is not known, "
        "such as Europe/Berlin",
    )


class OrganizationSettings(TimeZoneSettings):
    """What people read of the organization, on the page and in messages."""

    organization: str = Field(
        default="Your organization",
        max_length=120,
        validation_alias="ORGANIZATION_NAME",
        description="the name of the organization, as it appears on the page and in messages",
    )
    help_contact: str | None = Field(
        default=None,
        validation_alias="HELP_CONTACT",
        description="where a person gets help: e-mail addresses, phone numbers and https links separated by commas, "
        "or a sentence",
    )
    address: Literal["formal", "informal"] | None = Field(
        default=None,
        validation_alias="FORM_OF_ADDRESS",
        description="formal or informal, for languages that have both; empty for the usual form in each language",
    )
    default_language: str = Field(
        default="en",
        validation_alias="DEFAULT_LANGUAGE",
        description="the language for people who ask for none that the product supports, such as de or pt-BR",
    )


class DeadlineSettings(AppSettings):
    """Until when a new hire is to have registered, and which days count. Nobody is blocked when it has passed."""

    deadline_days: int = Field(
        default=0,
        ge=0,
        le=90,
        validation_alias="DEADLINE_WORKING_DAYS",
        description="the number of working days after the first day within which a new hire is expected to register",
    )
    due_soon_days: int = Field(
        default=3,
        ge=0,
        le=30,
        validation_alias="DUE_SOON_WORKING_DAYS",
        description="the number of working days before the deadline from which a new hire counts as due soon",
    )
    working_days: Separated[Weekday] = Field(
        default=(Weekday.MONDAY, Weekday.TUESDAY, Weekday.WEDNESDAY, Weekday.THURSDAY, Weekday.FRIDAY),
        min_length=1,
        validation_alias="WORKING_DAYS",
        description="the days of the week on which people work, such as mon,tue,wed,thu,fri",
    )
    days_off: Separated[date] = Field(
        default=(),
        validation_alias="DAYS_OFF",
        description="days on which nobody works, such as 2026-12-25,2027-01-01",
    )

    @property
    def days(self) -> WorkingDays:
        """Which days count."""
        return WorkingDays(frozenset(self.working_days), frozenset(self.days_off))

    @property
    def deadline_rules(self) -> DeadlineRules:
        """What every deadline is computed by."""
        return DeadlineRules(self.days, after_first_day=self.deadline_days, soon=self.due_soon_days)
