"""Table `outbox`: messages to people, each a row, and notes of when to look at them.

Making a row is the lock: a second one with the same key is refused, so a message is planned once, however many plan it
and however often. Every change takes the row's ETag, so of two runs at once one sends. A note of when to look at a row
is written before it (`due_notes`).
"""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError

from provisioning.errors import Conflict
from provisioning.model.newcomer_messages import MESSAGE, OutboxMessage, messages_of
from provisioning.store.due_notes import DueNotes
from provisioning.store.lease import Leases
from provisioning.store.rows import RowFormat
from provisioning.store.storage import Storage
from provisioning.store.tables import add_row, delete_row, key_range, read_row, upsert, write_row

WAKE = "wake."
PACE = "pace"
HEARTBEAT = "heartbeat"
COMPARED = "compared"
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
ROWS = RowFormat(OutboxMessage)


@dataclass(frozen=True)
class SentStamps:
    """When messages were sent within the last hour, in seconds of the Unix epoch."""

    sent: tuple[str, ...] = ()


@dataclass(frozen=True)
class Slots:
    """How many messages may go now, and when the next one may go."""

    free: int
    next_at: datetime | None = None


@dataclass(frozen=True)
class Comparison:
    """What was found when the ledger was compared with the outbox.

    Attributes:
        at: When.
        due_soon: How many people are due soon.
        overdue: How many are overdue.
        unknown: How many messages may have been handed over.
        failed: How many were refused.
    """

    at: datetime
    due_soon: int = 0
    overdue: int = 0
    unknown: int = 0
    failed: int = 0


SENT_STAMPS, COMPARISONS = RowFormat(SentStamps), RowFormat(Comparison)


class Outbox:
    """The rows of one tenant.

    Args:
        storage: The storage account.
        tenant_id: The partition.
    """

    def __init__(self, storage: Storage, *, tenant_id: str) -> None:
        self.table = storage.table("outbox")
        self.tenant_id = tenant_id
        self.leases = Leases(self.table, tenant_id=tenant_id)
        self.notes = DueNotes(self.table, tenant_id, WAKE)

    async def plan(self, message: OutboxMessage) -> bool:
        """Make a message's row; False if there is one already, whatever became of it.

        Raises:
            TransientError: The storage account cannot be reached.
        """
        await self.note(message)
        try:
            await add_row(self.table, self.entity(message))
        except ResourceExistsError:
            return False
        return True

    async def save(self, message: OutboxMessage) -> OutboxMessage:
        """Write a row that was read before; returns it with its new ETag.

        Raises:
            Conflict: Another run wrote it meanwhile, or it was erased.
            TransientError: The storage account cannot be reached.
        """
        await self.note(message)
        try:
            etag = await write_row(self.table, self.entity(message), etag=message.etag)
        except (ResourceExistsError, ResourceModifiedError, ResourceNotFoundError) as error:
            raise Conflict("A message was taken by another run at the same moment.", after=1) from error
        return replace(message, etag=etag)

    async def note(self, message: OutboxMessage) -> None:
        """Note when a message is to be looked at; one that is settled never is."""
        if message.wakes_at is not None:
            await self.notes.note(message.key, at=message.wakes_at)

    async def message(self, key: str) -> OutboxMessage | None:
        """Return the message with this key."""
        row = await read_row(self.table, self.tenant_id, key)
        return ROWS.load(row) if row is not None else None

    async def of_person(self, object_id: str) -> list[OutboxMessage]:
        """Return every message about a person, in the order of their keys."""
        low = messages_of(object_id)
        rows = key_range(self.table, self.tenant_id, low=low, high=f"{low[:-1]}/")
        return [ROWS.load(row) async for row in rows]

    async def all_messages(self, *, state: str | None = None) -> AsyncIterator[OutboxMessage]:
        """Yield every message, or those in one state; the service reads all rows for it."""
        where, values = ("state eq @state", {"state": state}) if state is not None else ("", {})
        high = f"{MESSAGE[:-1]}/"
        async for row in key_range(self.table, self.tenant_id, low=MESSAGE, high=high, where=where, values=values):
            yield ROWS.load(row)

    async def forget(self, object_id: str) -> int:
        """Delete every message about a person; returns how many there were. Their notes end when they are met."""
        found = await self.of_person(object_id)
        for message in found:
            await delete_row(self.table, self.tenant_id, message.key)
        return len(found)

    async def settled_before(self, moment: datetime) -> list[tuple[str, str]]:
        """Return the key and the account of every message that was settled before a time."""
        rows = key_range(
            self.table,
            self.tenant_id,
            low=MESSAGE,
            high=f"{MESSAGE[:-1]}/",
            where="settled_at lt @moment",
            values={"moment": f"{moment:%Y-%m-%dT%H:%M:%S}"},
            select=["RowKey", "object_id"],
        )
        return [(str(row["RowKey"]), str(row["object_id"])) async for row in rows]

    async def delete(self, key: str) -> None:
        """Delete a message. Only where nothing more is planned for the person: its row keeps it from being planned."""
        await delete_row(self.table, self.tenant_id, key)

    async def sent(self, *, now: datetime) -> tuple[list[int], str | None]:
        """Return when messages were sent within the last hour, and the ETag of the row that says so."""
        row = await read_row(self.table, self.tenant_id, PACE)
        if row is None:
            return [], None
        return sent_within_the_hour(SENT_STAMPS.load(row).sent, now=now), str(row["etag"])

    async def free(self, *, now: datetime, a_minute: int, an_hour: int) -> Slots:
        """Return how many messages may go now, and when the next one may where none is free."""
        sent, _ = await self.sent(now=now)
        free, next_at = free_slots(sent, now=now, a_minute=a_minute, an_hour=an_hour)
        return Slots(free, None if free else next_at)

    async def reserve(self, wanted: int, *, now: datetime, a_minute: int, an_hour: int) -> Slots:
        """Take slots for messages that are about to be sent, so that no run exceeds the pace, one that dies included.

        Args:
            wanted: How many messages are ready.
            now: The time.
            a_minute: How many may go within a minute.
            an_hour: How many may go within an hour.

        Raises:
            Conflict: Another run takes slots at the same moment.
        """
        sent, etag = await self.sent(now=now)
        free, next_at = free_slots(sent, now=now, a_minute=a_minute, an_hour=an_hour)
        taken = min(wanted, free)
        if taken:
            pace = SentStamps(tuple(map(str, [*sent, *[int(now.timestamp())] * taken])))
            entity = {**SENT_STAMPS.dump(pace), "PartitionKey": self.tenant_id, "RowKey": PACE}
            try:
                await write_row(self.table, entity, etag=etag)
            except (ResourceExistsError, ResourceModifiedError) as error:
                raise Conflict("Another run sends messages at the same moment.", after=1) from error
        return Slots(taken, next_at if taken < wanted else None)

    async def last_comparison(self) -> Comparison | None:
        """Return what was found when the ledger was last compared with the outbox."""
        row = await read_row(self.table, self.tenant_id, COMPARED)
        return COMPARISONS.load(row) if row is not None else None

    async def note_comparison(self, found: Comparison) -> None:
        """Note what was found when the ledger was compared with the outbox."""
        row = COMPARISONS.dump(found)
        await upsert(self.table, {**row, "PartitionKey": self.tenant_id, "RowKey": COMPARED})

    async def beat(self, outcome: dict[str, int | str], *, at: datetime) -> None:
        """Note that a run took place, when, and what it did."""
        entity = {**outcome, "at": at.isoformat(), "PartitionKey": self.tenant_id, "RowKey": HEARTBEAT}
        await upsert(self.table, entity)

    async def last_run(self) -> dict[str, int | str] | None:
        """Return what the last run noted."""
        row = await read_row(self.table, self.tenant_id, HEARTBEAT)
        if row is None:
            return None
        return {name: value for name, value in row.items() if name not in ("PartitionKey", "RowKey", "etag")}

    def entity(self, message: OutboxMessage) -> dict[str, object]:
        """Return a message as the table keeps it."""
        return {**ROWS.dump(message), "PartitionKey": self.tenant_id, "RowKey": message.key}


def sent_within_the_hour(stamps: Iterable[str], *, now: datetime) -> list[int]:
    """Return when messages were sent within the last hour, in order."""
    return sorted(stamp for stamp in map(int, stamps) if now.timestamp() - stamp < HOUR.total_seconds())


def free_slots(sent: list[int], *, now: datetime, a_minute: int, an_hour: int) -> tuple[int, datetime]:
    """Return how many messages may go now, and when one more may go after those.

    Args:
        sent: When messages were sent within the last hour, in order.
        now: The time.
        a_minute: How many may go within a minute.
        an_hour: How many may go within an hour.
    """
    moment = now.timestamp()
    in_minute = [stamp for stamp in sent if moment - stamp < MINUTE.total_seconds()]
    free = max(0, min(a_minute - len(in_minute), an_hour - len(sent)))
    waits = [moment]
    after = [*sent, *[int(moment)] * free]
    for limit, span in ((a_minute, MINUTE), (an_hour, HOUR)):
        recent = [stamp for stamp in after if moment - stamp < span.total_seconds()]
        if len(recent) >= limit:
            waits.append(recent[len(recent) - limit] + span.total_seconds())
    return free, datetime.fromtimestamp(max(waits), tz=UTC)
