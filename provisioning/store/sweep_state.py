"""What the people role does by itself, and when: rows that are due, where the sweep stands, and that only one runs.

Rows of table `people` beside the ledger's own. A due row is keyed by its time, since a table finds nothing by any other
field without reading all rows: weeks of waiting cost nothing, and a sweep reads only what has ripened.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from azure.core.exceptions import ResourceExistsError, ResourceModifiedError
from azure.data.tables.aio import TableClient

from provisioning.clock import Clock
from provisioning.errors import Conflict
from provisioning.store.due_notes import DueEntry, DueNotes
from provisioning.store.lease import Leases
from provisioning.store.rows import RowFormat
from provisioning.store.storage import Storage
from provisioning.store.tables import delete_row, read_row, upsert, write_row

DUE = "due."
CURSOR = "cursor"
RELEASE = "release"
ENDS = "ends."
ACTIONS = "actions"
MOST_CONFLICTS = 5  # of workers that count ends of one source at the same moment


@dataclass(frozen=True)
class Cursor:
    """Where the sweep stands.

    Args:
        link: Where to go on reading changes; None begins with everybody.
        fields: Which properties the link was asked for with; with others it has to begin anew.
        full_since: When the reading of everybody began that is under way; None while only changes are read.
        full_done_at: When everybody was read last.
        counted: How many accounts the reading that is under way has met.
        population: How many accounts the last whole reading met.
        reconciled_at: When the group and the registrations were compared last.
        decided_at: When a sweep last decided about every account that was new by then; what is made later is new,
            however long no sweep runs.
    """

    link: str | None = None
    fields: str = ""
    full_since: datetime | None = None
    full_done_at: datetime | None = None
    counted: int = 0
    population: int = 0
    reconciled_at: datetime | None = None
    decided_at: datetime | None = None


@dataclass(frozen=True)
class Release:
    """That an admin lets the next sweep change more than its limits allow, once.

    Attributes:
        number: How many people it may invite, and how many it may take out.
        released_at: When that was said.
        released_by: The object id of who said so on the board; None where it was the command line.
    """

    number: int
    released_at: datetime
    released_by: str | None = None

    @property
    def ends(self) -> int:
        """How many held ends it lets pass. None where front asked for it, which has the secrets that forge an end."""
        return self.number if self.released_by is None else 0


@dataclass(frozen=True)
class HourlyCount:
    """How often something happened within an hour: people taken out at one HR system's word, or actions of the board.

    Attributes:
        hour: Within which hour, such as 2026-12-01T09.
        number: How many.
    """

    hour: str
    number: int


CURSORS, RELEASES, HOURLY_COUNTS = RowFormat(Cursor), RowFormat(Release), RowFormat(HourlyCount)


def ledger_notes(table: TableClient, *, tenant_id: str) -> DueNotes:
    """Return the notes of when to look at rows of the ledger."""
    return DueNotes(table, tenant_id, DUE)


class SweepState:
    """The rows of one tenant.

    Args:
        storage: The storage account.
        tenant_id: The partition.
        now: Clock.
    """

    def __init__(self, storage: Storage, *, tenant_id: str, now: Clock) -> None:
        self.table = storage.table("people")
        self.tenant_id = tenant_id
        self.now = now
        self.leases = Leases(self.table, tenant_id=tenant_id)
        self.notes = ledger_notes(self.table, tenant_id=tenant_id)

    async def due(self, *, most: int) -> list[DueEntry]:
        """Return what is due by now, the oldest first."""
        return await self.notes.due(self.now(), most=most)

    async def done(self, due: DueEntry) -> None:
        """Forget a note."""
        await self.notes.done(due)

    async def cursor(self) -> Cursor:
        """Return where the sweep stands: at the beginning if it never ran."""
        row = await read_row(self.table, self.tenant_id, CURSOR)
        return CURSORS.load(row) if row is not None else Cursor()

    async def move(self, cursor: Cursor) -> None:
        """Keep where the sweep stands, once all before it is done."""
        await upsert(self.table, {**CURSORS.dump(cursor), "PartitionKey": self.tenant_id, "RowKey": CURSOR})

    async def release(self, number: int, *, by: str | None = None) -> Release:
        """Let the next sweep change up to `number` people, once.

        Args:
            number: How many.
            by: The object id of who asked for it on the board.
        """
        release = Release(number, self.now(), released_by=by)
        await upsert(self.table, {**RELEASES.dump(release), "PartitionKey": self.tenant_id, "RowKey": RELEASE})
        return release

    async def released(self) -> Release | None:
        """Return the release that no sweep has used yet."""
        row = await read_row(self.table, self.tenant_id, RELEASE)
        return RELEASES.load(row) if row is not None else None

    async def use_release(self) -> None:
        """Forget the release, since a sweep has used it."""
        await delete_row(self.table, self.tenant_id, RELEASE)

    async def count_end(self, source: str, *, most: int) -> bool:
        """Count a person who is taken out at a source's word.

        Args:
            source: The HR system.
            most: How many an hour may have.

        Returns:
            False if the hour is full; then nothing is counted.

        Raises:
            Conflict: Other workers count at the same moment, again and again.
        """
        return await self.count_this_hour(f"{ENDS}{quote(source, safe='')}", most=most)

    async def count_action(self, *, most: int) -> bool:
        """Count an action of the board; False if the hour is full.

        Raises:
            Conflict: Other workers count at the same moment, again and again.
        """
        return await self.count_this_hour(ACTIONS, most=most)

    async def count_this_hour(self, key: str, *, most: int) -> bool:
        """Count one more under a key, unless the hour is full."""
        hour = f"{self.now().astimezone(UTC):%Y-%m-%dT%H}"
        for _ in range(MOST_CONFLICTS):
            row = await read_row(self.table, self.tenant_id, key)
            counted = HOURLY_COUNTS.load(row) if row is not None else HourlyCount(hour, 0)
            number = counted.number if counted.hour == hour else 0
            if number >= most:
                return False
            values = HOURLY_COUNTS.dump(HourlyCount(hour, number + 1))
            entity = {**values, "PartitionKey": self.tenant_id, "RowKey": key}
            with suppress(ResourceExistsError, ResourceModifiedError):
                await write_row(self.table, entity, etag=row["etag"] if row is not None else None)
                return True
        raise Conflict("The same count is being kept by several workers at this moment.", after=1)
