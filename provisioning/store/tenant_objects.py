"""Table `state`: the ids of our objects in the tenant, and leases.

Written by the tenant role alone. The people role may read it: an intruder in that role must not be able to point
it, or the tenant role, at another group or policy.
"""

from dataclasses import fields

from pydantic import TypeAdapter

from provisioning.model.tenant_objects import TenantObjects
from provisioning.store.lease import Leases
from provisioning.store.storage import Storage, read_row, upsert

OBJECTS = "tenant-objects"
NAMES = tuple(item.name for item in fields(TenantObjects))
LISTS = ("policies_in_force", "removed_policy_ids")
OBJECT_IDS: TypeAdapter[TenantObjects] = TypeAdapter(TenantObjects)


class TenantObjectStore:
    """The rows of one tenant.

    Args:
        storage: The storage account.
        tenant_id: The partition.
    """

    def __init__(self, storage: Storage, *, tenant_id: str) -> None:
        self.table = storage.table("state")
        self.tenant_id = tenant_id
        self.leases = Leases(self.table, tenant_id=tenant_id)

    async def objects(self) -> TenantObjects | None:
        """Return the ids of our objects, or None before the first apply."""
        row = await read_row(self.table, self.tenant_id, OBJECTS)
        if row is None:
            return None
        values = {name: row[name] for name in NAMES if row.get(name) is not None}
        return OBJECT_IDS.validate_python({**values, **{name: values.get(name, "").split() for name in LISTS}})

    async def save_objects(self, objects: TenantObjects) -> None:
        """Keep the ids; called after every object that was made, before the next step."""
        values = OBJECT_IDS.dump_python(objects, mode="json", exclude_none=True)
        values |= {name: " ".join(values[name]) for name in LISTS}  # a table keeps no lists
        await upsert(self.table, {**values, "PartitionKey": self.tenant_id, "RowKey": OBJECTS})
