"""Table `people`: what HR announced, and what became of each account. Ids, and sealed what is more.

Two kinds of row in a tenant's partition. A *hire record* is keyed by employee id, since that is all HR knows; a
*person* is keyed by object id, since that never changes and is all the landing page knows. A hire record that was
matched names its person. Both are written with the row's ETag, so of two writers at once one starts again.

What is to be looked at by itself at some time has a `next_try`, and `store/schedule.py` finds it by that.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError

from provisioning.concurrency import each
from provisioning.errors import Conflict
from provisioning.model.ledger import (
    ANNOUNCED,
    PERSON,
    EnrollmentState,
    HireRecord,
    Person,
    employee_key,
    is_about,
    person_key,
)
from provisioning.store.due_notes import DueNotes
from provisioning.store.rows import RowFormat
from provisioning.store.storage import Storage
from provisioning.store.sweep_state import ledger_notes
from provisioning.store.tables import delete_row, key_range, read_row, upsert, write_row

SWEEP = "sweep"
ERASE = "erase."  # notes of when private addresses are to be erased
UNEXPECTED = "unexpected."  # marks of people whose registration nobody has acknowledged; "/" comes after "."
AFTER = {ANNOUNCED: "employee/", PERSON: "object/"}  # the first key behind all keys with that prefix
SCAN_FROM = 500  # rows; reading all of them page by page is faster than so many one by one

HIRES, PEOPLE = RowFormat(HireRecord), RowFormat(Person)
Row = TypeVar("Row", bound=HireRecord | Person)
OnNewState = Callable[[HireRecord | Person], Awaitable[None]]


class Ledger:
    """The rows of one tenant.

    Args:
        storage: The storage account.
        tenant_id: The partition.
        on_new_state: Called with a row whose state is another than the stored one, before it is written.
    """

    def __init__(self, storage: Storage, *, tenant_id: str, on_new_state: OnNewState | None = None) -> None:
        self.table = storage.table("people")
        self.tenant_id = tenant_id
        self.on_new_state = on_new_state
        self.due_notes = ledger_notes(self.table, tenant_id=tenant_id)
        self.erasures = DueNotes(self.table, tenant_id, ERASE)

    async def hire_record(self, employee_id: str) -> HireRecord | None:
        """Return the hire record of this employee id."""
        row = await read_row(self.table, self.tenant_id, employee_key(employee_id))
        return hire_record_of(row) if row else None

    async def announcement_of(self, person: Person) -> HireRecord | None:
        """Return what HR said of this person, and of no other account that had or has their number."""
        reference = person.announced_as or person.employee_id
        record = await self.hire_record(reference) if reference is not None else None
        return record if record is not None and is_about(record, person) else None

    async def person(self, object_id: str) -> Person | None:
        """Return the person's row of this account."""
        row = await read_row(self.table, self.tenant_id, person_key(object_id))
        return person_of(row) if row else None

    async def persons(self, object_ids: Collection[str]) -> dict[str, Person]:
        """By object id, as far as they are known."""
        if len(object_ids) < SCAN_FROM:
            return people_by_object_id(await each(object_ids, self.person))
        wanted = set(object_ids)
        return people_by_object_id([person async for person in self.all_people() if person.object_id in wanted])

    async def persons_with(self, employee_id: str, *, most: int) -> list[Person]:
        """Return the accounts that had this employee id when last looked at. The service reads all rows for it."""
        found: list[Person] = []
        async for row in self.rows(PERSON, with_employee_id=employee_id):
            found.append(person_of(row))
            if len(found) == most:
                break
        return found

    async def hire_records(self, employee_ids: Collection[str]) -> dict[str, HireRecord]:
        """By employee id in one case (`casefold`), as far as they are known."""
        wanted = {employee_id.casefold() for employee_id in employee_ids}
        if len(wanted) < SCAN_FROM:
            found = await each(wanted, self.hire_record)
            return {row.employee_id.casefold(): row for row in found if row is not None}
        rows = {row.employee_id.casefold(): row async for row in self.all_hire_records()}
        return {employee_id: rows[employee_id] for employee_id in wanted & rows.keys()}

    async def rows_of(self, keys: Collection[str]) -> list[Person | HireRecord]:
        """Return the rows with these keys, as far as they are there."""

        async def read(key: str) -> Person | HireRecord | None:
            row = await read_row(self.table, self.tenant_id, key)
            if row is None:
                return None
            return person_of(row) if key.startswith(PERSON) else hire_record_of(row)

        return [row for row in await each(keys, read) if row is not None]

    async def save(self, row: Row) -> Row:
        """Write a row that was read before (its ETag must still hold) or a new one; returns it with its new ETag.

        What it is due for is noted first: a note without its row is dropped when it is met, a row without its note
        would never be looked at again.

        Raises:
            Conflict: Another worker wrote it meanwhile.
            TransientError: The storage account cannot be reached.
        """
        values = PEOPLE.dump(row) if isinstance(row, Person) else HIRES.dump(row)
        entity = {**values, "PartitionKey": self.tenant_id, "RowKey": row.key}
        if row.next_try is not None:
            await self.due_notes.note(row.key, at=row.next_try)
        if isinstance(row, HireRecord) and row.private_until is not None:
            await self.erasures.note(row.key, at=row.private_until)
        if isinstance(row, Person) and row.state is EnrollmentState.UNEXPECTED:
            mark = f"{UNEXPECTED}{row.object_id.lower()}"
            await upsert(self.table, {"PartitionKey": self.tenant_id, "RowKey": mark, "of": row.key})
        if self.on_new_state is not None and row.state is not row.stored_state:
            await self.on_new_state(row)
        try:
            etag = await write_row(self.table, entity, etag=row.etag)
        except (ResourceExistsError, ResourceModifiedError, ResourceNotFoundError) as error:
            raise Conflict("A row of the ledger was written by another worker at the same moment.", after=1) from error
        return replace(row, etag=etag, stored_state=row.state)

    async def forget(self, row: HireRecord | Person) -> None:
        """Delete a row for good, with the mark of an unexpected registration; its notes end when they are met."""
        await delete_row(self.table, self.tenant_id, row.key)
        if isinstance(row, Person):
            await delete_row(self.table, self.tenant_id, f"{UNEXPECTED}{row.object_id.lower()}")

    async def all_people(self) -> AsyncIterator[Person]:
        """Yield every person's row."""
        async for row in self.rows(PERSON):
            yield person_of(row)

    async def invited_people(self) -> AsyncIterator[Person]:
        """Yield everybody who is in the group and has registered nothing. The service looks through all rows for it."""
        async for row in key_range(
            self.table,
            self.tenant_id,
            low=PERSON,
            high=AFTER[PERSON],
            where="state eq @state",
            values={"state": str(EnrollmentState.INVITED)},
        ):
            yield person_of(row)

    async def all_hire_records(self) -> AsyncIterator[HireRecord]:
        """Yield every hire record."""
        async for row in self.rows(ANNOUNCED):
            yield hire_record_of(row)

    async def unexpected_people(self) -> list[Person]:
        """Return everybody whose second factor may be another person's, without reading all rows.

        A mark stays behind when that is over, and is passed over then.
        """
        marks = [
            row["of"]
            async for row in key_range(self.table, self.tenant_id, low=UNEXPECTED, high=UNEXPECTED.replace(".", "/"))
        ]
        rows = await self.rows_of(marks)
        return [row for row in rows if isinstance(row, Person) and row.state is EnrollmentState.UNEXPECTED]

    async def heartbeat(self, outcome: dict[str, int | str], *, at: datetime) -> None:
        """Note that a sweep ran, when, and what it did."""
        entity = {**outcome, "at": at.isoformat(), "PartitionKey": self.tenant_id, "RowKey": SWEEP}
        await upsert(self.table, entity)

    async def last_sweep(self) -> dict[str, Any] | None:
        """Return the newest heartbeat."""
        return await read_row(self.table, self.tenant_id, SWEEP)

    async def rows(self, prefix: str, *, with_employee_id: str | None = None) -> AsyncIterator[dict[str, Any]]:
        """Yield the rows of one kind, by key range."""
        where, values = "", {}
        if with_employee_id is not None:
            where, values = "employee_id eq @employee", {"employee": with_employee_id}
        async for row in key_range(
            self.table, self.tenant_id, low=prefix, high=AFTER[prefix], where=where, values=values
        ):
            yield row


def hire_record_of(row: dict[str, Any]) -> HireRecord:
    """Return the hire record that a row keeps."""
    return HIRES.load(row, stored_state=row["state"])


def person_of(row: dict[str, Any]) -> Person:
    """Return the person that a row keeps."""
    return PEOPLE.load(row, object_id=row["RowKey"].removeprefix(PERSON), stored_state=row["state"])


def people_by_object_id(people: Iterable[Person | None]) -> dict[str, Person]:
    """Return the rows that exist, by object id."""
    return {person.object_id: person for person in people if person is not None}
