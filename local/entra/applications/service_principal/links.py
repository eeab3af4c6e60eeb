"""/servicePrincipals/{id}/owners."""

from local.entra.applications.service_principal.routes import find_service_principal
from local.entra.protocol.link_rules import OWNER_KINDS, check_kinds
from local.entra.protocol.linked_objects import page_of_kind, page_of_objects
from local.entra.protocol.links import already_linked, owner_to_remove, reference_id
from local.entra.protocol.routing import Call, Reply, Route

PATH = "/servicePrincipals/{servicePrincipal}/owners"


def list_owners(call: Call) -> Reply:
    principal_id = find_service_principal(call)["id"]
    path = f"/servicePrincipals/{principal_id}/owners"
    return Reply(body=page_of_objects(call, call.state.owners_seen(principal_id), path=path))


def list_owners_of_kind(call: Call) -> Reply:
    principal_id = find_service_principal(call)["id"]
    owners, path = call.state.owners_seen(principal_id), f"/servicePrincipals/{principal_id}/owners"
    return Reply(body=page_of_kind(call, owners, path=path, kind=call.keys["kind"]))


def add_owner(call: Call) -> Reply:
    principal_id, owner = find_service_principal(call)["id"], reference_id(call, "owners")
    check_kinds(call.state, [owner], prop="owners", kinds=OWNER_KINDS)
    if call.state.owns(owner, principal_id):
        raise already_linked("owners")
    call.state.add_owner(principal_id, owner)
    return Reply(204)


def remove_owner(call: Call) -> Reply:
    principal_id = find_service_principal(call)["id"]
    call.state.remove_owner(principal_id, owner_to_remove(call, principal_id))
    return Reply(204)


ROUTES = (
    Route("GET", PATH, list_owners),
    Route("GET", f"{PATH}/microsoft.graph.{{kind}}", list_owners_of_kind),
    Route("POST", f"{PATH}/$ref", add_owner),
    Route("DELETE", f"{PATH}/{{owner}}/$ref", remove_owner),
)
