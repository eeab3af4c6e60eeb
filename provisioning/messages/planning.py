"""Puts messages into the outbox. Planning twice plans once, so whoever sees that something is wanted may plan it."""

from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from provisioning.errors import Conflict
from provisioning.log import EventLog
from provisioning.messages.context import MessageContext, settings_if_on
from provisioning.messages.settings import MessageSettings
from provisioning.model.ledger import EnrollmentState, HireRecord, Person
from provisioning.model.message_schedule import AUDIENCES, Wanted, next_wanted, schedule
from provisioning.model.newcomer_messages import MessageKind, MessageState, OutboxMessage, Route
from provisioning.services import Services
from provisioning.store.outbox import Outbox

log = EventLog(__name__)

EARLIEST_ZONE = timedelta(hours=14)
A_DAY = timedelta(days=1)
COMPARE_EVERY = timedelta(hours=6)
# Who is told even if it was missed at its time. A person who registered long ago is not thanked today.
TOLD_LATER = frozenset({EnrollmentState.INVITED, EnrollmentState.UNEXPECTED})


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


async def plan_next(person: Person, *, outbox: Outbox, settings: MessageSettings, now: datetime) -> int:
    """Plan what a person's row wants next; returns how many messages that were.

    Only the first message that lies ahead is planned: the next one follows when that one is settled, from the row as
    it is by then.

    Raises:
        TransientError: The storage account cannot be reached.
    """
    known = {message.mark for message in await outbox.of_person(person.object_id)}
    planned = 0
    for wanted in next_wanted(person, known, settings.rules, today=now.date()):
        message = message_for(wanted, person, settings=settings, now=now)
        planned += await plan_on_all_routes(outbox, message, settings)
    return planned


async def plan_everybody(context: MessageContext) -> None:
    """Compare the ledger with the outbox, some times a day: plan what was missed, wake earlier what moved nearer.

    Messages that were switched on today reach in this way whoever was invited before.

    Raises:
        TransientError: The storage account cannot be reached.
    """
    outbox, settings, now = context.outbox, context.settings, context.now()
    last = await outbox.compared_at()
    if last is not None and now - last < COMPARE_EVERY:
        return
    known: defaultdict[str, dict[tuple[str, str], OutboxMessage]] = defaultdict(dict)
    async for message in outbox.all_messages():
        known[message.object_id][message.mark] = message
    planned = moved = 0
    async for person in context.ledger.all_people():
        if person.state not in TOLD_LATER:
            continue
        rows = known[person.object_id]
        for wanted in next_wanted(person, rows.keys(), settings.rules, today=now.date()):
            message = message_for(wanted, person, settings=settings, now=now)
            planned += await plan_on_all_routes(outbox, message, settings)
        moved += await bring_forward(person, rows, context)
    await outbox.note_compared(at=now)
    log.info("messages_compared", planned=planned, moved=moved)


async def bring_forward(person: Person, rows: Mapping[tuple[str, str], OutboxMessage], context: MessageContext) -> int:
    """Wake messages earlier whose day has moved nearer; one that moved away is put off when it wakes."""
    moved = 0
    for wanted in schedule(person, context.settings.rules):
        message = rows.get(wanted.mark)
        if message is None or wanted.day is None or message.state is not MessageState.PLANNED or message.reason:
            continue
        if message.due.date() > wanted.day + A_DAY:
            due = max(context.now(), begin_of(wanted.day))
            with suppress(Conflict):
                await context.outbox.save(replace(message, due=due))
                moved += 1
    return moved


def message_for(wanted: Wanted, person: Person, *, settings: MessageSettings, now: datetime) -> OutboxMessage:
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
