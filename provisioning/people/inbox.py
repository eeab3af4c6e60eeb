"""What becomes of a message of queue `hires`, which holds the events of one delivery, and of its row in the inbox.

Each event is worked on by itself: one that must wait goes back alone and holds up no other. The row is deleted when
all are done. A row that stays was lost on its way, and the sweep sends it again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from provisioning.errors import AdminNeeded, ConfigurationError, Conflict, NotReady, Rejected, TransientError
from provisioning.graph.errors import GraphError
from provisioning.log import EventLog
from provisioning.message_handling import MAX_BACKOFF, redelivery_delay
from provisioning.model.hires import HireEvent
from provisioning.model.messages import HireMessage
from provisioning.people.context import PeopleContext
from provisioning.people.hires import handle_event
from provisioning.people.references import resolve
from provisioning.store.inbox import Inbox, InboxRow

log = EventLog(__name__)

LOST_AFTER = timedelta(minutes=10)  # without a sign of life; a message that is put off notes until when
SENT_AGAIN_AT_MOST = 3  # times; what fails so often lies on the poison queue, where a person looks
MOST_SENT_AGAIN = 500  # rows in one sweep

Unfinished = TransientError | NotReady | ConfigurationError | AdminNeeded | GraphError


async def handle_hires(message: HireMessage, *, context: PeopleContext) -> None:
    """Work on the events of a delivery.

    Raises:
        NotReady: Something is not ready yet for every event that is left.
        TransientError: Graph or storage is unwell.
    """
    left: list[HireEvent] = []
    failure: Unfinished | None = None
    for event in message.events:
        if isinstance(failure, TransientError | ConfigurationError | AdminNeeded) and not isinstance(failure, Conflict):
            left.append(event)  # what is unwell is unwell for all
            continue
        try:
            await handle_reported(event, context=context)
        except (TransientError, NotReady, ConfigurationError, AdminNeeded, GraphError) as error:
            left.append(event)
            failure = error if failure is None or isinstance(failure, Conflict | NotReady) else failure
        except Rejected as error:
            log.error("refused", source=event.source, hr_event=event.event_id, reason=error)
    if failure is None:
        if message.inbox is not None:
            await context.inbox.remove(message.inbox)
        return
    await put_off(message, left, failure, context=context)


async def put_off(message: HireMessage, left: list[HireEvent], failure: Unfinished, *, context: PeopleContext) -> None:
    """Send back what is left; a message of which nothing was done goes back as it is, by raising."""
    until = context.now() + timedelta(seconds=MAX_BACKOFF)
    if message.inbox is not None:
        await context.inbox.put_off(message.inbox, until=until)
    if len(left) == len(message.events):
        raise failure
    after = failure.after if isinstance(failure, TransientError | NotReady) else None
    delay = redelivery_delay(message.attempt) if after is None else after
    rest = message.model_copy(update={"events": tuple(left), "attempt": message.attempt + 1})
    log.warning("put_off", queue="hires", events=len(left), delay=round(delay), reason=failure)
    await context.inbox.send(rest, delay=delay)


async def handle_reported(event: HireEvent, *, context: PeopleContext) -> None:
    """Handle one event under the name by which the person is known, with what waited for that name."""
    resolved = await resolve(event, context=context)
    for known in resolved.events:
        await handle_event(known, context=context)
    if resolved.link is not None:
        await context.save(resolved.link)


@dataclass(frozen=True)
class LostRows:
    """What became of the inbox's rows that nobody handled.

    Attributes:
        sent_again: How many were queued once more.
        given_up: How many were queued so often that a person has to look.
    """

    sent_again: int
    given_up: int


async def send_lost_again(context: PeopleContext) -> LostRows:
    """Queue rows that were not handled once more."""
    lost: list[InboxRow] = []
    given_up = 0
    async for row in context.inbox.left_behind(now=context.now(), after=LOST_AFTER):
        if row.sent_again >= SENT_AGAIN_AT_MOST:
            given_up += 1
        elif len(lost) < MOST_SENT_AGAIN:
            lost.append(row)
    for row in lost:
        log.warning("lost_and_sent_again", inbox=row.key)
        context.check_lease()
        await context.inbox.send_again(row, at=context.now())
    if given_up:
        log.error("inbox_stuck", rows=given_up, look_at="hires-poison")
    return LostRows(len(lost), given_up)


async def queue_given_up(inbox: Inbox, *, now: datetime) -> int:
    """Queue the rows that the sweep has given up as if they were new; return how many they were."""
    rows = [row async for row in inbox.left_behind(now=now, after=LOST_AFTER) if row.sent_again >= SENT_AGAIN_AT_MOST]
    for row in rows:
        await inbox.queue_anew(row, at=now)
    return len(rows)
