"""Table `operations`: what an admin asked for, step by step, for GET /api/operations/{id}."""

from datetime import datetime

from azure.core.exceptions import ResourceNotFoundError

from provisioning.model.operation import Mode, Operation, OperationState, OperationSummary
from provisioning.store.rows import DocumentFormat
from provisioning.store.storage import Storage, reaching
from provisioning.store.tables import read_row, upsert

OPERATIONS = DocumentFormat(Operation)
BRIEF = ["RowKey", "mode", "state", "Timestamp"]


class Operations:
    """The operations of one tenant.

    Args:
        storage: The storage account.
        tenant_id: The partition.
    """

    def __init__(self, storage: Storage, *, tenant_id: str) -> None:
        self.table = storage.table("operations")
        self.tenant_id = tenant_id

    async def read(self, operation_id: str) -> Operation | None:
        """Return one operation, or None."""
        row = await read_row(self.table, self.tenant_id, operation_id)
        return OPERATIONS.load(row) if row else None

    async def begin(
        self,
        mode: Mode,
        *,
        operation_id: str,
        now: datetime,
        planned_mode: Mode = Mode.APPLY,
        plan_id: str | None = None,
    ) -> Operation:
        """Keep a new operation that no worker has begun."""
        operation = Operation(
            operation_id, mode, OperationState.QUEUED, now, now, planned_mode=planned_mode, plan_id=plan_id
        )
        await self.save(operation)
        return operation

    async def save(self, operation: Operation) -> None:
        """Write it as it stands now; only one run works on an operation at a time."""
        brief = {"mode": str(operation.mode), "state": str(operation.state)}
        key = {"PartitionKey": self.tenant_id, "RowKey": operation.operation_id}
        await upsert(self.table, {**OPERATIONS.dump(operation), **brief, **key})

    async def latest(self) -> OperationSummary | None:
        """Return the operation that moved last, plans left out since they change nothing; None before the first."""
        return next(iter(await self.newest(most=1)), None)

    async def newest(self, *, most: int) -> list[OperationSummary]:
        """Return the operations that moved last, the newest first; plans are left out since they change nothing."""
        query, parameters = "PartitionKey eq @tenant and mode ne @plan", {"tenant": self.tenant_id, "plan": "plan"}
        found: list[OperationSummary] = []
        async with reaching("table operations"):
            try:
                async for row in self.table.query_entities(query, parameters=parameters, select=BRIEF):
                    at = row.metadata["timestamp"]  # the service's own; always there, though not so to its types
                    if at is not None:
                        found.append(
                            OperationSummary(row["RowKey"], Mode(row["mode"]), OperationState(row["state"]), at)
                        )
            except ResourceNotFoundError:
                return []
        return sorted(found, key=lambda item: item.changed_at, reverse=True)[:most]
