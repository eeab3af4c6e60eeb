"""Whom a message goes to, in which language, and by which clock: asked for this one message, and kept nowhere."""

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from provisioning.graph.addressees import Addressee, read_addressee, read_manager
from provisioning.languages import ENGLISH, find_language
from provisioning.messages.context import MessageContext
from provisioning.model.newcomer_messages import Audience, OutboxMessage

UTC_ZONE = "UTC"
NO_ACCOUNT = "The account is not there any more."
DISABLED = "The account is disabled."
NO_MAILBOX = "The account has no mail address yet."
NO_HELPDESK = "The person has no manager who can be written to, and HELPDESK_ADDRESS is not set."
NOT_THAT_MANAGER = "The manager it was for has no enabled account with a mail address any more."


@dataclass(frozen=True)
class Recipient:
    """Who gets a message.

    Attributes:
        audience: What they are to the newcomer.
        address: Where it goes.
        language: One of LANGUAGES.
        newcomer: The name of the person it is about.
    """

    audience: Audience
    address: str = field(repr=False)
    language: str
    newcomer: str = field(default="", repr=False)


@dataclass(frozen=True)
class NoRecipient:
    """Why nobody can be written to.

    Attributes:
        reason: As a sentence.
        passing: Whether that may change by itself, so that it is tried again the next day.
    """

    reason: str
    passing: bool


@dataclass(frozen=True)
class Destination:
    """Where a message goes, and by which clock.

    Attributes:
        to: Who gets it, or why nobody can.
        zone: The time zone that its hours are judged by.
    """

    to: Recipient | NoRecipient
    zone: ZoneInfo


async def find_destination(message: OutboxMessage, context: MessageContext) -> Destination:
    """Find out where a message goes.

    Raises:
        GraphError: Graph refuses to tell.
        TransientError: Graph or the network is unwell.
    """
    account = await read_addressee(context.graph, message.object_id)
    if account is None:
        return Destination(NoRecipient(NO_ACCOUNT, passing=False), default_zone(context))
    if message.audience is Audience.NEWCOMER:
        return Destination(to_newcomer(account, context), default_zone(context))
    if message.audience is Audience.MANAGER:
        return await to_manager(message, account, context)
    return Destination(to_helpdesk(account, context), default_zone(context))


def to_newcomer(account: Addressee, context: MessageContext) -> Recipient | NoRecipient:
    """Return the person the message is about, if they can be written to."""
    if not account.employed:
        return NoRecipient(DISABLED, passing=True)
    if account.address is None:
        return NoRecipient(NO_MAILBOX, passing=True)
    return Recipient(Audience.NEWCOMER, account.address, choose(account.language, context), account.name)


async def to_manager(message: OutboxMessage, account: Addressee, context: MessageContext) -> Destination:
    """Return the person's manager, else the helpdesk; never the manager's manager."""
    if message.recipient is not None:
        manager = await read_addressee(context.graph, message.recipient)
    else:
        manager = await read_manager(context.graph, account.object_id)
    if manager is not None and manager.employed and manager.address is not None:
        language = choose(manager.language, context)
        to: Recipient | NoRecipient = Recipient(Audience.MANAGER, manager.address, language, account.name)
    elif message.recipient is not None:
        to = NoRecipient(NOT_THAT_MANAGER, passing=False)
    else:
        to = to_helpdesk(account, context)
    return Destination(to, default_zone(context))


def to_helpdesk(account: Addressee, context: MessageContext) -> Recipient | NoRecipient:
    """Return the helpdesk, if it has an address."""
    address = context.settings.helpdesk
    if address is None:
        return NoRecipient(NO_HELPDESK, passing=False)
    return Recipient(Audience.HELPDESK, address, choose(None, context), account.name)


def choose(wanted: str | None, context: MessageContext) -> str:
    """Return the first language that the messages speak: the person's, the configured one, English.

    An account without a preferred language must not fall to English past the configured one
    (microsoft/coe-starter-kit#6077).
    """
    tags = (wanted, context.settings.default_language)
    return next((found for tag in tags if tag and (found := find_language(tag))), ENGLISH)


def default_zone(context: MessageContext) -> ZoneInfo:
    """Return the organization's time zone; UTC where the setting names none."""
    try:
        return ZoneInfo(context.settings.time_zone)
    except (ValueError, OSError, LookupError):
        return ZoneInfo(UTC_ZONE)
