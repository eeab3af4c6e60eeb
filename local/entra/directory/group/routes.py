"""/groups: create, read, change, delete, and the upsert by `uniqueName`."""

from typing import Any

from local.entra.directory.deleted_item.recycling import discard, forget
from local.entra.directory.group.body import GROUP_BODY
from local.entra.directory.group.rules import (
    UNIFIED,
    check_enabled,
    check_kind,
    check_management,
    check_members_by_hand,
    check_nickname_free,
    check_role_group,
    check_unique_name,
    check_values,
    is_dynamic,
)
from local.entra.directory.group.schema import GROUP
from local.entra.directory.user.routes import by_object_id
from local.entra.protocol.collection import Entity
from local.entra.protocol.errors import denied, invalid_value, not_found, required
from local.entra.protocol.link_rules import MEMBER_KINDS, bound_owners, check_kinds, own_member
from local.entra.protocol.links import already_linked, bound_ids, check_link_count
from local.entra.protocol.query import Listing, counted, entity, page
from local.entra.protocol.routing import Call, Reply, Route
from local.entra.state import TenantState
from local.identities import TENANT_DOMAIN

MOST_OWNERS = 100
MEMBERS = "members@odata.bind"


def count_groups(call: Call) -> Reply:
    return Reply(
        body=counted(call.state.groups.rows(advanced=True), GROUP, call.options), headers={"content-type": "text/plain"}
    )


def list_groups(call: Call) -> Reply:
    rows = call.state.groups.rows(advanced=call.options.advanced)
    return Reply(body=page(Listing(rows, GROUP, "/groups", call.origin), call.options))


def get_group(call: Call) -> Reply:
    group = call.state.groups.as_read(find_group(call))
    return Reply(body=entity(group, schema=GROUP, options=call.options, origin=call.origin))


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
    return by_object_id(state.groups, group_id)


def create_group(call: Call) -> Reply:
    return created(call, GROUP_BODY.checked(call.document()))


def created(call: Call, document: dict[str, Any]) -> Reply:
    """201 and the new group. The same body twice makes two groups: a display name is not unique."""
    state = call.state
    check_new(call, document)
    members, owners = bound_ids(document.get(MEMBERS, [])), bound_owners(state, document)
    check_link_count(len(members) + len(owners))
    check_kinds(state, members, prop="members", kinds=MEMBER_KINDS)
    if len(set(members)) != len(members):
        raise already_linked("members")
    group = {
        "id": state.ids(),
        "createdDateTime": state.clock.text(),
        "renewedDateTime": state.clock.text(),
        **GROUP_BODY.kept(document),
    }
    if UNIFIED in (document.get("groupTypes") or ()):
        group["mail"] = f"{group['mailNickname']}@{TENANT_DOMAIN}"
    state.members[group["id"]] = dict.fromkeys(members)
    state.groups.add(group)
    for owner in owners:
        state.add_owner(group["id"], owner)
    return Reply(201, entity(group, schema=GROUP, options=call.options, origin=call.origin))


def check_new(call: Call, document: dict[str, Any]) -> None:
    for name in ("displayName", "mailEnabled", "mailNickname", "securityEnabled"):
        if document.get(name) is None:
            raise required(name, "Group")
    check_values(document)
    check_kind(call.state, document)
    if document.get("isAssignableToRole"):
        check_role_group(call, document)
    check_unique_name(call.state, document.get("uniqueName"))
    check_nickname_free(call.state, document)
    if is_dynamic(document) and document.get(MEMBERS):
        raise denied()


def changes_members_only(document: Any) -> bool:
    """Whether a PATCH adds members and does nothing else, so that the membership permission or ownership suffices."""
    return isinstance(document, dict) and MEMBERS in document and set(document) <= {MEMBERS, "@odata.type"}


def update_group(call: Call) -> Reply:
    group, state = find_group(call), call.state
    check_management(call, group)
    document = GROUP_BODY.checked(call.document(), current=group)
    check_values(document)
    check_enabled({**group, **document})
    if document.get("uniqueName", group.get("uniqueName")) != group.get("uniqueName"):
        if group.get("uniqueName") is not None:
            raise invalid_value("uniqueName", "Group")
        check_unique_name(state, document["uniqueName"])
    if document.get("isAssignableToRole", group.get("isAssignableToRole")) != group.get("isAssignableToRole"):
        raise invalid_value("isAssignableToRole", "Group")
    members, owners = bound_ids(document.get(MEMBERS, [])), bound_owners(state, document)
    if members:
        check_members_by_hand(call, group)
    check_new_links(call, group["id"], members=members, owners=owners)
    changes = GROUP_BODY.kept(document)
    state.groups.note_change(group)
    group.update(changes)
    if changes:
        state.journal.note("group", group["id"], changes)
    for member in members:
        state.link_member(group["id"], member)
    for owner in owners:
        state.add_owner(group["id"], owner)
    return Reply(204)


def check_new_links(call: Call, group_id: str, *, members: list[str], owners: list[str]) -> None:
    """All or nothing: one that is already there, or does not exist, refuses the whole PATCH."""
    state = call.state
    check_link_count(len(members) + len(owners))
    check_kinds(state, members, prop="members", kinds=MEMBER_KINDS)
    if group_id in members:
        raise own_member()
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
    return created(call, {**GROUP_BODY.checked(call.document()), "uniqueName": call.keys["uniqueName"]})


def delete_group(call: Call) -> Reply:
    """To the recycle bin with its members, owners and assignments; a group synced from on premises is gone at once."""
    group = find_group(call)
    check_management(call, group)
    discard(call.state, "group", group["id"])
    if group.get("onPremisesSyncEnabled"):
        forget(call.state, group["id"])
    return Reply(204)


ROUTES = (
    Route("GET", "/groups", list_groups),
    Route("POST", "/groups", create_group),
    Route("GET", "/groups/$count", count_groups),
    Route("GET", "/groups/{group}", get_group),
    Route("PATCH", "/groups/{group}", update_group),
    Route("DELETE", "/groups/{group}", delete_group),
    Route("GET", "/groups(uniqueName='{uniqueName}')", get_group),
    Route("PATCH", "/groups(uniqueName='{uniqueName}')", upsert_group),
)
