"""Which kinds of object an operation is about, in which order, and what it would do to each."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from provisioning.model.operation import MODES, Mode
from provisioning.model.plan import Finding, Plan, PlannedAction, PlannedStep
from provisioning.tenant.context import OperationContext
from provisioning.tenant.forecast.group import Registered, with_forecast
from provisioning.tenant.preflight.checks import judge, preflight
from provisioning.tenant.preflight.head_count import measure_impact
from provisioning.tenant.resources.application import ApplicationResource
from provisioning.tenant.resources.assignment import AssignmentResource
from provisioning.tenant.resources.base import LastingResource, Resource
from provisioning.tenant.resources.federated_credential import FederatedCredentialResource
from provisioning.tenant.resources.group import GroupResource
from provisioning.tenant.resources.logo import LogoResource
from provisioning.tenant.resources.observed import ResourcePlan
from provisioning.tenant.resources.policies import BOTH, EnrollmentPolicy, RegistrationPolicy, policy_resources_of
from provisioning.tenant.resources.policy_base import ENABLED
from provisioning.tenant.resources.service_principal import ServicePrincipalResource

UNCOUNTED = Finding(
    "head_count_unknown",
    "warning",
    "Microsoft Graph did not let this identity count the people that the policy covers, so the plan does not say how "
    "many it asks.",
    "Review the policy's users in the Entra admin center before you turn it on, or grant User.Read.All so that the "
    "plan counts them.",
)
OBJECTS: tuple[Resource, ...] = (
    GroupResource(),
    ApplicationResource(),
    LogoResource(),
    FederatedCredentialResource(),
    ServicePrincipalResource(),
    AssignmentResource(),
)
MAKING_ORDER: tuple[Resource, ...] = (*OBJECTS, *BOTH)
# Everything that may ever have been made: policies first, so that none stands over what is gone.
REMOVAL_ORDER: tuple[LastingResource, ...] = (
    EnrollmentPolicy(),
    RegistrationPolicy(),
    AssignmentResource(),
    FederatedCredentialResource(),
    ServicePrincipalResource(),
    ApplicationResource(),
    GroupResource(),
)
AS_IT_SHOULD_BE = frozenset({PlannedAction.NONE, PlannedAction.NEEDS_ADMIN})


@dataclass
class Planning:
    """What planning found out. It writes nothing and changes nothing of the run.

    Attributes:
        steps: In the order in which they are taken.
        findings: What is wrong with the objects.
        found: Ids that were found by a key and are not kept yet.
        asks_more: Whether a policy in force would ask more people, or ask them for more.
        context: With the ids that later steps have to suppose.
    """

    context: OperationContext
    steps: list[PlannedStep] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    found: dict[str, str] = field(default_factory=dict)
    asks_more: bool = False

    def add(self, planned: ResourcePlan) -> None:
        """Note what would become of one object."""
        self.steps.append(planned.step)
        self.findings += planned.findings
        self.found |= planned.found
        self.asks_more |= planned.asks_more
        self.context = self.context.supposing(planned.supposed)


async def make_plan(
    context: OperationContext, mode: Mode, *, registered: Registered | None = None, rehearse_people: bool = False
) -> tuple[Plan, dict[str, str]]:
    """Return what an operation would do now, and the ids that were found and are not kept yet. Reads only.

    Args:
        context: Its settings lose emergency accounts that do not exist.
        mode: What is planned.
        registered: What the ledger knows that people have registered, by object id; None if it was not read.
        rehearse_people: Whether to tell of the plan of an enable who can finish.

    Raises:
        NotReady: Something of ours is too young to be read.
        GraphError: Graph refuses to show something.
    """
    found = await preflight(context, mode)
    findings = found.findings
    if any(finding.level == "blocking" and finding.code == "permission_missing" for finding in findings):
        return Plan(findings=findings), {}  # every further question would be refused
    planning = await plan_steps(context, mode)
    with_method = frozenset(person for person, kinds in registered.items() if kinds) if registered is not None else None
    _, exposed = await judge(planning.context, mode, found, planning.steps, with_method=with_method)
    heads = await measure_impact(planning.context, steps=planning.steps, facts=found.facts)
    uncounted = (UNCOUNTED,) if heads is None and MODES[mode].may_ask_people else ()
    plan = Plan(
        steps=tuple(planning.steps),
        findings=(*findings, *planning.findings, *exposed, *uncounted),
        head_count=heads,
        needs_plan_id=planning.asks_more
        or (mode is Mode.REMOVE and any(not step.does_nothing for step in planning.steps)),
    )
    if mode is Mode.ENABLE and rehearse_people:
        plan = await with_forecast(plan, planning.context, found.facts, registered=registered)
    return plan, planning.found


async def plan_steps(context: OperationContext, mode: Mode) -> Planning:
    """Plan step by step, each with the ids that the steps before it found or would make."""
    planning = Planning(context)
    if mode is Mode.ENABLE:
        await plan_making(planning, OBJECTS)
        planning.findings += [not_applied(step) for step in planning.steps if step.action not in AS_IT_SHOULD_BE]
        planning.steps.clear()  # nothing is done to them, but none may have been tampered with
        for policy in policy_resources_of(context.desired):
            planning.add(await policy.plan_state(planning.context, ENABLED))
    elif mode is Mode.REMOVE:
        for resource in REMOVAL_ORDER:
            planning.add(await resource.plan_removal(planning.context))
    elif mode is Mode.APPLY:
        await plan_making(planning, MAKING_ORDER)
    return planning


async def plan_making(planning: Planning, resources: Iterable[Resource]) -> None:
    """Plan what the settings ask for. What is neither there nor wanted is not told."""
    for resource in resources:
        planned = await resource.plan(planning.context)
        planning.add(planned)
        if planned.step.does_nothing and not resource.is_wanted(planning.context):
            planning.steps.pop()


def not_applied(step: PlannedStep) -> Finding:
    """Return the finding that an object is not as it should be while a policy is to come into force over it."""
    fields = ", ".join(change.field for change in step.changes if change.field)
    state = (
        f"is not as it should be ({fields})"
        if step.object_id and fields
        else f"is not up to date (planned action: {step.action})"
    )
    return Finding(
        "not_applied",
        "blocking",
        f"The {step.name}{f' {step.object_id}' if step.object_id else ''} {state}.",
        'Apply first, which fixes that: POST /api/tenant {"mode":"apply"}.',
        (step.object_id,) if step.object_id else (),
    )
