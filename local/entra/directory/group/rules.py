"""What a group may be: its kinds, its names, and whose hands may touch its members.

Sources: the pages `group-post-groups`, `group-upsert` and `group-delete-members` of the Graph documentation.
"""

from collections.abc import Mapping
from typing import Any

from local.entra.protocol.collection import Entity, folded
from local.entra.protocol.errors import bad_request, denied, duplicate_value, invalid_value, required
from local.entra.protocol.routing import Call
from local.entra.state import TenantState

LONGEST_DISPLAY_NAME = 256
LONGEST_NICKNAME = 64
FORBIDDEN_IN_NICKNAME = frozenset('@()\\[]";:<>, ')
UNIFIED = "Unified"
DYNAMIC = "DynamicMembership"
ROLE_MANAGER = "RoleManagement.ReadWrite.Directory"


def check_kind(state: TenantState, document: dict[str, Any]) -> None:
    """Security, Microsoft 365 or dynamic. The text for a missing license is not known; the status is that of others."""
    kinds = document.get("groupTypes") or []
    if not isinstance(kinds, list) or not set(kinds) <= {UNIFIED, DYNAMIC}:
        raise invalid_value("groupTypes", "Group")
    check_enabled(document)
    if DYNAMIC not in kinds:
        return
    if not document.get("membershipRule"):
        raise required("membershipRule", "Group")
    if document.get("membershipRuleProcessingState") not in ("On", "Paused"):
        raise invalid_value("membershipRuleProcessingState", "Group")
    check_license(state)


def check_enabled(group: Mapping[str, Any]) -> None:
    """Mail belongs to Microsoft 365 groups; every other group is a security group.

    Source: the refusal in public code that posts a group with mail and without `groupTypes`.
    """
    unified = UNIFIED in (group.get("groupTypes") or ())
    if unified and not group["mailEnabled"]:
        raise invalid_value("mailEnabled", "Group")
    if not unified and (group["mailEnabled"] or not group["securityEnabled"]):
        raise bad_request(
            "The service does not currently support writes of mail-enabled groups. Please ensure that the "
            "mail-enablement property is unset and the security-enablement property is set."
        )


def check_license(state: TenantState) -> None:
    if not (state.settings.license_p1 or state.settings.license_p2):
        raise denied()


def check_role_group(call: Call, document: dict[str, Any]) -> None:
    """A group for directory roles: only with that permission and P1, a security group, its members chosen by hand."""
    if ROLE_MANAGER not in call.caller.roles:
        raise denied()
    check_license(call.state)
    if not document["securityEnabled"] or is_dynamic(document):
        raise invalid_value("isAssignableToRole", "Group")


def check_nickname_free(state: TenantState, document: dict[str, Any]) -> None:
    """Microsoft 365 groups need a nickname of their own; whether security groups do is a setting."""
    nickname = document["mailNickname"]
    if UNIFIED not in (document.get("groupTypes") or ()) and not state.settings.nickname_unique:
        return
    others = state.groups.having("mailNickname", (nickname,))
    if any(UNIFIED in (other.get("groupTypes") or ()) or state.settings.nickname_unique for other in others):
        raise duplicate_value("mailNickname")


def is_dynamic(group: Mapping[str, Any]) -> bool:
    return DYNAMIC in (group.get("groupTypes") or ())


def check_members_by_hand(call: Call, group: Entity) -> None:
    """Refuse to touch members that are not for Graph, or not for this caller.

    Sources: the support article "Troubleshoot 403 error when adding a user to a group" (dynamic and role-assignable
    groups); public code that quotes the refusals for groups of Exchange and for synchronized ones.
    """
    check_management(call, group)
    if is_dynamic(group):
        raise denied()
    if group.get("onPremisesSyncEnabled"):
        raise bad_request(
            "Unable to update the specified properties for on-premises mastered Directory Sync objects or objects "
            "currently undergoing migration."
        )
    if group.get("mailEnabled") and UNIFIED not in (group.get("groupTypes") or ()):
        raise bad_request("Cannot Update a mail-enabled security groups and or distribution list.")
    if group.get("isAssignableToRole") and ROLE_MANAGER not in call.caller.roles:
        raise denied()


def check_management(call: Call, entity: Mapping[str, Any]) -> None:
    """An object in a restricted management administrative unit is for administrators of that unit alone.

    Source: the page admin-units-restricted-management of the Entra documentation: permissions for the whole tenant do
    not suffice, a directory role scoped to the unit does.
    """
    if not entity.get("isManagementRestricted"):
        return
    scopes = (
        row["directoryScopeId"] for row in call.state.directory_roles if row["principalId"] == call.caller.object_id
    )
    if not any(str(scope).startswith("/administrativeUnits/") for scope in scopes):
        raise denied()


def check_values(document: dict[str, Any]) -> None:
    display_name = document.get("displayName", "group")
    if not isinstance(display_name, str) or not 0 < len(display_name) <= LONGEST_DISPLAY_NAME:
        raise invalid_value("displayName", "Group")
    nickname = document.get("mailNickname", "group")
    if not isinstance(nickname, str) or not acceptable_nickname(nickname):
        raise invalid_value("mailNickname", "Group")
    for name in ("mailEnabled", "securityEnabled"):
        if not isinstance(document.get(name, True), bool):
            raise invalid_value(name, "Group")


def acceptable_nickname(text: str) -> bool:
    return 0 < len(text) <= LONGEST_NICKNAME and text.isascii() and not FORBIDDEN_IN_NICKNAME.intersection(text)


def check_unique_name(state: TenantState, unique_name: str | None) -> None:
    """A uniqueName is taken also while its group is in the recycle bin."""
    if unique_name is None:
        return
    in_bin = any(
        item.kind == "group" and folded(item.entity, "uniqueName") == unique_name.lower()
        for item in state.deleted.values()
    )
    if in_bin or state.groups.taken("uniqueName", unique_name):
        raise duplicate_value("uniqueName")
