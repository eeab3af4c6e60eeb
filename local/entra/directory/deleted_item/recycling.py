"""Into the recycle bin and back: what goes along with an object, and what returns with it.

Sources: Microsoft 365 message center MC1183299 (memberships and app assignments of a group return with it); the page
`directory-deleteditems-restore` of the Graph documentation.
"""

from local.entra.protocol.collection import Entity
from local.entra.protocol.deleted import Deleted
from local.entra.protocol.errors import GraphError
from local.entra.state import TenantState


def discard(state: TenantState, kind: str, object_id: str) -> Deleted:
    """Move an object to the recycle bin with its memberships and assignments.

    The groups it was in do not tell: a live probe of groups/delta saw no member removal for a deleted person.
    """
    memberships = [*state.members.items(), *((key, item.members) for key, item in state.deleted.items())]
    member_of = [group_id for group_id, members in memberships if object_id in members]
    for _, members in memberships:
        members.pop(object_id, None)
    item = Deleted(
        kind=kind,
        entity=state.by_type[kind].remove(object_id),
        when=state.clock.now(),
        members=state.members.pop(object_id, {}),
        member_of=member_of,
        assignments=take_assignments(state, object_id),
    )
    state.deleted[object_id] = item
    return item


def take_assignments(state: TenantState, object_id: str) -> list[Entity]:
    taken = [item for item in state.assignments.values() if object_id in (item["principalId"], item["resourceId"])]
    for item in taken:
        del state.assignments[item["id"]]
    return taken


def forget(state: TenantState, object_id: str) -> None:
    """Delete an object in the recycle bin for good."""
    item = state.deleted.pop(object_id)
    state.owners.pop(object_id, None)
    if item.kind in ("user", "group"):
        state.journal.note(item.kind, object_id)


def bring_back(state: TenantState, object_id: str) -> Entity:
    """Restore an object with those of its links whose other end is there."""
    item = state.deleted.pop(object_id)
    state.by_type[item.kind].add_settled(item.entity)
    if item.kind == "group":
        state.members[object_id] = {member: None for member in item.members if present(state, member)}
    for group_id in item.member_of:
        if group_id in state.members:
            state.link_member(group_id, object_id)
        elif group_id in state.deleted:
            state.deleted[group_id].members[object_id] = None
    for assignment in item.assignments:
        if all(present(state, assignment[side]) for side in ("principalId", "resourceId")):
            state.assignments[assignment["id"]] = assignment
    return item.entity


def present(state: TenantState, object_id: str) -> bool:
    return any(object_id in objects for objects in state.by_type.values())


def check_addresses(state: TenantState, application: Entity) -> None:
    """An application whose identifier URI is in use again cannot come back.

    Raises:
        GraphError: 409 (second-hand; the text is that of other clashes).
    """
    wanted = set(application.get("identifierUris") or ())
    if any(wanted.intersection(other.get("identifierUris") or ()) for other in state.applications.objects.values()):
        raise GraphError(
            409,
            "Request_MultipleObjectsWithSameKeyValue",
            "Another object with the same value for property identifierUris already exists.",
            details=({"code": "ObjectConflict", "target": "identifierUris", "message": "The value is taken."},),
        )
