"""Table `board`: what the board shows, made anew by the people role at intervals and read by front alone.

A row `summary` holds the counts; rows `list.WEEK.STATE.NUMBER` hold the people of a cohort in a state, as many as fit.
A row `department.DIGEST` holds in which of these lists people of a department are, and a row `day.DATE` a day's totals.
A row that says the same as before is not written again. Rows `forecast.SLOT` are of `store/forecasts.py`.
"""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from pydantic import TypeAdapter

from provisioning.concurrency import each
from provisioning.model.board import BoardEntry, Summary
from provisioning.store.rows import join_text, split_text
from provisioning.store.storage import Storage
from provisioning.store.tables import delete_row, key_range, read_row, upsert

SUMMARY = "summary"
LIST, LIST_END = "list.", "list/"
DEPARTMENT, DEPARTMENT_END = "department.", "department/"
DAY, DAY_END = "day.", "day/"
IN_A_ROW = 100  # people

SUMMARIES: TypeAdapter[Summary] = TypeAdapter(Summary)
ENTRIES: TypeAdapter[tuple[BoardEntry, ...]] = TypeAdapter(tuple[BoardEntry, ...])
KEYS: TypeAdapter[list[str]] = TypeAdapter(list[str])


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

    async def people_in(self, keys: Collection[str]) -> list[BoardEntry]:
        """Return the people in the rows with these keys, in their order, as far as they are there still."""
        rows = await each(keys, lambda key: read_row(self.table, self.tenant_id, key))
        return [entry for row in rows if row is not None for entry in ENTRIES.validate_json(join_text("text", row))]

    async def lists_of(self, department: str) -> frozenset[str]:
        """Return the keys of the rows in which people of a department are listed."""
        row = await read_row(self.table, self.tenant_id, department_key(department))
        return frozenset(KEYS.validate_json(join_text("text", row)) if row is not None else ())

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
        wanted, departments = list_rows(entries)
        changed = await self.replace(wanted, low=LIST, high=LIST_END)
        changed += await self.replace(departments, low=DEPARTMENT, high=DEPARTMENT_END)
        totals: dict[str, int] = {}
        for count in summary.counts:
            totals[count.state] = totals.get(count.state, 0) + count.people
        today = summary.at.date()
        await self.write(f"{DAY}{today.isoformat()}", TypeAdapter(dict[str, int]).dump_json(totals).decode())
        await self.delete_days_before(today - timedelta(days=keep_days))
        await self.write(SUMMARY, SUMMARIES.dump_json(summary).decode())
        return changed

    async def replace(self, wanted: dict[str, str], *, low: str, high: str) -> int:
        """Make the rows of a range these ones, of which only the digests are read; returns how many had to change."""
        rows = key_range(self.table, self.tenant_id, low=low, high=high, select=["RowKey", "digest"])
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


def list_rows(entries: Iterable[BoardEntry]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the texts of all lists, and those that say in which of them a department's people are, by their keys.

    Within a list a department's people stand together, so that few rows hold all of them.
    """
    rows: dict[str, str] = {}
    places: dict[str, list[str]] = {}
    for (week, state), group in groupby(sorted(entries, key=order_of), key=cell):
        people = tuple(group)
        for number, start in enumerate(range(0, len(people), IN_A_ROW)):
            part, key = people[start : start + IN_A_ROW], f"{list_key(week, state)}{number:05}"
            rows[key] = ENTRIES.dump_json(part).decode()
            for department in {entry.department for entry in part if entry.department is not None}:
                places.setdefault(department, []).append(key)
    return rows, {department_key(name): KEYS.dump_json(keys).decode() for name, keys in places.items()}


def order_of(entry: BoardEntry) -> tuple[str, ...]:
    """Return by what people are listed."""
    return *cell(entry), entry.department or "", entry.employee_id or "", entry.object_id or ""


def cell(entry: BoardEntry) -> tuple[str, str]:
    """Return the cohort and the state of an entry."""
    return entry.week, str(entry.state)


def department_key(name: str) -> str:
    """Return the key of a department's row; its name may hold what a key must not."""
    return f"{DEPARTMENT}{digest_of(name)}"


def list_key(week: str, state: str) -> str:
    """Return the beginning of the keys of a list's rows."""
    return f"{LIST}{week}.{state}."


def digest_of(text: str) -> str:
    """Return what tells one text from another."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]
