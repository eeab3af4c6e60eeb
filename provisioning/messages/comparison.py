"""Compares the ledger with the outbox, some times a day: who is late, what was missed, and whose day moved nearer."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Set
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta

from provisioning.concurrency import each
from provisioning.errors import Conflict
from provisioning.log import EventLog
from provisioning.messages.context import MessageContext
from provisioning.messages.planning import begin_of, message_for, plan_on_all_routes
from provisioning.model.board import OPEN
from provisioning.model.deadline import deadline_of
from provisioning.model.ledger import EnrollmentState, Person
from provisioning.model.message_schedule import next_wanted, schedule
from provisioning.model.newcomer_messages import Mark, MessageState, OutboxMessage
from provisioning.store.outbox import Comparison

log = EventLog(__name__)

A_DAY = timedelta(days=1)
COMPARE_EVERY = timedelta(hours=6)
MOST_DELETED = 1000  # in one comparison; the next one goes on
# Who is told even if it was missed at its time. A person who registered long ago is not thanked today.
TOLD_LATER = frozenset({EnrollmentState.INVITED, EnrollmentState.UNEXPECTED})
KEPT_FOR = OPEN | TOLD_LATER

Rows = Mapping[Mark, OutboxMessage]


async def compare_with_ledger(context: MessageContext) -> None:
    """Count who is late, and where messages are on, plan what was missed and wake earlier what moved nearer.

    In this way, messages that are switched on today reach people who were invited before.

    Raises:
        TransientError: The storage account cannot be reached.
    """
    now = context.now()
    last = await context.outbox.last_comparison()
    if last is not None and now - last.at < COMPARE_EVERY:
        return
    counts, open_ids = Counter[str](), set[str]()
    known = await rows_by_person(context)
    async for person in context.ledger.all_people():
        counts[timeliness_of(person, context, today=now.date())] += 1
        if person.state in KEPT_FOR:
            open_ids.add(person.object_id.lower())
        if context.settings.on and person.state in TOLD_LATER:
            counts["planned"] += await plan_missing(person, known[person.object_id], context)
            counts["moved"] += await bring_forward(person, known[person.object_id], context)
    states = Counter(str(message.state) for rows in known.values() for message in rows.values())
    found = Comparison(now, counts["due_soon"], counts["overdue"], states["unknown"], states["failed"])
    await context.outbox.note_comparison(found)
    counts["deleted"] = await delete_old(context, open_ids)
    names = ("due_soon", "overdue", "planned", "moved", "deleted")
    log.info("messages_compared", **{name: counts[name] for name in names})


async def delete_old(context: MessageContext, open_ids: Set[str]) -> int:
    """Delete settled messages that are older than they are kept; returns how many.

    None is deleted of people the product is still at work for: its row is why a message is not planned again.
    """
    moment = context.now() - context.retention
    found = await context.outbox.settled_before(moment)
    keys = [key for key, object_id in found if object_id.lower() not in open_ids][:MOST_DELETED]
    await each(keys, context.outbox.delete)
    return len(keys)


async def rows_by_person(context: MessageContext) -> defaultdict[str, dict[Mark, OutboxMessage]]:
    """Return what the outbox has of each person, by what tells one message from the next."""
    known: defaultdict[str, dict[Mark, OutboxMessage]] = defaultdict(dict)
    if context.settings.on:
        async for message in context.outbox.all_messages():
            known[message.object_id][message.mark] = message
    return known


def timeliness_of(person: Person, context: MessageContext, *, today: date) -> str:
    """Return how a person stands to their deadline."""
    rules = context.settings.deadline_rules
    return rules.timeliness(deadline_of(person, rules), today=today)


async def plan_missing(person: Person, rows: Rows, context: MessageContext) -> int:
    """Plan what a person's row wants next and the outbox does not have; returns how many messages that were."""
    now, planned = context.now(), 0
    known = {mark: message.state for mark, message in rows.items()}
    for wanted in next_wanted(person, known, context.settings.rules, today=now.date()):
        message = message_for(wanted, person, now=now)
        planned += await plan_on_all_routes(context.outbox, message, context.settings)
    return planned


async def bring_forward(person: Person, rows: Rows, context: MessageContext) -> int:
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
