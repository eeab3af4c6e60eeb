"""App settings of the messages to people. Nothing is sent before MESSAGES names a kind and MESSAGES_CHANNEL a way."""

from datetime import time
from enum import StrEnum
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from provisioning.errors import ConfigurationError
from provisioning.hr_settings import PrivateAddressSettings
from provisioning.model.message_schedule import ScheduleRules
from provisioning.model.newcomer_messages import MessageKind, Route
from provisioning.model.working_time import Hours
from provisioning.organization_settings import DeadlineSettings, OrganizationSettings
from provisioning.settings import Separated
from provisioning.time_zones import zone_named

UTC_ZONE = ZoneInfo("UTC")


class MailChannel(StrEnum):
    """What hands mail over."""

    OFF = "off"
    EXCHANGE = "exchange"
    COMMUNICATION_SERVICES = "communication-services"


class MessageSettings(OrganizationSettings, DeadlineSettings, PrivateAddressSettings):
    """Which messages are sent, by what, when and how many."""

    kinds: Separated[MessageKind] = Field(
        default=(),
        validation_alias="MESSAGES",
        description="the kinds of message that are sent, separated by commas: invitation, reminder, last_reminder, "
        "pass_ready, thank_you, escalation, unexpected_registration; empty sends none",
    )
    channel: MailChannel = Field(
        default=MailChannel.OFF,
        validation_alias="MESSAGES_CHANNEL",
        description="what sends the mail: exchange, communication-services, or off",
    )
    sender: str | None = Field(
        default=None,
        validation_alias="MESSAGES_SENDER",
        description="the address that mail is sent from: a shared mailbox, or an address of Communication Services",
    )
    endpoint: str | None = Field(
        default=None,
        validation_alias="MESSAGES_ENDPOINT",
        description="the https address of the Communication Services resource, such as "
        "https://contoso.communication.azure.com",
    )
    receivers: Separated[str] = Field(
        default=(),
        validation_alias="MESSAGES_WEBHOOKS",
        description="the systems in OUTGOING_WEBHOOKS that also get each message, separated by commas",
    )
    landing_url: str | None = Field(
        default=None,
        validation_alias="LANDING_URL",
        description="the https address of the landing page, which messages link to",
    )
    helpdesk: str | None = Field(
        default=None,
        validation_alias="HELPDESK_ADDRESS",
        description="the mail address that is notified of people without a manager, of people who stay overdue, and of "
        "unexpected registrations",
    )
    mailbox_settings: bool = Field(
        default=False,
        validation_alias="MESSAGES_MAILBOX_SETTINGS",
        description="true to read the time zone and language of mailboxes; Exchange must then let the people identity "
        "read mailbox settings",
    )
    opens: time = Field(
        default=time(8),
        validation_alias="MESSAGES_FROM",
        description="the time of day from which messages are sent, in the person's time zone",
    )
    closes: time = Field(
        default=time(18),
        validation_alias="MESSAGES_UNTIL",
        description="the time of day until which messages are sent, in the person's time zone",
    )
    reminder_every: int = Field(
        default=5,
        ge=1,
        le=60,
        validation_alias="REMINDER_WORKING_DAYS",
        description="the number of working days between an invitation and its reminders",
    )
    most_reminders: int = Field(
        default=3,
        ge=0,
        le=10,
        validation_alias="REMINDERS_AT_MOST",
        description="the maximum number of reminders, not counting the last one on the working day before the deadline",
    )
    helpdesk_after: int = Field(
        default=2,
        ge=0,
        le=60,
        validation_alias="HELPDESK_WORKING_DAYS",
        description="the number of working days after the manager's message at which the helpdesk is told of a person "
        "who is overdue",
    )
    a_minute: int = Field(
        default=30,
        ge=1,
        le=30,
        validation_alias="MESSAGES_PER_MINUTE",
        description="the maximum number of messages within a minute",
    )
    an_hour: int = Field(
        default=100,
        ge=1,
        le=1800,
        validation_alias="MESSAGES_PER_HOUR",
        description="the maximum number of messages within an hour",
    )

    @model_validator(mode="after")
    def has_what_it_needs(self) -> Self:
        """Check that a channel that is on has a sender, and a day some hours."""
        zoned = self.opens.tzinfo is not None or self.closes.tzinfo is not None
        if zoned or self.opens >= self.closes:
            raise ConfigurationError(
                "MESSAGES_UNTIL",
                fault="is not later on the same day than MESSAGES_FROM",
                remedy="Set both to times of day without a time zone, such as 08:00 and 18:00.",
            )
        if not self.on:
            return self
        needed = {"MESSAGES_SENDER": self.sender, "LANDING_URL": self.landing_url}
        if self.channel is MailChannel.COMMUNICATION_SERVICES:
            needed["MESSAGES_ENDPOINT"] = self.endpoint
        missing = next((name for name, value in needed.items() if not value), None)
        if missing is not None:
            remedy = "Set it, or set MESSAGES_CHANNEL to off."
            raise ConfigurationError(missing, fault="is missing, but messages are on", remedy=remedy)
        return self

    @property
    def on(self) -> bool:
        """Whether anything is sent. A webhook alone is no way: it says nothing about what became of a message."""
        return self.channel is not MailChannel.OFF and bool(self.kinds)

    @property
    def routes(self) -> tuple[Route, ...]:
        """The ways that each message goes."""
        return (Route.MAIL, *((Route.WEBHOOK,) if self.receivers else ()))

    @property
    def hours(self) -> Hours:
        """When messages may go out."""
        return Hours(self.days, self.opens, self.closes)

    @property
    def zone(self) -> ZoneInfo:
        """The organization's time zone; UTC where the setting names none."""
        return zone_named(self.time_zone) or UTC_ZONE

    @property
    def rules(self) -> ScheduleRules:
        """What schedules are made by."""
        return ScheduleRules(
            kinds=frozenset(self.kinds),
            deadline=self.deadline_rules,
            reminder_every=self.reminder_every,
            most_reminders=self.most_reminders,
            helpdesk_after=self.helpdesk_after,
        )
