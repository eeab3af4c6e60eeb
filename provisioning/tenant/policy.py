"""The Conditional Access policy: our app only, our group only, require MFA, break-glass accounts excluded.

It starts report-only. Turning it on is an operation of its own. An admin's additions to the policy stay: only the
fields below are compared, and only those that differ are written.
"""

from collections.abc import Iterable
from typing import Any

from msgraph.generated.models.conditional_access_applications import ConditionalAccessApplications
from msgraph.generated.models.conditional_access_client_app import ConditionalAccessClientApp
from msgraph.generated.models.conditional_access_condition_set import ConditionalAccessConditionSet
from msgraph.generated.models.conditional_access_grant_control import ConditionalAccessGrantControl
from msgraph.generated.models.conditional_access_grant_controls import ConditionalAccessGrantControls
from msgraph.generated.models.conditional_access_policy import ConditionalAccessPolicy
from msgraph.generated.models.conditional_access_policy_state import ConditionalAccessPolicyState
from msgraph.generated.models.conditional_access_users import ConditionalAccessUsers

from provisioning.errors import Refused
from provisioning.graph.client import everything
from provisioning.graph.errors import GraphError
from provisioning.graph.query import same_ids
from provisioning.store.operations import Step
from provisioning.tenant.desired import Apply, foreign, step

NAME = "policy"
REPORT_ONLY = ConditionalAccessPolicyState.EnabledForReportingButNotEnforced
ENABLED = ConditionalAccessPolicyState.Enabled


async def ensure(run: Apply) -> Step:
    """Make the policy, report-only, unless it is there; repair what drifted; leave its state alone."""
    policy = await find(run)
    if policy is None:
        made = await write(
            run, run.graph.build.identity.conditional_access.policies.to_post_request_information(new_policy(run))
        )
        await run.made(policy_id=made["id"])
        return step(
            NAME, "created", made["id"], detail="Report-only: it records what it would do, and asks nobody yet."
        )
    if policy["id"] != run.objects.policy_id:
        await run.made(policy_id=policy["id"])
    if change := drift(policy, run):
        await write(run, item(run, policy["id"]).to_patch_request_information(change))
        return step(NAME, "updated", policy["id"], detail="Its conditions or controls were put back.")
    return step(NAME, "unchanged", policy["id"], detail=f"State: {policy['state']}.")


async def set_state(run: Apply, state: ConditionalAccessPolicyState) -> Step:
    """Turn the policy on, or back to report-only."""
    policy = await find(run)
    if policy is None:
        raise Refused("There is no policy to turn on or off.", remedy='Apply first: POST /api/tenant {"mode":"apply"}.')
    if policy["state"] == state.value:
        return step(NAME, "unchanged", policy["id"], detail=f"State: {state.value}.")
    await write(run, item(run, policy["id"]).to_patch_request_information(ConditionalAccessPolicy(state=state)))
    return step(NAME, "updated", policy["id"], detail=f"State: {state.value}, before: {policy['state']}.")


async def enable(run: Apply) -> Step:
    """Turn the policy on."""
    return await set_state(run, ENABLED)


async def disable(run: Apply) -> Step:
    """Turn the policy back to report-only."""
    return await set_state(run, REPORT_ONLY)


def item(run: Apply, policy_id: str) -> Any:
    """The SDK's builder for one policy."""
    return run.graph.build.identity.conditional_access.policies.by_conditional_access_policy_id(policy_id)


async def find(run: Apply) -> dict[str, Any] | None:
    """Ours: by the id we kept, else by the name with our mark, which must be the only one.

    Raises:
        Refused: Several policies carry our mark, or somebody else's carries our name (Microsoft365DSC#2184).
    """
    known = run.objects.policy_id
    if known is not None:
        try:
            found: dict[str, Any] = await run.graph.send(item(run, known).to_get_request_information())
        except GraphError as error:
            raise run.gone(NAME, known) if error.status == 404 else error from error
        return found
    builder = run.graph.build.identity.conditional_access.policies
    policies = await everything(run.graph.pages(builder.to_get_request_information()))
    marked = [policy for policy in policies if policy["displayName"] == run.desired.policy_name]
    if len(marked) > 1:
        raise foreign("policy", run.desired.policy_name, [policy["id"] for policy in marked])
    if marked:
        return marked[0]
    if namesakes := [policy["id"] for policy in policies if policy["displayName"] == run.desired.display_name]:
        raise foreign("policy", run.desired.display_name, namesakes)
    return None


async def write(run: Apply, info: Any) -> dict[str, Any]:
    """Send a policy write. It may be repeated: without an id of ours a second one would be found by its mark."""
    try:
        answer: dict[str, Any] | None = await run.graph.send(info, repeatable=False)
    except GraphError as error:
        if error.says("Security Defaults is enabled"):
            raise Refused(
                "Security defaults are on in this tenant, and Entra takes no enabled policy beside them.",
                remedy="Decide with your security team to replace them by Conditional Access; this product never does.",
            ) from error
        if error.says("not licensed"):
            raise Refused(
                "The tenant has no Entra ID P1, which Conditional Access needs.", remedy="Buy or assign P1."
            ) from error
        raise run.unready(error, "group and service principal") from error
    return answer or {}


def new_policy(run: Apply) -> ConditionalAccessPolicy:
    """The whole policy, report-only."""
    return ConditionalAccessPolicy(
        display_name=run.desired.policy_name, state=REPORT_ONLY, conditions=conditions(run), grant_controls=controls()
    )


def conditions(run: Apply, *, excluded: Iterable[str] = ()) -> ConditionalAccessConditionSet:
    """Our app, our group, without the break-glass accounts and whom an admin excluded. Never All, never empty."""
    spared = sorted({*run.desired.break_glass_user_ids, *excluded})
    return ConditionalAccessConditionSet(
        client_app_types=[ConditionalAccessClientApp.All],
        applications=ConditionalAccessApplications(include_applications=[str(run.objects.app_id)]),
        users=ConditionalAccessUsers(include_groups=[str(run.objects.group_id)], exclude_users=spared),
    )


def controls() -> ConditionalAccessGrantControls:
    """Require multi-factor authentication."""
    return ConditionalAccessGrantControls(operator="OR", built_in_controls=[ConditionalAccessGrantControl.Mfa])


def drift(policy: dict[str, Any], run: Apply) -> ConditionalAccessPolicy | None:
    """What must be written to make the policy right again, or None. Ids are compared in any order and case."""
    have = policy.get("conditions") or {}
    applications, users = have.get("applications") or {}, have.get("users") or {}
    grant = policy.get("grantControls") or {}
    excluded = {user_id.casefold() for user_id in users.get("excludeUsers") or []}
    conditions_fit = (
        same_ids(applications.get("includeApplications"), [str(run.objects.app_id)])
        and same_ids(users.get("includeGroups"), [str(run.objects.group_id)])
        and not users.get("includeUsers")
        and excluded.issuperset(run.desired.break_glass_user_ids)
    )
    controls_fit = grant.get("builtInControls") == ["mfa"] or grant.get("authenticationStrength")
    if conditions_fit and controls_fit:
        return None
    change = ConditionalAccessPolicy()
    if not conditions_fit:
        change.conditions = conditions(run, excluded=excluded)
    if not controls_fit:
        change.grant_controls = controls()
    return change
