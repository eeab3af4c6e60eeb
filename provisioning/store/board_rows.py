"""Table `board`: what the board shows, made anew by the people role at intervals and read by front alone.

A row `summary` holds the counts; rows `list.WEEK.STATE.NUMBER` hold the people of a cohort in a state, as many as fit.
A row `day.DATE` holds a day's totals. A row that says the same as before is not written again.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from pydantic import TypeAdapter

from provisioning.model.board import BoardEntry, Summary
from provisioning.store.rows import join_text, split_text
from provisioning.store.storage import Storage, delete_row, key_range, read_row, upsert

SUMMARY = "summary"
LIST, LIST_END = "list.", "list/"
DAY, DAY_END = "day.", "day/"
IN_A_ROW = 100  # people

SUMMARIES: TypeAdapter[Summary] = TypeAdapter(Summary)
ENTRIES: TypeAdapter[tuple[BoardEntry, ...]] = TypeAdapter(tuple[BoardEntry, ...])


@dataclass(frozen=True)
class Page:
    """Some people of the board.

    Args:
        entries: In the order of their keys.
        following: Where the next page begins; None after the last.
    """

    entries: tuple[BoardEntry, ...]
    following: str | None


class BoardRows:
    """The rows of one tenant.

    Args:
        storage: The storage account.
        tenant_id: The partition.
    """

    def __init__(self, storage: Storage, *, tenant_id: str) -> None:
        self.table = storage.table("board")
        self.tenant_id = tenant_id

    async def summary(self) -> Summary | None:
        """Return the counts, or None before the first time."""
        row = await read_row(self.table, self.tenant_id, SUMMARY)
        return SUMMARIES.validate_json(join_text("text", row)) if row is not None else None

    async def people(self, *, low: str, high: str, rows: int) -> Page:
        """Return the people in some rows.

        Args:
            low: The first key.
            high: The first key behind the last one.
            rows: How many rows at most.
        """
        found: list[BoardEntry] = []
        async for row in key_range(self.table, self.tenant_id, low=low, high=high):
            if rows == 0:
                return Page(tuple(found), str(row["RowKey"]))
            found.extend(ENTRIES.validate_json(join_text("text", row)))
            rows -= 1
        return Page(tuple(found), None)

    async def days(self) -> dict[date, dict[str, int]]:
        """Return the totals by state of every day that was kept."""
        totals: TypeAdapter[dict[str, int]] = TypeAdapter(dict[str, int])
        return {
            date.fromisoformat(str(row["RowKey"]).removeprefix(DAY)): totals.validate_json(join_text("text", row))
            async for row in key_range(self.table, self.tenant_id, low=DAY, high=DAY_END)
        }

    async def save(self, summary: Summary, entries: Iterable[BoardEntry], *, keep_days: int) -> int:
        """Write what changed, the lists before the counts; returns how many rows were written or deleted.

        Args:
            summary: The counts.
            entries: Everybody.
            keep_days: For how many days the totals of a day are kept.
        """
        wanted = list_rows(entries)
        changed = await self.replace_lists(wanted)
        totals: dict[str, int] = {}
        for count in summary.counts:
            totals[count.state] = totals.get(count.state, 0) + count.people
        today = summary.at.date()
        await self.write(f"{DAY}{today.isoformat()}", TypeAdapter(dict[str, int]).dump_json(totals).decode())
        await self.delete_days_before(today - timedelta(days=keep_days))
        await self.write(SUMMARY, SUMMARIES.dump_json(summary).decode())
        return changed

    async def replace_lists(self, wanted: dict[str, str]) -> int:
        """Make the rows of the lists these ones, of which only the digests are read; returns how many had to change."""
        rows = key_range(self.table, self.tenant_id, low=LIST, high=LIST_END, select=["RowKey", "digest"])
        present = {str(row["RowKey"]): row.get("digest") async for row in rows}
        stale = [key for key in present if key not in wanted]
        fresh = [key for key, text in wanted.items() if present.get(key) != digest_of(text)]
        for key in fresh:
            await self.write(key, wanted[key])
        for key in stale:
            await delete_row(self.table, self.tenant_id, key)
        return len(fresh) + len(stale)

    async def delete_days_before(self, day: date) -> None:
        """Delete the totals of earlier days."""
        rows = key_range(self.table, self.tenant_id, low=DAY, high=f"{DAY}{day.isoformat()}", select=["RowKey"])
        for key in [str(row["RowKey"]) async for row in rows]:
            await delete_row(self.table, self.tenant_id, key)

    async def write(self, key: str, text: str) -> None:
        """Write a text as a row, in as many properties as it takes."""
        row = {**split_text("text", text), "digest": digest_of(text)}
        await upsert(self.table, {**row, "PartitionKey": self.tenant_id, "RowKey": key})


def list_rows(entries: Iterable[BoardEntry]) -> dict[str, str]:
    """Return the texts of all lists by their keys."""
    ordered = sorted(entries, key=lambda entry: (*cell(entry), entry.employee_id or "", entry.object_id or ""))
    rows: dict[str, str] = {}
    for (week, state), group in groupby(ordered, key=cell):
        people = tuple(group)
        for number, start in enumerate(range(0, len(people), IN_A_ROW)):
            text = ENTRIES.dump_json(people[start : start + IN_A_ROW])
            rows[f"{list_key(week, state)}{number:05}"] = text.decode()
    return rows


def cell(entry: BoardEntry) -> tuple[str, str]:
    """Return the cohort and the state of an entry."""
    return entry.week, str(entry.state)


def list_key(week: str, state: str) -> str:
    """Return the beginning of the keys of a list's rows."""
    return f"{LIST}{week}.{state}."


def digest_of(text: str) -> str:
    """Return what tells one text from another."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]
