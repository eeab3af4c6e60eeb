"""/directory/deletedItems: the recycle bin, where an object waits 30 days and keeps its uniqueName."""

from datetime import timedelta

from local.entra.applications.service_principal.routes import duplicate
from local.entra.clock import timestamp
from local.entra.directory.deleted_item.recycling import bring_back, check_addresses, forget
from local.entra.directory.directory_object.schema import DIRECTORY_SCHEMAS
from local.entra.ids import GLOBAL_ADMINISTRATOR_ROLE
from local.entra.protocol.deleted import Deleted
from local.entra.protocol.errors import denied, not_found
from local.entra.protocol.query import Listing, entity, page
from local.entra.protocol.routing import Call, Reply, Route
from local.entra.state import TenantState

KEPT = timedelta(days=30)
APPLICATION_ADMINISTRATORS = frozenset(
    {
        GLOBAL_ADMINISTRATOR_ROLE,
        "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
        "158c047a-c907-4556-b7ef-446551a6b5f7",
    }
)
"""Template ids of Global, Application and Cloud Application Administrator."""


def forget_expired(call: Call) -> None:
    limit = call.state.clock.now() - KEPT
    for object_id, item in list(call.state.deleted.items()):
        if item.when <= limit:
            forget(call.state, object_id)


def find_deleted(call: Call) -> Deleted:
    forget_expired(call)
    found = call.state.deleted.get(call.keys["object"].lower())
    if found is None:
        raise not_found(call.keys["object"])
    return found


def list_deleted(call: Call, kind: str) -> Reply:
    forget_expired(call)
    rows = [
        {**item.entity, "deletedDateTime": timestamp(item.when)}
        for item in call.state.deleted.values()
        if item.kind == kind
    ]
    path = f"/directory/deletedItems/microsoft.graph.{kind}"
    return Reply(body=page(Listing(rows, DIRECTORY_SCHEMAS[kind], path, call.origin), call.options))


def list_deleted_applications(call: Call) -> Reply:
    return list_deleted(call, "application")


def list_deleted_groups(call: Call) -> Reply:
    return list_deleted(call, "group")


def list_deleted_users(call: Call) -> Reply:
    return list_deleted(call, "user")


def list_deleted_service_principals(call: Call) -> Reply:
    return list_deleted(call, "servicePrincipal")


def get_deleted(call: Call) -> Reply:
    found = find_deleted(call)
    row = {**found.entity, "deletedDateTime": timestamp(found.when)}
    schema = DIRECTORY_SCHEMAS[found.kind]
    body = entity(row, schema=schema, options=call.options, origin=call.origin)
    return Reply(body={"@odata.type": f"#{schema.name}", **body})


def delete_for_good(call: Call) -> Reply:
    find_deleted(call)
    forget(call.state, call.keys["object"].lower())
    return Reply(204)


def restore(call: Call) -> Reply:
    """200 and the object. A service principal whose appId is in use again is 409."""
    state, found = call.state, find_deleted(call)
    object_id = found.entity["id"]
    if found.kind in ("application", "servicePrincipal"):
        check_directory_role(call)
    if found.kind == "servicePrincipal" and state.service_principals.taken("appId", found.entity["appId"]):
        raise duplicate(found.entity["appId"])
    if found.kind == "application":
        check_addresses(state, found.entity)
    bring_back(state, object_id)
    if found.kind == "application":
        restore_principal(state, object_id)
    schema = DIRECTORY_SCHEMAS[found.kind]
    body = entity(found.entity, schema=schema, options=call.options, origin=call.origin)
    return Reply(200, {"@odata.type": f"#{schema.name}", **body})


def check_directory_role(call: Call) -> None:
    """An older page wants an administrator role besides the permission; a setting says whether that holds."""
    if not call.state.settings.restore_needs_directory_role:
        return
    if not call.state.roles_in_directory(call.caller.object_id) & APPLICATION_ADMINISTRATORS:
        raise denied()


def restore_principal(state: TenantState, application_id: str) -> None:
    """The service principal comes back with its application only when it was deleted with it."""
    for object_id, item in list(state.deleted.items()):
        if item.parent == application_id and not state.service_principals.taken("appId", item.entity["appId"]):
            bring_back(state, object_id)


ROUTES = (
    Route("GET", "/directory/deletedItems/microsoft.graph.application", list_deleted_applications),
    Route("GET", "/directory/deletedItems/microsoft.graph.group", list_deleted_groups),
    Route("GET", "/directory/deletedItems/microsoft.graph.servicePrincipal", list_deleted_service_principals),
    Route("GET", "/directory/deletedItems/microsoft.graph.user", list_deleted_users),
    Route("GET", "/directory/deletedItems/{object}", get_deleted),
    Route("DELETE", "/directory/deletedItems/{object}", delete_for_good),
    Route("POST", "/directory/deletedItems/{object}/restore", restore),
)
