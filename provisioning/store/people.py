"""Table `people`: what HR announced, and what became of each account. Ids only.

Two kinds of row in a tenant's partition. An *announcement* is keyed by employee id, since that is all HR knows; a
*person* is keyed by object id, since that never changes and is all the landing page knows. An announcement that was
matched names its person. Both are written with the row's ETag, so of two writers at once one starts again.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, TypeVar
from urllib.parse import quote

from azure.core import MatchConditions
from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.data.tables import UpdateMode

from provisioning.errors import Conflict
from provisioning.people.events import Kind
from provisioning.store.storage import Storage, create_table, reaching, read_row, upsert

LONGEST_KEY = 256
ANNOUNCED = "employee."
PERSON = "object."
SWEEP = "sweep"
AFTER = {ANNOUNCED: "employee/", PERSON: "object/"}  # the first key behind all keys with that prefix


class State(StrEnum):
    """Where somebody stands."""

    PENDING = "pending"  # announced, no account yet
    WAITING = "waiting"  # has an account, the first day is too far away
    INVITED = "invited"  # in the group
    REGISTERED = "registered"  # has a second factor
    LEFT = "left"  # cancelled or gone
    PARKED = "parked"  # a person must decide; reason and remedy say what
    MATCHED = "matched"  # an announcement whose person has a row of its own


@dataclass(frozen=True)
class Announcement:
    """What HR last said of an employee id."""

    employee_id: str
    source: str
    event_id: str
    kind: Kind
    start_date: date | None
    occurred_at: datetime
    state: State = State.PENDING
    object_id: str | None = None
    reason: str | None = None
    remedy: str | None = None
    etag: str | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Person:
    """What is known of an account."""

    object_id: str
    state: State
    employee_id: str | None = None
    start_date: date | None = None
    added_by_us: bool = False
    invited_at: datetime | None = None
    registered_at: datetime | None = None
    seen_at: datetime | None = None
    checked_at: datetime | None = None
    methods: tuple[str, ...] = ()
    reason: str | None = None
    remedy: str | None = None
    etag: str | None = field(default=None, compare=False)


Row = TypeVar("Row", Announcement, Person)


def day(value: str | None) -> date | None:
    """A stored day."""
    return date.fromisoformat(value) if value else None


def announcement_of(row: dict[str, Any]) -> Announcement:
    """Parse a row."""
    return Announcement(
        employee_id=row["employee_id"],
        source=row["source"],
        event_id=row["event_id"],
        kind=Kind(row["kind"]),
        start_date=day(row.get("start_date")),
        occurred_at=datetime.fromisoformat(row["occurred_at"]),
        state=State(row["state"]),
        object_id=row.get("object_id"),
        reason=row.get("reason"),
        remedy=row.get("remedy"),
        etag=row["etag"],
    )


def person_of(row: dict[str, Any]) -> Person:
    """Parse a row."""
    moments = {
        name: datetime.fromisoformat(row[name]) if row.get(name) else None
        for name in ("invited_at", "registered_at", "seen_at", "checked_at")
    }
    return Person(
        object_id=row["RowKey"].removeprefix(PERSON),
        state=State(row["state"]),
        employee_id=row.get("employee_id"),
        start_date=day(row.get("start_date")),
        added_by_us=bool(row.get("added_by_us")),
        methods=tuple(row["methods"].split(",")) if row.get("methods") else (),
        reason=row.get("reason"),
        remedy=row.get("remedy"),
        etag=row["etag"],
        **moments,
    )


def stored(value: object) -> object:
    """A value as a table keeps it."""
    if isinstance(value, tuple):
        return ",".join(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value) if isinstance(value, StrEnum) else value


def employee_key(employee_id: str) -> str:
    """A row key for an employee id, which may hold characters a key must not (/ \\ # ?); case does not count.

    A key holds 1 KiB (rest/api/storageservices, table data model), so a long one becomes its digest.
    """
    quoted = quote(employee_id.casefold(), safe="")
    return ANNOUNCED + (quoted if len(quoted) <= LONGEST_KEY else sha256(quoted.encode()).hexdigest())


class People:
    """The rows of one tenant.

    Args:
        storage: The storage account.
        tenant_id: The partition.
    """

    def __init__(self, storage: Storage, *, tenant_id: str) -> None:
        self.table = storage.table("people")
        self.tenant_id = tenant_id

    async def announcement(self, employee_id: str) -> Announcement | None:
        """What HR last said of this employee id."""
        row = await read_row(self.table, self.tenant_id, employee_key(employee_id))
        return announcement_of(row) if row else None

    async def person(self, object_id: str) -> Person | None:
        """What is known of this account."""
        row = await read_row(self.table, self.tenant_id, PERSON + object_id.lower())
        return person_of(row) if row else None

    async def save(self, row: Row) -> Row:
        """Write a row that was read before (its ETag must still hold) or a new one; returns it with its new ETag.

        Raises:
            Conflict: Somebody else wrote it meanwhile.
            Retry: The storage account cannot be reached.
        """
        values = {name: stored(value) for name, value in vars(row).items() if name != "etag" and value is not None}
        key = employee_key(row.employee_id) if isinstance(row, Announcement) else PERSON + row.object_id.lower()
        entity = {**values, "PartitionKey": self.tenant_id, "RowKey": key}
        async with reaching("table people"):
            try:
                etag = await self.write_or_create(entity, row.etag)
            except (ResourceExistsError, ResourceModifiedError) as error:
                raise Conflict(
                    "A row of the ledger was written by somebody else at the same moment.", after=1
                ) from error
        return replace(row, etag=etag)

    async def write_or_create(self, entity: dict[str, Any], etag: str | None) -> str:
        """One write; the table is made if it is not there. A row that was deleted meanwhile is made again."""
        try:
            return await self.write(entity, etag)
        except ResourceNotFoundError:
            await create_table(self.table)
            return await self.write(entity, None)

    async def write(self, entity: dict[str, Any], etag: str | None) -> str:
        """One write: a new row, or a row as it was read; returns the new ETag."""
        if etag is None:
            written = await self.table.create_entity(entity)
        else:
            written = await self.table.update_entity(
                entity, mode=UpdateMode.REPLACE, etag=etag, match_condition=MatchConditions.IfNotModified
            )
        return str(written["etag"])

    async def all_people(self) -> AsyncIterator[Person]:
        """Every person's row."""
        async for row in self.rows(PERSON):
            yield person_of(row)

    async def all_announcements(self) -> AsyncIterator[Announcement]:
        """Every announcement."""
        async for row in self.rows(ANNOUNCED):
            yield announcement_of(row)

    async def heartbeat(self, outcome: dict[str, int | str], *, at: datetime) -> None:
        """Note that a sweep ran, when, and what it did."""
        entity = {**outcome, "at": at.isoformat(), "PartitionKey": self.tenant_id, "RowKey": SWEEP}
        await upsert(self.table, entity)

    async def last_sweep(self) -> dict[str, Any] | None:
        """The newest heartbeat."""
        return await read_row(self.table, self.tenant_id, SWEEP)

    async def rows(self, prefix: str) -> AsyncIterator[dict[str, Any]]:
        """Rows of one kind, by key range."""
        query = "PartitionKey eq @tenant and RowKey ge @low and RowKey lt @high"
        parameters = {"tenant": self.tenant_id, "low": prefix, "high": AFTER[prefix]}
        async with reaching("table people"):
            try:
                async for entity in self.table.query_entities(query, parameters=parameters):
                    yield {**entity, "etag": entity.metadata["etag"]}
            except ResourceNotFoundError:
                return
