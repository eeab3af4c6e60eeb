"""How one person stands in the tenant now: a few questions to Graph, short calls, none of which writes.

Asked as the tenant identity, since no other may ask Conditional Access, with no permission that it needs only for this.
"""

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Any, TypeVar

from msgraph.generated.groups.item.members.graph_user.graph_user_request_builder import GraphUserRequestBuilder
from msgraph.generated.service_principals.item.app_role_assigned_to.app_role_assigned_to_request_builder import (
    AppRoleAssignedToRequestBuilder,
)

from provisioning.errors import Rejected, TransientError
from provisioning.graph.client import Graph
from provisioning.graph.errors import GraphError
from provisioning.graph.odata import literal, query
from provisioning.graph.requests import EVENTUAL
from provisioning.model.ledger import EnrollmentState, Person
from provisioning.model.person_status import GuardEffect, PersonInEntra, PolicyEffect, Unavailable
from provisioning.model.tenant_objects import TenantObjects
from provisioning.support.person_finish import ask_can_finish
from provisioning.tenant.pace import Pace
from provisioning.tenant.preflight.coverage import Certainty
from provisioning.tenant.preflight.policy_reading import MFA, blocks, is_for_registration, is_in_force
from provisioning.tenant.preflight.what_if import WhatIf, at_application, at_registration, guards
from provisioning.tenant.resources.policy_base import ENABLED, REPORT_ONLY

MembersQuery = GraphUserRequestBuilder.GraphUserRequestBuilderGetQueryParameters
AssignedQuery = AppRoleAssignedToRequestBuilder.AppRoleAssignedToRequestBuilderGetQueryParameters

PATIENCE = 20.0  # seconds for each question; an admin waits for the answer
PAGE = 999
NEEDS = {
    "group": "Group.ReadWrite.All",
    "assignment": "Application.Read.All",
    "policy": "Policy.Read.All",
    "registration": "Policy.Read.All",
}
# States in which nothing is left to finish.
FINISHED = frozenset(
    {EnrollmentState.REGISTERED, EnrollmentState.UNEXPECTED, EnrollmentState.DONE, EnrollmentState.LEFT}
)
T = TypeVar("T")


async def read_person(
    person: Person, *, graph: Graph, objects: TenantObjects, break_glass: frozenset[str]
) -> PersonInEntra:
    """Ask about one account, all at once.

    Args:
        person: The account's row. Whether they can finish is asked only where they have not.
        graph: As the tenant identity.
        objects: The ids of our objects.
        break_glass: Object ids of the emergency accounts, in lower case.

    Returns:
        What was answered; a part that could not be asked for says why.
    """
    pace, object_id = Pace(), person.object_id
    member, assigned, at_ours, registering = await asyncio.gather(
        or_unavailable("group", is_member(graph, objects, object_id)),
        or_unavailable("assignment", is_assigned(graph, objects)),
        or_unavailable("policy", ask_at_application(graph, objects, object_id, pace=pace)),
        or_unavailable("registration", or_gone(at_registration(graph, object_id, pace=pace), object_id)),
    )
    policy: PolicyEffect | Unavailable | None
    if isinstance(at_ours, list):
        outcome = policy_outcome(graph, objects, object_id, at_ours, break_glass=break_glass, pace=pace)
        policy = await or_unavailable("policy", outcome)
    else:
        policy = at_ours
    finish = None
    if person.state not in FINISHED and policy is not PolicyEffect.GONE:
        finish = await ask_can_finish(
            graph,
            person,
            objects=objects,
            at_application=at_ours if isinstance(at_ours, list) else None,
            at_registration=registering if isinstance(registering, list) else None,
        )
    registration = guard_outcome(registering) if isinstance(registering, list) else registering
    return PersonInEntra(member=member, assigned=assigned, policy=policy, registration=registration, finish=finish)


async def or_unavailable(part: str, question: Awaitable[T]) -> T | Unavailable:
    """Return the answer, or why there is none."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await question
    except TimeoutError:
        return Unavailable(f"Microsoft Graph did not answer within {PATIENCE:.0f} seconds.")
    except GraphError as error:
        return Unavailable(read_policy_effect(error, permission=NEEDS[part]))
    except (TransientError, Rejected) as error:
        return Unavailable(str(error))


def read_policy_effect(error: GraphError, *, permission: str) -> str:
    """Return why Graph refused, without its own text, which may hold a name."""
    answer = f"Microsoft Graph answered {error.status} {error.code}."
    if error.status in (401, 403):
        return f"{answer} The identity that asks needs the permission {permission} (docs/permissions.md)."
    if error.status == 404:
        return f"{answer} One of this product's objects no longer exists; 'python -m provisioning plan' shows which."
    return answer


async def is_member(graph: Graph, objects: TenantObjects, object_id: str) -> bool | None:
    """Return whether the account is a direct member of the group, as this product makes members.

    By a filter, which asks for one of thousands in one call; on members it needs the advanced query mode
    (learn.microsoft.com/graph/aad-advanced-queries).
    """
    if objects.group_id is None:
        return None
    parameters = MembersQuery(filter=f"id eq {literal(object_id)}", select=["id"], count=True)
    users = graph.build.groups.by_group_id(objects.group_id).members.graph_user
    page = await graph.send(users.to_get_request_information(query(parameters, headers=dict(EVENTUAL))))
    return any(item["id"].casefold() == object_id.casefold() for item in page["value"])


async def is_assigned(graph: Graph, objects: TenantObjects) -> bool | None:
    """Return whether the group is assigned to the enterprise app."""
    if objects.group_id is None or objects.service_principal_id is None:
        return None
    principal = graph.build.service_principals.by_service_principal_id(objects.service_principal_id)
    info = principal.app_role_assigned_to.to_get_request_information(query(AssignedQuery(top=PAGE)))
    group_id = objects.group_id.casefold()
    async for page in graph.pages(info):
        if any(item["principalId"].casefold() == group_id for item in page):
            return True
    return False


async def or_gone(question: Awaitable[WhatIf], object_id: str) -> WhatIf | None:
    """Return What-If's answer; None for no account."""
    try:
        return await question
    except GraphError as error:
        if error.status == 404 and object_id.casefold() in error.text.casefold():
            return None
        raise


async def ask_at_application(
    graph: Graph, objects: TenantObjects, object_id: str, *, pace: Pace
) -> WhatIf | PolicyEffect:
    """Return What-If's answer on a sign-in at our application, or why there is nothing to be asked."""
    if objects.app_id is None or objects.policy_id is None:
        return PolicyEffect.MISSING
    found = await or_gone(at_application(graph, object_id, objects.app_id, pace=pace), object_id)
    return PolicyEffect.GONE if found is None else found


async def policy_outcome(
    graph: Graph,
    objects: TenantObjects,
    object_id: str,
    verdicts: WhatIf,
    *,
    break_glass: frozenset[str],
    pace: Pace,
) -> PolicyEffect:
    """Return how Conditional Access would treat the account's sign-in at our application."""
    applied = [item for item in verdicts if item.get("policyApplies") is True and item.get("state") == ENABLED]
    ours = next((item for item in verdicts if item["id"] == objects.policy_id), None)
    if ours is None and objects.policy_id:  # a policy that is off need not be among those that were evaluated
        async with pace.turn(graph):
            ours = await read_policy(graph, objects.policy_id)
    return effect_of(ours, applied, object_id=object_id.casefold(), break_glass=break_glass)


def guard_outcome(answers: WhatIf) -> GuardEffect | Unavailable:
    """Return how Conditional Access would treat the account's registration of a method."""
    applied = [item for item in answers if item.get("policyApplies") is True and is_in_force(item)]
    if any(blocks(item) for item in applied if is_for_registration(item)):
        return GuardEffect.BLOCKED
    found = guards(answers)
    if found is Certainty.UNKNOWN:
        return Unavailable("What-If did not have enough information.")
    return GuardEffect.GUARDED if found is Certainty.YES else GuardEffect.FREE


async def read_policy(graph: Graph, policy_id: str) -> dict[str, Any] | None:
    """Our policy, or None if it is not there."""
    builder = graph.build.identity.conditional_access.policies.by_conditional_access_policy_id(policy_id)
    found: dict[str, Any] | None = await graph.send_or_none(builder.to_get_request_information())
    return found


def effect_of(
    ours: Mapping[str, Any] | None,
    applied: list[dict[str, Any]],
    *,
    object_id: str,
    break_glass: frozenset[str],
) -> PolicyEffect:
    """Return what all verdicts together demand.

    Args:
        ours: Our policy, with its verdict if it was evaluated.
        applied: Every enabled policy that applies.
        object_id: The account, in lower case.
        break_glass: The emergency accounts, in lower case.
    """
    if any("block" in controls(item) for item in applied):
        return PolicyEffect.BLOCKED
    users = ((ours or {}).get("conditions") or {}).get("users") or {}
    excluded = object_id in {str(item).casefold() for item in users.get("excludeUsers") or ()}
    if excluded and object_id in break_glass:
        return PolicyEffect.BREAK_GLASS
    if ours is not None and any(item["id"] == ours["id"] for item in applied):
        return PolicyEffect.ASKED
    if any(MFA in controls(item) for item in applied):
        return PolicyEffect.ASKED_BY_OTHERS
    if ours is None:
        return PolicyEffect.MISSING
    if excluded:
        return PolicyEffect.EXCLUDED
    if ours.get("state") not in (ENABLED, REPORT_ONLY):
        return PolicyEffect.OFF
    return PolicyEffect.REPORT_ONLY if ours.get("policyApplies") is True else PolicyEffect.NOT_COVERED


def controls(policy: Mapping[str, Any]) -> set[str]:
    """Return what a policy demands; any authentication strength is MFA of some kind."""
    grant = policy.get("grantControls") or {}
    return {*(grant.get("builtInControls") or ()), *([MFA] if grant.get("authenticationStrength") else [])}
