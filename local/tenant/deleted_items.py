"""/directory/deletedItems: the recycle bin, where an object waits 30 days and keeps its uniqueName."""

from datetime import timedelta

from local.tenant.clock import timestamp
from local.tenant.directory_schemas import DIRECTORY_SCHEMAS
from local.tenant.errors import not_found
from local.tenant.query import Listing, entity, page
from local.tenant.routing import Call, Reply, Route
from local.tenant.service_principals import duplicate
from local.tenant.state import Deleted

KEPT = timedelta(days=30)


def forget_expired(call: Call) -> None:
    limit = call.state.clock.now() - KEPT
    for object_id, item in list(call.state.deleted.items()):
        if item.when <= limit:
            forget(call, object_id)


def forget(call: Call, object_id: str) -> None:
    del call.state.deleted[object_id]
    call.state.owners.pop(object_id, None)


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


def get_deleted(call: Call) -> Reply:
    found = find_deleted(call)
    row = {**found.entity, "deletedDateTime": timestamp(found.when)}
    schema = DIRECTORY_SCHEMAS[found.kind]
    body = entity(row, schema=schema, options=call.options, origin=call.origin)
    return Reply(body={"@odata.type": f"#{schema.name}", **body})


def delete_for_good(call: Call) -> Reply:
    find_deleted(call)
    forget(call, call.keys["object"].lower())
    return Reply(204)


def restore(call: Call) -> Reply:
    """200 and the object. A service principal whose appId is in use again is 409."""
    state, found = call.state, find_deleted(call)
    collection, object_id = state.by_type[found.kind], found.entity["id"]
    if found.kind == "servicePrincipal" and collection.taken("appId", found.entity["appId"]):
        raise duplicate(found.entity["appId"])
    del state.deleted[object_id]
    collection.add_settled(found.entity)
    if found.kind == "group":
        state.members[object_id] = found.members
    schema = DIRECTORY_SCHEMAS[found.kind]
    body = entity(found.entity, schema=schema, options=call.options, origin=call.origin)
    return Reply(200, {"@odata.type": f"#{schema.name}", **body})


ROUTES = (
    Route("GET", "/directory/deletedItems/microsoft.graph.application", list_deleted_applications),
    Route("GET", "/directory/deletedItems/microsoft.graph.group", list_deleted_groups),
    Route("GET", "/directory/deletedItems/{object}", get_deleted),
    Route("DELETE", "/directory/deletedItems/{object}", delete_for_good),
    Route("POST", "/directory/deletedItems/{object}/restore", restore),
)
