"""Sends what is due, each message once: claimed in its row before it leaves, settled in its row afterwards.

A run that dies in between leaves a claim without an outcome. Nobody can tell then whether the message left, so it is
*unknown* and stays unsent, except on a channel that knows a repetition by its mark. Nothing waits in here: what does
not fit into the pace, or comes at night, stays planned for a later run.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from provisioning.concurrency import each
from provisioning.errors import (
    AnswerLost,
    Conflict,
    NotReady,
    ProductError,
    Rejected,
    TransientError,
)
from provisioning.graph.errors import GraphError
from provisioning.graph.mail import Mail
from provisioning.log import EventLog
from provisioning.messages.channels.base import RecipientRefused
from provisioning.messages.context import MessageContext
from provisioning.messages.planning import plan_next
from provisioning.messages.recipients import Destination, NoRecipient, Recipient, find_destination
from provisioning.messages.words import message_text
from provisioning.model.ledger import Person
from provisioning.model.message_schedule import FORGOTTEN, decide_again, unwanted
from provisioning.model.newcomer_messages import MessageState, OutboxMessage
from provisioning.store.lease import Lease
from provisioning.store.outbox import Wake

log = EventLog(__name__)

AT_ONCE = 4  # requests to one mailbox (learn.microsoft.com/graph/throttling-limits, Outlook service limits)
CLAIM = timedelta(minutes=5)  # longer than any request takes
WRITTEN_BY = timedelta(minutes=2)  # within which the row that a message was planned for is written
RUN = timedelta(seconds=60)  # then a run ends; the next one goes on
AGAIN = timedelta(minutes=10)  # until a message is tried again whose sending failed for a passing reason
NEXT_DAY = timedelta(days=1)
CLOSED = timedelta(minutes=30)  # until the next try where an admin has to act first
MOST_TRIES = 5  # on a channel that knows a repetition
LOST = "The run that was sending it ended without an outcome."


@dataclass(frozen=True)
class Ready:
    """A message that may go now."""

    wake: Wake
    message: OutboxMessage
    to: Recipient


@dataclass
class Run:
    """One run of the timer.

    Attributes:
        context: What it works with.
        lease: What it holds.
        counts: What it did, by name.
        next_at: When the pace lets the next message go; None while there is room.
        closed: Why the channel takes nothing.
    """

    context: MessageContext
    lease: Lease
    counts: Counter[str] = field(default_factory=Counter)
    next_at: datetime | None = None
    closed: ProductError | None = None

    async def work(self) -> None:
        """Send what is due, until nothing is, the pace is used up, or the time is over."""
        until = self.context.now() + RUN
        while self.closed is None and self.next_at is None and self.context.now() < until:
            self.lease.check()
            most = self.context.settings.a_minute
            wakes = await self.context.outbox.ripe(self.context.now(), most=most)
            if not wakes:
                return
            ready = [item for item in await each(wakes, self.prepare) if item is not None]
            await self.send_all(ready)

    async def send_all(self, ready: list[Ready]) -> None:
        """Send as many as the pace allows."""
        settings = self.context.settings
        slots = await self.context.outbox.reserve(
            len(ready), now=self.context.now(), a_minute=settings.a_minute, an_hour=settings.an_hour
        )
        self.next_at = slots.next_at
        await each(ready[: slots.free], self.send, at_once=AT_ONCE)

    async def prepare(self, wake: Wake) -> Ready | None:
        """Look at a note whose time has come; returns the message if it may go now."""
        message = await self.context.outbox.message(wake.of)
        now = self.context.now()
        if message is None or message.wakes_at is None or message.wakes_at > now:
            await self.context.outbox.woken(wake)
            return None
        try:
            return await self.decide(wake, message, now=now)
        except Conflict:
            return None  # another run has it

    async def decide(self, wake: Wake, message: OutboxMessage, *, now: datetime) -> Ready | None:
        """Decide about a message: whether it is still wanted, by whom, and whether they are at work."""
        if message.state is MessageState.CLAIMED:
            await self.unsure(wake, message, why=LOST)
            return None
        person = await self.context.ledger.person(message.object_id)
        why_not = unwanted(message, person, self.context.settings.rules)
        if why_not is not None and now - message.planned_at < WRITTEN_BY:
            await self.put_off(wake, message, until=message.planned_at + WRITTEN_BY)
            return None
        if why_not is not None or person is None:
            await self.settle(wake, message, MessageState.DROPPED, person=person, reason=why_not or FORGOTTEN)
            return None
        return await self.address(wake, message, person)

    async def address(self, wake: Wake, message: OutboxMessage, person: Person) -> Ready | None:
        """Find out where a message goes and whether it is the hour for it."""
        now, settings = self.context.now(), self.context.settings
        destination = await find_destination(message, self.context)
        decision = decide_again(message, person, settings.rules, today=now.astimezone(destination.zone).date())
        if decision.drop is not None:
            await self.settle(wake, message, MessageState.DROPPED, person=person, reason=decision.drop)
            return None
        opening = settings.hours.next_opening(now, destination.zone, day=decision.day)
        if opening > now:
            await self.put_off(wake, message, until=opening, zone=destination.zone.key)
            return None
        return await self.address_or_say_why(wake, message, person, destination)

    async def address_or_say_why(
        self, wake: Wake, message: OutboxMessage, person: Person, destination: Destination
    ) -> Ready | None:
        """Return the message with its recipient; where there is none, keep why."""
        if isinstance(destination.to, Recipient):
            return Ready(wake, message, destination.to)
        await self.nobody(wake, message, person, destination.to, destination)
        return None

    async def nobody(
        self, wake: Wake, message: OutboxMessage, person: Person, why: NoRecipient, destination: Destination
    ) -> None:
        """Keep why nobody can be written to: tried again on the next working day, or failed."""
        if why.passing:
            until = self.context.settings.hours.next_opening(self.context.now() + NEXT_DAY, destination.zone)
            await self.put_off(wake, message, until=until, reason=why.reason)
        else:
            await self.settle(wake, message, MessageState.FAILED, person=person, reason=why.reason)

    async def send(self, ready: Ready) -> None:
        """Claim a message, decide a last time, send it, and keep what became of it."""
        if self.closed is not None:
            return
        try:
            await self.send_claimed(ready.wake, await self.claim(ready.message), ready.to)
        except Conflict:
            log.info("taken_by_another", message=ready.message.key)

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

    async def send_claimed(self, wake: Wake, message: OutboxMessage, to: Recipient) -> None:
        """Send a message that this run has claimed."""
        person = await self.context.ledger.person(message.object_id)
        why_not = unwanted(message, person, self.context.settings.rules)
        if why_not is not None or person is None:
            await self.settle(wake, message, MessageState.DROPPED, person=person, reason=why_not or FORGOTTEN)
            return
        self.lease.check()
        try:
            await self.context.channel.send(self.compose(message, person, to))
        except AnswerLost as error:
            await self.unsure(wake, message, why=str(error))
        except RecipientRefused as error:
            await self.settle(wake, message, MessageState.FAILED, person=person, reason=str(error))
        except TransientError as error:
            pause = timedelta(seconds=error.after) if error.after is not None else AGAIN
            await self.put_off(wake, message, until=self.context.now() + pause, reason=str(error))
        except (Rejected, GraphError) as error:
            self.closed = error
            await self.put_off(wake, message, until=self.context.now() + CLOSED, reason=str(error))
        else:
            await self.settle(wake, message, MessageState.ACCEPTED, person=person)

    def compose(self, message: OutboxMessage, person: Person, to: Recipient) -> Mail:
        """Write the mail."""
        words = message_text(message, person, to, settings=self.context.settings)
        return Mail(
            to=to.address,
            subject=words.subject,
            text=words.text,
            html=words.html,
            language=words.language,
            mark=str(message.operation_id),
        )

    async def unsure(self, wake: Wake, message: OutboxMessage, *, why: str) -> None:
        """Keep that a message may have left: sent again only where the channel knows a repetition."""
        if self.context.channel.repeatable and message.tries < MOST_TRIES:
            await self.put_off(wake, message, until=self.context.now() + AGAIN, reason=why)
            return
        person = await self.context.ledger.person(message.object_id)
        await self.settle(wake, message, MessageState.UNKNOWN, person=person, reason=why)

    async def put_off(
        self, wake: Wake, message: OutboxMessage, *, until: datetime, zone: str | None = None, reason: str | None = None
    ) -> None:
        """Plan a message for a later time."""
        later = replace(message, state=MessageState.PLANNED, due=until, claimed_until=None, reason=reason)
        await self.context.outbox.save(replace(later, zone=zone or message.zone))
        await self.context.outbox.woken(wake)
        self.counts["put_off"] += 1
        log.info("put_off", message=message.key, until=until.isoformat(), reason=reason)

    async def settle(
        self,
        wake: Wake,
        message: OutboxMessage,
        state: MessageState,
        *,
        person: Person | None,
        reason: str | None = None,
    ) -> None:
        """Keep what became of a message, once what follows it is planned."""
        now, settings = self.context.now(), self.context.settings
        if person is not None:
            await plan_next(person, outbox=self.context.outbox, settings=settings, now=now)
        settled = replace(message, state=state, settled_at=now, claimed_until=None, link=None, reason=reason)
        await self.context.outbox.save(settled)
        await self.context.outbox.woken(wake)
        self.counts[state] += 1
        log.info("message", message=message.key, state=state, reason=reason)


async def send_due_messages(context: MessageContext) -> Counter[str]:
    """Run once, and note what the run did.

    Raises:
        TransientError: Graph or storage is unwell; the next run starts again where this one did.
    """
    if not context.settings.on:
        return Counter()
    try:
        async with context.outbox.leases.hold("messages", holder=f"messages {context.new_id()}") as lease:
            run = Run(context, lease)
            await run.work()
            await note_run(run)
            return run.counts
    except NotReady as error:
        log.info("messages_busy", reason=error)
        return Counter()


async def note_run(run: Run) -> None:
    """Note that a run took place, for health and for `messages list`."""
    outcome: dict[str, int | str] = dict(run.counts)
    if run.next_at is not None:
        outcome["next_at"] = run.next_at.isoformat()
    if run.closed is not None:
        outcome["closed"] = str(run.closed)
        log.error("messages_closed", reason=run.closed)
    await run.context.outbox.beat(outcome, at=run.context.now())
    log.info("messages", **outcome)
