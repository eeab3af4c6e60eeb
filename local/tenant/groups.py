"""/groups: create, read, change, delete, and the upsert by `uniqueName`."""

from typing import Any

from local.tenant.collection import Entity
from local.tenant.directory_schemas import GROUP
from local.tenant.errors import (
    bad_request,
    denied,
    duplicate_value,
    invalid_value,
    not_found,
    not_implemented,
    required,
)
from local.tenant.links import already_linked, bound_ids, check_exist, check_link_count
from local.tenant.query import Listing, entity, page
from local.tenant.routing import Call, Reply, Route
from local.tenant.state import Deleted, TenantState
from local.tenant.users import OBJECT_ID

LONGEST_DISPLAY_NAME = 256
LONGEST_NICKNAME = 64
FORBIDDEN_IN_NICKNAME = frozenset('@()\\[]";:<>, ')
MOST_OWNERS = 100
MEMBERS = "members@odata.bind"
OWNERS = "owners@odata.bind"


def list_groups(call: Call) -> Reply:
    return Reply(body=page(Listing(call.state.groups, GROUP, "/groups", call.origin), call.options))


def get_group(call: Call) -> Reply:
    return Reply(body=entity(find_group(call), schema=GROUP, options=call.options, origin=call.origin))


def find_group(call: Call) -> Entity:
    """The group in the path, by id or by `uniqueName`."""
    unique_name = call.keys.get("uniqueName")
    if unique_name is not None:
        found = call.state.groups.find("uniqueName", unique_name)
        if found is None:
            raise not_found(unique_name)
        return found
    return group_by_id(call.state, call.keys["group"])


def group_by_id(state: TenantState, group_id: str) -> Entity:
    if not OBJECT_ID.match(group_id):
        raise bad_request(f"Invalid object identifier '{group_id}'.")
    found = state.groups.get(group_id)
    if found is None:
        raise not_found(group_id)
    return found


def create_group(call: Call) -> Reply:
    return created(call, call.document())


def created(call: Call, document: dict[str, Any]) -> Reply:
    """201 and the new group. The same body twice makes two groups: a display name is not unique."""
    state = call.state
    check_new(call, document)
    members, owners = bound_ids(document.get(MEMBERS, [])), bound_ids(document.get(OWNERS, []))
    check_link_count(len(members) + len(owners))
    check_exist(state, [*members, *owners])
    if len(set(members)) != len(members):
        raise already_linked("members")
    group = {
        "id": state.ids(),
        "createdDateTime": state.clock.text(),
        "renewedDateTime": state.clock.text(),
        **{name: value for name, value in document.items() if name in GROUP.writable},
    }
    state.groups.add(group)
    state.members[group["id"]] = dict.fromkeys(members)
    for owner in owners:
        state.add_owner(group["id"], owner)
    return Reply(201, entity(group, schema=GROUP, options=call.options, origin=call.origin))


def check_new(call: Call, document: dict[str, Any]) -> None:
    for name in ("displayName", "mailEnabled", "mailNickname", "securityEnabled"):
        if document.get(name) is None:
            raise required(name, "Group")
    if document.get("groupTypes"):
        raise not_implemented("dynamic and Microsoft 365 groups")
    if document.get("isAssignableToRole") and "RoleManagement.ReadWrite.Directory" not in call.caller.roles:
        raise denied()
    check_values(document)
    check_unique_name(call.state, document.get("uniqueName"))


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
        item.kind == "group" and item.entity.get("uniqueName") == unique_name for item in state.deleted.values()
    )
    if in_bin or state.groups.taken("uniqueName", unique_name):
        raise duplicate_value("uniqueName")


def changes_members_only(document: Any) -> bool:
    """Whether a PATCH adds members and does nothing else, so that the membership permission or ownership suffices."""
    return isinstance(document, dict) and MEMBERS in document and set(document) <= {MEMBERS, "@odata.type"}


def update_group(call: Call) -> Reply:
    group, document = find_group(call), call.document()
    state = call.state
    check_values(document)
    if document.get("uniqueName", group.get("uniqueName")) != group.get("uniqueName"):
        if group.get("uniqueName") is not None:
            raise invalid_value("uniqueName", "Group")
        check_unique_name(state, document["uniqueName"])
    if document.get("isAssignableToRole", group.get("isAssignableToRole")) != group.get("isAssignableToRole"):
        raise invalid_value("isAssignableToRole", "Group")
    members, owners = bound_ids(document.get(MEMBERS, [])), bound_ids(document.get(OWNERS, []))
    check_new_links(call, group["id"], members=members, owners=owners)
    group.update({name: value for name, value in document.items() if name in GROUP.writable})
    state.members[group["id"]].update(dict.fromkeys(members))
    for owner in owners:
        state.add_owner(group["id"], owner)
    return Reply(204)


def check_new_links(call: Call, group_id: str, *, members: list[str], owners: list[str]) -> None:
    """All or nothing: one that is already there, or does not exist, refuses the whole PATCH."""
    state = call.state
    check_link_count(len(members) + len(owners))
    check_exist(state, [*members, *owners])
    present = state.members[group_id]
    if any(member in present for member in members) or len(set(members)) != len(members):
        raise already_linked("members")
    if any(state.owns(owner, group_id) for owner in owners):
        raise already_linked("owners")


def upsert_group(call: Call) -> Reply:
    """PATCH by uniqueName: changes the group, or makes it when `Prefer: create-if-missing` says so."""
    if call.state.groups.find("uniqueName", call.keys["uniqueName"]) is not None:
        return update_group(call)
    if "create-if-missing" not in call.request.headers.get("prefer", ""):
        raise not_found(call.keys["uniqueName"])
    return created(call, {**call.document(), "uniqueName": call.keys["uniqueName"]})


def delete_group(call: Call) -> Reply:
    """To the recycle bin, where it keeps members and owners; its assignments go."""
    state = call.state
    group = state.groups.remove(find_group(call)["id"])
    for key, assignment in list(state.assignments.items()):
        if assignment["principalId"] == group["id"]:
            del state.assignments[key]
    for members in state.members.values():
        members.pop(group["id"], None)
    state.deleted[group["id"]] = Deleted(
        kind="group", entity=group, when=state.clock.now(), members=state.members.pop(group["id"], {})
    )
    return Reply(204)


def group_delta(call: Call) -> Reply:
    raise not_implemented("GET /groups/delta")


ROUTES = (
    Route("GET", "/groups", list_groups),
    Route("POST", "/groups", create_group),
    Route("GET", "/groups/delta", group_delta),
    Route("GET", "/groups/{group}", get_group),
    Route("PATCH", "/groups/{group}", update_group),
    Route("DELETE", "/groups/{group}", delete_group),
    Route("GET", "/groups(uniqueName='{uniqueName}')", get_group),
    Route("PATCH", "/groups(uniqueName='{uniqueName}')", upsert_group),
)
