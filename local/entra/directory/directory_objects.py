"""/directoryObjects/getByIds: up to 1,000 objects of any kind in one call; unknown ids are left out.

The documentation asks for Directory.Read.All. microsoft-graph-docs-contrib#8798 saw User.Read.All suffice for users.
"""

from local.entra.protocol.errors import bad_request, denied
from local.entra.protocol.links import show_any
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


ROUTES = (Route("POST", "/directoryObjects/getByIds", get_by_ids),)
