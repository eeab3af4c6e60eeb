"""Proof by What-If: whom our policies meet and whom they spare (conditionalAccessRoot: evaluate).

Three sign-ins are asked about: a member at our application, an emergency account at it, and the member at another
application. A policy that is off is not evaluated at all; a report-only one is, and so can be proved before it asks
anybody.
"""

from typing import Any

from msgraph.generated.groups.item.transitive_members.graph_user.graph_user_request_builder import (
    GraphUserRequestBuilder,
)
from msgraph.generated.identity.conditional_access.evaluate.evaluate_post_request_body import EvaluatePostRequestBody
from msgraph.generated.models.application_context import ApplicationContext
from msgraph.generated.models.sign_in_conditions import SignInConditions
from msgraph.generated.models.user_sign_in import UserSignIn

from provisioning.errors import Rejected
from provisioning.graph.client import EVENTUAL, Graph
from provisioning.graph.odata import query
from provisioning.model.operation import Step, StepOutcome
from provisioning.tenant.context import OperationContext

MembersQuery = GraphUserRequestBuilder.GraphUserRequestBuilderGetQueryParameters

# Azure's own portal API: an application that is in every tenant and that is certainly not ours.
ANOTHER_APP = "797f4846-ba00-4fd7-ba43-dac1f8f63013"  # Windows Azure Service Management API


async def verify(run: OperationContext) -> list[Step]:
    """Ask, and say what was proved.

    Raises:
        Refused: There is no policy to ask about.
    """
    if run.objects.policy_id is None or run.objects.app_id is None:
        raise Rejected("There is no policy to verify.", remedy='Apply first: POST /api/tenant {"mode":"apply"}.')
    app_id = run.objects.app_id
    break_glass = run.desired.break_glass_user_ids[0]
    member = await a_member(run)
    checks = [await check(run, "break-glass account at our application", break_glass, app_id, meets=False)]
    if member is None:
        detail = "The group has no member yet whose sign-in could be asked about. Verify again once it has one."
        return [Step("member at our application", StepOutcome.UNPROVED, detail=detail), *checks]
    return [
        await check(run, "member at our application", member, app_id, meets=True),
        *checks,
        await check(run, "member at another application", member, ANOTHER_APP, meets=False),
    ]


async def a_member(run: OperationContext) -> str | None:
    """Somebody in the group who is no emergency account."""
    spared = {user_id.casefold() for user_id in run.desired.break_glass_user_ids}
    builder = run.graph.build.groups.by_group_id(str(run.objects.group_id)).transitive_members.graph_user
    parameters = MembersQuery(select=["id"], top=len(spared) + 1, count=True)
    info = builder.to_get_request_information(query(parameters, headers=dict(EVENTUAL)))
    page = await run.graph.send(info)
    ids = [str(item["id"]) for item in page["value"]]
    return next((user_id for user_id in ids if user_id.casefold() not in spared), None)


async def check(run: OperationContext, name: str, user_id: str, app_id: str, *, meets: bool) -> Step:
    """Whether our policy meets this sign-in as it should."""
    ours = run.objects.policy_id
    answer = await evaluate(run.graph, user_id, app_id)
    verdict = next((item for item in answer if item["id"] == ours), None)
    met = verdict is not None and verdict.get("policyApplies") is True
    state = verdict["state"] if verdict is not None else "not evaluated"
    expected = "must ask" if meets else "must not ask"
    seen = "asks" if met else "does not ask"
    detail = f"The policy {expected} user {user_id} for MFA at application {app_id}; it {seen} (state: {state})."
    return Step(name, StepOutcome.PASSED if met is meets else StepOutcome.FAILED, ours, detail)


async def evaluate(graph: Graph, user_id: str, app_id: str) -> list[dict[str, Any]]:
    """Every policy with its verdict on a sign-in from a browser."""
    body = EvaluatePostRequestBody(
        sign_in_identity=UserSignIn(user_id=user_id),
        sign_in_context=ApplicationContext(include_applications=[app_id]),
        sign_in_conditions=SignInConditions(),
        applied_policies_only=False,
    )
    info = graph.build.identity.conditional_access.evaluate.to_post_request_information(body)
    found: list[dict[str, Any]] = (await graph.send(info))["value"]
    return found
