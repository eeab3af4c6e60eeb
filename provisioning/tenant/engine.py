"""Queue `tenant`: work on an operation, step by step, so that a run that died can be run again.

An operation plans first: what blocks it stops it before its first write, and a caller's plan id is held against what
is there. Every id is kept before the next step begins; every step looks before it makes. Waiting for replication goes
back on the queue; nothing here sleeps.
"""

from collections.abc import Sequence
from dataclasses import replace

from provisioning.clock import Clock, NewId
from provisioning.errors import ProductError
from provisioning.graph.client import Graph
from provisioning.log import EventLog
from provisioning.model.operation import MAY_ASK_PEOPLE, MODES, Mode, Operation, OperationState, Step, StepOutcome
from provisioning.model.plan import Plan
from provisioning.model.tenant_objects import TenantObjects
from provisioning.settings import load
from provisioning.store.lease import Lease, LeaseLost
from provisioning.store.ledger import Ledger
from provisioning.store.operations import Operations
from provisioning.store.tenant_look import TenantLook
from provisioning.store.tenant_objects import TenantObjectStore
from provisioning.tenant.admission import PREFLIGHT, admitted
from provisioning.tenant.context import Environment, Observations, OperationContext
from provisioning.tenant.desired import desired_state
from provisioning.tenant.forecast.group import Registered
from provisioning.tenant.modes import StepWork, nothing_to_do, works_of
from provisioning.tenant.outcome import add_step, conclusion, verdict
from provisioning.tenant.pace import Pace
from provisioning.tenant.planner import make_plan
from provisioning.tenant.settings import TenantObjectSettings
from provisioning.tenant.switch_off import plan_off, turn_off
from provisioning.tenant.watch import look_after

log = EventLog(__name__)
LEASE = "tenant"


class Engine:
    """Runs operations of one tenant.

    Args:
        graph: As the tenant identity, or as an admin at a command line.
        operations: Where the outcome is kept.
        state: Ids and the lease.
        settings: What should be there; None for turning off, which needs none.
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
        settings: TenantObjectSettings | None,
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
        self.pace = Pace()

    async def run(self, operation_id: str) -> None:
        """Work on an operation until it is done, refused or has to wait.

        Raises:
            NotReady: Something is not replicated yet, or another run holds the lease; try again later.
            TransientError: Graph or storage is unwell.
        """
        # A queue delivers at least once: two runs of one operation are two holders.
        holder = f"operation {operation_id}, run {self.new_id()}"
        async with self.state.leases.hold(LEASE, holder=holder) as lease:
            operation = await self.operations.read(operation_id)  # under the lease: another run may have ended it
            if operation is None or operation.state.final:
                log.info("nothing_to_do", operation=operation_id)
                return
            await self.work(operation, lease)

    async def work(self, operation: Operation, lease: Lease) -> None:
        """Plan, then take the steps, keeping each outcome; an error ends the operation or puts it off."""
        operation = await self.note(operation, OperationState.RUNNING)
        name, context = PREFLIGHT, None  # the step that an error belongs to
        try:
            if not MODES[operation.effective_mode].needs_settings:
                operation, failure = await self.turn_off(operation, lease)
                if failure is not None:
                    name, error = failure
                    raise error
            else:
                context = await self.open(lease, settings=self.settings)
                operation, plan, look_again = await self.plan(operation, context)
                if operation.mode is not Mode.PLAN:
                    operation = await self.admit(operation, plan)
                    planned = {step.name: step for step in plan.steps}
                    for name, work in works_of(operation.mode, context, planned):
                        if passed := nothing_to_do(planned.get(name), look_again=look_again):
                            operation = add_step(operation, passed)  # kept with what comes next
                            continue
                        await lease.renew()
                        done = await self.take(context, work, timed=name in planned)
                        look_again = look_again or any(step.outcome.appeared for step in done)
                        operation = await self.keep(operation, done)
            lease.check()
        except LeaseLost:
            raise  # another run goes on with it, and what it keeps must not be overwritten
        except ProductError as error:
            await self.stop(operation, name, error)
            return
        await self.note(operation, conclusion(operation))
        if operation.mode is not Mode.PLAN:
            changed = any(step.outcome.changed for step in operation.steps)
            await self.look(lease, seen=context, changed=changed)

    async def look(self, lease: Lease, *, seen: OperationContext | None, changed: bool) -> None:
        """Keep how the tenant stands after an operation, for health. What cannot be seen does not undo it.

        Args:
            lease: Held.
            seen: What the operation saw; None for turning off.
            changed: Whether it changed anything, so that everything is looked at anew.
        """
        try:
            settings = self.settings or load(TenantObjectSettings)
            context = seen if seen and not changed else await self.open(lease, settings=settings)
            if seen is not None:  # the policies were listed in this run, and what it wrote was read back since
                context.observed.policies = seen.observed.policies
        except ProductError as error:  # turning off needs no settings, and a look does
            failure = f"The check after the last operation could not run. {error}"
            await self.state.looks.save(TenantLook(self.now(), failure=failure))
        else:
            await look_after(context)

    async def keep(self, operation: Operation, done: Sequence[Step]) -> Operation:
        """Keep what became of a step."""
        for step in done:
            operation = add_step(operation, step)
            await self.operations.save(operation)
        return operation

    async def open(self, lease: Lease, *, settings: TenantObjectSettings | None) -> OperationContext:
        """Return what the run needs.

        The deployment's key is kept before anything else, so that an apply finds what a run that died made, and makes
        what a plan showed.
        """
        objects = await self.state.objects()
        if objects is None:
            objects = TenantObjects(key=self.new_id().replace("-", "")[:12])
            await self.state.save_objects(objects)
        if settings is None:
            raise ValueError("Only turning off works without settings.")
        desired = desired_state(settings, tenant_id=self.tenant_id, key=objects.key)
        claims = await self.graph.claims()
        environment = Environment(self.graph, self.state, desired, claims, self.now, lease)
        return OperationContext(environment, objects, Observations(pace=self.pace))

    async def plan(self, operation: Operation, context: OperationContext) -> tuple[Operation, Plan, bool]:
        """Return the operation with what would be done now, the plan, and whether all is to be looked at again.

        What was planned when the operation began stays with it.
        """
        mode = operation.effective_mode
        registered = await self.registered_methods_known() if mode in MAY_ASK_PEOPLE else None
        planned_only = operation.mode is Mode.PLAN
        plan, found = await make_plan(context, mode, registered=registered, rehearse_people=planned_only)
        if found and operation.mode is not Mode.PLAN and not plan.blocking:
            await context.remember_ids(found)
        return (operation if operation.admitted else replace(operation, plan=plan)), plan, bool(found)

    async def registered_methods_known(self) -> Registered | None:
        """Return what the ledger knows that people have registered, by object id; None where it cannot be read."""
        if self.ledger is None:
            return None
        try:
            people = [person async for person in self.ledger.all_people()]
        except ProductError as error:
            log.warning("ledger_not_read", reason=error)
            return None
        return {person.object_id.casefold(): person.known_methods for person in people}

    async def admit(self, operation: Operation, plan: Plan) -> Operation:
        """Let the operation begin, and keep that it may: what is planned anew after its first write would differ.

        Raises:
            Rejected: It may not.
        """
        if (allowed := admitted(operation, plan)) is not operation:
            await self.operations.save(allowed)
        return allowed

    async def take(self, context: OperationContext, work: StepWork, *, timed: bool) -> Sequence[Step]:
        """Do the work, and take the time of a planned step; the many steps of a proof have no time of their own."""
        started = self.now()
        done = await work(context)
        if not timed:
            return done
        return [replace(step, seconds=(self.now() - started).total_seconds()) for step in done]

    async def turn_off(self, operation: Operation, lease: Lease) -> tuple[Operation, tuple[str, ProductError] | None]:
        """Turn our policies off, or plan it, by their ids alone.

        Args:
            operation: What was asked for.
            lease: Held; without it nothing more is written.

        Returns:
            The operation, and the name and error of a policy that could not be turned off; the others were.
        """
        objects = await self.state.objects()
        if objects is None:
            nothing = "Nothing has been applied here, so there is nothing to turn off."
            return await self.keep(operation, [Step("policy", StepOutcome.UNCHANGED, detail=nothing)]), None
        if operation.mode is Mode.PLAN:
            return replace(operation, plan=await plan_off(self.graph, objects, self.pace)), None
        steps, failure = await turn_off(self.graph, objects, pace=self.pace, check_lease=lease.check)
        operation = await self.keep(operation, steps)
        if failure is None:
            lease.check()
            await self.state.save_objects(replace(objects, policies_in_force=()))
        return operation, failure

    async def stop(self, operation: Operation, name: str, error: ProductError) -> None:
        """Keep why a step did not end well, and pass on what is worth another try."""
        found = verdict(operation, error, now=self.now())
        step = Step(name=name, outcome=found.outcome, detail=str(found.error))
        operation = replace(operation.with_step(step), error=found.error, tries=found.tries)
        await self.note(operation, found.state)
        log.warning("step", operation=operation.operation_id, step=name, outcome=found.outcome, reason=error)
        if found.state is OperationState.WAITING:
            raise error

    async def note(self, operation: Operation, state: OperationState) -> Operation:
        """Keep where the operation stands."""
        error = operation.error if state.has_error else None
        operation = replace(operation, state=state, error=error, updated_at=self.now())
        await self.operations.save(operation)
        return operation
