"""/oauth2PermissionGrants: which delegated permissions were consented to.

Source: the pages oauth2permissiongrant-list, oauth2permissiongrant-post and oauth2permissiongrant-update.
"""

import base64
import uuid

from local.entra.applications.service_principal.routes import find_service_principal
from local.entra.protocol.collection import Entity
from local.entra.protocol.errors import GraphError, bad_request, invalid_value, not_found, required
from local.entra.protocol.query import Listing, entity, page
from local.entra.protocol.routing import Call, Reply, Route
from local.entra.protocol.schema import EQUALITY, Filterable, Schema

PATH = "/oauth2PermissionGrants"
ONE = f"{PATH}/{{grant}}"
RESOURCE = "OAuth2PermissionGrant"
NAMES = ("clientId", "consentType", "id", "principalId", "resourceId", "scope")
EVERYBODY, ONE_PERSON = "AllPrincipals", "Principal"
GRANT = Schema(
    name="microsoft.graph.oAuth2PermissionGrant",
    resource=RESOURCE,
    entity_set="oauth2PermissionGrants",
    properties=frozenset(NAMES),
    default=NAMES,
    filters={name: Filterable(EQUALITY) for name in NAMES if name != "scope"},
)


def list_grants(call: Call) -> Reply:
    return Reply(body=page(Listing(list(call.state.grants.values()), GRANT, PATH, call.origin), call.options))


def list_grants_of_client(call: Call) -> Reply:
    """What one client was granted."""
    client_id = find_service_principal(call)["id"]
    rows = [row for row in call.state.grants.values() if row["clientId"] == client_id]
    path = f"/servicePrincipals/{client_id}/oauth2PermissionGrants"
    return Reply(body=page(Listing(rows, GRANT, path, call.origin), call.options))


def find_grant(call: Call) -> Entity:
    found = call.state.grants.get(call.keys["grant"])
    if found is None:
        raise not_found(call.keys["grant"])
    return found


def get_grant(call: Call) -> Reply:
    return Reply(body=entity(find_grant(call), schema=GRANT, options=call.options, origin=call.origin))


def create_grant(call: Call) -> Reply:
    """201; a second grant of the same client, resource and principal is 409."""
    state, document = call.state, call.document()
    for name in ("clientId", "consentType", "resourceId", "scope"):
        if not isinstance(document.get(name), str):
            raise required(name, RESOURCE)
    kind, person = document["consentType"], document.get("principalId")
    if kind not in (EVERYBODY, ONE_PERSON) or (kind == ONE_PERSON) != isinstance(person, str):
        raise invalid_value("principalId" if kind in (EVERYBODY, ONE_PERSON) else "consentType", RESOURCE)
    ends = [state.service_principals.get(document[name].lower()) for name in ("clientId", "resourceId")]
    if None in ends or (person is not None and state.users.get(person.lower()) is None):
        raise bad_request("Not a valid reference update.")
    grant: Entity = {
        "id": base64.urlsafe_b64encode(uuid.UUID(state.ids()).bytes * 2).decode().rstrip("="),
        **{name: document.get(name) for name in NAMES if name != "id"},
    }
    same = ("clientId", "resourceId", "consentType", "principalId")
    if any(all(row[name] == grant[name] for name in same) for row in state.grants.values()):
        raise GraphError(409, "Request_MultipleObjectsWithSameKeyValue", "Permission entry already exists.")
    state.grants[grant["id"]] = grant
    return Reply(201, entity(grant, schema=GRANT, options=call.options, origin=call.origin))


def update_grant(call: Call) -> Reply:
    """204. The scope alone can change."""
    grant, document = find_grant(call), call.document()
    for name, value in document.items():
        if name in NAMES and name != "scope" and value != grant[name]:
            raise bad_request(f"Property '{name}' is read-only and cannot be set.")
    if not isinstance(document.get("scope", ""), str):
        raise invalid_value("scope", RESOURCE)
    grant["scope"] = document.get("scope", grant["scope"])
    return Reply(204)


def delete_grant(call: Call) -> Reply:
    del call.state.grants[find_grant(call)["id"]]
    return Reply(204)


ROUTES = (
    Route("GET", PATH, list_grants),
    Route("POST", PATH, create_grant),
    Route("GET", ONE, get_grant),
    Route("PATCH", ONE, update_grant),
    Route("DELETE", ONE, delete_grant),
    Route("GET", "/servicePrincipals/{servicePrincipal}/oauth2PermissionGrants", list_grants_of_client),
)
