"""Exposure: who is let in, who is locked out, computed from the policies that are in force. Pure.

One result for plan, apply, enable, verify, health and why. Our own policies are read like any other one's; no setting
is asked whether registration is guarded. Where something is not known, the answer is the worse one, and says so.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from provisioning.tenant.preflight.coverage import Certainty, Directory, Subject, covers
from provisioning.tenant.preflight.exposure_facts import NEXT_HIRE, Facts
from provisioning.tenant.preflight.policy_reading import (
    Policy,
    admits_a_pass,
    asks_for_mfa,
    blocks,
    condition,
    demands_more_than_a_password,
    ids_in,
    is_for_application,
    is_for_registration,
    is_in_force,
    narrowing,
    spares_trusted_places,
)


class PolicyState(StrEnum):
    """How a policy of ours stands in the tenant."""

    MISSING = "missing"
    OFF = "disabled"
    REPORT_ONLY = "enabledForReportingButNotEnforced"
    IN_FORCE = "enabled"


@dataclass(frozen=True)
class Exposure:
    """Who is let in and who is locked out.

    Args:
        enrollment: How our enrollment policy stands.
        registration: How our registration policy stands.
        asked: The people that the enrollment policy in force asks for MFA, or may ask.
        guards: Policies in force that guard at least one person's registration, by id.
        between: Who is asked and free to register with a password alone.
        uncertain: Who is among them only because it could not be told whether a guard covers them.
        unguarded_members: Who is in the enrollment group and free to register, asked or not.
        without_method: Who is asked and guarded and not known to have a method; None if nobody looked.
        turned_away: Who of them can have no pass either, or could not use it.
        pass_unknown: Whether it could not be told who may have a pass.
        refusing_passes: Guards that the next hire meets and that let nobody in by a pass alone.
        narrowed: Conditions of our policies and of would-be guards that make them meet some sign-ins only.
        spares_trusted_places: Whether the guarding ends at a trusted place.
        administrators: Who holds a directory role, or may activate one, and is asked; None if roles were not read.
        administrators_complete: Whether these are all of them.
        emergency_caught: Emergency accounts that a policy of ours in force meets, or may meet.
        excluding: Policies in force that leave out the enrollment group, or may do so through a group it is in.
        asking_everywhere: Other policies in force that ask our people for MFA at every application.
    """

    enrollment: PolicyState
    registration: PolicyState
    asked: tuple[Subject, ...] = ()
    guards: tuple[str, ...] = ()
    between: tuple[Subject, ...] = ()
    uncertain: tuple[Subject, ...] = ()
    unguarded_members: tuple[Subject, ...] = ()
    without_method: tuple[Subject, ...] | None = None
    turned_away: tuple[Subject, ...] = ()
    pass_unknown: bool = False
    refusing_passes: tuple[str, ...] = ()
    narrowed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    spares_trusted_places: bool = False
    administrators: tuple[str, ...] | None = None
    administrators_complete: bool = True
    emergency_caught: tuple[str, ...] = ()
    excluding: tuple[str, ...] = ()
    asking_everywhere: tuple[str, ...] = ()

    @property
    def guarded(self) -> bool:
        """Return whether everybody who is asked must prove more than a password before they register."""
        return not self.between

    @property
    def in_force(self) -> bool:
        """Return whether the enrollment policy asks anybody."""
        return self.enrollment is PolicyState.IN_FORCE


def exposure(facts: Facts) -> Exposure:
    """Compute who is let in and who is locked out, as the policies of these facts stand."""
    enrollment, registration = facts.policy(facts.enrollment_id), facts.policy(facts.registration_id)
    asked = people_asked(facts, enrollment)
    guards = [policy for policy in facts.policies if may_guard(policy)]
    judged = {person: guard_of(person, guards, facts.directory) for person in facts.people}
    between = tuple(person for person in asked if judged[person] is not Certainty.YES)
    guarded = tuple(person for person in asked if judged[person] is Certainty.YES)
    without = people_without_method(facts, guarded)
    away, unknown = people_turned_away(facts, without, guards=guards, enrollment=enrollment)
    return Exposure(
        enrollment=state_of(enrollment),
        registration=state_of(registration),
        asked=asked,
        guards=tuple(str(policy["id"]) for policy in guards if counts_for_a_person(policy, facts)),
        between=between,
        uncertain=tuple(person for person in between if judged[person] is Certainty.UNKNOWN),
        unguarded_members=tuple(
            person for person in facts.people if person.in_group and judged[person] is not Certainty.YES
        ),
        without_method=without,
        turned_away=away,
        pass_unknown=unknown,
        refusing_passes=tuple(
            str(policy["id"])
            for policy in guards
            if not admits_a_pass(policy) and covers(policy, NEXT_HIRE, facts.directory) is Certainty.YES
        ),
        narrowed=narrowed_policies(facts),
        spares_trusted_places=bool(guards) and all(spares_trusted_places(policy) for policy in guards),
        administrators=administrators_asked(facts, asked),
        administrators_complete=facts.directory.roles_complete and facts.directory.eligible_complete,
        emergency_caught=emergency_accounts_met(facts, enrollment, registration),
        excluding=tuple(str(policy["id"]) for policy in facts.policies if excludes_our_group(policy, facts)),
        asking_everywhere=tuple(str(policy["id"]) for policy in facts.policies if asks_everywhere(policy, facts)),
    )


def state_of(policy: Policy | None) -> PolicyState:
    """Return how a policy stands."""
    return PolicyState(policy["state"]) if policy is not None else PolicyState.MISSING


def people_asked(facts: Facts, enrollment: Policy | None) -> tuple[Subject, ...]:
    """Return the people that the enrollment policy asks, or may ask; nobody while it is not in force."""
    if enrollment is None or not is_in_force(enrollment) or not is_for_application(enrollment, facts.app_id):
        return ()
    return tuple(person for person in facts.people if covers(enrollment, person, facts.directory) is not Certainty.NO)


def may_guard(policy: Policy) -> bool:
    """Tell whether it is in force, meets every sign-in that registers a method, and takes more than a password."""
    return (
        is_in_force(policy)
        and is_for_registration(policy)
        and not narrowing(policy)
        and demands_more_than_a_password(policy)
    )


def guard_of(person: Subject, guards: Sequence[Policy], directory: Directory) -> Certainty:
    """Tell whether one of these policies guards a person's registration."""
    answers = {covers(policy, person, directory) for policy in guards}
    if Certainty.YES in answers:
        return Certainty.YES
    return Certainty.UNKNOWN if Certainty.UNKNOWN in answers else Certainty.NO


def counts_for_a_person(policy: Policy, facts: Facts) -> bool:
    """Tell whether a guard certainly covers anybody at all."""
    return any(covers(policy, person, facts.directory) is Certainty.YES for person in facts.people)


def people_without_method(facts: Facts, guarded: Iterable[Subject]) -> tuple[Subject, ...] | None:
    """Return who of these is in the enrollment group and has no method that is known; None if nobody looked."""
    if facts.with_method is None or facts.members is None:
        return None
    spared = {account.object_id for account in facts.emergency}
    return tuple(
        person
        for person in guarded
        if person.in_group and person.object_id not in facts.with_method | spared and person.object_id is not None
    )


def people_turned_away(
    facts: Facts, without: Iterable[Subject] | None, *, guards: Sequence[Policy], enrollment: Policy | None
) -> tuple[tuple[Subject, ...], bool]:
    """Return who can neither show a method nor use a pass, the next new hire too, and whether that could not be told.

    Every policy that meets them must admit a pass: the enrollment policy at our application, and each guard.
    """
    away, unknown = [], False
    candidates = [*(without or ()), *([NEXT_HIRE] if guards else [])]
    for person in candidates:
        met = [policy for policy in guards if covers(policy, person, facts.directory) is Certainty.YES]
        if not met:
            continue
        met += [enrollment] if enrollment is not None else []
        may_have = facts.passes.admits(person, facts.directory) if facts.passes is not None else Certainty.UNKNOWN
        unknown = unknown or may_have is Certainty.UNKNOWN
        if may_have is Certainty.NO or not all(admits_a_pass(policy) for policy in met):
            away.append(person)
    return tuple(away), unknown


def narrowed_policies(facts: Facts) -> dict[str, tuple[str, ...]]:
    """Return what narrows our policies, and policies in force that would be guards without it."""
    found = {str(policy["id"]): narrowing(policy) for policy in facts.concerned}
    return {policy_id: names for policy_id, names in found.items() if names}


def administrators_asked(facts: Facts, asked: Iterable[Subject]) -> tuple[str, ...] | None:
    """Return who holds a role, or may activate one, and is asked; emergency accounts are a matter of their own."""
    holders = facts.directory.administrators
    if holders is None:
        return None
    holders -= {item.object_id for item in facts.emergency}
    return tuple(sorted(person.object_id for person in asked if person.object_id and person.object_id in holders))


def emergency_accounts_met(facts: Facts, *ours: Policy | None) -> tuple[str, ...]:
    """Return the emergency accounts that a policy of ours in force meets, or may meet."""
    policies = [policy for policy in ours if policy is not None and is_in_force(policy)]
    people = {person.object_id: person for person in facts.members or ()}
    found = []
    for account in facts.emergency:
        if account.exists is False:
            continue
        person = people.get(account.object_id, Subject(account.object_id, external=account.guest))
        if any(covers(policy, person, facts.directory) is not Certainty.NO for policy in policies):
            found.append(account.object_id)
    return tuple(found) if policies else ()


def excludes_our_group(policy: Policy, facts: Facts) -> bool:
    """Tell whether a policy in force leaves out our group: its members would be free of whatever it demands."""
    group_id = facts.directory.group_id
    if not is_in_force(policy) or group_id is None:
        return False
    excluded = ids_in(condition(policy, "users"), "excludeGroups")
    return any(facts.directory.is_in(NEXT_HIRE, other) is Certainty.YES for other in excluded)


def asks_everywhere(policy: Policy, facts: Facts) -> bool:
    """Tell whether another policy asks our people for MFA at every application, so that our tile comes second."""
    return (
        policy.get("id") not in (facts.enrollment_id, facts.registration_id)
        and is_in_force(policy)
        and "all" in ids_in(condition(policy, "applications"), "includeApplications")
        and not narrowing(policy)
        and asks_for_mfa(policy)
        and not blocks(policy)
        and covers(policy, NEXT_HIRE, facts.directory) is Certainty.YES
    )
