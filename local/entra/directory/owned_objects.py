"""ownedObjects of people and service principals. Source: the pages user-list-ownedobjects and
serviceprincipal-list-ownedobjects.
"""

from local.entra.applications.service_principal.routes import find_service_principal
from local.entra.directory.user.routes import find_user
from local.entra.protocol.linked_objects import page_of_kind, page_of_objects
from local.entra.protocol.routing import Call, Reply, Route

PERSON, PRINCIPAL = "/users/{user}/ownedObjects", "/servicePrincipals/{servicePrincipal}/ownedObjects"


def owned_by(call: Call) -> tuple[str, list[str]]:
    """The path of the collection, and the ids of what the owner in it owns."""
    root = call.template.split("/")[1]
    owner = find_user(call) if root == "users" else find_service_principal(call)
    owned = [object_id for object_id, owners in call.state.owners.items() if owner["id"] in owners]
    return f"/{root}/{owner['id']}/ownedObjects", owned


def list_owned(call: Call) -> Reply:
    path, owned = owned_by(call)
    return Reply(body=page_of_objects(call, owned, path=path))


def list_owned_of_kind(call: Call) -> Reply:
    path, owned = owned_by(call)
    return Reply(body=page_of_kind(call, owned, path=path, kind=call.keys["kind"]))


ROUTES = tuple(
    Route("GET", f"{path}{cast}", handler)
    for path in (PERSON, PRINCIPAL)
    for cast, handler in (("", list_owned), ("/microsoft.graph.{kind}", list_owned_of_kind))
)
