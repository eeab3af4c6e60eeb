"""A tenant that was set up once and is copied for every test that wants one: an apply takes longer than most tests."""

from dataclasses import dataclass, field
from typing import Any

from local.entra.state import TenantState
from provisioning.store.storage import Storage
from tests.tenant_copy import TenantCopy

TABLES = ("state", "operations")


@dataclass
class Prepared:
    """What an apply left in the tenant and in the tables, without its lease."""

    tenant: TenantCopy | None = None
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    async def save(self, tenant: TenantState, storage: Storage, *, tenant_id: str) -> None:
        """Keep a tenant as it is now."""
        self.tenant = TenantCopy(tenant)
        for name in TABLES:
            rows = storage.table(name).query_entities("PartitionKey eq @tenant", parameters={"tenant": tenant_id})
            self.rows[name] = [dict(row) async for row in rows if not str(row["RowKey"]).startswith("lease")]

    async def copy_rows(self, storage: Storage, *, tenant_id: str) -> None:
        """Write the rows that were kept into another partition."""
        for name, rows in self.rows.items():
            if rows:
                changes = [("upsert", {**row, "PartitionKey": tenant_id}) for row in rows]
                await storage.table(name).submit_transaction(changes)
