"""Whether HR systems' deliveries are refused: noted by front, which may only add, and added up by the people role.

Front adds a note to table `inbox`, beside what HR said. The sweep turns the notes into a row of table `people` for each
source and deletes them, so that health, which may read that table, can tell what was refused since the last good one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import quote

from provisioning.store.rows import RowFormat
from provisioning.store.storage import Storage, key_time
from provisioning.store.tables import add_row, delete_row, key_range, read_row, upsert

NOTE = "note."  # behind every key of the inbox's other rows, which begin with a year
SOURCE = "source."
SETTLED = timedelta(minutes=1)  # after which no note of an earlier time comes in any more
MOST_NOTES = 5000  # in one sweep


@dataclass(frozen=True)
class DeliveryNote:
    """What front saw of one source.

    Attributes:
        source: The HR system.
        at: When.
        refused: How many deliveries were refused since the note before; 0 where one was proved genuine.
        fault: What was wrong with the last one; holds nothing of the delivery.
    """

    source: str
    at: datetime
    refused: int
    fault: str = ""


@dataclass(frozen=True)
class SourceReport:
    """What is known of one source's deliveries.

    Attributes:
        source: The HR system.
        counted_to: The key of the last note that is in here.
        refused: How many deliveries were refused since the last good one, at least.
        refused_since: When the first of them came.
        refused_at: When the last one came.
        fault: What was wrong with it.
        good_at: When a delivery was last proved genuine, as far as it was noted.
    """

    source: str
    counted_to: str = ""
    refused: int = 0
    refused_since: datetime | None = None
    refused_at: datetime | None = None
    fault: str = ""
    good_at: datetime | None = None

    def after(self, note: DeliveryNote, *, key: str) -> "SourceReport":
        """Return the report with one more note in it; a good delivery begins anew."""
        if key <= self.counted_to:
            return self  # the run that counted it died before it could delete it
        if not note.refused:
            return SourceReport(self.source, counted_to=key, good_at=note.at)
        return replace(
            self,
            counted_to=key,
            refused=self.refused + note.refused,
            refused_since=self.refused_since or note.at,
            refused_at=note.at,
            fault=note.fault,
        )


NOTES, REPORTS = RowFormat(DeliveryNote), RowFormat(SourceReport)


class DeliveryNotes:
    """The notes and reports of one tenant.

    Args:
        storage: The storage account.
        tenant_id: The partition.
    """

    def __init__(self, storage: Storage, *, tenant_id: str) -> None:
        self.notes = storage.table("inbox")
        self.reports = storage.table("people")
        self.tenant_id = tenant_id

    async def add(self, note: DeliveryNote, *, new_id: str) -> None:
        """Keep a note. Needs no more than the right to add rows.

        Raises:
            TransientError: The storage account cannot be reached.
            ConfigurationError: It has no such table, or refuses this app.
        """
        key = f"{NOTE}{key_time(note.at)}.{new_id}"
        await add_row(self.notes, {**NOTES.dump(note), "PartitionKey": self.tenant_id, "RowKey": key})

    async def add_up(self, *, now: datetime) -> None:
        """Turn the notes into reports, and delete them. Done again after a crash, it counts nothing twice.

        Raises:
            TransientError: The storage account cannot be reached.
        """
        found: dict[str, DeliveryNote] = {}
        async for row in key_range(self.notes, self.tenant_id, low=NOTE, high=f"{NOTE}{key_time(now - SETTLED)}"):
            found[row["RowKey"]] = NOTES.load(row)
            if len(found) == MOST_NOTES:
                break
        for source in sorted({note.source for note in found.values()}):
            await self.report(source, [(key, note) for key, note in found.items() if note.source == source])
        for key in found:
            await delete_row(self.notes, self.tenant_id, key)

    async def report(self, source: str, notes: Iterable[tuple[str, DeliveryNote]]) -> None:
        """Add a source's notes, the oldest first, to its report."""
        name = f"{SOURCE}{quote(source, safe='')}"
        row = await read_row(self.reports, self.tenant_id, name)
        report = REPORTS.load(row) if row is not None else SourceReport(source)
        for key, note in notes:
            report = report.after(note, key=key)
        await upsert(self.reports, {**REPORTS.dump(report), "PartitionKey": self.tenant_id, "RowKey": name})

    async def all_reports(self) -> list[SourceReport]:
        """Return what is known of each source that ever sent something."""
        rows = key_range(self.reports, self.tenant_id, low=SOURCE, high=SOURCE.replace(".", "/"))
        return [REPORTS.load(row) async for row in rows]
