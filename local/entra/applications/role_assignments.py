"""App role assignments: who is assigned to an application, and which permissions a service principal was granted."""

import base64
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from local.entra.applications.service_principal.routes import find_service_principal, shown
from local.entra.directory.group.routes import find_group
from local.entra.directory.user.routes import find_user
from local.entra.ids import NO_APP_ROLE
from local.entra.protocol.bodies import BodyRules
from local.entra.protocol.collection import Entity
from local.entra.protocol.errors import bad_request, not_found, required
from local.entra.protocol.query import Listing, entity, page
from local.entra.protocol.routing import Call, Reply, Route
from local.entra.protocol.schema import APP_ROLE_ASSIGNMENT
from local.entra.protocol.words import words
from local.entra.state import TenantState

APP_ROLE_ASSIGNMENT_BODY = BodyRules(
    type_name="appRoleAssignment",
    resource="AppRoleAssignment",
    writable=frozenset(words("appRoleId principalId resourceId")),
    read_only=frozenset(
        words("createdDateTime deletedDateTime principalDisplayName principalType resourceDisplayName")
    ),
)

PRINCIPAL_TYPES = {"user": "User", "group": "Group", "servicePrincipal": "ServicePrincipal"}
MEMBER_TYPES = {"User": "User", "Group": "User", "ServicePrincipal": "Application"}
Find = Callable[[Call], Entity]


HOLDERS: Mapping[str, Find] = {
    "/groups/{group}": find_group,
    "/users/{user}": find_user,
    "/servicePrincipals/{servicePrincipal}": find_service_principal,
}
"""Who can be assigned to an application, by the path that names them."""


def holder(call: Call) -> tuple[str, Entity]:
    """The side of the assignment that the path is about, and the object there."""
    if "/appRoleAssignedTo" in call.template:
        return "resourceId", find_service_principal(call)
    path = call.template.partition("/appRoleAssignments")[0]
    return "principalId", HOLDERS[path](call)


def list_assignments(call: Call) -> Reply:
    """Who is assigned to a service principal, or what a principal is assigned to."""
    side, found = holder(call)
    present = {row["id"]: row for row in call.state.assignments.values() if row[side] == found["id"]}
    rows = call.state.assignment_log.seen(found["id"], present)
    root, name = call.template.split("/")[1], call.template.rpartition("/")[2]
    listing = Listing(rows, APP_ROLE_ASSIGNMENT, f"/{root}/{found['id']}/{name}", call.origin)
    return Reply(body=page(listing, call.options))


def find_assignment(call: Call) -> Entity:
    side, found = holder(call)
    assignment = call.state.assignments.get(call.keys["assignment"])
    if assignment is None or assignment[side] != found["id"]:
        raise not_found(call.keys["assignment"])
    return assignment


def get_assignment(call: Call) -> Reply:
    """One assignment, when the replica at hand knows it."""
    side, found = holder(call)
    present = {row["id"]: row for row in call.state.assignments.values() if row[side] == found["id"]}
    if call.keys["assignment"] not in {row["id"] for row in call.state.assignment_log.seen(found["id"], present)}:
        raise not_found(call.keys["assignment"])
    return Reply(
        body=entity(find_assignment(call), schema=APP_ROLE_ASSIGNMENT, options=call.options, origin=call.origin)
    )


def create_assignment(call: Call) -> Reply:
    """201. A second one is 400, as is a side that has not replicated."""
    state, document = call.state, APP_ROLE_ASSIGNMENT_BODY.checked(call.document())
    side, here = holder(call)
    for name in ("principalId", "resourceId", "appRoleId"):
        if not isinstance(document.get(name), str):
            raise required(name, "AppRoleAssignment")
    found = state.directory_object(document["principalId"])
    resource = state.service_principals.get(document["resourceId"].lower())
    if resource is None or found is None or found[0] not in PRINCIPAL_TYPES or document[side].lower() != here["id"]:
        raise bad_request("Not a valid reference update.")
    kind, principal = found
    check_role(state, resource, role_id=document["appRoleId"], principal_type=PRINCIPAL_TYPES[kind])
    assignment = new_assignment(
        state,
        resource=resource,
        principal=principal,
        principal_type=PRINCIPAL_TYPES[kind],
        role_id=document["appRoleId"].lower(),
    )
    state.assignments[assignment["id"]] = assignment
    for place in (assignment["resourceId"], assignment["principalId"]):
        state.assignment_log.note_added(place, assignment["id"])
    return Reply(201, entity(assignment, schema=APP_ROLE_ASSIGNMENT, options=call.options, origin=call.origin))


def check_role(state: TenantState, resource: Entity, *, role_id: str, principal_type: str) -> None:
    """The default role counts only while the application declares none for that kind of principal."""
    member_type = MEMBER_TYPES[principal_type]
    declared = {
        role["id"].lower()
        for role in shown(state, resource).get("appRoles") or ()
        if role.get("isEnabled") and member_type in role.get("allowedMemberTypes", ())
    }
    allowed = declared or {NO_APP_ROLE}
    if role_id.lower() not in allowed:
        raise bad_request("Permission being assigned was not found on application")


def new_assignment(
    state: TenantState, *, resource: Entity, principal: Entity, principal_type: str, role_id: str
) -> dict[str, Any]:
    """The assignment, unless there is the same one already."""
    wanted = (resource["id"], principal["id"], role_id)
    for row in state.assignments.values():
        if (row["resourceId"], row["principalId"], row["appRoleId"]) == wanted:
            raise bad_request("Permission being assigned already exists on the object")
    return {
        "id": base64.urlsafe_b64encode(uuid.UUID(state.ids()).bytes * 2).decode().rstrip("="),
        "appRoleId": role_id,
        "createdDateTime": state.clock.text(),
        "principalDisplayName": principal["displayName"],
        "principalId": principal["id"],
        "principalType": principal_type,
        "resourceDisplayName": resource["displayName"],
        "resourceId": resource["id"],
    }


def delete_assignment(call: Call) -> Reply:
    assignment = find_assignment(call)
    del call.state.assignments[assignment["id"]]
    for place in (assignment["resourceId"], assignment["principalId"]):
        call.state.assignment_log.note_removed(place, assignment["id"], assignment)
    return Reply(204)


ROUTES = tuple(
    Route(method, f"{path}{suffix}", handler)
    for path in (
        "/servicePrincipals/{servicePrincipal}/appRoleAssignedTo",
        *(f"{holder_path}/appRoleAssignments" for holder_path in HOLDERS),
    )
    for method, suffix, handler in (
        ("GET", "", list_assignments),
        ("POST", "", create_assignment),
        ("GET", "/{assignment}", get_assignment),
        ("DELETE", "/{assignment}", delete_assignment),
    )
)
