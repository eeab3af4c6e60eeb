"""Queue `tenant`: work on an operation, step by step, so that a run that died can be run again.

Every id is kept before the next step begins; every step looks before it makes. Waiting for replication goes back on
the queue; nothing here sleeps.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

from provisioning.errors import ProductError, Refused, Retry, Waiting
from provisioning.graph.client import Graph
from provisioning.graph.errors import GraphError
from provisioning.runtime import Clock, NewId
from provisioning.settings import TenantObjectSettings
from provisioning.store.operations import Mode, Operation, Operations, OperationState, Step
from provisioning.store.state import StateTable, TenantObjects
from provisioning.tenant import application, assignment, group, policy, preflight, service_principal
from provisioning.tenant.desired import Apply, desired_state

log = logging.getLogger(__name__)

LEASE = "tenant"
LEASE_SECONDS = 300.0
DEADLINE = timedelta(hours=1)  # after that an operation that still waits says so and ends; another apply resumes it

StepFunction = Callable[[Apply], Awaitable[Step]]
STEPS: dict[Mode, tuple[tuple[str, StepFunction], ...]] = {
    Mode.APPLY: (
        (preflight.NAME, preflight.ensure),
        (group.NAME, group.ensure),
        (application.NAME, application.ensure),
        (service_principal.NAME, service_principal.ensure),
        (assignment.NAME, assignment.ensure),
        (policy.NAME, policy.ensure),
    ),
    Mode.ENABLE: ((preflight.NAME, preflight.ensure), (policy.NAME, policy.enable)),
    Mode.DISABLE: ((policy.NAME, policy.disable),),
}


class Applying:
    """Runs operations of one tenant.

    Args:
        graph: As the tenant identity.
        operations: Where the outcome is kept.
        state: Ids and the lease.
        settings: What should be there.
        now: Clock.
        new_id: Random ids; the deployment's key is cut from one.
    """

    def __init__(
        self,
        graph: Graph,
        *,
        operations: Operations,
        state: StateTable,
        settings: TenantObjectSettings,
        now: Clock,
        new_id: NewId,
    ) -> None:
        self.graph = graph
        self.operations = operations
        self.state = state
        self.settings = settings
        self.now = now
        self.new_id = new_id

    async def run(self, operation_id: str) -> None:
        """Work on an operation until it is done, refused or has to wait.

        Raises:
            Waiting: Something is not replicated yet, or another run holds the lease; try again later.
            Retry: Graph or storage is unwell.
        """
        operation = await self.operations.read(operation_id)
        if operation is None or operation.state.final:
            log.info("nothing to do: operation=%s", operation_id)
            return
        # A queue delivers at least once: two runs of one operation are two holders.
        holder = f"operation {operation_id}, run {self.new_id()}"
        async with self.state.lease(LEASE, holder=holder, seconds=LEASE_SECONDS):
            await self.steps(operation)

    async def steps(self, operation: Operation) -> None:
        """Run the steps of the operation's mode, keeping each outcome."""
        operation = await self.note(operation, OperationState.RUNNING, detail=None)
        objects = await self.state.objects() or await self.begin()
        desired = desired_state(self.settings, key=objects.key)
        run = Apply(graph=self.graph, state=self.state, desired=desired, objects=objects, now=self.now)
        for name, function in STEPS[operation.mode]:
            try:
                done = await function(run)
            except ProductError as error:
                await self.stop(operation, name, error)
                return
            operation = operation.with_step(done)
            await self.operations.save(operation)
            log.info("step: operation=%s step=%s outcome=%s object=%s", operation.operation_id, *outline(done))
        handed_over = any(item.outcome == "needs_admin" for item in operation.steps)
        await self.note(operation, OperationState.NEEDS_ADMIN if handed_over else OperationState.SUCCEEDED, detail=None)

    async def begin(self) -> TenantObjects:
        """Keep the deployment's key before the first write, so that a crash after it still finds what was made."""
        objects = TenantObjects(key=self.new_id().replace("-", "")[:12])
        await self.state.save_objects(objects)
        return objects

    async def stop(self, operation: Operation, name: str, error: ProductError) -> None:
        """Keep why a step did not end well, and pass on what is worth another try."""
        outcome, state = verdict(error)
        overdue = self.now() - operation.created_at > DEADLINE
        if state is OperationState.WAITING and overdue:
            state = OperationState.FAILED
        operation = operation.with_step(Step(name=name, outcome=outcome, detail=str(error)))
        await self.note(operation, state, detail=str(error))
        log.warning("step: operation=%s step=%s outcome=%s reason=%s", operation.operation_id, name, outcome, error)
        if state is OperationState.WAITING:
            raise error

    async def note(self, operation: Operation, state: OperationState, *, detail: str | None) -> Operation:
        """Keep where the operation stands."""
        operation = replace(operation, state=state, detail=detail, updated_at=self.now())
        await self.operations.save(operation)
        return operation


def outline(done: Step) -> tuple[str, str, str | None]:
    """What the log says of a step."""
    return done.name, done.outcome, done.object_id


def verdict(error: ProductError) -> tuple[str, OperationState]:
    """What an error makes of the step and of the operation."""
    if isinstance(error, Waiting | Retry):
        return "waiting", OperationState.WAITING
    if isinstance(error, Refused) or (isinstance(error, GraphError) and error.status in (401, 403)):
        return "refused", OperationState.REFUSED
    return "failed", OperationState.FAILED
