"""Table `operations`: what an admin asked for, step by step, for GET /api/operations/{id}."""

from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson

from provisioning.store.storage import Storage, read_row, upsert


class Mode(StrEnum):
    """What an operation does."""

    APPLY = "apply"  # make what is missing, repair what drifted; a new policy starts report-only
    ENABLE = "enable"  # turn the policy on
    DISABLE = "disable"  # turn the policy back to report-only


class OperationState(StrEnum):
    """Where an operation stands."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    SUCCEEDED = "succeeded"
    NEEDS_ADMIN = "needs_admin"
    REFUSED = "refused"
    FAILED = "failed"

    @property
    def final(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self not in (OperationState.QUEUED, OperationState.RUNNING, OperationState.WAITING)


@dataclass(frozen=True)
class Step:
    """What became of one object.

    Args:
        name: The kind of object.
        outcome: created, updated, unchanged, needs_admin, waiting, refused or failed.
        object_id: Its id, once known.
        detail: A sentence, where there is something to say.
    """

    name: str
    outcome: str
    object_id: str | None = None
    detail: str | None = None


@dataclass(frozen=True)
class Operation:
    """One request of an admin."""

    operation_id: str
    mode: Mode
    state: OperationState
    created_at: datetime
    updated_at: datetime
    steps: tuple[Step, ...] = field(default_factory=tuple)
    detail: str | None = None

    def with_step(self, step: Step) -> "Operation":
        """The same with this step's newest outcome."""
        return replace(self, steps=(*(old for old in self.steps if old.name != step.name), step))

    def as_json(self) -> dict[str, object]:
        """For the caller: without what is not known."""
        steps = [{name: value for name, value in asdict(step).items() if value is not None} for step in self.steps]
        return {
            "operation": self.operation_id,
            "mode": str(self.mode),
            "state": str(self.state),
            "createdAt": self.created_at.isoformat(),
            "updatedAt": self.updated_at.isoformat(),
            "steps": steps,
            "detail": self.detail,
        }


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
        """One operation, or None."""
        row = await read_row(self.table, self.tenant_id, operation_id)
        return operation_of(row) if row else None

    async def save(self, operation: Operation) -> None:
        """Write it as it stands now; only one run works on an operation at a time."""
        entity: dict[str, Any] = {
            "PartitionKey": self.tenant_id,
            "RowKey": operation.operation_id,
            "mode": str(operation.mode),
            "state": str(operation.state),
            "created_at": operation.created_at.isoformat(),
            "updated_at": operation.updated_at.isoformat(),
            "steps": orjson.dumps(operation.steps).decode(),
        }
        if operation.detail is not None:
            entity["detail"] = operation.detail
        await upsert(self.table, entity)


def operation_of(row: dict[str, Any]) -> Operation:
    """Parse a row."""
    return Operation(
        operation_id=row["RowKey"],
        mode=Mode(row["mode"]),
        state=OperationState(row["state"]),
        created_at=datetime.fromisoformat(row["created_at"]),
        updated_at=datetime.fromisoformat(row["updated_at"]),
        steps=tuple(Step(**step) for step in orjson.loads(row["steps"])),
        detail=row.get("detail"),
    )
