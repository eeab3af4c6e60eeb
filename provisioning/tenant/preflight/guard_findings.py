"""Who may register unguarded, and who is kept from registering: what an admin should know of guards of registration."""

from collections.abc import Iterator

from provisioning.model.operation import MAY_ASK_PEOPLE
from provisioning.model.plan import Finding, Level
from provisioning.tenant.desired import Desired
from provisioning.tenant.preflight.exposure import Exposure, PolicyState
from provisioning.tenant.preflight.exposure_facts import NEXT_HIRE
from provisioning.tenant.preflight.facts import TenantFacts
from provisioning.tenant.preflight.judgment import Judgment
from provisioning.tenant.preflight.wording import how_many, ids_of, named_people, some


def unguarded(judgment: Judgment) -> Iterator[Finding]:
    """Tell who may register unguarded, the main risk of enrolling ahead of the first day."""
    now, after = judgment.now, judgment.after
    if after.between:
        stops = judgment.mode in MAY_ASK_PEOPLE and not judgment.accepted
        state = "is in force" if now.in_force else "would be in force"
        text = f"The enrollment policy {state}, but no policy in force is certain to guard the registration of "
        text += f"sign-in methods for {named_people(after.between)}{doubt(after)}: a stolen first password is "
        text += "enough to register."
        yield unguarded_finding("blocking" if stops else "warning", text, after)
    elif now.between:
        text = "The enrollment policy is in force, but no policy in force guards the registration of sign-in methods "
        text += f"for {named_people(now.between)}. This operation fixes that."
        yield unguarded_finding("warning", text, now)
    elif not after.in_force and nobody_guards(judgment):
        text = "No policy in force guards the registration of sign-in methods for "
        text += f"{named_people(after.unguarded_members)}{doubt(after)}: a stolen first password is enough to register."
        yield unguarded_finding("warning", text, after)


def nobody_guards(judgment: Judgment) -> bool:
    """Tell whether people are in the group without a guard, or the next hire will be and no setting asks for one."""
    unguarded_members = judgment.after.unguarded_members
    real = [person for person in unguarded_members if person.object_id is not None]
    return bool(real) or (judgment.desired.registration_policy == "off" and NEXT_HIRE in unguarded_members)


def unguarded_finding(level: Level, text: str, exposure: Exposure) -> Finding:
    """Return the finding with what to do about it."""
    remedy = (
        "Set REGISTRATION_POLICY to mfa or mfa_or_trusted_location, apply and enable, and hand out Temporary Access "
        "Passes; disable turns the enrollment policy back to report-only at once. If registration is guarded in "
        "another way, set ACKNOWLEDGE_UNPROTECTED_REGISTRATION to true."
    )
    found = exposure.between or exposure.unguarded_members
    return Finding("registration_unguarded", level, text, remedy, ids_of(found))


def doubt(exposure: Exposure) -> str:
    """Say in brackets why people who may be guarded count as free to register."""
    reasons = []
    if exposure.uncertain:
        reasons.append(f"this could not be determined for {named_people(exposure.uncertain)}")
    reasons += [
        f"policy {policy_id} is narrowed by {' and '.join(names)} and does not count as a guard"
        for policy_id, names in exposure.narrowed.items()
    ]
    return f" ({'; '.join(reasons)})" if reasons else ""


def passes(judgment: Judgment) -> Iterator[Finding]:
    """Tell what keeps Temporary Access Passes from new hires: behind a guard nothing else lets them in."""
    after, policy = judgment.after, judgment.facts.passes
    if not (after.guards or judgment.desired.registration_policy != "off") or policy is None:
        return
    remedy = (
        "Turn on Temporary Access Pass for the enrollment group: Entra admin center, Authentication methods, Policies."
    )
    if not policy.enabled:
        text = "The authentication methods policy has Temporary Access Pass turned off, and people who have no "
        text += "method need a pass to register behind a guard: new hires would be turned away."
        yield Finding("tap_off", judgment.strict, text, remedy)
    elif policy.admits(NEXT_HIRE, judgment.facts.directory) == "no":
        text = "The authentication methods policy has Temporary Access Pass turned on, but not for the enrollment "
        text += "group: new hires would be turned away."
        yield Finding("tap_not_for_group", judgment.strict, text, remedy, tuple(sorted(policy.targets)))
    elif after.refusing_passes:
        text = "Policies that guard registration do not let in people who have only a Temporary Access Pass, so new "
        text += f"hires are turned away: {some(after.refusing_passes)}."
        remedy = "Have these policies require MFA, or an authentication strength that accepts a Temporary Access Pass."
        yield Finding("guard_refuses_tap", judgment.strict, text, remedy, after.refusing_passes)


def turned_away(judgment: Judgment) -> Iterator[Finding]:
    """Count the people that a guard stops, and those of them that a pass would let in."""
    people = judgment.after.without_method or ()
    away = [person for person in judgment.after.turned_away if person.object_id is not None]
    if away:
        yield Finding(
            "people_turned_away",
            "warning",
            f"{how_many(len(away))} in the enrollment group without a known sign-in method can neither register one "
            "nor use a Temporary Access Pass.",
            "Review the findings about Temporary Access Pass and the policies that guard registration.",
            ids_of(away),
        )
    elif people:
        yield Finding(
            "people_need_a_pass",
            "note",
            f"{how_many(len(people))} in the enrollment group without a known sign-in method: each needs a Temporary "
            "Access Pass to register one behind the guard.",
            "Hand out the passes on or before the first day, preferably ones that may be used more than once.",
            ids_of(people),
        )


def guard_scope(exposure: Exposure, facts: TenantFacts, desired: Desired) -> Iterator[Finding]:
    """Say who the registration policy covers: it reaches people who never heard of this product."""
    if desired.registration_policy == "off":
        return
    if desired.guard_everybody:
        count = f" ({facts.member_accounts} accounts)" if facts.member_accounts is not None else ""
        scope = f"every member of the tenant{count}, whether invited, waiting, or neither"
    else:
        scope = "the members of the enrollment group only (people who are waiting, parked, or canceled are not covered)"
    state = "" if exposure.registration is PolicyState.IN_FORCE else ", once it is in force"
    yield Finding(
        "registration_policy_scope",
        "note",
        f"The registration policy covers {scope}, except guests, emergency accounts, and further exclusions. Anyone "
        f"who has no method needs a Temporary Access Pass to register one{state}; the set-up of Windows Hello for "
        "Business and of macOS Platform SSO falls under it, too.",
        "Set REGISTRATION_POLICY_USERS to change which people it covers.",
    )
