"""Leases: of two runs at once one works and the other waits, also across processes. A row of a table is the lease."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.data.tables import UpdateMode
from azure.data.tables.aio import TableClient

from provisioning.clock import Clock
from provisioning.errors import NotReady
from provisioning.store.storage import create_table, reaching, read_row


class Leases:
    """The leases of one tenant in one table.

    Args:
        table: Where the rows are.
        tenant_id: The partition.
        now: Clock.
    """

    def __init__(self, table: TableClient, *, tenant_id: str, now: Clock) -> None:
        self.table = table
        self.tenant_id = tenant_id
        self.now = now

    @asynccontextmanager
    async def hold(self, name: str, *, holder: str, seconds: float) -> AsyncIterator[None]:
        """Hold a lease while the block runs; a holder that died loses it when its time is over.

        Raises:
            Waiting: Somebody else holds it.
        """
        key = f"lease-{name}"
        etag = await self.take(key, holder=holder, seconds=seconds)
        try:
            yield
        finally:
            await self.release(key, etag)

    async def take(self, key: str, *, holder: str, seconds: float) -> str:
        """Take the lease and return its ETag."""
        row = await read_row(self.table, self.tenant_id, key)
        if row is not None and datetime.fromisoformat(row["until"]) > self.now():
            raise NotReady(f"{row['holder']} to finish", after=5)
        until = self.now() + timedelta(seconds=seconds)
        entity = {"PartitionKey": self.tenant_id, "RowKey": key, "holder": holder, "until": until.isoformat()}
        async with reaching(f"table {self.table.table_name}"):
            try:
                return await self.write(entity, row["etag"] if row else None)
            except (ResourceExistsError, ResourceModifiedError):
                raise NotReady("a run that began at the same moment to finish", after=5) from None

    async def write(self, entity: dict[str, Any], etag: str | None) -> str:
        """Create the lease's row, or replace the one that was read."""
        if etag is None:
            try:
                created = await self.table.create_entity(entity)
            except ResourceNotFoundError:
                await create_table(self.table)
                created = await self.table.create_entity(entity)
            return str(created["etag"])
        updated = await self.table.update_entity(
            entity, mode=UpdateMode.REPLACE, etag=etag, match_condition=MatchConditions.IfNotModified
        )
        return str(updated["etag"])

    async def release(self, key: str, etag: str) -> None:
        """Give the lease back, unless somebody took it over meanwhile."""
        async with reaching(f"table {self.table.table_name}"):
            try:
                await self.table.delete_entity(
                    self.tenant_id, key, etag=etag, match_condition=MatchConditions.IfNotModified
                )
            except (ResourceModifiedError, ResourceNotFoundError):
                return
