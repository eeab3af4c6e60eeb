"""Members and owners of a group."""

from collections.abc import Iterable
from datetime import timedelta

from local.entra.directory.directory_object.schema import DIRECTORY_OBJECT
from local.entra.directory.group.routes import MOST_OWNERS, find_group
from local.entra.directory.group.rules import check_management, check_members_by_hand
from local.entra.protocol.errors import GraphError, bad_request, not_found, not_implemented
from local.entra.protocol.link_rules import MEMBER_KINDS, OWNER_KINDS, check_kinds, own_member
from local.entra.protocol.linked_objects import NO_OTHERS, page_of_kind, page_of_objects, rows_of
from local.entra.protocol.links import (
    already_linked,
    owner_to_remove,
    reference_id,
    removable_id,
)
from local.entra.protocol.query import counted
from local.entra.protocol.routing import BETA, Call, Reply, Route
from local.entra.state import TenantState

RECENT = timedelta(seconds=10)


def list_members(call: Call) -> Reply:
    """People, groups and so on; v1.0 leaves out service principals here (live probe in public code)."""
    group = find_group(call)
    return mixed(call, call.state.members_seen(group["id"]), path=f"/groups/{group['id']}/members")


def list_transitive_members(call: Call) -> Reply:
    """The members, and the members of groups among them, each once."""
    group = find_group(call)
    members = transitive_members(call.state, group["id"])
    return mixed(call, members, path=f"/groups/{group['id']}/transitiveMembers")


def mixed(call: Call, members: Iterable[str], *, path: str) -> Reply:
    return Reply(body=page_of_objects(call, listed(call, members), path=path))


def listed(call: Call, members: Iterable[str]) -> list[str]:
    """The members a list shows: beta has service principals too."""
    principals = call.state.service_principals
    return [member for member in members if call.request.version == BETA or member not in principals]


def transitive_members(state: TenantState, group_id: str) -> list[str]:
    """Everything below a group, which may contain itself."""
    found: dict[str, None] = {}
    waiting = [group_id]
    while waiting:
        here = waiting.pop(0)
        for member in state.members_seen(here) if here in state.members else ():
            if member not in found:
                found[member] = None
                waiting.append(member)
    found.pop(group_id, None)
    return list(found)


def list_members_of_kind(call: Call) -> Reply:
    """The cast `members/microsoft.graph.user` or to another kind, with their properties."""
    group = find_group(call)
    path = f"/groups/{group['id']}/members"
    return Reply(body=page_of_kind(call, call.state.members_seen(group["id"]), path=path, kind=call.keys["kind"]))


def list_transitive_members_of_kind(call: Call) -> Reply:
    group = find_group(call)
    members, path = transitive_members(call.state, group["id"]), f"/groups/{group['id']}/transitiveMembers"
    return Reply(body=page_of_kind(call, members, path=path, kind=call.keys["kind"]))


def count_members(call: Call) -> Reply:
    return number(call, call.state.members_seen(find_group(call)["id"]))


def count_transitive_members(call: Call) -> Reply:
    return number(call, transitive_members(call.state, find_group(call)["id"]))


def number(call: Call, members: Iterable[str]) -> Reply:
    rows = rows_of(call, listed(call, members), others=NO_OTHERS)
    return Reply(body=counted(rows, DIRECTORY_OBJECT, call.options), headers={"content-type": "text/plain"})


def add_member(call: Call) -> Reply:
    group = find_group(call)
    group_id = group["id"]
    check_members_by_hand(call, group)
    member = reference_id(call, "members")
    check_kinds(call.state, [member], prop="members", kinds=MEMBER_KINDS)
    if member == group_id:
        raise own_member()
    if member in call.state.members[group_id]:
        raise already_linked("members")
    call.state.link_member(group_id, member)
    return Reply(204)


def remove_member(call: Call) -> Reply:
    """204; a second removal right after the first is 400, later it is 404."""
    state, group = call.state, find_group(call)
    group_id = group["id"]
    check_members_by_hand(call, group)
    member = removable_id(call.keys["member"], "members")
    now = state.clock.now()
    if member not in state.members[group_id]:
        removed = state.removals.get((group_id, member))
        if removed is not None and now - removed < RECENT:
            raise bad_request(
                "One or more removed object references do not exist for the following modified properties: 'members'."
            )
        raise not_found(member)
    state.unlink_member(group_id, member)
    return Reply(204)


def delete_the_member_itself(call: Call) -> Reply:
    """Graph deletes the person here when the caller may; nobody who uses this tenant can mean that."""
    raise not_implemented(
        f"DELETE {call.request.path}: without '/$ref' Graph deletes the member object itself. Add '/$ref'"
    )


def list_owners(call: Call) -> Reply:
    group = find_group(call)
    path = f"/groups/{group['id']}/owners"
    return Reply(body=page_of_objects(call, call.state.owners_seen(group["id"]), path=path))


def list_owners_of_kind(call: Call) -> Reply:
    group = find_group(call)
    owners, path = call.state.owners_seen(group["id"]), f"/groups/{group['id']}/owners"
    return Reply(body=page_of_kind(call, owners, path=path, kind=call.keys["kind"]))


def add_owner(call: Call) -> Reply:
    group = find_group(call)
    group_id = group["id"]
    check_management(call, group)
    owner = reference_id(call, "owners")
    check_kinds(call.state, [owner], prop="owners", kinds=OWNER_KINDS)
    if call.state.owns(owner, group_id):
        raise already_linked("owners")
    count = len(call.state.owners.get(group_id, ()))
    if count >= MOST_OWNERS:
        raise GraphError(
            403,
            "Directory_QuotaExceeded",
            f"Unable to perform operation as '{count + 1}' would exceed the maximum quota count '{MOST_OWNERS}' for "
            "forward-link owners.",
        )
    call.state.add_owner(group_id, owner)
    return Reply(204)


def remove_owner(call: Call) -> Reply:
    group = find_group(call)
    group_id = group["id"]
    check_management(call, group)
    owner = owner_to_remove(call, group_id)
    if call.state.owners[group_id] == [owner]:
        # The page group-delete-owners; microsoft-graph-docs-contrib issue 3741.
        raise bad_request("The group must have at least one owner, hence this owner cannot be removed.")
    call.state.remove_owner(group_id, owner)
    return Reply(204)


ROUTES = (
    Route("GET", "/groups/{group}/members", list_members),
    Route("GET", "/groups/{group}/members/microsoft.graph.{kind}", list_members_of_kind),
    Route("GET", "/groups/{group}/members/$count", count_members),
    Route("GET", "/groups/{group}/transitiveMembers", list_transitive_members),
    Route("GET", "/groups/{group}/transitiveMembers/microsoft.graph.{kind}", list_transitive_members_of_kind),
    Route("GET", "/groups/{group}/transitiveMembers/$count", count_transitive_members),
    Route("POST", "/groups/{group}/members/$ref", add_member),
    Route("DELETE", "/groups/{group}/members/{member}/$ref", remove_member),
    Route("DELETE", "/groups/{group}/members/{member}", delete_the_member_itself),
    Route("GET", "/groups/{group}/owners", list_owners),
    Route("GET", "/groups/{group}/owners/microsoft.graph.{kind}", list_owners_of_kind),
    Route("POST", "/groups/{group}/owners/$ref", add_owner),
    Route("DELETE", "/groups/{group}/owners/{owner}/$ref", remove_owner),
)
