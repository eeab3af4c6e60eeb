"""Sends what is due, each message once: claimed in its row before it leaves, settled in its row afterwards.

A run that dies in between leaves a claim without an outcome. Nobody can tell then whether the message left, so it is
*unknown* and stays unsent, except on a channel that knows a repetition by its mark. Nothing waits in here: what does
not fit into the pace, or comes at night, stays planned for a later run.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from provisioning.concurrency import each
from provisioning.errors import AnswerLost, Conflict, NotReady, ProductError, Rejected, TransientError
from provisioning.graph.errors import GraphError, PermissionDenied
from provisioning.log import EventLog
from provisioning.messages.channels.base import RecipientRefused
from provisioning.messages.comparison import compare_with_ledger
from provisioning.messages.context import MessageContext
from provisioning.messages.heartbeat import note_run
from provisioning.messages.outcomes import AGAIN, Outcomes
from provisioning.messages.recipients import NoRecipient, Recipient, find_destination
from provisioning.messages.sending import hand_message_over, is_repeatable
from provisioning.model.ledger import Person
from provisioning.model.message_schedule import FORGOTTEN, decide_again, unwanted
from provisioning.model.newcomer_messages import MessageState, OutboxMessage
from provisioning.store.due_notes import DueEntry
from provisioning.store.lease import Lease

log = EventLog(__name__)

AT_ONCE = 4  # requests to one mailbox (learn.microsoft.com/graph/throttling-limits, Outlook service limits)
CLAIM = timedelta(minutes=5)  # longer than any request takes
WRITTEN_BY = timedelta(minutes=2)  # within which the row that a message was planned for is written
RUN = timedelta(seconds=60)  # then a run ends; the next one goes on
NEXT_DAY = timedelta(days=1)
CLOSED = timedelta(minutes=30)  # until the next try where an admin has to act first
LOST = "The run that was sending it ended without an outcome."


@dataclass(frozen=True)
class Ready:
    """A message that may go now, and who gets it."""

    wake: DueEntry
    message: OutboxMessage
    to: Recipient


@dataclass
class Run:
    """One run of the timer.

    Attributes:
        context: What it works with.
        lease: What it holds.
        outcomes: Keeps what becomes of the messages.
        next_at: When the pace lets the next message go; None while there is room.
        paused: Why nothing more is sent in this run, although it may be in the next one.
        closed: Why the channel takes nothing before an admin acts.
    """

    context: MessageContext
    lease: Lease
    outcomes: Outcomes
    next_at: datetime | None = None
    paused: ProductError | None = None
    closed: ProductError | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more goes out in this run."""
        return self.closed is not None or self.paused is not None

    async def work(self) -> None:
        """Send what is due, until nothing is, the pace is used up, or the time is over."""
        until, before = self.context.now() + RUN, list[DueEntry]()
        while not self.over and self.next_at is None and self.context.now() < until:
            self.lease.check()
            if not await self.has_room():
                return
            wakes = await self.context.outbox.notes.due(self.context.now(), most=self.context.settings.a_minute)
            if not wakes or wakes == before:  # what another run holds stays where it is
                return
            before = wakes
            ready = [item for item in await each(wakes, self.prepare) if item is not None]
            await self.send_all(ready)

    async def has_room(self) -> bool:
        """Return whether the pace lets anything go, so that nobody is looked up in vain."""
        settings = self.context.settings
        slots = await self.context.outbox.free(
            now=self.context.now(), a_minute=settings.a_minute, an_hour=settings.an_hour
        )
        self.next_at = slots.next_at
        return slots.free > 0

    async def send_all(self, ready: list[Ready]) -> None:
        """Send as many as the pace allows."""
        settings = self.context.settings
        if not ready or not await self.opened():
            return
        slots = await self.context.outbox.reserve(
            len(ready), now=self.context.now(), a_minute=settings.a_minute, an_hour=settings.an_hour
        )
        self.next_at = slots.next_at
        await each(ready[: slots.free], self.send, at_once=AT_ONCE)

    async def opened(self) -> bool:
        """Return whether the channel can be used, before anything is claimed for it."""
        try:
            await self.context.channel.open()
        except TransientError as error:
            self.paused = error
        except (Rejected, GraphError) as error:
            self.closed = error
        return not self.over

    async def prepare(self, wake: DueEntry) -> Ready | None:
        """Look at a note whose time has come; returns the message if it may go now."""
        message = await self.context.outbox.message(wake.of)
        now = self.context.now()
        if message is None or message.wakes_at is None or message.wakes_at > now:
            await self.context.outbox.notes.done(wake)
            return None
        try:
            if message.state is MessageState.CLAIMED:
                repeatable = is_repeatable(message, self.context)
                await self.outcomes.unsure(wake, message, why=LOST, repeatable=repeatable)
                return None
            return await self.decide(wake, message, now=now)
        except Conflict:
            return None  # another run has it
        except TransientError as error:
            self.paused = error
            return None
        except GraphError as error:
            await self.not_addressed(wake, message, error)
            return None

    async def not_addressed(self, wake: DueEntry, message: OutboxMessage, error: GraphError) -> None:
        """Put a message off whose recipient Graph refuses to tell; a permission that is missing is missing for all."""
        if isinstance(error, PermissionDenied):
            self.closed = error
        pause = CLOSED if self.closed is not None else AGAIN
        await self.outcomes.put_off(wake, message, until=self.context.now() + pause, reason=str(error))

    async def decide(self, wake: DueEntry, message: OutboxMessage, *, now: datetime) -> Ready | None:
        """Decide about a planned message: whether it is still wanted, and if it is the hour for it."""
        person = await self.context.ledger.person(message.object_id)
        why_not = unwanted(message, person, self.context.settings.rules)
        if why_not is not None and now - message.planned_at < WRITTEN_BY:
            await self.outcomes.put_off(wake, message, until=message.planned_at + WRITTEN_BY)
        elif why_not is not None or person is None:
            await self.drop(wake, message, person, why_not)
        else:
            return await self.address(wake, message, person, now=now)
        return None

    async def drop(self, wake: DueEntry, message: OutboxMessage, person: Person | None, why_not: str | None) -> None:
        """Keep that a message is not wanted any more."""
        reason = why_not or FORGOTTEN
        await self.outcomes.settle(wake, message, MessageState.DROPPED, person=person, reason=reason)

    async def address(self, wake: DueEntry, message: OutboxMessage, person: Person, *, now: datetime) -> Ready | None:
        """Find out where a message goes, and whether people are at work there."""
        settings = self.context.settings
        destination = await find_destination(message, person, self.context)
        decision = decide_again(message, person, settings.rules, today=now.astimezone(destination.zone).date())
        opening = settings.hours.next_opening(now, destination.zone, day=decision.day)
        if decision.drop is not None:
            await self.drop(wake, message, person, decision.drop)
        elif opening > now:
            await self.outcomes.put_off(wake, message, until=opening, zone=destination.zone.key)
        elif isinstance(destination.to, NoRecipient) and destination.to.passing:
            until = settings.hours.next_opening(now + NEXT_DAY, destination.zone)
            await self.outcomes.put_off(wake, message, until=until, reason=destination.to.reason)
        elif isinstance(destination.to, NoRecipient):
            reason = destination.to.reason
            await self.outcomes.settle(wake, message, MessageState.FAILED, person=person, reason=reason)
        else:
            return Ready(wake, replace(message, zone=destination.zone.key), destination.to)
        return None

    async def send(self, ready: Ready) -> None:
        """Claim a message, decide a last time, send it, and keep what became of it."""
        if self.over:
            return
        try:
            message = await self.claim(ready.message)
            person = await self.context.ledger.person(message.object_id)
            why_not = unwanted(message, person, self.context.settings.rules)
            if why_not is not None or person is None:
                await self.drop(ready.wake, message, person, why_not)
            else:
                await self.send_claimed(ready.wake, message, person, ready.to)
        except Conflict:
            log.info("message_taken_by_another", object=ready.message.object_id, kind=ready.message.kind)
        except TransientError as error:  # of the storage account; what this run has claimed is unsure by and by
            self.paused = error

    async def claim(self, message: OutboxMessage) -> OutboxMessage:
        """Take a message, so that no other run does."""
        self.lease.check()
        claimed = replace(
            message,
            state=MessageState.CLAIMED,
            claimed_until=self.context.now() + CLAIM,
            operation_id=message.operation_id or self.context.new_id(),
            tries=message.tries + 1,
            reason=None,
        )
        return await self.context.outbox.save(claimed)

    async def send_claimed(self, wake: DueEntry, message: OutboxMessage, person: Person, to: Recipient) -> None:
        """Send a message that this run has claimed, and keep what became of it."""
        outcomes, now = self.outcomes, self.context.now()
        self.lease.check()
        try:
            await hand_message_over(message, person, to, context=self.context)
        except AnswerLost as error:
            await outcomes.unsure(wake, message, why=str(error), repeatable=is_repeatable(message, self.context))
        except RecipientRefused as error:
            await outcomes.settle(wake, message, MessageState.FAILED, person=person, reason=str(error))
        except TransientError as error:
            self.paused = error
            pause = timedelta(seconds=error.after) if error.after is not None else AGAIN
            await outcomes.put_off(wake, message, until=now + pause, reason=str(error))
        except (Rejected, GraphError) as error:
            self.closed = error
            await outcomes.put_off(wake, message, until=now + CLOSED, reason=str(error))
        else:
            await outcomes.settle(wake, message, MessageState.ACCEPTED, person=person)


async def send_due_messages(context: MessageContext) -> None:
    """Run once, and note what the run did.

    Raises:
        TransientError: The storage account is unwell; the next run starts again where this one did.
    """
    try:
        async with context.outbox.leases.hold("messages", holder=f"messages {context.new_id()}") as lease:
            await compare_with_ledger(context)
            if context.settings.on:
                run = Run(context, lease, Outcomes(context))
                await run.work()
                await note_run(context, next_at=run.next_at, paused=run.paused, closed=run.closed)
    except NotReady as error:
        log.info("messages_busy", reason=error)
