"""Notes of when to look at rows, beside the rows themselves. Their keys sort by time, so what is due is one range.

Write the note before its row: a note without its row is dropped when it is met, a row without its note would never be
looked at.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from provisioning.store.storage import key_time
from provisioning.store.tables import delete_row, key_range, upsert

if TYPE_CHECKING:
    from azure.data.tables.aio import TableClient


@dataclass(frozen=True)
class DueEntry:
    """A note that a row is to be looked at.

    Attributes:
        key: Its own.
        of: The row's.
    """

    key: str
    of: str


@dataclass(frozen=True)
class DueNotes:
    """The notes in one table.

    Args:
        table: The table.
        tenant_id: The partition.
        prefix: With which their keys begin, ending in a period.
    """

    table: "TableClient"
    tenant_id: str
    prefix: str

    async def note(self, of: str, *, at: datetime) -> None:
        """Note that a row is to be looked at; a second time changes nothing."""
        key = f"{self.prefix}{key_time(at)}.{of}"
        await upsert(self.table, {"PartitionKey": self.tenant_id, "RowKey": key, "of": of})

    async def due(self, now: datetime, *, most: int) -> list[DueEntry]:
        """Return what is due by now, the oldest first."""
        found: list[DueEntry] = []
        behind = f"{self.prefix}{key_time(now)}/"  # "/" comes after "."
        async for row in key_range(self.table, self.tenant_id, low=self.prefix, high=behind):
            found.append(DueEntry(row["RowKey"], row["of"]))
            if len(found) == most:
                break
        return found

    async def done(self, due: DueEntry) -> None:
        """Forget a note."""
        await delete_row(self.table, self.tenant_id, due.key)
