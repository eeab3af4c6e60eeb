"""The roles that the application declares for the board and for passes. One of another value is an admin's, and stays.

Graph changes or removes a role only after it was disabled (appRole resource type). Once there are roles for users, it
takes no new assignment to the default role: so the group's assignment has a role of its own, which is never disabled.
"""

from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from provisioning.model.board import READER
from provisioning.model.board_actions import ACTOR
from provisioning.model.passes import ISSUER
from provisioning.tenant.resources.fields import Field

PERSON = "Enrollment.Person"
NAMES = {
    PERSON: ("Open the page", "Sees their own page. The enrollment group is assigned to it."),
    READER: (
        "Read the board",
        "Sees how cohorts of new hires stand, with employee numbers, object ids and departments.",
    ),
    ACTOR: (
        "Act on the board",
        "Reads the board, acknowledges unexpected registrations, and releases a sweep that its limits stopped.",
    ),
    ISSUER: ("Hand over passes", "Has a Temporary Access Pass made with a link that was made for a new hire."),
}


class AppRolesField(Field):
    """The property `appRoles`, without what must never be sent back (`origin`, read-only)."""

    def read(self, item: Mapping[str, Any]) -> Any:
        """Return the roles that are there."""
        return [{name: value for name, value in role.items() if name != "origin"} for role in super().read(item)]


def role_id(value: str) -> str:
    """Return the id of one of our roles, the same in every deployment."""
    return str(uuid5(NAMESPACE_URL, f"https://mfa-pre-enrollment/app-roles/{value}"))


PERSON_ROLE = role_id(PERSON)


def merged_roles(present: list[dict[str, Any]], *, offered: frozenset[str]) -> list[dict[str, Any]]:
    """Return the roles as they should be, given those that are there.

    Args:
        present: As Graph shows them.
        offered: Which of our roles are offered besides the one of the page. Without any, roles that were declared
            before are kept, and disabled but for the page's; none is added.
    """
    ours = {role_id(value): value for value in NAMES}
    by_id = {str(role["id"]).lower(): role for role in present}
    merged = [role if key not in ours else role | wanted(ours[key], offered=offered) for key, role in by_id.items()]
    added = offered | {PERSON} if offered else frozenset()
    merged += [wanted(value, offered=offered) for key, value in ours.items() if key not in by_id and value in added]
    return merged


def wanted(value: str, *, offered: frozenset[str]) -> dict[str, Any]:
    """Return one of our roles."""
    name, description = NAMES[value]
    return {
        "id": role_id(value),
        "value": value,
        "displayName": name,
        "description": description,
        "allowedMemberTypes": ["User"],
        "isEnabled": value in offered or value == PERSON,
    }
