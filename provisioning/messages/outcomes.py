"""Keeps what became of a message in its row: settled, put off, or unsure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from provisioning.log import EventLog
from provisioning.messages.context import MessageContext
from provisioning.messages.planning import plan_next
from provisioning.model.ledger import Person
from provisioning.model.newcomer_messages import MessageState, OutboxMessage
from provisioning.store.due_notes import DueEntry

log = EventLog(__name__)

AGAIN = timedelta(minutes=10)  # until a message is tried again whose sending failed for a passing reason
MOST_TRIES = 5  # on a channel that knows a repetition


@dataclass(frozen=True)
class Outcomes:
    """Writes the rows of one run.

    Args:
        context: What the messages work with.
    """

    context: MessageContext

    async def settle(
        self,
        wake: DueEntry,
        message: OutboxMessage,
        state: MessageState,
        *,
        person: Person | None,
        reason: str | None = None,
    ) -> None:
        """Keep how a message ended, once what follows it is planned.

        Raises:
            Conflict: Another run wrote the row meanwhile.
        """
        now = self.context.now()
        if person is not None:
            settings, outbox = self.context.settings, self.context.outbox
            await plan_next(person, outbox=outbox, settings=settings, now=now, settled=message.mark)
        settled = replace(message, state=state, settled_at=now, claimed_until=None, link=None, reason=reason)
        await self.context.outbox.save(settled)
        await self.context.outbox.notes.done(wake)
        self.context.counts[state] += 1
        log.info(
            "message", object=message.object_id, kind=message.kind, route=message.route, state=state, reason=reason
        )

    async def put_off(
        self,
        wake: DueEntry,
        message: OutboxMessage,
        *,
        until: datetime,
        zone: str | None = None,
        reason: str | None = None,
    ) -> None:
        """Plan a message for a later time.

        Raises:
            Conflict: Another run wrote the row meanwhile.
        """
        later = replace(message, state=MessageState.PLANNED, due=until, claimed_until=None, reason=reason)
        await self.context.outbox.save(replace(later, zone=zone or message.zone))
        await self.context.outbox.notes.done(wake)
        self.context.counts["put_off"] += 1
        log.info("message_put_off", object=message.object_id, kind=message.kind, until=until.isoformat(), reason=reason)

    async def unsure(self, wake: DueEntry, message: OutboxMessage, *, why: str, repeatable: bool) -> None:
        """Keep that a message may have left: sent again only where the channel knows a repetition.

        Raises:
            Conflict: Another run wrote the row meanwhile.
        """
        if repeatable and message.tries < MOST_TRIES:
            await self.put_off(wake, message, until=self.context.now() + AGAIN, reason=why)
            return
        person = await self.context.ledger.person(message.object_id)
        await self.settle(wake, message, MessageState.UNKNOWN, person=person, reason=why)
