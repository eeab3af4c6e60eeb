"""/directoryRoles: the roles that are in use, and who holds them.

Source: the pages directoryrole-list and directoryrole-list-members. The same assignments answer
/roleManagement/directory/roleAssignments.
"""

import uuid
from typing import Any

from local.entra.ids import GLOBAL_ADMINISTRATOR_ROLE
from local.entra.protocol.collection import Entity
from local.entra.protocol.errors import not_found
from local.entra.protocol.linked_objects import page_of_objects
from local.entra.protocol.query import Listing, entity, page
from local.entra.protocol.routing import Call, Reply, Route
from local.entra.protocol.schema import EQUALITY, PLAIN_TEXT, Filterable, Schema
from local.entra.state import TenantState

PATH = "/directoryRoles"
NAMES = ("id", "deletedDateTime", "description", "displayName", "roleTemplateId")
DIRECTORY_ROLE = Schema(
    name="microsoft.graph.directoryRole",
    resource="DirectoryRole",
    entity_set="directoryRoles",
    properties=frozenset(NAMES),
    default=NAMES,
    filters={
        "roleTemplateId": Filterable(EQUALITY),
        "displayName": Filterable(PLAIN_TEXT),
        "id": Filterable(EQUALITY),
    },
)
ROLE_NAMES = {
    GLOBAL_ADMINISTRATOR_ROLE: "Global Administrator",
    "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9": "Conditional Access Administrator",
    "c4e39bd9-1100-46d3-8c65-fb160da0071f": "Authentication Administrator",
    "fe930be7-5e62-47db-91af-98c3a49a38b1": "User Administrator",
    "729827e3-9c14-49f7-bb1b-9608f156bbb8": "Helpdesk Administrator",
    "f2ef992c-3afb-46b9-b7cf-a126ee74c451": "Global Reader",
}


def role_of(state: TenantState, template_id: str) -> Entity:
    """A role as the tenant has it; its id is the tenant's own, its template id is the same everywhere."""
    name = ROLE_NAMES.get(template_id, f"Role {template_id}")
    return {
        "id": str(uuid.uuid5(uuid.UUID(state.tenant_id), template_id)),
        "displayName": name,
        "description": f"Members hold the role {name}.",
        "roleTemplateId": template_id,
    }


def roles_in_use(state: TenantState) -> list[Entity]:
    templates = dict.fromkeys(
        [GLOBAL_ADMINISTRATOR_ROLE, *(item["roleDefinitionId"] for item in state.directory_roles)]
    )
    return [role_of(state, template_id) for template_id in templates]


def list_roles(call: Call) -> Reply:
    return Reply(body=page(Listing(roles_in_use(call.state), DIRECTORY_ROLE, PATH, call.origin), call.options))


def find_role(call: Call) -> Entity:
    prop = "roleTemplateId" if "roleTemplateId" in call.keys else "id"
    value = call.keys.get("roleTemplateId") or call.keys["role"]
    for role in roles_in_use(call.state):
        if role[prop] == value.lower():
            return role
    raise not_found(value)


def get_role(call: Call) -> Reply:
    return Reply(body=entity(find_role(call), schema=DIRECTORY_ROLE, options=call.options, origin=call.origin))


def list_members(call: Call) -> Reply:
    role = find_role(call)
    return Reply(body=page_of_objects(call, holders(call.state, role), path=f"{PATH}/{role['id']}/members"))


def holders(state: TenantState, role: dict[str, Any]) -> list[str]:
    return [item["principalId"] for item in state.directory_roles if item["roleDefinitionId"] == role["roleTemplateId"]]


ROUTES = (
    Route("GET", PATH, list_roles),
    Route("GET", f"{PATH}/{{role}}", get_role),
    Route("GET", f"{PATH}/{{role}}/members", list_members),
    Route("GET", f"{PATH}(roleTemplateId='{{roleTemplateId}}')", get_role),
    Route("GET", f"{PATH}(roleTemplateId='{{roleTemplateId}}')/members", list_members),
)
