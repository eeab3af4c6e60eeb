"""The recipient of a message, their language and their clock: asked for this one message, and kept nowhere."""

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from provisioning.graph.addressees import (
    Addressee,
    MailboxSettings,
    read_addressee,
    read_mailbox_settings,
    read_manager,
)
from provisioning.graph.errors import GraphError
from provisioning.languages import ENGLISH, find_language
from provisioning.log import EventLog
from provisioning.messages.context import MessageContext
from provisioning.model.ledger import HireRecord, Person
from provisioning.model.newcomer_messages import Audience, OutboxMessage, Route
from provisioning.model.private_address import sealed_address_for
from provisioning.time_zones import zone_named, zone_of_country

log = EventLog(__name__)

NO_SETTINGS = MailboxSettings()
NO_ACCOUNT = "The account no longer exists."
DISABLED_ACCOUNT = "The account is disabled."
NO_MAILBOX = "The account has no mail address yet."
NO_HELPDESK = "The person has no manager who can be written to, and HELPDESK_ADDRESS is not set."
NOT_THAT_MANAGER = "The manager that the message was for no longer has an enabled account with a mail address."


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


async def find_destination(message: OutboxMessage, person: Person, context: MessageContext) -> Destination:
    """Find out where a message about a person goes.

    Raises:
        GraphError: Graph refuses to tell.
        TransientError: Graph or the network is unwell.
    """
    account = await read_addressee(context.graph, message.object_id)
    if account is None:
        return Destination(NoRecipient(NO_ACCOUNT, passing=False), context.settings.zone)
    if message.audience is Audience.NEWCOMER:
        destination = await to_newcomer(account, person, context)
    elif message.audience is Audience.MANAGER:
        destination = await to_manager(message, account, context)
    else:
        destination = to_helpdesk(account, context)
    if message.route is Route.WEBHOOK:
        # Without name and address: a flow looks them up by the id, with rights of its own.
        told = Recipient(message.audience, "", choose_tag(context), account.object_id)
        return Destination(told, destination.zone)
    return destination


async def to_newcomer(account: Addressee, person: Person, context: MessageContext) -> Destination:
    """Return the person the message is about, if they can be written to, at one address: their private one, until the
    first day is over, else the account's."""
    own, hire = await mailbox_of(account, context), await matched_announcement(person, context)
    zone = zone_named(hire.site_zone) if hire is not None else None
    zone = zone or zone_named(own.time_zone) or await zone_of_manager(account, context)
    zone = zone or zone_of_country(account.country) or context.settings.zone
    if not account.employed:
        return Destination(NoRecipient(DISABLED_ACCOUNT, passing=True), zone)
    address = private_address_of(person, hire, context) or account.address
    if address is None:
        return Destination(NoRecipient(NO_MAILBOX, passing=True), zone)
    language = choose_tag(context, account.language, own.language)
    return Destination(Recipient(Audience.NEWCOMER, address, language, account.name), zone)


async def matched_announcement(person: Person, context: MessageContext) -> HireRecord | None:
    """Return what HR said of this person, once it was matched with them: an address in it may be written to then."""
    hire = await context.ledger.announcement_of(person)
    return hire if hire is not None and hire.object_id is not None else None


def private_address_of(person: Person, hire: HireRecord | None, context: MessageContext) -> str | None:
    """Return where a person reads mail before the first day; None where that is not used, not told or over."""
    if hire is None or context.opener is None:
        return None
    sealed = sealed_address_for(person, hire, now=context.now())
    if sealed is None:
        return None
    address = context.opener.open(sealed)
    if address is None:
        log.warning("address_key_gone", hr_event=hire.event_id)
    return address


async def to_manager(message: OutboxMessage, account: Addressee, context: MessageContext) -> Destination:
    """Return the person's manager, else the helpdesk; never the manager's manager."""
    if message.recipient is not None:
        manager = await read_addressee(context.graph, message.recipient)
    else:
        manager = await read_manager(context.graph, account.object_id)
    if manager is not None and manager.employed and manager.address is not None:
        own = await mailbox_of(manager, context)
        zone = zone_named(own.time_zone) or zone_of_country(manager.country) or context.settings.zone
        language = choose_tag(context, manager.language, own.language)
        return Destination(Recipient(Audience.MANAGER, manager.address, language, account.name), zone)
    if message.recipient is not None:
        return Destination(NoRecipient(NOT_THAT_MANAGER, passing=False), context.settings.zone)
    return to_helpdesk(account, context)


def to_helpdesk(account: Addressee, context: MessageContext) -> Destination:
    """Return the helpdesk, if it has an address."""
    address, zone = context.settings.helpdesk, context.settings.zone
    if address is None:
        return Destination(NoRecipient(NO_HELPDESK, passing=False), zone)
    return Destination(Recipient(Audience.HELPDESK, address, choose_tag(context), account.name), zone)


async def mailbox_of(account: Addressee, context: MessageContext) -> MailboxSettings:
    """Return what a person set in their mailbox, where that is read; what one mailbox refuses holds nobody up.

    Raises:
        TransientError: Graph or the network is unwell.
    """
    if not context.settings.mailbox_settings or account.address is None:
        return NO_SETTINGS
    context.counts["mailboxes_asked"] += 1
    try:
        return await read_mailbox_settings(context.graph, account.object_id) or NO_SETTINGS
    except GraphError as error:
        context.counts["mailboxes_refused"] += 1
        log.info("mailbox_settings_refused", object=account.object_id, status=error.status, code=error.code)
        return NO_SETTINGS


async def zone_of_manager(account: Addressee, context: MessageContext) -> ZoneInfo | None:
    """Return the time zone of a newcomer's manager, since a newcomer's own mailbox has none or a wrong one."""
    if not context.settings.mailbox_settings:
        return None
    manager = await read_manager(context.graph, account.object_id)
    return zone_named((await mailbox_of(manager, context)).time_zone) if manager is not None else None


def choose_tag(context: MessageContext, *wanted: str | None) -> str:
    """Return the first language that the messages speak: one of these, the configured one, English.

    An account without a preferred language must not fall to English past the configured one
    (microsoft/coe-starter-kit#6077).
    """
    tags = (*wanted, context.settings.default_language)
    return next((found for tag in tags if tag and (found := find_language(tag))), ENGLISH)
