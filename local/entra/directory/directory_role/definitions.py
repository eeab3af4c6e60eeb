"""/roleManagement/directory: role definitions, and role assignments made and taken away.

Source: the pages rbacapplication-list-roledefinitions, rbacapplication-post-roledefinitions,
rbacapplication-post-roleassignments and unifiedroleassignment-delete. `role_management.py` lists the assignments.
"""

import base64
import uuid
from typing import Any

from local.entra.directory.directory_role.assignments import PATH as ASSIGNMENTS
from local.entra.directory.directory_role.routes import ROLE_NAMES
from local.entra.protocol.collection import Entity
from local.entra.protocol.errors import bad_request, invalid_value, not_found, required
from local.entra.protocol.query import Listing, entity, page
from local.entra.protocol.routing import Call, Reply, Route
from local.entra.protocol.schema import EQUALITY, PLAIN_TEXT, ROLE_ASSIGNMENT, Filterable, Schema
from local.entra.protocol.words import words
from local.entra.state import TenantState

PATH = "/roleManagement/directory/roleDefinitions"
ONE, ONE_ASSIGNMENT = f"{PATH}/{{definition}}", f"{ASSIGNMENTS}/{{roleAssignment}}"
RESOURCE = "UnifiedRoleDefinition"
NAMES = words("id description displayName isBuiltIn isEnabled resourceScopes templateId version rolePermissions")
WRITABLE = frozenset(words("description displayName isEnabled rolePermissions version templateId"))
ROLE_DEFINITION = Schema(
    name="microsoft.graph.unifiedRoleDefinition",
    resource=RESOURCE,
    entity_set="roleManagement/directory/roleDefinitions",
    properties=frozenset(NAMES),
    default=NAMES,
    filters={
        "displayName": Filterable(PLAIN_TEXT),
        "id": Filterable(EQUALITY),
        "isBuiltIn": Filterable(EQUALITY),
        "templateId": Filterable(EQUALITY),
    },
    booleans=frozenset({"isBuiltIn", "isEnabled"}),
)


def built_in(template_id: str, name: str) -> Entity:
    return {
        "id": template_id,
        "description": f"Members hold the role {name}.",
        "displayName": name,
        "isBuiltIn": True,
        "isEnabled": True,
        "resourceScopes": ["/"],
        "templateId": template_id,
        "version": "1",
        "rolePermissions": [],
    }


def definitions(state: TenantState) -> dict[str, Entity]:
    """Every role by id, the built-in ones first."""
    return {**{key: built_in(key, name) for key, name in ROLE_NAMES.items()}, **state.role_definitions}


def list_definitions(call: Call) -> Reply:
    rows = list(definitions(call.state).values())
    return Reply(body=page(Listing(rows, ROLE_DEFINITION, PATH, call.origin), call.options))


def find_definition(call: Call) -> Entity:
    found = definitions(call.state).get(call.keys["definition"].lower())
    if found is None:
        raise not_found(call.keys["definition"])
    return found


def shown(call: Call, definition: Entity) -> dict[str, Any]:
    return entity(definition, schema=ROLE_DEFINITION, options=call.options, origin=call.origin)


def get_definition(call: Call) -> Reply:
    return Reply(body=shown(call, find_definition(call)))


def create_definition(call: Call) -> Reply:
    """201."""
    document = call.document()
    for name in ("displayName", "isEnabled", "rolePermissions"):
        if document.get(name) is None:
            raise required(name, RESOURCE)
    check_permissions(document)
    object_id = call.state.ids()
    definition: Entity = {
        "id": object_id,
        "templateId": object_id,
        "isBuiltIn": False,
        "resourceScopes": ["/"],
        **{name: value for name, value in document.items() if name in WRITABLE},
    }
    call.state.role_definitions[object_id] = definition
    return Reply(201, shown(call, definition))


def check_permissions(document: dict[str, Any]) -> None:
    permissions = document.get("rolePermissions", [{"allowedResourceActions": []}])
    if not isinstance(permissions, list) or not all(
        isinstance(item, dict) and isinstance(item.get("allowedResourceActions"), list) for item in permissions
    ):
        raise invalid_value("rolePermissions", RESOURCE)


def update_definition(call: Call) -> Reply:
    definition, document = changeable(call), call.document()
    check_permissions(document)
    definition.update({name: value for name, value in document.items() if name in WRITABLE})
    return Reply(204)


def delete_definition(call: Call) -> Reply:
    definition = changeable(call)
    if any(item["roleDefinitionId"] == definition["id"] for item in call.state.directory_roles):
        raise bad_request("The role definition cannot be deleted while it is assigned.")
    del call.state.role_definitions[definition["id"]]
    return Reply(204)


def changeable(call: Call) -> Entity:
    """The custom role in the path. The text for a built-in one is not known."""
    definition = find_definition(call)
    if definition["isBuiltIn"]:
        raise bad_request("Built-in role definitions cannot be changed or deleted.")
    return definition


def find_assignment(call: Call) -> Entity:
    for row in call.state.directory_roles:
        if row["id"] == call.keys["roleAssignment"]:
            return row
    raise not_found(call.keys["roleAssignment"])


def get_assignment(call: Call) -> Reply:
    return Reply(body=shown_assignment(call, find_assignment(call)))


def shown_assignment(call: Call, row: Entity) -> dict[str, Any]:
    return entity(row, schema=ROLE_ASSIGNMENT, options=call.options, origin=call.origin)


def create_assignment(call: Call) -> Reply:
    """201; the same one twice is refused."""
    state, document = call.state, call.document()
    for name in ("principalId", "roleDefinitionId", "directoryScopeId"):
        if not isinstance(document.get(name), str):
            raise required(name, "UnifiedRoleAssignment")
    principal, role = document["principalId"].lower(), document["roleDefinitionId"].lower()
    found = state.directory_object(principal)
    if found is None:
        raise not_found(principal)
    if found[0] == "application" or (found[0] == "group" and not found[1].get("isAssignableToRole")):
        raise invalid_value("principalId", "UnifiedRoleAssignment")
    if role not in definitions(state):
        raise not_found(role)
    wanted = {"principalId": principal, "roleDefinitionId": role, "directoryScopeId": document["directoryScopeId"]}
    if any(all(row.get(name) == value for name, value in wanted.items()) for row in state.directory_roles):
        raise bad_request(
            "A conflicting object with one or more of the specified property values is present in the directory."
        )
    key = base64.urlsafe_b64encode(uuid.UUID(state.ids()).bytes).decode().rstrip("=")
    state.directory_roles.append({"id": f"{key}-1", **wanted})
    return Reply(201, shown_assignment(call, state.directory_roles[-1]))


def delete_assignment(call: Call) -> Reply:
    call.state.directory_roles.remove(find_assignment(call))
    return Reply(204)


ROUTES = (
    Route("GET", PATH, list_definitions),
    Route("POST", PATH, create_definition),
    Route("GET", ONE, get_definition),
    Route("PATCH", ONE, update_definition),
    Route("DELETE", ONE, delete_definition),
    Route("GET", ONE_ASSIGNMENT, get_assignment),
    Route("POST", ASSIGNMENTS, create_assignment),
    Route("DELETE", ONE_ASSIGNMENT, delete_assignment),
)
