"""/directoryObjects: one object of any kind, and getByIds with up to 1,000 in one call, unknown ids left out.

The documentation asks for Directory.Read.All. microsoft-graph-docs-contrib#8798 saw User.Read.All suffice for users.
"""

from local.entra.directory.directory_object.schema import DIRECTORY_OBJECT
from local.entra.directory.member_of import find_any
from local.entra.protocol.errors import bad_request, denied
from local.entra.protocol.linked_objects import show_any
from local.entra.protocol.routing import Call, Reply, Route

MOST_IDS = 1_000


def get_by_ids(call: Call) -> Reply:
    document = call.document()
    ids, types = document.get("ids"), document.get("types") or []
    if not isinstance(ids, list) or not all(isinstance(item, str) for item in ids) or not isinstance(types, list):
        raise bad_request("Invalid value specified for property 'ids' of resource 'DirectoryObject'.")
    if len(ids) > MOST_IDS:
        raise bad_request(f"Too many object ids specified. Max allowed: {MOST_IDS}.")
    everything = "Directory.Read.All" in call.caller.roles
    if not everything and call.state.settings.get_by_ids_needs_directory_read:
        raise denied()
    render = show_any(call)
    rows = []
    for object_id in dict.fromkeys(item.lower() for item in ids):
        found = call.state.directory_object(object_id)
        if found is not None and (not types or found[0] in types) and (everything or found[0] == "user"):
            rows.append(render({"id": object_id}, None))
    return Reply(body={"@odata.context": f"{call.origin}/v1.0/$metadata#directoryObjects", "value": rows})


def get_object(call: Call) -> Reply:
    """An object whatever its kind, with the properties of that kind."""
    found = find_any(call)
    context = f"{call.origin}/v1.0/$metadata#directoryObjects/$entity"
    shown = show_any(call)(found, call.options.select(DIRECTORY_OBJECT))
    return Reply(body={"@odata.context": context, **shown})


ROUTES = (
    Route("POST", "/directoryObjects/getByIds", get_by_ids),
    Route("GET", "/directoryObjects/{directoryObject}", get_object),
)
