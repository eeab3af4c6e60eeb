"""What a policy means for people, in numbers: from what the preflight read, as long as it covers the group alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgraph.generated.groups.item.transitive_members.graph_user.graph_user_request_builder import (
    GraphUserRequestBuilder,
)

from provisioning.graph.accounts import PAGE
from provisioning.graph.client import collect
from provisioning.graph.errors import GraphError
from provisioning.graph.odata import query
from provisioning.graph.requests import EVENTUAL
from provisioning.model.plan import Change, HeadCount, PlannedStep
from provisioning.tenant.context import OperationContext
from provisioning.tenant.preflight.facts import TenantFacts
from provisioning.tenant.preflight.planned_policies import our_policy
from provisioning.tenant.preflight.policy_reading import GUESTS_KEYWORD, condition, ids_in
from provisioning.tenant.resources.policies import EnrollmentPolicy
from provisioning.tenant.resources.policy_base import ENABLED

MembersQuery = GraphUserRequestBuilder.GraphUserRequestBuilderGetQueryParameters

USERS = "conditions.users"
NEVER_ASKING = frozenset({"displayName"})  # changes of the policy that ask nobody new


@dataclass(frozen=True)
class Scope:
    """The people that the policy covers.

    Args:
        count: How many accounts.
        ids: Which; None for everybody, who are counted but not read.
    """

    count: int
    ids: frozenset[str] | None

    def without(self, spared: frozenset[str]) -> int:
        """Count those who are left when these are taken out."""
        return max(0, self.count - len(spared)) if self.ids is None else len(self.ids - spared)


async def measure_impact(
    context: OperationContext, *, steps: Sequence[PlannedStep], facts: TenantFacts | None
) -> HeadCount | None:
    """Count the people that the policy covers and newly asks; name who it spares, and which administrators it catches.

    Args:
        context: After its steps were planned, so that its ids are those of what is there.
        steps: The plan's.
        facts: What the preflight read.

    Returns:
        None where the operation changes no policy, or where this identity may not read people.
    """
    if facts is None or facts.members is None or facts.directory.roles is None:
        return None
    if context.desired.everybody and facts.member_accounts is None:
        return None
    policy = our_policy(context, EnrollmentPolicy(), await context.policies()) or {}
    step = next((step for step in steps if step.name == EnrollmentPolicy.name), None)
    spared = frozenset(user_id.casefold() for user_id in context.desired.break_glass_user_ids)
    # People of other organizations sign in elsewhere, and are never invited.
    ids = frozenset(str(person.object_id) for person in facts.members if not person.external)
    scope = Scope(facts.member_accounts or 0, None) if context.desired.everybody else Scope(len(ids), ids)
    try:
        newly = await count_new_prompts(context, scope, spared=spared, policy=policy, step=step)
    except GraphError as error:
        if error.status == 403:
            return None
        raise
    holders = facts.directory.administrators or frozenset()
    caught = holders if scope.ids is None else holders & scope.ids
    return HeadCount(
        in_scope=scope.count,
        newly_challenged=newly,
        excluded_break_glass=exclusions(context, policy, step),
        administrators=tuple(sorted(caught - spared)),
    )


async def people_in(context: OperationContext, group_id: str | None) -> frozenset[str]:
    """Return the ids of the users in a group; none where it does not exist or is too young to be read."""
    if group_id is None:
        return frozenset()
    builder = context.graph.build.groups.by_group_id(group_id).transitive_members.graph_user
    info = builder.to_get_request_information(query(MembersQuery(select=["id"], top=PAGE, count=True)))
    try:
        found = await collect(context.graph.pages(info, headers=EVENTUAL))
    except GraphError as error:
        if error.status == 404:
            return frozenset()
        raise
    return frozenset(str(item["id"]).casefold() for item in found)


async def count_new_prompts(
    context: OperationContext,
    scope: Scope,
    *,
    spared: frozenset[str],
    policy: Mapping[str, Any],
    step: PlannedStep | None,
) -> int:
    """Count the people that the plan newly asks for MFA: none, unless a policy is in force or comes into force."""
    changes = {change.field: change for change in (step.changes if step else ())}
    state = changes.get("state")
    before = condition(policy, "users")
    if state is not None:
        return scope.without(spared | accounts_left_out(before)) if state.after == ENABLED else 0
    if policy.get("state") != ENABLED or not changes.keys() - NEVER_ASKING:
        return 0
    if changes.keys() - NEVER_ASKING - {USERS}:  # another application or another control: nobody was asked for this
        return scope.without(spared | accounts_left_out(before))
    return await widened(context, scope, spared=spared, change=changes[USERS])


async def widened(context: OperationContext, scope: Scope, *, spared: frozenset[str], change: Change) -> int:
    """Count the people that a policy in force comes to cover when its people are put back."""
    before, after = change.before or {}, change.after or {}
    left_out = spared | accounts_left_out(after)  # what was excluded before stays so
    if str(context.objects.group_id).casefold() in ids_in(before, "excludeGroups"):
        return scope.without(left_out)
    if "all" in ids_in(before, "includeUsers"):
        return 0
    asked = set(ids_in(before, "includeUsers"))
    for group_id in sorted(ids_in(before, "includeGroups")):
        own = group_id == str(context.objects.group_id).casefold() and scope.ids is not None
        asked |= scope.ids if own and scope.ids is not None else await people_in(context, group_id)
    return scope.without(left_out | asked)


def accounts_left_out(people: Mapping[str, Any]) -> frozenset[str]:
    """Return the accounts that a policy excludes by their ids."""
    return ids_in(people, "excludeUsers") - {GUESTS_KEYWORD}


def exclusions(context: OperationContext, policy: Mapping[str, Any], step: PlannedStep | None) -> dict[str, str]:
    """Return what excludes each emergency account once the plan is done."""
    people: Mapping[str, Any] = condition(policy, "users")
    for change in step.changes if step else ():
        if change.field == USERS:
            people = change.after
        if change.field == "conditions":  # of a policy that is not there yet
            people = change.after["users"]
    by_us, by_nothing = "excludeUsers of the policy", "nothing: apply first"
    excluded = ids_in(people, "excludeUsers")
    accounts = context.desired.break_glass_user_ids
    return {user_id: by_us if user_id.casefold() in excluded else by_nothing for user_id in accounts}
