"""An operation that this process works on itself, with everybody else able to watch it in the table."""

from types import TracebackType
from typing import Self

from provisioning.errors import NotReady, Rejected, TransientError
from provisioning.services import Services
from provisioning.settings import TenantObjectSettings, TenantSettings, load
from provisioning.store.operations import Mode, Operation, Operations, Step
from provisioning.store.storage import Storage
from provisioning.store.tenant_objects import TenantObjectStore
from provisioning.tenant.engine import Engine

BACKOFF = 10.0  # seconds before another try, where nobody says when
CHANGED = frozenset({"created", "restored", "updated", "deleted"})
WRITING = frozenset({Mode.APPLY, Mode.ENABLE, Mode.DISABLE, Mode.REMOVE})


class Progress:
    """Somebody who wants to know how an operation goes while the block is not left. This one does not listen."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        return None

    def saved(self, operation: Operation, steps: tuple[Step, ...]) -> None:
        """It stands like this now; `steps` is what became of each step since this process works on it."""

    def waits(self, reason: str, seconds: float) -> None:
        """It will be tried again after so many seconds."""


class Watched(Operations):
    """Operations that tell each time one is saved.

    Args:
        storage: The storage account.
        tenant_id: The partition.
        progress: Who is told.
    """

    def __init__(self, storage: Storage, *, tenant_id: str, progress: Progress) -> None:
        super().__init__(storage, tenant_id=tenant_id)
        self.progress = progress
        self.steps: dict[str, Step] = {}

    async def save(self, operation: Operation) -> None:
        """Keep it, then tell."""
        await super().save(operation)
        self.remember(operation)
        self.progress.saved(operation, tuple(self.steps.values()))

    def remember(self, operation: Operation) -> None:
        """A run that goes on after a wait finds unchanged what the run before it changed: that is not the news."""
        for step in operation.steps:
            before = self.steps.get(step.name)
            if before is None or before.outcome not in CHANGED or step.outcome != "unchanged":
                self.steps[step.name] = step


class LocalRunner:
    """Runs operations of the tenant in this process.

    Args:
        services: Graph, storage, clock, ids, sleep.
        progress: Who is told how it goes.

    Raises:
        Misconfigured: A setting is missing or wrong.
    """

    def __init__(self, services: Services, *, progress: Progress) -> None:
        settings = load(TenantObjectSettings)
        tenant_id = str(load(TenantSettings).tenant_id)
        self.services = services
        self.progress = progress
        self.unfinished: Operation | None = None
        self.operations = Watched(services.storage, tenant_id=tenant_id, progress=progress)
        self.engine = Engine(
            services.graph(settings.client_id),
            operations=self.operations,
            state=TenantObjectStore(services.storage, tenant_id=tenant_id, now=services.now),
            settings=settings,
            tenant_id=tenant_id,
            now=services.now,
            new_id=services.new_id,
            ledger=services.ledger,
        )

    @property
    def steps(self) -> tuple[Step, ...]:
        """What became of each step since this process works on it."""
        return tuple(self.operations.steps.values())

    async def begin(self, mode: Mode, *, of: Mode = Mode.APPLY, plan_id: str | None = None) -> Operation:
        """Start an operation and work on it until nothing more happens by itself.

        Raises:
            Retry: Storage is away.
        """
        self.operations.steps.clear()
        operation = await self.operations.begin(
            mode, operation_id=self.services.new_id(), now=self.services.now(), of=of, plan_id=plan_id
        )
        return await self.finish(operation)

    async def resume(self, operation_id: str, *, mode: Mode) -> Operation:
        """Go on with an operation that was interrupted; one that has ended is only read.

        Raises:
            Refused: There is no such operation, or it is of another mode.
            Retry: Storage is away.
        """
        operation = await self.operations.read(operation_id)
        if operation is None:
            raise Rejected(
                f"There is no operation {operation_id}.", remedy=f"Start one: python -m provisioning {mode}."
            )
        if operation.mode is not mode:
            remedy = f"Go on with it: {resumption(operation)}."
            raise Rejected(f"The operation {operation_id} is of another mode, {operation.mode}.", remedy=remedy)
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
        """One run, and the wait that it asks for; returns how the operation stands."""
        reason, after = "It has not ended.", None
        try:
            await self.engine.run(operation.operation_id)
        except (NotReady, TransientError) as error:
            reason, after = str(error), error.after
        operation = await self.operations.read(operation.operation_id) or operation
        if not operation.state.final:
            seconds = BACKOFF if after is None else after
            self.progress.waits(reason, seconds)
            await self.services.sleep(seconds)
        return operation


def resumption(operation: Operation) -> str:
    """The command that goes on with an operation."""
    return f"python -m provisioning {operation.mode} --resume {operation.operation_id}"
