"""What a policy means for people, in numbers. Two requests, as long as the policy covers the group alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgraph.generated.groups.item.transitive_members.graph_user.graph_user_request_builder import (
    GraphUserRequestBuilder,
)
from msgraph.generated.users.users_request_builder import UsersRequestBuilder

from provisioning.graph.accounts import PAGE
from provisioning.graph.client import EVENTUAL, collect
from provisioning.graph.directory_roles import administrators
from provisioning.graph.errors import GraphError
from provisioning.graph.odata import query
from provisioning.model.operation import Mode
from provisioning.model.plan import Change, HeadCount, PlannedStep
from provisioning.tenant.context import OperationContext
from provisioning.tenant.preflight.other_policies import condition, ids_in
from provisioning.tenant.resources.policies import EnrollmentPolicy
from provisioning.tenant.resources.policy import ENABLED

MembersQuery = GraphUserRequestBuilder.GraphUserRequestBuilderGetQueryParameters
UsersQuery = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters

COUNTED = frozenset({Mode.APPLY, Mode.ENABLE})
USERS = "conditions.users"
NEVER_ASKING = frozenset({"displayName"})  # changes of the policy that ask nobody new


@dataclass(frozen=True)
class Scope:
    """Whom the policy covers.

    Args:
        count: How many accounts.
        ids: Which; None for everybody, who are counted but not read.
    """

    count: int
    ids: frozenset[str] | None

    def without(self, spared: frozenset[str]) -> int:
        """How many are left when these are taken out."""
        return max(0, self.count - len(spared)) if self.ids is None else len(self.ids - spared)


async def measure_impact(run: OperationContext, mode: Mode, *, steps: Sequence[PlannedStep]) -> HeadCount | None:
    """Count whom the policy covers, whom it will newly ask, whom it spares, and which administrators it catches.

    Args:
        run: After its steps were planned, so that its ids are those of what is there.
        mode: What is planned.
        steps: The plan's.

    Returns:
        None where the operation changes no policy, or where this identity may not read people: turning a policy off
        must not depend on that.
    """
    if mode not in COUNTED:
        return None
    policy = await our_policy(run)
    step = next((step for step in steps if step.name == EnrollmentPolicy.name), None)
    spared = frozenset(user_id.casefold() for user_id in run.desired.break_glass_user_ids)
    try:
        scope = await covered(run)
        newly = await count_new_prompts(run, scope, spared=spared, policy=policy, step=step)
        holders = frozenset(user_id.casefold() for user_id in await administrators(run.graph))
    except GraphError as error:
        if error.status == 403:
            return None
        raise
    caught = holders if scope.ids is None else holders & scope.ids
    return HeadCount(
        in_scope=scope.count,
        newly_challenged=newly,
        excluded_break_glass=exclusions(run, policy, step),
        administrators=tuple(sorted(caught - spared)),
    )


async def our_policy(run: OperationContext) -> Mapping[str, Any]:
    """The enrollment policy as it stands; empty if there is none."""
    ours = EnrollmentPolicy().among(run, await run.policies())
    return ours[0] if ours else {}


async def covered(run: OperationContext) -> Scope:
    """The group's people through any nesting, or every enabled member account of the tenant."""
    if not run.desired.everybody:
        found = await people_in(run, run.objects.group_id)
        return Scope(len(found), found)
    parameters = UsersQuery(filter="accountEnabled eq true and userType eq 'Member'", select=["id"], top=1, count=True)
    info = run.graph.build.users.to_get_request_information(query(parameters, headers=dict(EVENTUAL)))
    return Scope(int((await run.graph.send(info))["@odata.count"]), None)


async def people_in(run: OperationContext, group_id: str | None) -> frozenset[str]:
    """Ids of the users in a group; nobody where it does not exist or is too young to be read."""
    if group_id is None:
        return frozenset()
    builder = run.graph.build.groups.by_group_id(group_id).transitive_members.graph_user
    info = builder.to_get_request_information(query(MembersQuery(select=["id"], top=PAGE, count=True)))
    try:
        found = await collect(run.graph.pages(info, headers=EVENTUAL))
    except GraphError as error:
        if error.status == 404:
            return frozenset()
        raise
    return frozenset(str(item["id"]).casefold() for item in found)


async def count_new_prompts(
    run: OperationContext, scope: Scope, *, spared: frozenset[str], policy: Mapping[str, Any], step: PlannedStep | None
) -> int:
    """How many people the plan asks for MFA who are not asked today: none, unless a policy is or comes into force."""
    changes = {change.field: change for change in (step.changes if step else ())}
    state = changes.get("state")
    before = condition(policy, "users")
    if state is not None:
        return scope.without(spared | ids_in(before, "excludeUsers")) if state.after == ENABLED else 0
    if policy.get("state") != ENABLED or not changes.keys() - NEVER_ASKING:
        return 0
    if changes.keys() - NEVER_ASKING - {USERS}:  # another application or another control: nobody was asked for this
        return scope.without(spared | ids_in(before, "excludeUsers"))
    return await widened(run, scope, spared=spared, change=changes[USERS])


async def widened(run: OperationContext, scope: Scope, *, spared: frozenset[str], change: Change) -> int:
    """How many people a policy in force comes to cover when its people are put back."""
    before, after = change.before or {}, change.after or {}
    left_out = spared | ids_in(after, "excludeUsers")  # what was excluded before stays so
    if str(run.objects.group_id).casefold() in ids_in(before, "excludeGroups"):
        return scope.without(left_out)
    if "all" in ids_in(before, "includeUsers"):
        return 0
    asked = set(ids_in(before, "includeUsers"))
    for group_id in sorted(ids_in(before, "includeGroups")):
        own = group_id == str(run.objects.group_id).casefold() and scope.ids is not None
        asked |= scope.ids if own and scope.ids is not None else await people_in(run, group_id)
    return scope.without(left_out | asked)


def exclusions(run: OperationContext, policy: Mapping[str, Any], step: PlannedStep | None) -> dict[str, str]:
    """What excludes each emergency account once the plan is done."""
    people: Mapping[str, Any] = condition(policy, "users")
    for change in step.changes if step else ():
        if change.field == USERS:
            people = change.after
        if change.field == "conditions":  # of a policy that is not there yet
            people = change.after["users"]
    by_us, by_nothing = "excludeUsers of the policy", "nothing: apply first"
    excluded = ids_in(people, "excludeUsers")
    return {
        user_id: by_us if user_id.casefold() in excluded else by_nothing for user_id in run.desired.break_glass_user_ids
    }
