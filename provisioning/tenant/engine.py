"""Queue `tenant`: work on an operation, step by step, so that a run that died can be run again.

An operation plans first: what blocks it stops it before its first write, and a caller's plan id is held against what
is there. Every id is kept before the next step begins; every step looks before it makes. Waiting for replication goes
back on the queue; nothing here sleeps.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial

from provisioning.clock import Clock, NewId
from provisioning.errors import NotReady, ProductError, Rejected, TransientError
from provisioning.graph.client import Graph
from provisioning.graph.errors import GraphError
from provisioning.model.plan import Plan, PlannedStep
from provisioning.settings import TenantObjectSettings
from provisioning.store.ledger import Ledger
from provisioning.store.operations import Mode, Operation, Operations, OperationState, Step
from provisioning.store.tenant_objects import TenantObjects, TenantObjectStore
from provisioning.tenant.context import OperationContext
from provisioning.tenant.desired import desired_state
from provisioning.tenant.planner import STATES, make_plan, policy_resources, removal_order, resources
from provisioning.tenant.preflight.checks import JUDGED
from provisioning.tenant.removal import nothing_left
from provisioning.tenant.resources.base import refuse
from provisioning.tenant.verify import verify
from provisioning.tenant.watch import look_after

log = logging.getLogger(__name__)

LEASE = "tenant"

PROOF = "verify"
LOOKED_AFTER = frozenset({Mode.APPLY, Mode.ENABLE, Mode.DISABLE, Mode.VERIFY})

StepWork = Callable[[OperationContext], Awaitable[Sequence[Step]]]


class Engine:
    """Runs operations of one tenant.

    Args:
        graph: As the tenant identity, or as an admin at a command line.
        operations: Where the outcome is kept.
        state: Ids and the lease.
        settings: What should be there.
        tenant_id: The tenant.
        now: Clock.
        new_id: Random ids; the deployment's key is cut from one.
        ledger: Who is known to have a sign-in method, for the number of people a guard turns away.
    """

    def __init__(
        self,
        graph: Graph,
        *,
        operations: Operations,
        state: TenantObjectStore,
        settings: TenantObjectSettings,
        tenant_id: str,
        now: Clock,
        new_id: NewId,
        ledger: Ledger | None = None,
    ) -> None:
        self.graph = graph
        self.operations = operations
        self.state = state
        self.settings = settings
        self.tenant_id = tenant_id
        self.now = now
        self.new_id = new_id
        self.ledger = ledger

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
        async with self.state.leases.hold(LEASE, holder=holder):
            await self.work(operation)

    async def work(self, operation: Operation) -> None:
        """Plan, then take the steps, keeping each outcome; an error ends the operation or puts it off."""
        operation = await self.note(operation, OperationState.RUNNING)
        name = "preflight"  # the step that an error belongs to
        try:
            run = await self.open()
            operation, plan = await self.plan(operation, run)
            if operation.mode is not Mode.PLAN:
                operation = await self.admit(operation, plan)
                planned = {step.name: step for step in plan.steps}
                for name, work in self.works(operation.mode, run):
                    for done in await self.take(run, work, planned=planned.get(name)):
                        operation = operation.with_step(done)
                        await self.operations.save(operation)
                        outline = (operation.operation_id, done.name, done.outcome, done.object_id)
                        log.info("step: operation=%s step=%s outcome=%s object=%s", *outline)
        except ProductError as error:
            await self.stop(operation, name, error)
            return
        await self.note(operation, conclusion(operation))
        if operation.mode in LOOKED_AFTER:
            await look_after(run)

    async def open(self) -> OperationContext:
        """What the run needs.

        The deployment's key is kept before anything else, so that an apply finds what a run that died made, and makes
        what a plan showed.
        """
        objects = await self.state.objects()
        if objects is None:
            objects = TenantObjects(key=self.new_id().replace("-", "")[:12])
            await self.state.save_objects(objects)
        desired = desired_state(self.settings, tenant_id=self.tenant_id, key=objects.key)
        claims = await self.graph.claims()
        return OperationContext(
            graph=self.graph, state=self.state, desired=desired, objects=objects, claims=claims, now=self.now
        )

    async def plan(self, operation: Operation, run: OperationContext) -> tuple[Operation, Plan]:
        """What would be done now. What was planned when the operation began stays with it."""
        mode = operation.of if operation.mode is Mode.PLAN else operation.mode
        looking = replace(run)  # planning supposes that objects are gone or there; the run itself must not
        with_method = await self.people_with_method() if mode in JUDGED else None
        plan = await make_plan(looking, mode, with_method=with_method)
        run.listed_policies, run.strength_id = looking.listed_policies, looking.strength_id
        run.desired = looking.desired  # without emergency accounts that are gone
        run.noted = run.look_again = looking.noted
        return (operation if operation.held else replace(operation, plan=plan)), plan

    async def people_with_method(self) -> frozenset[str] | None:
        """People of whom the ledger knows a sign-in method; None where it cannot be read, which stops no operation."""
        if self.ledger is None:
            return None
        try:
            people = [person async for person in self.ledger.all_people()]
        except ProductError as error:
            log.warning("the ledger was not read: %s", error)
            return None
        return frozenset(person.object_id.casefold() for person in people if person.methods)

    async def admit(self, operation: Operation, plan: Plan) -> Operation:
        """Let the operation pass its preflight and its plan.

        Raises:
            Refused: Something blocks it, the tenant is not as the caller's plan shows it, or a removal was not shown.
        """
        refuse(plan.findings)
        if operation.held:
            return operation
        if operation.plan_id is not None and operation.plan_id != plan.plan_id:
            raise Rejected(
                f"The tenant or the settings changed since plan {operation.plan_id} was shown.",
                remedy=f"Look at the new plan, and send its plan_id: {plan.plan_id}.",
            )
        if operation.mode is Mode.REMOVE and operation.plan_id is None and plan.changes_something:
            raise Rejected(
                "A removal is shown before it is done.",
                remedy=f"Look at the plan, and send its plan_id: {plan.plan_id}.",
            )
        passed = Step("preflight", "unchanged", detail="Nothing blocks it.")
        operation = replace(operation, held=True).with_step(passed)
        await self.operations.save(operation)
        return operation

    async def take(self, run: OperationContext, work: StepWork, *, planned: PlannedStep | None) -> Sequence[Step]:
        """Do the work, unless the plan says that there is nothing to do; a proof is in no plan and always done."""
        if planned is None:
            return await work(run)
        if planned.does_nothing and not run.look_again:
            return [Step(planned.name, "unchanged", planned.object_id, planned.detail)]
        started = self.now()
        done = await work(run)
        if run.noted:
            await run.keep()
            run.noted = False
        run.look_again = run.look_again or any(step.outcome in ("created", "restored") for step in done)
        return [replace(step, seconds=(self.now() - started).total_seconds()) for step in done]

    def works(self, mode: Mode, run: OperationContext) -> list[tuple[str, StepWork]]:
        """The work of each step of a mode."""
        if mode is Mode.APPLY:
            return [(kind.name, single_step(kind.ensure)) for kind in resources(run.desired)]
        if mode is Mode.REMOVE:
            return [
                *((kind.name, single_step(kind.remove)) for kind in removal_order()),
                (PROOF, single_step(nothing_left)),
            ]
        if mode is Mode.VERIFY:
            return [(PROOF, verify)]
        switched = policy_resources(run.desired, mode)
        return [(kind.name, single_step(partial(kind.set_state, state=STATES[mode]))) for kind in switched]

    async def stop(self, operation: Operation, name: str, error: ProductError) -> None:
        """Keep why a step did not end well, and pass on what is worth another try."""
        outcome, state = verdict(error)
        detail = str(error)
        if state is OperationState.WAITING and self.now() > operation.deadline:
            state = OperationState.FAILED
            detail += " This took too long; apply again once it is there, and the work goes on at this step."
        operation = operation.with_step(Step(name=name, outcome=outcome, detail=detail))
        await self.note(operation, state, detail=detail)
        log.warning("step: operation=%s step=%s outcome=%s reason=%s", operation.operation_id, name, outcome, error)
        if state is OperationState.WAITING:
            raise error

    async def note(self, operation: Operation, state: OperationState, *, detail: str | None = None) -> Operation:
        """Keep where the operation stands."""
        operation = replace(operation, state=state, detail=detail, updated_at=self.now())
        await self.operations.save(operation)
        return operation


def single_step(work: Callable[[OperationContext], Awaitable[Step]]) -> StepWork:
    """Work that ends in one step, as work that ends in any number."""

    async def done(run: OperationContext) -> Sequence[Step]:
        return [await work(run)]

    return done


def conclusion(operation: Operation) -> OperationState:
    """How an operation ended whose steps were all taken."""
    outcomes = {step.outcome for step in operation.steps}
    if "failed" in outcomes:
        return OperationState.FAILED
    if "unproved" in outcomes:
        return OperationState.UNPROVED
    return OperationState.NEEDS_ADMIN if "needs_admin" in outcomes else OperationState.SUCCEEDED


def verdict(error: ProductError) -> tuple[str, OperationState]:
    """What an error makes of the step and of the operation."""
    if isinstance(error, NotReady | TransientError):
        return "waiting", OperationState.WAITING
    if isinstance(error, Rejected) or (isinstance(error, GraphError) and error.status in (401, 403)):
        return "refused", OperationState.REFUSED
    return "failed", OperationState.FAILED
