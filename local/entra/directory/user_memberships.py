"""/users/{id}/memberOf and transitiveMemberOf: the groups and directory roles of a person.

Source: the pages user-list-memberof and user-list-transitivememberof.
"""

from typing import Any

from local.entra.directory.directory_roles import DIRECTORY_ROLE, role_of
from local.entra.directory.directory_schemas import DIRECTORY_OBJECT, GROUP
from local.entra.directory.users import find_user, typed
from local.entra.protocol.errors import not_implemented
from local.entra.protocol.query import Listing, Row, page, project
from local.entra.protocol.routing import Call, Reply, Route


def list_direct(call: Call) -> Reply:
    user = find_user(call)
    groups = [group_id for group_id, members in call.state.members.items() if user["id"] in members]
    return listing(call, user["id"], groups, name="memberOf")


def list_transitive(call: Call) -> Reply:
    user = find_user(call)
    return listing(call, user["id"], sorted(call.state.groups_of(user["id"])), name="transitiveMemberOf")


def listing(call: Call, user_id: str, group_ids: list[str], *, name: str) -> Reply:
    if "$filter" in call.options.values:
        raise not_implemented(f"$filter on {name}")
    state = call.state
    groups = [group for group_id in group_ids if (group := state.groups.get(group_id)) is not None]
    roles = [role_of(state, template_id) for template_id in sorted(state.roles_in_directory(user_id))]
    rows = Listing(
        [*groups, *roles],
        DIRECTORY_OBJECT,
        f"/users/{user_id}/{name}",
        call.origin,
        context="directoryObjects",
        render=shown,
    )
    return Reply(body=page(rows, call.options))


def shown(row: Row, names: tuple[str, ...] | None) -> dict[str, Any]:
    role = "roleTemplateId" in row
    schema = DIRECTORY_ROLE if role else GROUP
    wanted = schema.default if names is None else [name for name in names if name in schema.properties]
    return typed("directoryRole" if role else "group", project(row, names=wanted, schema=schema))


ROUTES = (
    Route("GET", "/users/{user}/memberOf", list_direct),
    Route("GET", "/users/{user}/transitiveMemberOf", list_transitive),
)
