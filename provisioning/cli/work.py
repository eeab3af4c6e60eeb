"""Runs an operation in this process; its row lets others follow it."""

from datetime import datetime
from types import TracebackType
from typing import Self

from provisioning.errors import NotReady, Rejected, TransientError
from provisioning.graph.client import Graph
from provisioning.model.operation import Mode, Operation, Step, StepOutcome
from provisioning.services import Services
from provisioning.store.operations import Operations
from provisioning.store.storage import Storage
from provisioning.tenant.settings import TenantIdentitySettings
from provisioning.tenant.triggers import engine_for

BACKOFF = 10.0  # seconds before another try, where the error names none


class Progress:
    """Follows an operation while the block is not left; this base class ignores it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        return None

    def saved(self, operation: Operation, steps: tuple[Step, ...]) -> None:
        """It stands like this now; `steps` is what became of each step since this process works on it."""

    def waits(self, reason: str, *, seconds: float, until: datetime) -> None:
        """It will be tried again after so many seconds, and given up at a point in time."""


class Watched(Operations):
    """Operations that report each save.

    Args:
        storage: The storage account.
        tenant_id: The partition.
        progress: Receives each save.
    """

    def __init__(self, storage: Storage, *, tenant_id: str, progress: Progress) -> None:
        super().__init__(storage, tenant_id=tenant_id)
        self.progress = progress
        self.steps: dict[str, Step] = {}

    async def save(self, operation: Operation) -> None:
        """Save the operation, then report it."""
        await super().save(operation)
        self.remember(operation)
        self.progress.saved(operation, tuple(self.steps.values()))

    def remember(self, operation: Operation) -> None:
        """Keep each step's news: a run after a wait finds unchanged what the run before it changed."""
        for step in operation.steps:
            before = self.steps.get(step.name)
            if before is None or not before.outcome.changed or step.outcome is not StepOutcome.UNCHANGED:
                self.steps[step.name] = step


class LocalRunner:
    """Runs operations of the tenant in this process.

    Args:
        services: Graph, storage, clock, ids, sleep.
        progress: Who is told how it goes.

    Raises:
        ConfigurationError: A setting is missing or wrong.
    """

    def __init__(self, services: Services, *, progress: Progress) -> None:
        self.services = services
        self.progress = progress
        self.unfinished: Operation | None = None
        self.operations = Watched(services.storage, tenant_id=services.tenant_id, progress=progress)

    @property
    def graph(self) -> Graph:
        """Graph as the tenant role's identity."""
        return self.services.graph(self.services.settings(TenantIdentitySettings).client_id)

    @property
    def steps(self) -> tuple[Step, ...]:
        """What became of each step since this process works on it."""
        return tuple(self.operations.steps.values())

    async def begin(self, mode: Mode, *, planned_mode: Mode = Mode.APPLY, plan_id: str | None = None) -> Operation:
        """Start an operation and work on it until nothing more happens by itself.

        Raises:
            TransientError: Storage is away.
        """
        self.operations.steps.clear()
        operation = await self.operations.begin(
            mode,
            operation_id=self.services.new_id(),
            now=self.services.now(),
            planned_mode=planned_mode,
            plan_id=plan_id,
        )
        return await self.finish(operation)

    async def resume(self, operation_id: str, *, mode: Mode) -> Operation:
        """Go on with an operation that was interrupted; one that has ended is only read.

        Raises:
            Rejected: There is no such operation, or it is of another mode.
            TransientError: Storage is away.
        """
        operation = await self.operations.read(operation_id)
        if operation is None:
            raise Rejected(
                f"There is no operation {operation_id}.", remedy=f"Start one: python -m provisioning {mode}."
            )
        if operation.mode is not mode:
            remedy = f"Continue it: {resumption(operation)}."
            raise Rejected(f"The operation {operation_id} has a different mode, {operation.mode}.", remedy=remedy)
        self.operations.remember(operation)
        return await self.finish(operation)

    async def finish(self, operation: Operation) -> Operation:
        """Work until the operation ends. What it waits for is told; what stops this process leaves it resumable."""
        self.unfinished = operation
        while not operation.state.final:
            operation = await self.attempt(operation)
        self.unfinished = None
        return operation

    async def attempt(self, operation: Operation) -> Operation:
        """Make one run and the wait it asks for; return how the operation stands."""
        reason, after = "It has not ended.", None
        try:
            engine = engine_for(operation, services=self.services, operations=self.operations)
            await engine.run(operation.operation_id)
        except (NotReady, TransientError) as error:
            reason, after = str(error), error.after
        operation = await self.operations.read(operation.operation_id) or operation
        if not operation.state.final:
            seconds = BACKOFF if after is None else after
            self.progress.waits(reason, seconds=seconds, until=operation.deadline)
            await self.services.sleep(seconds)
        return operation


def resumption(operation: Operation) -> str:
    """Return the command that resumes an operation."""
    return f"python -m provisioning {operation.mode} --resume {operation.operation_id}"
