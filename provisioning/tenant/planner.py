"""Which kinds of object an operation is about, in which order, and what it would do to each."""

from collections.abc import Mapping

from provisioning.model.plan import Finding, Plan, PlannedStep
from provisioning.store.operations import Mode
from provisioning.tenant.context import OperationContext
from provisioning.tenant.desired import Desired
from provisioning.tenant.preflight.checks import judge, preflight
from provisioning.tenant.preflight.head_count import measure_impact
from provisioning.tenant.preflight.permissions import CHECKED
from provisioning.tenant.resources.application import ApplicationResource
from provisioning.tenant.resources.application_parts import FederatedCredentialResource, LogoResource
from provisioning.tenant.resources.assignment import AssignmentResource
from provisioning.tenant.resources.base import Resource
from provisioning.tenant.resources.group import GroupResource
from provisioning.tenant.resources.policies import EnrollmentPolicy, RegistrationPolicy, policy_resources_of
from provisioning.tenant.resources.policy import ENABLED, REPORT_ONLY, PolicyResource, PolicyState
from provisioning.tenant.resources.service_principal import ServicePrincipalResource

UNCOUNTED = Finding(
    "head_count_unknown",
    "warning",
    "Graph did not let this identity count whom the policy covers, so the plan does not say how many people it asks.",
    "Look at the policy's people in the Entra admin center before you turn it on; with User.Read.All the plan would "
    "count them.",
)
STATES: Mapping[Mode, PolicyState] = {Mode.ENABLE: ENABLED, Mode.DISABLE: REPORT_ONLY}


def resources(desired: Desired) -> tuple[Resource, ...]:
    """What the settings ask for, in the order in which it is made."""
    return (
        GroupResource(),
        ApplicationResource(),
        LogoResource(),
        *((FederatedCredentialResource(),) if desired.front_principal_id else ()),
        ServicePrincipalResource(),
        AssignmentResource(),
        *policy_resources_of(desired),
    )


def removal_order() -> tuple[Resource, ...]:
    """Everything that may ever have been made: policies first, so that none stands over what is gone."""
    return (
        EnrollmentPolicy(),
        RegistrationPolicy(),
        AssignmentResource(),
        FederatedCredentialResource(),
        ServicePrincipalResource(),
        ApplicationResource(),
        GroupResource(),
    )


def policy_resources(desired: Desired, mode: Mode) -> tuple[PolicyResource, ...]:
    """The policies to turn on or off: the guard of registration goes on first and off last."""
    both = policy_resources_of(desired)
    return both if mode is Mode.ENABLE else both[::-1]


async def make_plan(run: OperationContext, mode: Mode, *, with_method: frozenset[str] | None = None) -> Plan:
    """What an operation would do now. Reads only.

    Args:
        run: Its settings lose emergency accounts that do not exist.
        mode: What is planned.
        with_method: People who are known to have a sign-in method; None if nobody looked.

    Raises:
        Waiting: Something of ours is too young to be read.
        GraphError: Graph refuses to show something.
    """
    found = await preflight(run, mode)
    findings = found.findings
    if any(finding.level == "blocking" and finding.code == "permission_missing" for finding in findings):
        return Plan(findings=findings)  # every further question would be refused
    steps, more = await plan_steps(run, mode)
    _, exposed = await judge(run, mode, found, steps, with_method=with_method)
    heads = await measure_impact(run, mode, steps=steps, facts=found.facts)
    uncounted = (UNCOUNTED,) if heads is None and mode in CHECKED else ()
    return Plan(steps=steps, findings=(*findings, *more, *exposed, *uncounted), head_count=heads)


async def plan_steps(run: OperationContext, mode: Mode) -> tuple[tuple[PlannedStep, ...], tuple[Finding, ...]]:
    """Step by step."""
    if mode is Mode.VERIFY:
        return (), ()
    if mode in STATES:
        planned = [await kind.plan_state(run, STATES[mode]) for kind in policy_resources(run.desired, mode)]
    elif mode is Mode.REMOVE:
        planned = [await kind.plan_removal(run) for kind in removal_order()]
    else:
        planned = [await kind.plan(run) for kind in resources(run.desired)]
    return tuple(step for step, _ in planned), tuple(finding for _, found in planned for finding in found)
