"""Table `operations`: what an admin asked for, step by step, for GET /api/operations/{id}."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from pydantic import TypeAdapter

from provisioning.model.plan import Change, Plan
from provisioning.store.storage import Storage, reaching, read_row, upsert

DEADLINE = timedelta(hours=1)  # after that an operation that still waits says so and ends; another apply resumes it


class Mode(StrEnum):
    """What an operation does."""

    PLAN = "plan"  # write nothing, show every change
    APPLY = "apply"  # make what is missing, repair what drifted; a new policy starts report-only
    ENABLE = "enable"  # turn the policy on
    DISABLE = "disable"  # turn the policy back to report-only
    VERIFY = "verify"  # write nothing, ask What-If whom the policy meets
    REMOVE = "remove"  # take away what carries our mark, the policy first


class OperationState(StrEnum):
    """Where an operation stands."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    SUCCEEDED = "succeeded"
    NEEDS_ADMIN = "needs_admin"
    UNPROVED = "unproved"  # a proof was asked for, and not everything could be asked
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
        outcome: created, restored, updated, deleted, unchanged, passed, unproved, needs_admin, waiting, refused or
            failed.
        object_id: Its id, once known.
        detail: A sentence, where there is something to say.
        changes: What was written, field by field.
        seconds: How long it took.
    """

    name: str
    outcome: str
    object_id: str | None = None
    detail: str | None = None
    changes: tuple[Change, ...] = ()
    seconds: float | None = None


@dataclass(frozen=True)
class Operation:
    """One request of an admin.

    Args:
        of: For a plan: the mode it is a plan of.
        plan_id: The plan the caller saw and holds the operation to, if any.
        held: Whether the tenant was found as that plan shows it; a run that resumes must not ask again.
        plan: What was planned when the operation began.
    """

    operation_id: str
    mode: Mode
    state: OperationState
    created_at: datetime
    updated_at: datetime
    steps: tuple[Step, ...] = ()
    detail: str | None = None
    of: Mode = Mode.APPLY
    plan_id: str | None = None
    held: bool = False
    plan: Plan | None = None

    def with_step(self, step: Step) -> "Operation":
        """The same with this step's newest outcome."""
        return replace(self, steps=(*(old for old in self.steps if old.name != step.name), step))

    @property
    def deadline(self) -> datetime:
        """When an operation that waits gives up."""
        return self.created_at + DEADLINE

    def as_json(self) -> dict[str, object]:
        """For the caller: without what is not known."""
        steps = [
            {name: value for name, value in asdict(step).items() if value not in (None, ())} for step in self.steps
        ]
        waiting = {"deadline": self.deadline.isoformat()} if self.state is OperationState.WAITING else {}
        planned = {"plan": self.plan.as_json()} if self.plan is not None else {}
        return {
            "operation": self.operation_id,
            "mode": str(self.mode),
            "state": str(self.state),
            "createdAt": self.created_at.isoformat(),
            "updatedAt": self.updated_at.isoformat(),
            **waiting,
            "steps": steps,
            "detail": self.detail,
            **planned,
        }


@dataclass(frozen=True)
class OperationSummary:
    """An operation in four words.

    Args:
        changed_at: When its row was last written.
    """

    operation_id: str
    mode: Mode
    state: OperationState
    changed_at: datetime


CONTENT: TypeAdapter[Operation] = TypeAdapter(Operation)
BRIEF = ["RowKey", "mode", "state", "Timestamp"]
LONGEST_PROPERTY = 30_000  # characters; a text property of a table holds 64 KiB of UTF-16


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

    async def begin(
        self, mode: Mode, *, operation_id: str, now: datetime, of: Mode = Mode.APPLY, plan_id: str | None = None
    ) -> Operation:
        """Keep a new operation that nobody works on yet."""
        operation = Operation(operation_id, mode, OperationState.QUEUED, now, now, of=of, plan_id=plan_id)
        await self.save(operation)
        return operation

    async def save(self, operation: Operation) -> None:
        """Write it as it stands now; only one run works on an operation at a time."""
        content = CONTENT.dump_json(operation).decode()
        entity: dict[str, Any] = {
            "PartitionKey": self.tenant_id,
            "RowKey": operation.operation_id,
            "mode": str(operation.mode),
            "state": str(operation.state),
        }
        for number, start in enumerate(range(0, len(content), LONGEST_PROPERTY)):
            entity[f"content{number}"] = content[start : start + LONGEST_PROPERTY]
        await upsert(self.table, entity)

    async def latest(self) -> OperationSummary | None:
        """The operation that moved last, plans left out since they change nothing; None before the first."""
        query, parameters = "PartitionKey eq @tenant and mode ne @plan", {"tenant": self.tenant_id, "plan": "plan"}
        newest: OperationSummary | None = None
        async with reaching("table operations"):
            try:
                async for row in self.table.query_entities(query, parameters=parameters, select=BRIEF):
                    at = row.metadata["timestamp"]  # the service's own; always there, though not so to its types
                    if at is not None and (newest is None or at > newest.changed_at):
                        newest = OperationSummary(row["RowKey"], Mode(row["mode"]), OperationState(row["state"]), at)
            except ResourceNotFoundError:
                return None
        return newest


def operation_of(row: dict[str, Any]) -> Operation:
    """Parse a row."""
    parts = sorted(
        (int(name.removeprefix("content")), value) for name, value in row.items() if name.startswith("content")
    )
    return CONTENT.validate_json("".join(value for _, value in parts))
