"""Proof that the policies do what they are for, from what is in force and from Entra's own What-If.

A member is asked at our application, by us nowhere else, and proves more than a password before they register a
method; no emergency account meets a policy of ours anywhere. A policy that is off is not evaluated at all; a
report-only one is, and so can be proved before it asks anybody.
"""

from provisioning.errors import Rejected
from provisioning.model.operation import Mode, Step, StepOutcome
from provisioning.model.plan import Finding
from provisioning.tenant.context import OperationContext
from provisioning.tenant.preflight.checks import current_facts, leave_out_the_lost
from provisioning.tenant.preflight.coverage import Certainty
from provisioning.tenant.preflight.emergency_findings import emergency
from provisioning.tenant.preflight.exposure import Exposure, exposure
from provisioning.tenant.preflight.exposure_facts import Facts
from provisioning.tenant.preflight.exposure_findings import exposure_findings
from provisioning.tenant.preflight.facts import TenantFacts, read_facts
from provisioning.tenant.preflight.judgment import ALARMS, Judgment
from provisioning.tenant.preflight.what_if import WhatIf, at_application, at_registration, guards, meets, sample

IN_FORCE = "policies in force"
PASSED, FAILED = StepOutcome.PASSED, StepOutcome.FAILED
UNPROVED, ACCEPTED = StepOutcome.UNPROVED, StepOutcome.ACCEPTED

# Azure's own portal API: an application that is in every tenant and that is certainly not ours.
ANOTHER_APP = "797f4846-ba00-4fd7-ba43-dac1f8f63013"  # Windows Azure Service Management API
AT_OURS, ELSEWHERE, REGISTERING = "our application", "another application", "the registration of methods"


async def verify(context: OperationContext) -> list[Step]:
    """Ask, and say what was proved.

    Raises:
        Rejected: Nothing was ever made that could be verified.
        GraphError: Graph refuses for another reason than a permission.
        TransientError: Graph or the network is unwell.
    """
    if context.objects.policy_id is None or context.objects.app_id is None:
        raise Rejected("There is no policy to verify.", remedy='Apply first: POST /api/tenant {"mode":"apply"}.')
    read = await read_facts(context)
    leave_out_the_lost(context, read)
    facts, read = await current_facts(context, read)
    exposed = exposure(facts)
    judgment = Judgment(context.desired, read, exposed, exposed, Mode.VERIFY)
    everything = [*emergency(read.emergency, Mode.VERIFY), *exposure_findings(judgment)]
    findings = [finding for finding in everything if finding.code in ALARMS]
    if judgment.accepted:
        findings = [finding for finding in findings if finding.code != "registration_unguarded"]
    return [
        judged(facts, read, findings),
        *await about_a_member(context, facts, exposed, accepted=judgment.accepted),
        *await about_emergency_accounts(context, facts),
    ]


def judged(facts: Facts, read: TenantFacts, alarms: list[Finding]) -> Step:
    """Hold what is in force against what may be: no policy at all is a failure, and what is hidden is unproved."""
    bad = [finding.text for finding in alarms]
    if facts.enrollment_id is None:
        bad.insert(0, "The enrollment policy no longer exists.")
    if bad:
        return Step(IN_FORCE, FAILED, facts.enrollment_id, " ".join(bad))
    if read.unreadable:
        hidden = "; ".join(dict.fromkeys(item.what for item in read.unreadable))
        return Step(IN_FORCE, UNPROVED, facts.enrollment_id, f"The following could not be read: {hidden}.")
    return Step(
        IN_FORCE, PASSED, facts.enrollment_id, "The policies in force lock nobody out and let nobody in by mistake."
    )


async def about_a_member(context: OperationContext, facts: Facts, exposed: Exposure, *, accepted: bool) -> list[Step]:
    """Prove that a member is asked at our application, not at another one, and registers with more than a password."""
    people = sample(facts)
    if not people:
        known = "has no member yet" if facts.members is not None else "could not be read, so there is nobody"
        detail = f"The group {known} whose sign-in could be asked about. Verify again once it has one."
        return [Step(f"member at {place}", UNPROVED, detail=detail) for place in (AT_OURS, REGISTERING)]
    user_id, app_id = str(people[0].object_id), str(context.objects.app_id)
    pace = context.observed.pace
    here, elsewhere = [await at_application(context.graph, user_id, app, pace=pace) for app in (app_id, ANOTHER_APP)]
    registering = await at_registration(context.graph, user_id, pace=pace)
    return [
        compare("member", user_id, AT_OURS, here, facts.enrollment_id, wanted=True),
        compare("member", user_id, ELSEWHERE, elsewhere, facts.enrollment_id, wanted=False),
        about_registration(user_id, registering, facts, exposed, accepted=accepted),
    ]


def about_registration(user_id: str, answers: WhatIf, facts: Facts, exposed: Exposure, *, accepted: bool) -> Step:
    """Prove that a guard meets a member; before enrollment is in force, our own one counts that will be with it."""
    coming = {facts.registration_id} - {None} if not exposed.in_force else set()
    found = guards(answers, coming={str(item) for item in coming})
    name = f"member at {REGISTERING}"
    if found is Certainty.YES:
        return Step(name, PASSED, facts.registration_id, f"A policy asks user {user_id} for more than a password.")
    if accepted:
        detail = f"Nothing guards registration for user {user_id}, which ACKNOWLEDGE_UNPROTECTED_REGISTRATION accepts."
        return Step(name, ACCEPTED, facts.registration_id, detail)
    if found is Certainty.UNKNOWN:
        return Step(
            name,
            UNPROVED,
            facts.registration_id,
            f"What-If could not tell whether a policy asks user {user_id} for more than a password.",
        )
    return Step(name, FAILED, facts.registration_id, f"User {user_id} can register with a password alone.")


async def about_emergency_accounts(context: OperationContext, facts: Facts) -> list[Step]:
    """Prove that we ask no emergency account, at our application or, where a policy is there, at registration."""
    steps, pace = [], context.observed.pace
    accounts = [item.object_id for item in facts.emergency if item.exists is not False]
    for number, user_id in enumerate(accounts, start=1):
        who = "break-glass account" if len(accounts) == 1 else f"break-glass account {number}"
        here = await at_application(context.graph, user_id, str(context.objects.app_id), pace=pace)
        steps.append(compare(who, user_id, AT_OURS, here, facts.enrollment_id, wanted=False))
        if facts.registration_id is not None:
            registering = await at_registration(context.graph, user_id, pace=pace)
            steps.append(compare(who, user_id, REGISTERING, registering, facts.registration_id, wanted=False))
    return steps


def compare(who: str, user_id: str, place: str, answers: WhatIf, policy_id: str | None, *, wanted: bool) -> Step:
    """Compare how a policy of ours treats a user with how it should."""
    found = meets(answers, policy_id)
    state = next((str(item["state"]) for item in answers if item["id"] == policy_id), "not evaluated")
    outcome = {Certainty.UNKNOWN: UNPROVED}.get(found, PASSED if (found is Certainty.YES) is wanted else FAILED)
    expected = "must" if wanted else "must not"
    seen = {Certainty.YES: "asks", Certainty.NO: "does not ask"}.get(found, "may ask")
    detail = f"The policy {expected} ask user {user_id} for MFA at {place}; it {seen} (state: {state})."
    return Step(f"{who} at {place}", outcome, policy_id, detail)
