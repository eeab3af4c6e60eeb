"""A tenant that was set up once and is copied for every test that wants one: an apply takes longer than most tests."""

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from local.entra.protocol.collection import Collection
from local.entra.protocol.journal import Journal
from local.entra.state import TenantState
from provisioning.store.storage import Storage

# Each tenant's own: its time and ids, and what would call back into the tenant it was copied from.
OWN = ("clock", "ids", "requests", "replication")
PARTS = {Collection: ("objects", "created", "indexes"), Journal: ("recording", "changes")}
TABLES = ("state", "operations")


@dataclass
class Prepared:
    """What an apply left in the tenant and in the tables, without its lease."""

    content: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    async def save(self, tenant: TenantState, storage: Storage, *, tenant_id: str) -> None:
        """Keep a tenant as it is now."""
        self.content = deepcopy(content_of(tenant))
        for name in TABLES:
            rows = storage.table(name).query_entities("PartitionKey eq @tenant", parameters={"tenant": tenant_id})
            self.rows[name] = [dict(row) async for row in rows if not str(row["RowKey"]).startswith("lease")]

    def copy_to(self, tenant: TenantState) -> None:
        """Make a new tenant like the one that was kept."""
        for name, value in deepcopy(self.content).items():
            part = getattr(tenant, name)
            if type(part) in PARTS:
                vars(part).update(value)
            else:
                setattr(tenant, name, value)

    async def copy_rows(self, storage: Storage, *, tenant_id: str) -> None:
        """Write the rows that were kept into another partition."""
        for name, rows in self.rows.items():
            for row in rows:
                await storage.table(name).upsert_entity({**row, "PartitionKey": tenant_id})


def content_of(tenant: TenantState) -> dict[str, Any]:
    """The data of a tenant, without its callables."""
    return {
        name: {part: getattr(value, part) for part in PARTS[type(value)]} if type(value) in PARTS else value
        for name, value in vars(tenant).items()
        if name not in OWN
    }
