"""Kinds of people: who is alike to all policies, so that What-If is asked once for a kind and not for each person.

What-If counts against one request a second for all of Conditional Access (throttling-limits): ten thousand people one
by one would take hours, and they are a few dozen kinds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from provisioning.tenant.forecast.person_facts import Verdicts
from provisioning.tenant.preflight.coverage import PREFIXES, Certainty, Directory, Subject, covers
from provisioning.tenant.preflight.policy_reading import (
    Policy,
    condition,
    groups_named,
    ids_in,
    roles_named,
)
from provisioning.tenant.preflight.what_if import WhatIf, lacks_information, was_evaluated

ONLY_THE_PERSON = frozenset({"users"})  # the one reason of whatIfAnalysisReasons that joining a group changes


@dataclass(frozen=True)
class PersonKind:
    """What policies can tell people apart by. Ids in lower case.

    Args:
        groups: Those that policies name, of the person's, through any nesting.
        roles: Those that policies name.
        user_type: As Graph gives it.
        external: Whether they sign in elsewhere.
        alone: Their own id, where a policy names them by it.
    """

    groups: frozenset[str]
    roles: frozenset[str] = frozenset()
    user_type: str | None = "Member"
    external: bool = False
    alone: str | None = None


@dataclass(frozen=True)
class Counting:
    """The policies that count: those in force, and those that are about to be.

    Args:
        policies: All of the tenant's.
        coming: Ids of ours that count as if they were in force.
        directory: The enrollment group and what it is in; who holds the roles.
    """

    policies: tuple[Policy, ...]
    coming: frozenset[str] = frozenset()
    directory: Directory = field(default_factory=Directory)

    def counts(self, policy: Policy) -> bool:
        """Tell whether a policy counts. Report-only policies do not, though What-If says that they apply."""
        return policy.get("state") == "enabled" or policy.get("id") in self.coming

    @cached_property
    def counted(self) -> tuple[Policy, ...]:
        """Return the policies that count."""
        return tuple(policy for policy in self.policies if self.counts(policy))

    @cached_property
    def groups(self) -> frozenset[str]:
        """Return the groups that they name."""
        return frozenset[str]().union(*map(groups_named, self.counted))

    @cached_property
    def roles(self) -> frozenset[str]:
        """Return the roles that they name."""
        return frozenset[str]().union(*map(roles_named, self.counted))

    @cached_property
    def accounts(self) -> frozenset[str]:
        """Return the accounts that they name by their ids."""
        return frozenset[str]().union(*map(users_named, self.counted))

    def kind_of(self, person: Subject, *, groups: frozenset[str], user_type: str | None) -> PersonKind:
        """Return the kind that a person belongs to."""
        held = {role for role in self.roles if self.directory.holds(person, role) is Certainty.YES}
        return PersonKind(
            groups=groups & self.groups,
            roles=frozenset(held),
            user_type=user_type,
            external=person.external is True,
            alone=person.object_id if person.object_id in self.accounts else None,
        )

    def verdicts(self, answers: WhatIf, person: Subject, kind: PersonKind, *, invited: bool) -> Verdicts:
        """Return what counts of What-If's answer.

        Args:
            answers: Every policy with its verdict.
            person: The person it was asked about.
            kind: Theirs.
            invited: Whether to judge as if they were in the enrollment group already.
        """
        shown = {str(item["id"]) for item in answers if was_evaluated(item)}
        whole = {str(policy["id"]): policy for policy in self.policies}
        applied, unsure = [], [policy for policy in self.counted if policy.get("id") not in shown]
        for item in answers:
            if not (self.counts(item) and was_evaluated(item)):
                continue
            found = self.verdict(item, person, kind, invited=invited)
            if found is Certainty.YES:
                applied.append(whole.get(str(item["id"]), item))
            elif found is Certainty.UNKNOWN:
                unsure.append(whole.get(str(item["id"]), item))
        return Verdicts(tuple(applied), tuple(unsure))

    def verdict(self, item: Mapping[str, object], person: Subject, kind: PersonKind, *, invited: bool) -> Certainty:
        """Tell whether one policy applies."""
        policy, reasons = dict(item), reasons_of(item)
        applies = item.get("policyApplies") is True
        if lacks_information(policy):
            return Certainty.YES if applies else Certainty.UNKNOWN
        if invited and (applies or reasons == ONLY_THE_PERSON) and groups_named(policy) & self.joined:
            return covers(policy, as_member(person), self.seen_as(person, kind))
        return Certainty.YES if applies else Certainty.NO

    @property
    def joined(self) -> frozenset[str]:
        """Return the groups that an invitation puts a person into."""
        own = self.directory.group_id
        return frozenset({own} if own else ()) | (self.directory.parents or frozenset())

    def seen_as(self, person: Subject, kind: PersonKind) -> Directory:
        """Return the directory as it is about one person."""
        me = frozenset({str(person.object_id)})
        groups = {group_id: me if group_id in kind.groups else frozenset[str]() for group_id in self.groups}
        own = self.directory
        return Directory(own.group_id, own.parents, groups, own.roles, own.roles_complete)


def as_member(person: Subject) -> Subject:
    """Return a person as a member of the enrollment group."""
    return Subject(person.object_id, in_group=True, external=person.external, external_type=person.external_type)


def users_named(policy: Policy) -> frozenset[str]:
    """Return the accounts that decide who a policy is for."""
    people = condition(policy, "users")
    return frozenset[str]().union(*(ids_in(people, f"{prefix}Users") for prefix in PREFIXES))


def reasons_of(verdict: Mapping[str, object]) -> frozenset[str]:
    """Return why a policy does not apply, as What-If names it."""
    return frozenset(item.strip() for item in str(verdict.get("analysisReasons") or "").split(",")) - {""}
