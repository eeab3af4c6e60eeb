"""A tenant that was set up once and is copied for every test that wants one: an apply takes longer than most tests."""

import asyncio
from dataclasses import dataclass
from typing import Any

from local.entra.state import TenantState
from provisioning.store.storage import Storage
from tests.tenant_copy import TenantCopy

TABLES = ("state", "operations")


@dataclass(frozen=True)
class Prepared:
    """What operations left in the tenant and in the tables, without their lease."""

    tenant: TenantCopy
    rows: dict[str, list[dict[str, Any]]]

    async def copy_rows(self, storage: Storage, *, tenant_id: str) -> None:
        """Write the rows that were kept into another partition; for so few, a transaction is slower."""
        for name, rows in self.rows.items():
            table = storage.table(name)
            await asyncio.gather(*(table.upsert_entity({**row, "PartitionKey": tenant_id}) for row in rows))


async def prepare(tenant: TenantState, storage: Storage, *, tenant_id: str) -> Prepared:
    """Keep a tenant as it is now."""
    kept: dict[str, list[dict[str, Any]]] = {}
    for name in TABLES:
        rows = storage.table(name).query_entities("PartitionKey eq @tenant", parameters={"tenant": tenant_id})
        kept[name] = [dict(row) async for row in rows if not str(row["RowKey"]).startswith("lease")]
    return Prepared(TenantCopy(tenant), kept)
