"""Who a Conditional Access policy is for, person by person: yes, no, or impossible to tell from what is known.

An exclusion wins over every inclusion, and a group reaches those in groups within it (entra-docs,
concept-conditional-access-users-groups).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from provisioning.tenant.preflight.policy_reading import GUESTS_KEYWORD, Policy, condition, ids_in

# Every kind of guest or external user (conditionalAccessGuestsOrExternalUsers resource type).
EXTERNAL_TYPES = frozenset(
    {
        "internalguest",
        "b2bcollaborationguest",
        "b2bcollaborationmember",
        "b2bdirectconnectuser",
        "otherexternaluser",
        "serviceprovider",
    }
)
PREFIXES = ("include", "exclude")


class Certainty(StrEnum):
    """An answer that may be missing."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Subject:
    """A person that a policy may be for.

    Args:
        object_id: In lower case; None for a subject that is no particular person, such as the next new hire.
        in_group: Whether they are in the enrollment group.
        external: Whether they are a guest or an external user; None if that is not known.
        external_type: Which kind, in lower case, as `guestOrExternalUserTypes` names it, where that is known.
    """

    object_id: str | None
    in_group: bool = False
    external: bool | None = False
    external_type: str | None = None


@dataclass(frozen=True)
class Directory:
    """Who is in the groups and holds the roles that policies name. Ids in lower case.

    Args:
        group_id: The enrollment group, as policies name it; None before there is one.
        parents: The groups that the enrollment group is in, through any nesting; None if that is not known.
        groups: By id, the people in a group through any nesting. A group that is missing here is unknown.
        roles: By template id, the people who hold it for the whole tenant; None if that is not known.
        roles_complete: Whether those who hold a role through a group are among them.
        eligible: The people who may activate a role, which counts for no policy before they do.
        eligible_complete: Whether these are all of them.
    """

    group_id: str | None = None
    parents: frozenset[str] | None = frozenset()
    groups: Mapping[str, frozenset[str]] = field(default_factory=dict)
    roles: Mapping[str, frozenset[str]] | None = None
    roles_complete: bool = True
    eligible: frozenset[str] = frozenset()
    eligible_complete: bool = True

    @property
    def administrators(self) -> frozenset[str] | None:
        """Return who holds a role or may activate one, as far as is known; None where roles were not read."""
        return None if self.roles is None else self.eligible.union(*self.roles.values())

    def is_in(self, person: Subject, group_id: str) -> Certainty:
        """Tell whether a person is in a group. The next new hire is only in groups that the enrollment group is in."""
        if group_id == self.group_id and (person.in_group or person.object_id is None):
            return certainty(person.in_group)
        if person.in_group and group_id in (self.parents or ()):
            return Certainty.YES
        if person.object_id is None and person.in_group:
            return Certainty.UNKNOWN if self.parents is None else Certainty.NO
        members = self.groups.get(group_id)
        return Certainty.UNKNOWN if members is None else certainty(person.object_id in members)

    def holds(self, person: Subject, role_id: str) -> Certainty:
        """Tell whether a person holds a role. A subject without an object ID holds none."""
        if person.object_id is None:
            return Certainty.NO
        if self.roles is None:
            return Certainty.UNKNOWN
        if person.object_id in self.roles.get(role_id, frozenset()):
            return Certainty.YES
        return Certainty.NO if self.roles_complete else Certainty.UNKNOWN


def covers(policy: Policy, person: Subject, directory: Directory) -> Certainty:
    """Tell whether a policy is for a person, whatever its state and its other conditions."""
    people = condition(policy, "users")
    included, excluded = (selects(people, person, directory, prefix=prefix) for prefix in PREFIXES)
    if included is Certainty.NO or excluded is Certainty.YES:
        return Certainty.NO
    return Certainty.YES if included is Certainty.YES and excluded is Certainty.NO else Certainty.UNKNOWN


def selects(people: Mapping[str, Any], person: Subject, directory: Directory, *, prefix: str) -> Certainty:
    """Tell whether the inclusions, or the exclusions, name a person in any way."""
    users = ids_in(people, f"{prefix}Users")
    answers = [certainty("all" in users or (person.object_id is not None and person.object_id in users))]
    answers += [directory.is_in(person, group_id) for group_id in ids_in(people, f"{prefix}Groups")]
    answers += [directory.holds(person, role_id) for role_id in ids_in(people, f"{prefix}Roles")]
    if GUESTS_KEYWORD in users:
        answers.append(Certainty.UNKNOWN if person.external is None else certainty(person.external))
    answers.append(is_such_a_guest(people.get(f"{prefix}GuestsOrExternalUsers"), person))
    return any_of(answers)


def is_such_a_guest(section: Mapping[str, Any] | None, person: Subject) -> Certainty:
    """Tell whether the finer condition on guests names a person: by kind, and by the tenant they come from."""
    if not section or person.external is False:
        return Certainty.NO
    kinds = {item.strip().casefold() for item in str(section.get("guestOrExternalUserTypes") or "").split(",")}
    if kinds.isdisjoint(EXTERNAL_TYPES):
        return Certainty.NO
    if person.external is None or is_about_some_tenants(section):
        return Certainty.UNKNOWN
    if person.external_type is None:
        return Certainty.YES if kinds >= EXTERNAL_TYPES else Certainty.UNKNOWN
    return certainty(person.external_type in kinds)


def is_about_some_tenants(section: Mapping[str, Any]) -> bool:
    """Tell whether it names the tenants of the guests it means."""
    tenants = section.get("externalTenants") or {}
    return str(tenants.get("membershipKind", "all")).casefold() != "all"


def certainty(is_so: bool) -> Certainty:
    """Make a certain answer of a fact."""
    return Certainty.YES if is_so else Certainty.NO


def any_of(answers: Iterable[Certainty]) -> Certainty:
    """Tell whether one of these is so."""
    found = set(answers)
    if Certainty.YES in found:
        return Certainty.YES
    return Certainty.UNKNOWN if Certainty.UNKNOWN in found else Certainty.NO
