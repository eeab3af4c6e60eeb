"""Table `state`: the ids of our objects in the tenant, leases, and the last look at the policies.

Written by the tenant role alone. The people role may read it: an intruder in that role must not be able to point
it, or the tenant role, at another group or policy.
"""

from provisioning.model.tenant_objects import TenantObjects
from provisioning.store.lease import Leases
from provisioning.store.rows import RowFormat
from provisioning.store.storage import Storage
from provisioning.store.tables import read_row, upsert
from provisioning.store.tenant_look import TenantLooks

OBJECTS = "tenant-objects"
OBJECT_IDS = RowFormat(TenantObjects)


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
        self.looks = TenantLooks(self.table, tenant_id=tenant_id)

    async def objects(self) -> TenantObjects | None:
        """Return the ids of our objects, or None before the first apply."""
        row = await read_row(self.table, self.tenant_id, OBJECTS)
        return OBJECT_IDS.load(row) if row is not None else None

    async def save_objects(self, objects: TenantObjects) -> None:
        """Keep the ids; called after every object that was made, before the next step."""
        await upsert(self.table, {**OBJECT_IDS.dump(objects), "PartitionKey": self.tenant_id, "RowKey": OBJECTS})
