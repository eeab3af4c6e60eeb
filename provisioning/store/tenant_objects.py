"""Table `state`: the ids of our objects in the tenant, and leases.

Written by the tenant role alone. The people role may read it: whoever takes that role over must not be able to point
it, or the tenant role, at another group or policy.
"""

from dataclasses import dataclass, fields
from datetime import datetime

from pydantic import TypeAdapter

from provisioning.clock import Clock
from provisioning.store.lease import Leases
from provisioning.store.storage import Storage, read_row, upsert

OBJECTS = "tenant-objects"


@dataclass(frozen=True)
class TenantObjects:
    """What we made in the tenant, so that a name never has to decide what is ours.

    Args:
        key: Random, made before the first write; part of every uniqueName and of the policy's name.
        logo_digest: Of the picture we uploaded last; Graph gives none back to compare.
        policy_sent_at, registration_policy_sent_at: When a policy was sent whose answer we have not seen. Graph takes
            a second policy of one name without a word, so it must not be sent again before it would be listed.
        made_at: When the object that was made last was made: younger than the longest replication, a 404 means
            "not there yet".
    """

    key: str
    group_id: str | None = None
    application_id: str | None = None
    app_id: str | None = None
    service_principal_id: str | None = None
    policy_id: str | None = None
    registration_policy_id: str | None = None
    logo_digest: str | None = None
    policy_sent_at: datetime | None = None
    registration_policy_sent_at: datetime | None = None
    made_at: datetime | None = None


NAMES = tuple(item.name for item in fields(TenantObjects))
OBJECT_IDS: TypeAdapter[TenantObjects] = TypeAdapter(TenantObjects)


class TenantObjectStore:
    """The rows of one tenant.

    Args:
        storage: The storage account.
        tenant_id: The partition.
        now: Clock.
    """

    def __init__(self, storage: Storage, *, tenant_id: str, now: Clock) -> None:
        self.table = storage.table("state")
        self.tenant_id = tenant_id
        self.leases = Leases(self.table, tenant_id=tenant_id)

    async def objects(self) -> TenantObjects | None:
        """The ids of our objects, or None before the first apply."""
        row = await read_row(self.table, self.tenant_id, OBJECTS)
        if row is None:
            return None
        return OBJECT_IDS.validate_python({name: row[name] for name in NAMES if row.get(name) is not None})

    async def save_objects(self, objects: TenantObjects) -> None:
        """Keep the ids; called after every object that was made, before the next step."""
        values = OBJECT_IDS.dump_python(objects, mode="json", exclude_none=True)
        await upsert(self.table, {**values, "PartitionKey": self.tenant_id, "RowKey": OBJECTS})
