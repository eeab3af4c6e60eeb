"""Table `passes`: what became of the passes that were asked for. It holds none in clear.

The passes role alone writes it, and a claim is used up by a row that can be made only once. Front reads it.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, ClassVar

from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError

from provisioning.concurrency import each
from provisioning.errors import Conflict
from provisioning.model.passes import AuditEntry, AuditStep, PersonPass, RequestOutcome
from provisioning.store.lease import Leases
from provisioning.store.rows import RowFormat
from provisioning.store.storage import Storage, key_time
from provisioning.store.tables import add_row, delete_row, key_range, read_row, upsert, write_row

REQUEST, PERSON, AUDIT, USED = "request.", "person.", "audit.", "used."
LAST_MADE = "last-made"
NO_VALUES: Mapping[str, str] = MappingProxyType({})

OUTCOMES, PEOPLE, ENTRIES = RowFormat(RequestOutcome), RowFormat(PersonPass), RowFormat(AuditEntry)


class TenantRows:
    """The rows of one tenant in a table.

    Args:
        storage: The storage account.
        tenant_id: The partition.
    """

    table_name: ClassVar[str]

    def __init__(self, storage: Storage, *, tenant_id: str) -> None:
        self.table = storage.table(self.table_name)
        self.tenant_id = tenant_id

    def at(self, key: str) -> dict[str, str]:
        """Return the two keys of a row."""
        return {"PartitionKey": self.tenant_id, "RowKey": key}

    async def delete(self, keys: Sequence[str]) -> int:
        """Delete rows; returns how many were asked for."""

        async def delete_one(key: str) -> None:
            await delete_row(self.table, self.tenant_id, key)

        await each(keys, delete_one)
        return len(keys)


class Passes(TenantRows):
    """What became of the claims of one tenant."""

    table_name = "passes"

    def __init__(self, storage: Storage, *, tenant_id: str) -> None:
        super().__init__(storage, tenant_id=tenant_id)
        self.leases = Leases(self.table, tenant_id=tenant_id)

    async def outcome(self, request_id: str) -> RequestOutcome | None:
        """Return what became of a request, or None as long as nothing has."""
        row = await read_row(self.table, self.tenant_id, f"{REQUEST}{request_id}")
        return OUTCOMES.load(row, request_id=request_id) if row is not None else None

    async def save_outcome(self, outcome: RequestOutcome) -> None:
        """Write what became of a request; the row that was there is replaced whole, its box with it."""
        await upsert(self.table, {**OUTCOMES.dump(outcome), **self.at(f"{REQUEST}{outcome.request_id}")})

    async def user_of(self, claim_key: str) -> str | None:
        """Return the request that used a claim up; None if none did."""
        row = await read_row(self.table, self.tenant_id, f"{USED}{claim_key}")
        return str(row["request_id"]) if row is not None else None

    async def use(self, claim_key: str, *, request_id: str, at: datetime) -> bool:
        """Use a claim up; False if another request did."""
        entity = {"request_id": request_id, "at": at.isoformat(), **self.at(f"{USED}{claim_key}")}
        try:
            await add_row(self.table, entity)
        except ResourceExistsError:
            return await self.user_of(claim_key) == request_id
        return True

    async def give_back(self, claim_key: str) -> None:
        """Make a claim usable again: Entra refused, so that no pass came of it."""
        await delete_row(self.table, self.tenant_id, f"{USED}{claim_key}")

    async def person(self, object_id: str) -> PersonPass | None:
        """Return a person's last pass of ours."""
        row = await read_row(self.table, self.tenant_id, f"{PERSON}{object_id.lower()}")
        return PEOPLE.load(row, object_id=object_id) if row is not None else None

    async def save_person(self, person: PersonPass) -> PersonPass:
        """Write a person's row as it was read, or a new one; returns it with its new ETag.

        Raises:
            Conflict: Another run wrote it meanwhile.
        """
        entity = {**PEOPLE.dump(person), **self.at(f"{PERSON}{person.object_id.lower()}")}
        try:
            etag = await write_row(self.table, entity, etag=person.etag)
        except (ResourceExistsError, ResourceModifiedError, ResourceNotFoundError) as error:
            raise Conflict("A pass was worked on by another run at the same moment.", after=1) from error
        return replace(person, etag=etag)

    async def forget(self, object_id: str) -> None:
        """Delete what is known of a person's passes: the last one, every step, and what became of each request."""
        where, values = "object_id eq @person", {"person": object_id}
        steps = [row async for row in self.rows(AUDIT, where=where, values=values)]
        last = await self.person(object_id)
        requests = {str(row["request_id"]) for row in steps if row.get("request_id")}
        requests |= {last.request_id} if last is not None else set()
        for request_id in requests:  # the steps of the page name the request alone
            where, values = "request_id eq @request", {"request": request_id}
            steps += [row async for row in self.rows(AUDIT, where=where, values=values)]
            steps += [row async for row in self.rows(USED, where=where, values=values)]
        keys = {str(row["RowKey"]) for row in steps} | {f"{REQUEST}{request_id}" for request_id in requests}
        await self.delete([*keys, f"{PERSON}{object_id.lower()}"])

    async def delete_before(self, moment: datetime, *, most: int) -> int:
        """Delete rows of passes that were over before a time; returns how many.

        Args:
            moment: The time. Nothing that is younger than a claim or a pass may live is to be before it.
            most: How many are deleted at most.
        """
        keys = [str(row["RowKey"]) async for row in self.rows(AUDIT, high=f"{AUDIT}{audit_time(moment)}")]
        values = {"moment": f"{moment:%Y-%m-%dT%H:%M:%S}"}
        for prefix in (REQUEST, USED):
            keys += [str(row["RowKey"]) async for row in self.rows(prefix, where="at lt @moment", values=values)]
        for_person = self.rows(PERSON, where="intended_at lt @moment", values=values)
        keys += [str(row["RowKey"]) async for row in for_person if not row.get("ends_at", "") >= values["moment"]]
        return await self.delete(keys[:most])

    def rows(
        self, prefix: str, *, high: str | None = None, where: str = "", values: Mapping[str, str] = NO_VALUES
    ) -> AsyncIterator[dict[str, Any]]:
        """Yield the rows of a kind, or those of them up to a key."""
        behind = high or f"{prefix[:-1]}/"
        return key_range(self.table, self.tenant_id, low=prefix, high=behind, where=where, values=values)

    async def audit(self, entry: AuditEntry, *, new_id: str) -> None:
        """Keep a step."""
        await add_row(self.table, {**ENTRIES.dump(entry), **self.at(f"{AUDIT}{audit_time(entry.at)}.{new_id}")})

    async def entries(self, *, since: datetime, until: datetime) -> list[AuditEntry]:
        """Return the steps of a time, the oldest first."""
        low, high = f"{AUDIT}{audit_time(since)}", f"{AUDIT}{audit_time(until)}/"
        return [ENTRIES.load(row) async for row in key_range(self.table, self.tenant_id, low=low, high=high)]

    async def count_intended(self, *, since: datetime, until: datetime) -> int:
        """Return how often Entra was about to be asked for a pass in a time."""
        return sum(entry.step is AuditStep.INTENDED for entry in await self.entries(since=since, until=until))

    async def note_made(self, *, at: datetime) -> None:
        """Note that Entra made a pass, which tells a right that was lost from one that never was."""
        await upsert(self.table, {"at": at.isoformat(), **self.at(LAST_MADE)})

    async def ever_made(self) -> bool:
        """Tell whether Entra ever made a pass for this role."""
        return await read_row(self.table, self.tenant_id, LAST_MADE) is not None


def audit_time(at: datetime) -> str:
    """Return a time as the keys of the audit have it, to the microsecond."""
    return f"{key_time(at)}{at:%f}"
