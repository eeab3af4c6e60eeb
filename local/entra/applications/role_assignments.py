"""App role assignments: who is assigned to an application, and which permissions a service principal was granted."""

import base64
import uuid
from typing import Any

from local.entra.applications.service_principals import find_service_principal, shown
from local.entra.directory.body_rules import APP_ROLE_ASSIGNMENT_BODY
from local.entra.protocol.collection import Entity
from local.entra.protocol.errors import bad_request, not_found, required
from local.entra.protocol.query import Listing, entity, page
from local.entra.protocol.routing import Call, Reply, Route
from local.entra.protocol.schema import APP_ROLE_ASSIGNMENT
from local.entra.state import NO_APP_ROLE, TenantState

PRINCIPAL_TYPES = {"user": "User", "group": "Group", "servicePrincipal": "ServicePrincipal"}
MEMBER_TYPES = {"User": "User", "Group": "User", "ServicePrincipal": "Application"}


def list_assigned_to(call: Call) -> Reply:
    """Who is assigned to this service principal."""
    principal = find_service_principal(call)
    return listing(call, principal, side="resourceId", path="appRoleAssignedTo")


def list_assignments(call: Call) -> Reply:
    """What this service principal is assigned to."""
    principal = find_service_principal(call)
    return listing(call, principal, side="principalId", path="appRoleAssignments")


def listing(call: Call, principal: Entity, *, side: str, path: str) -> Reply:
    present = {row["id"]: row for row in call.state.assignments.values() if row[side] == principal["id"]}
    rows = call.state.assignment_log.seen(principal["id"], present)
    full_path = f"/servicePrincipals/{principal['id']}/{path}"
    return Reply(body=page(Listing(rows, APP_ROLE_ASSIGNMENT, full_path, call.origin), call.options))


def create_assignment(call: Call) -> Reply:
    """201. A second one is 400, as is a side that has not replicated."""
    state, document = call.state, APP_ROLE_ASSIGNMENT_BODY.checked(call.document())
    resource = find_service_principal(call)
    for name in ("principalId", "resourceId", "appRoleId"):
        if not isinstance(document.get(name), str):
            raise required(name, "AppRoleAssignment")
    found = state.directory_object(document["principalId"])
    if document["resourceId"].lower() != resource["id"] or found is None or found[0] not in PRINCIPAL_TYPES:
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
    resource = find_service_principal(call)
    assignment = call.state.assignments.get(call.keys["assignment"])
    if assignment is None or assignment["resourceId"] != resource["id"]:
        raise not_found(call.keys["assignment"])
    del call.state.assignments[assignment["id"]]
    for place in (assignment["resourceId"], assignment["principalId"]):
        call.state.assignment_log.note_removed(place, assignment["id"], assignment)
    return Reply(204)


ROUTES = (
    Route("GET", "/servicePrincipals/{servicePrincipal}/appRoleAssignedTo", list_assigned_to),
    Route("POST", "/servicePrincipals/{servicePrincipal}/appRoleAssignedTo", create_assignment),
    Route("DELETE", "/servicePrincipals/{servicePrincipal}/appRoleAssignedTo/{assignment}", delete_assignment),
    Route("GET", "/servicePrincipals/{servicePrincipal}/appRoleAssignments", list_assignments),
)
