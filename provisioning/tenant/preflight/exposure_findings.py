"""What an admin should know of who is let in and who is locked out, and what of it must stop a write.

A code stands for one thing that can be so; `ALARMS` are those that leave somebody in danger now, and make health
unhealthy.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from provisioning.model.operation import MAY_ASK_PEOPLE, Mode
from provisioning.model.plan import Finding, Level
from provisioning.tenant.desired import Desired
from provisioning.tenant.preflight.exposure import Exposure, PolicyState
from provisioning.tenant.preflight.exposure_facts import NEXT_HIRE
from provisioning.tenant.preflight.facts import TenantFacts
from provisioning.tenant.preflight.policy_reading import GUESTS_KEYWORD, Policy, condition, ids_in
from provisioning.tenant.preflight.wording import how_many, ids_of, some, whom

ALARMS = frozenset(
    {
        "registration_unguarded",
        "emergency_account_caught",
        "group_excluded",
        "policy_deleted",
        "policy_disabled",
        "policy_narrowed",
        "tap_off",
        "tap_not_for_group",
        "guard_refuses_tap",
        "break_glass_missing",
        "break_glass_unfit",
    }
)


@dataclass(frozen=True)
class Judgment:
    """What a plan is judged by.

    Args:
        desired: The settings.
        facts: What was read.
        now: Exposure as the tenant is.
        after: Exposure once the plan is carried out; the same as `now` where nothing is planned.
        mode: What is planned.
        into_force: Whether the plan turns a policy of ours on, or changes one in force.
    """

    desired: Desired
    facts: TenantFacts
    now: Exposure
    after: Exposure
    mode: Mode
    into_force: bool = False

    @property
    def strict(self) -> Level:
        """Return how a danger counts that this plan would bring about: it stops what comes into force."""
        return "blocking" if self.into_force else "warning"

    @property
    def accepted(self) -> bool:
        """Return whether an admin accepted that nothing guards registration; not where settings ask for a guard."""
        return self.desired.unprotected_registration and self.desired.registration_policy == "off"


def exposure_findings(judgment: Judgment) -> Iterator[Finding]:
    """Tell everything that exposure says, each with a remedy."""
    yield from unguarded(judgment)
    yield from about_emergency_accounts_met(judgment)
    yield from passes(judgment)
    yield from turned_away(judgment)
    yield from about_administrators(judgment)
    yield from about_hidden_administrators(judgment)
    yield from excluded(judgment)
    yield from asked_everywhere(judgment)
    yield from unknown(judgment)


def unguarded(judgment: Judgment) -> Iterator[Finding]:
    """Tell who may register unguarded, the main risk of enrolling ahead of the first day."""
    now, after = judgment.now, judgment.after
    if after.between:
        stops = judgment.mode in MAY_ASK_PEOPLE and not judgment.accepted
        state = "is in force" if now.in_force else "would come into force"
        text = f"The enrollment policy {state}, and no policy in force certainly guards the registration of sign-in "
        text += f"methods for {whom(after.between)}{doubt(after)}: a stolen first password is enough to register."
        yield unguarded_finding("blocking" if stops else "warning", text, after)
    elif now.between:
        text = "The enrollment policy is in force, and no policy in force guards the registration of sign-in methods "
        text += f"for {whom(now.between)}. This operation puts that right."
        yield unguarded_finding("warning", text, now)
    elif not after.in_force and nobody_guards(judgment):
        text = "No policy in force guards the registration of sign-in methods for "
        text += f"{whom(after.unguarded_members)}{doubt(after)}: a stolen first password is enough to register."
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
        "Passes; disable takes the enrollment policy out of force at once. If registration is guarded in another way, "
        "set ACKNOWLEDGE_UNPROTECTED_REGISTRATION to true."
    )
    found = exposure.between or exposure.unguarded_members
    return Finding("registration_unguarded", level, text, remedy, ids_of(found))


def doubt(exposure: Exposure) -> str:
    """Say in brackets why somebody counts as free to register who may be guarded."""
    reasons = []
    if exposure.uncertain:
        reasons.append(f"for {whom(exposure.uncertain)} it could not be told")
    reasons += [
        f"policy {policy_id} is narrowed by {' and '.join(names)} and counts as no guard"
        for policy_id, names in exposure.narrowed.items()
    ]
    return f" ({'; '.join(reasons)})" if reasons else ""


def about_emergency_accounts_met(judgment: Judgment) -> Iterator[Finding]:
    """Tell which emergency accounts a policy of ours meets: each may be the last way in."""
    accounts = judgment.after.emergency_caught or judgment.now.emergency_caught
    if accounts:
        later = "" if judgment.after.emergency_caught else " This operation puts that right."
        yield Finding(
            "emergency_account_caught",
            "blocking" if judgment.after.emergency_caught and judgment.mode in MAY_ASK_PEOPLE else "warning",
            f"A policy of this product that is in force meets the emergency account {some(accounts)}, or may meet "
            f"it.{later}",
            "Apply, which excludes the accounts of BREAK_GLASS_USER_IDS again; disable takes the policies out of force "
            "at once.",
            accounts,
        )


def passes(judgment: Judgment) -> Iterator[Finding]:
    """Tell what keeps Temporary Access Passes from new hires: behind a guard nothing else lets them in."""
    after, policy = judgment.after, judgment.facts.passes
    if not (after.guards or judgment.desired.registration_policy != "off") or policy is None:
        return
    remedy = (
        "Switch Temporary Access Pass on for the enrollment group: Entra admin center, Authentication methods, "
        "Policies."
    )
    if not policy.enabled:
        text = "The authentication methods policy has Temporary Access Pass switched off, and whoever has no method "
        text += "needs a pass to register behind a guard: new hires would be turned away."
        yield Finding("tap_off", judgment.strict, text, remedy)
    elif policy.admits(NEXT_HIRE, judgment.facts.directory) == "no":
        text = "The authentication methods policy has Temporary Access Pass on, but not for the enrollment group: new "
        text += "hires would be turned away."
        yield Finding("tap_not_for_group", judgment.strict, text, remedy, tuple(sorted(policy.targets)))
    elif after.refusing_passes:
        text = "Guards of registration let nobody in who has a Temporary Access Pass alone, so that new hires are "
        text += f"turned away: {some(after.refusing_passes)}."
        remedy = "Have them ask for MFA, or for an authentication strength that admits a Temporary Access Pass."
        yield Finding("guard_refuses_tap", judgment.strict, text, remedy, after.refusing_passes)


def turned_away(judgment: Judgment) -> Iterator[Finding]:
    """Count the people whom a guard stops, and those of them whom a pass would let in."""
    people = judgment.after.without_method or ()
    away = [person for person in judgment.after.turned_away if person.object_id is not None]
    if away:
        yield Finding(
            "people_turned_away",
            "warning",
            f"{how_many(len(away))} in the enrollment group with no sign-in method that is known can neither register "
            "one nor use a Temporary Access Pass.",
            "Look at the findings about Temporary Access Pass and at the guards of registration.",
            ids_of(away),
        )
    elif people:
        yield Finding(
            "people_need_a_pass",
            "note",
            f"{how_many(len(people))} in the enrollment group with no sign-in method that is known: behind the guard "
            "each needs a Temporary Access Pass to register one.",
            "Hand out the passes, at best one that may be used more than once, on or before the first day.",
            ids_of(people),
        )


def about_administrators(judgment: Judgment) -> Iterator[Finding]:
    """Name the administrators who are asked: they have procedures of their own, and the group is no place for them."""
    found = judgment.after.administrators
    if found:
        yield Finding(
            "administrators_caught",
            "note" if judgment.desired.everybody else "warning",
            f"The enrollment policy asks {how_many(len(found), 'administrator')}, who hold a directory role or may "
            f"activate one: {some(found)}.",
            "Take them out of the enrollment group, unless that is meant."
            if not judgment.desired.everybody
            else "Make sure that they have a method, or exclude them from the policy in Entra.",
            found,
        )


def about_hidden_administrators(judgment: Judgment) -> Iterator[Finding]:
    """Yield the note that there may be more administrators among those asked than could be seen."""
    after = judgment.after
    if after.in_force and after.administrators is not None and not after.administrators_complete:
        yield Finding(
            "administrators_unknown",
            "note",
            "Who may activate a directory role, or holds one through a group, could not be read in full, so the policy "
            "may ask more administrators than are counted.",
            "Look at the roles' active and eligible assignments in the Entra admin center. Graph shows who is eligible "
            "where the tenant has Microsoft Entra ID P2 or ID Governance.",
        )


def excluded(judgment: Judgment) -> Iterator[Finding]:
    """Name policies that leave out the group: whoever can add a member to it can free an account of them."""
    if judgment.now.excluding:
        yield Finding(
            "group_excluded",
            "warning",
            "A policy in force leaves out the enrollment group, by itself or through a group that it is in: "
            f"{some(judgment.now.excluding)}. Whoever is in the group is free of what that policy demands, and the "
            "identity that adds people to the group can free an account of it.",
            "Take the group off the policy's exclusions. People who have no method yet are walked through registration "
            "by whatever they open first.",
            judgment.now.excluding,
        )


def asked_everywhere(judgment: Judgment) -> Iterator[Finding]:
    """Tell that another policy asks everywhere, so that whatever people open first starts their registration."""
    policies = judgment.now.asking_everywhere
    if policies:
        yield Finding(
            "mfa_everywhere",
            "warning",
            "Another policy already asks our people for MFA at every application, so whatever they open first starts "
            f"their registration, not only our tile: {some(policies)}.",
            "Leave that policy as it is, and tell new hires to open the tile first.",
            policies,
        )


def unknown(judgment: Judgment) -> Iterator[Finding]:
    """Name what could not be read: it is unknown, and not well."""
    hidden = judgment.facts.unreadable
    if hidden:
        whats = "; ".join(dict.fromkeys(item.what for item in hidden))
        yield Finding(
            "exposure_unknown",
            "warning",
            f"Not everything was read, so what depends on these is unknown: {whats}. {hidden[0].reason}",
            " ".join(dict.fromkeys(item.remedy for item in hidden)),
        )


def further_exclusions(ours: Mapping[str, Policy], desired: Desired) -> Iterator[Finding]:
    """Name whom our policies leave out besides the emergency accounts of the setting: by hand, or by an old setting.

    Args:
        ours: Our policies, by what they are called.
        desired: Which exclusions are meant.
    """
    accounts = (*desired.break_glass_user_ids, *desired.lost_break_glass_user_ids)
    meant = {*(user_id.casefold() for user_id in accounts), GUESTS_KEYWORD}
    parts = []
    found: set[str] = set()
    for name, policy in ours.items():
        people = condition(policy, "users")
        lists = {
            "account": ids_in(people, "excludeUsers") - meant,
            "group": ids_in(people, "excludeGroups"),
            "role": ids_in(people, "excludeRoles"),
        }
        for kind, ids in lists.items():
            parts += [f"the {name} leaves out the {kind} {item}" for item in sorted(ids)]
            found |= ids
    if parts:
        text = "; ".join(parts)
        yield Finding(
            "further_exclusions",
            "warning",
            f"{text[0].upper()}{text[1:]}. No setting asks for that, and it stays.",
            "Take off in Entra what is not meant; an account that is no emergency account any more is one of these.",
            tuple(sorted(found)),
        )


def guard_scope(exposure: Exposure, facts: TenantFacts, desired: Desired) -> Iterator[Finding]:
    """Say whom the registration policy covers: it reaches people who never heard of this product."""
    if desired.registration_policy == "off":
        return
    if desired.guard_everybody:
        count = f" ({facts.member_accounts} accounts)" if facts.member_accounts is not None else ""
        scope = f"every member of the tenant{count}, invited, waiting or neither"
    else:
        scope = "the members of the enrollment group alone: who is waiting, parked or cancelled is not covered"
    state = "" if exposure.registration is PolicyState.IN_FORCE else ", once it is in force"
    yield Finding(
        "registration_policy_scope",
        "note",
        f"The registration policy is for {scope}, but for guests, emergency accounts and further exclusions. Whoever "
        f"has no method needs a Temporary Access Pass to register one{state}; the set-up of Windows Hello for Business "
        "and of macOS Platform SSO is judged by it, too.",
        "Set REGISTRATION_POLICY_USERS to change whom it covers.",
    )
