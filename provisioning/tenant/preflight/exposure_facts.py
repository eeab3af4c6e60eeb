"""What exposure is computed from: policies, the people they single out, and emergency accounts, as they were read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from provisioning.tenant.preflight.coverage import Directory, Subject
from provisioning.tenant.preflight.methods_policy import PassPolicy
from provisioning.tenant.preflight.policy_reading import (
    GUESTS_KEYWORD,
    Policy,
    condition,
    groups_named,
    ids_in,
    is_for_registration,
    is_in_force,
)

NEXT_HIRE = Subject(None, in_group=True)
OTHER_MEMBER = Subject(None)
OTHER_GUEST = Subject(None, external=True)
IN_GENERAL: Mapping[Subject, str] = {
    NEXT_HIRE: "everybody who joins the enrollment group",
    OTHER_MEMBER: "all other members of the tenant",
    OTHER_GUEST: "all other guests",
}


@dataclass(frozen=True)
class EmergencyAccount:
    """An account that no policy of ours may touch, as the directory shows it. None: not known.

    Args:
        object_id: In lower case.
        exists: Whether there is such an account.
        enabled: Whether it may sign in.
        guest: Whether it is a guest or an external user.
        synchronized: Whether it comes from an on-premises directory, with which it would fall.
        has_role: Whether it holds a directory role.
        instead: What the id is where it is no account's, as the end of "X names <id>, which ...".
        instead_kind: The kind of that object, as `identify` names it.
    """

    object_id: str
    exists: bool | None = None
    enabled: bool | None = None
    guest: bool | None = None
    synchronized: bool | None = None
    has_role: bool | None = None
    instead: str = "belongs to nothing in this tenant"
    instead_kind: str = "nothing"


@dataclass(frozen=True)
class Facts:
    """What was read from the tenant. Ids in lower case.

    Args:
        policies: All of them, as they are or as they will be.
        directory: Who is in the groups and holds the roles that they name.
        app_id: Our application.
        enrollment_id, registration_id: Our policies, by id; None for one that is not there.
        members: The people in the enrollment group; None if they could not be read.
        emergency: The emergency accounts.
        passes: None if it could not be read.
        with_method: People who are known to have a sign-in method; None if nobody looked.
    """

    policies: tuple[Policy, ...]
    directory: Directory = field(default_factory=Directory)
    app_id: str | None = None
    enrollment_id: str | None = None
    registration_id: str | None = None
    members: tuple[Subject, ...] | None = ()
    emergency: tuple[EmergencyAccount, ...] = ()
    passes: PassPolicy | None = None
    with_method: frozenset[str] | None = None

    def policy(self, policy_id: str | None) -> Policy | None:
        """Return one of them."""
        return next((item for item in self.policies if policy_id and str(item.get("id")) == policy_id), None)

    @cached_property
    def people(self) -> tuple[Subject, ...]:
        """Return everybody that a policy may single out, and the subjects that stand for all others.

        A person who is not in the enrollment group counts as a member of the tenant: what a policy does to guests
        shows in the subject that stands for them.
        """
        members = {person.object_id: person for person in self.members or ()}
        named = {account.object_id for account in self.emergency}
        for policy in self.concerned:
            users = condition(policy, "users")
            named |= ids_in(users, "includeUsers") | ids_in(users, "excludeUsers")
        known = set().union(*self.directory.groups.values(), self.directory.administrators or ())
        keywords = {"all", "none", GUESTS_KEYWORD, *self.directory.groups}
        outside = sorted((named | known) - keywords - members.keys())
        return (*members.values(), *map(Subject, outside), *IN_GENERAL)

    @cached_property
    def concerned(self) -> tuple[Policy, ...]:
        """Return our policies, and all in force that are about registration: only the people these name matter."""
        ours = {self.enrollment_id, self.registration_id} - {None}
        return tuple(
            policy
            for policy in self.policies
            if policy.get("id") in ours or (is_in_force(policy) and is_for_registration(policy))
        )


def groups_to_read(facts: Facts) -> tuple[str, ...]:
    """Return the groups that a judgment depends on, but for our own."""
    wanted = frozenset[str]().union(*map(groups_named, facts.concerned))
    if facts.passes is not None:
        wanted |= facts.passes.groups
    return tuple(sorted(wanted - {facts.directory.group_id} - facts.directory.groups.keys()))
