"""Turn our policies back to report-only, by their ids or our mark: no setting is read, and no finding blocks it.

It is what a person reaches for when the policies lock people out, so each policy is taken by itself, one that is gone
is nothing to do, and a list that cannot be had is not needed for those whose ids are kept.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kiota_abstractions.method import Method

from provisioning.errors import ProductError, TransientError
from provisioning.graph.client import Graph, collect
from provisioning.graph.errors import GraphError
from provisioning.graph.requests import json_request
from provisioning.model.operation import Step, StepOutcome
from provisioning.model.plan import Plan, PlannedAction, PlannedStep
from provisioning.model.tenant_objects import TenantObjects
from provisioning.store.lease import LeaseLost
from provisioning.tenant.pace import Pace
from provisioning.tenant.resources.policy import state_change
from provisioning.tenant.resources.policy_base import ENABLED, REPORT_ONLY
from provisioning.tenant.resources.policy_errors import NotAsWritten
from provisioning.tenant.resources.policy_removal import GUARD
from provisioning.tenant.resources.policy_writing import READ_BACKS

POLICY, REGISTRATION_POLICY = "policy", "registration policy"
WRITES = 2  # of a state that Graph took and does not show
NOTHING = "There is no such policy, so there is nothing to turn off."


@dataclass(frozen=True)
class Target:
    """A policy of ours.

    Attributes:
        name: The kind of policy, and its id where there are several.
        policy_id: Which; None where there is none.
        state: As it was found.
        error: Why it could not be read.
    """

    name: str
    policy_id: str | None = None
    state: str | None = None
    error: ProductError | None = None


async def find_targets(graph: Graph, objects: TenantObjects, pace: Pace) -> list[Target]:
    """Return our policies: those whose ids we kept, and all that carry our mark; the enrollment policy first."""
    kept = {POLICY: objects.policy_id, REGISTRATION_POLICY: objects.registration_policy_id}
    listed, fault = await list_policies(graph, pace)
    by_id = {str(policy["id"]): policy for policy in listed}
    targets = []
    for name, known in kept.items():
        marked = [key for key, policy in by_id.items() if is_marked(policy, objects, guard=name == REGISTRATION_POLICY)]
        ids = [*([known] if known else []), *(item for item in marked if item not in kept.values())]
        found = [await read_target(graph, name, item, by_id.get(item), pace) for item in ids]
        if not found and fault is not None and name == POLICY:
            found = [Target(name, error=fault)]  # without a list and without an id nothing can be said
        targets += [
            Target(
                target.name if number == 0 else f"{name} {target.policy_id}",
                target.policy_id,
                target.state,
                target.error,
            )
            for number, target in enumerate(found or ([Target(name)] if name == POLICY else []))
        ]
    return targets


async def list_policies(graph: Graph, pace: Pace) -> tuple[list[dict[str, Any]], ProductError | None]:
    """Return all policies, or why they cannot be listed."""
    info = graph.build.identity.conditional_access.policies.to_get_request_information()
    try:
        async with pace.turn(graph):
            return await collect(graph.pages(info)), None
    except ProductError as error:
        return [], error


def is_marked(policy: Mapping[str, Any], objects: TenantObjects, *, guard: bool) -> bool:
    """Return whether a policy carries our mark and is of this kind."""
    name = str(policy["displayName"])
    return name.endswith(objects.mark) and (GUARD in name) is guard


async def read_target(graph: Graph, name: str, policy_id: str, listed: Mapping[str, Any] | None, pace: Pace) -> Target:
    """Return a policy as the list shows it, or as it answers by its id."""
    try:
        policy = listed
        if policy is None:
            async with pace.turn(graph):
                policy = await graph.send_or_none(item(graph, policy_id).to_get_request_information())
    except ProductError as error:
        return Target(name, policy_id, error=error)
    return Target(name) if policy is None else Target(name, policy_id, state=str(policy["state"]))


async def plan_off(graph: Graph, objects: TenantObjects, pace: Pace) -> Plan:
    """Return what turning off would change."""
    steps = []
    for target in await find_targets(graph, objects, pace):
        if target.error is not None:
            raise target.error
        if target.policy_id is None or target.state == REPORT_ONLY:
            steps.append(PlannedStep(target.name, PlannedAction.NONE, target.policy_id))
        else:
            change = state_change(target.state, REPORT_ONLY)
            steps.append(PlannedStep(target.name, PlannedAction.UPDATE, target.policy_id, (change,)))
    return Plan(steps=tuple(steps))


async def turn_off(
    graph: Graph, objects: TenantObjects, *, pace: Pace | None = None, check_lease: Callable[[], None] = lambda: None
) -> tuple[list[Step], tuple[str, ProductError] | None]:
    """Turn every policy of ours back to report-only.

    Args:
        graph: Any identity that may write policies.
        objects: Our ids and mark.
        pace: When Conditional Access may be asked; None where nothing was asked just now.
        check_lease: Called before each write; raises where another run may work on the tenant by now.

    Returns:
        A step for each policy, and the name and error of one that could not be turned off, one worth another try first.

    Raises:
        LeaseLost: Nothing more was written.
    """
    pace = pace or Pace()
    steps: list[Step] = []
    failures: list[tuple[str, ProductError]] = []
    for target in await find_targets(graph, objects, pace):
        try:
            steps.append(await turn_off_one(graph, target, pace=pace, check_lease=check_lease))
        except LeaseLost:
            raise
        except ProductError as error:
            failures.append((target.name, error))
            steps.append(Step(target.name, StepOutcome.FAILED, target.policy_id, detail=error.in_full))
    failures.sort(key=lambda failure: not isinstance(failure[1], TransientError))
    return steps, failures[0] if failures else None


async def turn_off_one(graph: Graph, target: Target, *, pace: Pace, check_lease: Callable[[], None]) -> Step:
    """Turn one policy off and read it back.

    Raises:
        LeaseLost: Nothing was written.
        ProductError: It is not known to be off.
    """
    if target.policy_id is None:
        if target.error is not None:
            raise target.error
        return Step(target.name, StepOutcome.UNCHANGED, detail=NOTHING)
    if target.state == REPORT_ONLY:
        return Step(target.name, StepOutcome.UNCHANGED, target.policy_id, detail=f"State: {REPORT_ONLY}.")
    # Also where it could not be read: writing is what counts.
    for _ in range(WRITES):
        try:
            async with pace.turn(graph):
                check_lease()
                await write_off(graph, target.policy_id)
        except GraphError as error:
            if error.status == 404:
                return Step(target.name, StepOutcome.UNCHANGED, detail=NOTHING)
            raise
        if not await shows_in_force(graph, target.policy_id, pace):
            break
    else:
        what = f"{target.name} {target.policy_id}"
        raise NotAsWritten(
            what,
            ("state",),
            undone="It may still ask people: Microsoft Graph accepted the change but does not show it.",
        )
    change = state_change(target.state, REPORT_ONLY)
    detail = f"State: {REPORT_ONLY}, before: {target.state or 'unknown'}."
    return Step(target.name, StepOutcome.UPDATED, target.policy_id, detail=detail, changes=(change,))


async def write_off(graph: Graph, policy_id: str) -> None:
    """Send the state, and nothing else."""
    await graph.send(json_request(Method.PATCH, item(graph, policy_id), {"state": REPORT_ONLY}))


async def shows_in_force(graph: Graph, policy_id: str, pace: Pace) -> bool:
    """Return whether a policy still reads as in force after a while; one that cannot be read was written all the same.

    A replica may show what was before, so it is asked a few times.
    """
    for _ in range(READ_BACKS):
        try:
            async with pace.turn(graph):
                shown = await graph.send_or_none(item(graph, policy_id).to_get_request_information())
        except ProductError:
            return False
        if shown is None or shown["state"] != ENABLED:
            return False
    return True


def item(graph: Graph, policy_id: str) -> Any:
    """Return the SDK's builder for one policy."""
    return graph.build.identity.conditional_access.policies.by_conditional_access_policy_id(policy_id)
