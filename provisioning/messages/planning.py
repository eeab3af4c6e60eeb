"""Puts messages into the outbox. Planning twice plans once, so any run that sees a need may plan it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from provisioning.log import EventLog
from provisioning.messages.context import settings_if_on
from provisioning.messages.settings import MessageSettings
from provisioning.model.ledger import HireRecord, Person
from provisioning.model.message_schedule import AUDIENCES, Wanted, next_wanted
from provisioning.model.newcomer_messages import Mark, MessageKind, MessageState, OutboxMessage, Route
from provisioning.services import Services
from provisioning.store.outbox import Outbox

log = EventLog(__name__)

EARLIEST_ZONE = timedelta(hours=14)


async def plan_message(
    services: Services,
    *,
    kind: MessageKind,
    object_id: str,
    occurrence: str,
    due: datetime | None = None,
    recipient: str | None = None,
    link: str | None = None,
) -> bool:
    """Plan a message that does not follow from the ledger alone, such as that a pass can be fetched.

    Args:
        services: Storage, settings and clock.
        kind: What it is about.
        object_id: The account it is about.
        occurrence: Tells it from others of its kind about the person; the same one is planned once.
        due: Not before this time; None for now.
        recipient: Object id of a manager that it must go to and to nobody else.
        link: What it leads to. Kept until the message is settled, and in no log.

    Returns:
        False where such messages are switched off, or where it was planned before.

    Raises:
        TransientError: The storage account cannot be reached.
    """
    settings = settings_if_on(services)
    if settings is None or kind not in settings.kinds:
        return False
    now = services.now()
    message = OutboxMessage(
        object_id=object_id,
        kind=kind,
        occurrence=occurrence,
        audience=AUDIENCES[kind],
        due=due or now,
        planned_at=now,
        recipient=recipient,
        link=link,
    )
    return await plan_on_all_routes(outbox_of(services), message, settings)


async def plan_for(row: HireRecord | Person, *, services: Services) -> None:
    """Plan what a row that is about to be written wants next. The ledger calls it, before the row is written.

    So a run that dies in between has planned a message for a row that is not there, which is dropped when its time
    has come, rather than written a row that nobody is told of.

    Raises:
        TransientError: The storage account cannot be reached.
    """
    settings = settings_if_on(services)
    if settings is not None and isinstance(row, Person):
        await plan_next(row, outbox=outbox_of(services), settings=settings, now=services.now())


async def plan_next(
    person: Person, *, outbox: Outbox, settings: MessageSettings, now: datetime, settled: Mark | None = None
) -> None:
    """Plan what a person's row wants next.

    Only the first message that lies ahead is planned: the next one follows when that one is settled, from the row as
    it is by then.

    Args:
        person: The ledger's row.
        outbox: Where.
        settings: Which messages.
        now: The time.
        settled: What is being settled at this moment, whatever its row says yet.

    Raises:
        TransientError: The storage account cannot be reached.
    """
    known = {message.mark: message.state for message in await outbox.of_person(person.object_id)}
    if settled is not None:
        known[settled] = MessageState.DROPPED
    for wanted in next_wanted(person, known, settings.rules, today=now.date()):
        message = message_for(wanted, person, now=now)
        await plan_on_all_routes(outbox, message, settings)


def message_for(wanted: Wanted, person: Person, *, now: datetime) -> OutboxMessage:
    """Return the row of a message that is wanted; the hour in the person's zone is found when it wakes."""
    return OutboxMessage(
        object_id=person.object_id,
        kind=wanted.kind,
        occurrence=wanted.occurrence,
        audience=wanted.audience,
        due=now if wanted.day is None else max(now, begin_of(wanted.day)),
        planned_at=now,
    )


def begin_of(day: date) -> datetime:
    """Return when a day begins where it begins first: 14 hours before UTC (tz database, Pacific/Kiritimati)."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) - EARLIEST_ZONE


async def plan_on_all_routes(outbox: Outbox, message: OutboxMessage, settings: MessageSettings) -> bool:
    """Make a row for every way that a message goes; False if all were there."""
    routes = settings.routes if message.link is None else (Route.MAIL,)  # a link of one's own is for one reader
    made = [await outbox.plan(replace(message, route=route)) for route in routes]
    if any(made):
        log.info("planned", object=message.object_id, kind=message.kind, occurrence=message.occurrence)
    return any(made)


def outbox_of(services: Services) -> Outbox:
    """Return the outbox."""
    return Outbox(services.storage, tenant_id=services.tenant_id)
