"""Entra's own What-If on real people: at our application, and for the registration of a sign-in method.

Its answer wins over our own reading of policies, for the people it was asked about. It says whether a policy applies,
not whether a person passes, and shows report-only policies as if they were in force; it does not show a policy that is
off (conditionalAccessRoot: evaluate).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kiota_abstractions.method import Method

from provisioning.graph.client import Graph
from provisioning.graph.errors import GraphError
from provisioning.graph.requests import json_request
from provisioning.model.plan import Finding
from provisioning.tenant.context import OperationContext
from provisioning.tenant.pace import Pace
from provisioning.tenant.preflight.coverage import Certainty, Subject
from provisioning.tenant.preflight.exposure import Exposure
from provisioning.tenant.preflight.exposure_facts import Facts
from provisioning.tenant.preflight.policy_reading import (
    demands_more_than_a_password,
    is_for_registration,
    is_in_force,
    narrowing,
)

TYPE = "#microsoft.graph."
SAMPLE = 2  # people; What-If counts against one request a second for all of Conditional Access
OFF = "disabled"
NOT_ENOUGH = "notenoughinformation"
# A new hire's phone somewhere on the internet (RFC 5737, TEST-NET-3), which is no trusted place.
NOWHERE = "203.0.113.7"

WhatIf = list[dict[str, Any]]
PHONE: Mapping[str, Any] = {"clientAppType": "browser", "devicePlatform": "iOS", "ipAddress": NOWHERE}
# A laptop of the company's that is compliant and joined, somewhere on the internet, too (deviceInfo resource type).
MANAGED_PC: Mapping[str, Any] = {
    "clientAppType": "browser",
    "devicePlatform": "windows",
    "ipAddress": NOWHERE,
    "deviceInfo": {"isCompliant": True, "trustType": "AzureAD"},
}


@dataclass(frozen=True)
class WhatIfOutcome:
    """What What-If said of one person.

    Args:
        person: Who.
        meets_enrollment: Whether the enrollment policy applies at our application.
        guarded: Whether a policy guards their registration that is in force, or will be.
    """

    person: Subject
    meets_enrollment: Certainty
    guarded: Certainty


async def at_application(
    graph: Graph, user_id: str, app_id: str, *, pace: Pace, conditions: Mapping[str, Any] = PHONE
) -> WhatIf:
    """Return every policy with its verdict on a sign-in to an application."""
    context = {"@odata.type": f"{TYPE}applicationContext", "includeApplications": [app_id]}
    return await ask_what_if(graph, user_id, context, pace=pace, conditions=conditions)


async def at_registration(graph: Graph, user_id: str, *, pace: Pace, conditions: Mapping[str, Any] = PHONE) -> WhatIf:
    """Return every policy with its verdict on the registration of a sign-in method."""
    action = {"@odata.type": f"{TYPE}userActionContext", "userAction": "registerSecurityInformation"}
    return await ask_what_if(graph, user_id, action, pace=pace, conditions=conditions)


async def ask_what_if(
    graph: Graph, user_id: str, context: Mapping[str, Any], *, pace: Pace, conditions: Mapping[str, Any]
) -> WhatIf:
    """Ask in turn. What is left out of the conditions may be answered with "not enough information"."""
    body = {
        "signInIdentity": {"@odata.type": f"{TYPE}userSignIn", "userId": user_id},
        "signInContext": context,
        "signInConditions": conditions,
        "appliedPoliciesOnly": False,
    }
    info = json_request(Method.POST, graph.build.identity.conditional_access.evaluate, body)
    async with pace.turn(graph):
        found: WhatIf = (await graph.send(info))["value"]
    return found


def meets(answers: WhatIf, policy_id: str | None) -> Certainty:
    """Tell whether one policy applies, in force or report-only; one that is not shown does not."""
    verdict = next((item for item in answers if item["id"] == policy_id), None)
    if verdict is None:
        return Certainty.NO
    if verdict.get("policyApplies") is True:
        return Certainty.YES
    return Certainty.UNKNOWN if lacks_information(verdict) else Certainty.NO


def guards(answers: WhatIf, *, coming: Collection[str] = ()) -> Certainty:
    """Tell whether a policy guards this registration.

    Args:
        answers: For the registration of a method.
        coming: Policies that count as if they were in force, because they are about to be.
    """
    candidates = [
        item
        for item in answers
        if (is_in_force(item) or item["id"] in coming)
        and is_for_registration(item)
        and demands_more_than_a_password(item)
        and not narrowing(item)
    ]
    if any(item.get("policyApplies") is True for item in candidates):
        return Certainty.YES
    evaluated = {str(item["id"]) for item in answers if was_evaluated(item)}
    unsure = any(map(lacks_information, candidates)) or not evaluated >= set(coming)
    return Certainty.UNKNOWN if unsure else Certainty.NO


def was_evaluated(verdict: dict[str, Any]) -> bool:
    """Tell whether What-If looked at a policy; it does not look at one that is off."""
    return verdict.get("state") != OFF


def lacks_information(verdict: dict[str, Any]) -> bool:
    """Tell whether What-If could not say."""
    return NOT_ENOUGH in str(verdict.get("analysisReasons")).casefold()


def sample(facts: Facts) -> list[Subject]:
    """Choose some people of the enrollment group, those without a known method first; no emergency account."""
    spared = {account.object_id for account in facts.emergency}
    people = [person for person in facts.members or () if person.object_id not in spared]
    known = facts.with_method or frozenset()
    return sorted(people, key=lambda person: (person.object_id in known, str(person.object_id)))[:SAMPLE]


async def confirm(context: OperationContext, facts: Facts, exposed: Exposure) -> tuple[Exposure, tuple[Finding, ...]]:
    """Correct exposure by what What-If says of a few people.

    Args:
        context: Who asks.
        facts: What exposure was computed from; the policies that are in force in it count as in force.
        exposed: As computed.

    Returns:
        Exposure as corrected, and what What-If contradicts that no other finding says.

    Raises:
        GraphError: Graph refuses for another reason than a permission.
        TransientError: Graph or the network is unwell.
    """
    try:
        answers = [await ask_about(context, person, facts) for person in sample(facts)]
    except GraphError as error:
        if error.status not in (401, 403):
            raise
        return exposed, (not_allowed(),)
    free = [item.person for item in answers if item.guarded is Certainty.NO and item.person in exposed.asked]
    cleared = {item.person for item in answers if item.guarded is Certainty.YES} & {*exposed.uncertain}
    between = tuple(person for person in exposed.between if person not in cleared)
    between += tuple(person for person in free if person not in between)
    uncertain = tuple(person for person in exposed.uncertain if person not in cleared and person not in free)
    return replace(exposed, between=between, uncertain=uncertain), tuple(not_met(answers, exposed))


async def ask_about(context: OperationContext, person: Subject, facts: Facts) -> WhatIfOutcome:
    """Ask about one person, at our application and at the registration."""
    user_id = str(person.object_id)
    coming = {str(item["id"]) for item in facts.policies if is_in_force(item) and is_for_registration(item)}
    pace = context.observed.pace
    at_site = await at_application(context.graph, user_id, str(facts.app_id), pace=pace)
    registering = await at_registration(context.graph, user_id, pace=pace)
    known = any(item["id"] == facts.enrollment_id and was_evaluated(item) for item in at_site)
    met = meets(at_site, facts.enrollment_id) if known else Certainty.UNKNOWN
    return WhatIfOutcome(person, met, guards(registering, coming=coming))


def not_met(answers: Sequence[WhatIfOutcome], exposed: Exposure) -> list[Finding]:
    """Name the people that the policy asks by our own reading of it, but not by What-If's."""
    missed = tuple(
        str(item.person.object_id)
        for item in answers
        if item.meets_enrollment is Certainty.NO and item.person in exposed.asked
    )
    if not missed:
        return []
    return [
        Finding(
            "what_if_disagrees",
            "warning",
            f"Entra's What-If says that the enrollment policy does not ask {' and '.join(missed)} at our application.",
            "If something changed in the last few minutes, plan again first; otherwise, check the policy's users and "
            "conditions in Entra.",
            missed,
        )
    ]


def not_allowed() -> Finding:
    """Return the finding that What-If was not asked, so that exposure rests on our own reading."""
    return Finding(
        "what_if_not_asked",
        "warning",
        "Microsoft Graph did not let this identity ask What-If, so what the policies do was derived from their "
        "definitions and not confirmed.",
        "Grant Policy.Read.All: python -m provisioning bootstrap.",
    )
