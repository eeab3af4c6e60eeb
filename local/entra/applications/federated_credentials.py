"""/applications/{id}/federatedIdentityCredentials: which foreign tokens an application takes as its own credential.

Source: the pages federatedidentitycredential and federatedidentitycredential-upsert.
"""

import re
from typing import Any

from local.entra.applications.application.routes import find_application
from local.entra.protocol.bodies import BodyRules
from local.entra.protocol.collection import Entity
from local.entra.protocol.errors import bad_request, invalid_value, not_found, not_implemented, required
from local.entra.protocol.routing import BETA, Call, Reply, Route
from local.entra.protocol.words import words

FEDERATED_CREDENTIAL_BODY = BodyRules(
    type_name="federatedIdentityCredential",
    resource="FederatedIdentityCredential",
    writable=frozenset(words("audiences description issuer name subject")),
)

RESOURCE = "FederatedIdentityCredential"
MOST_CREDENTIALS = 20
LONGEST_TEXT = 600
CREDENTIAL_NAME = re.compile(r"^[A-Za-z0-9._~-]{1,120}$")
"""What a URL takes as it is; names with a dot are in the tests of hashicorp/terraform-provider-azuread."""
WRITABLE = ("name", "issuer", "subject", "description", "audiences")
PATH = "/applications/{application}/federatedIdentityCredentials"
BY_ID, BY_NAME = f"{PATH}/{{credential}}", f"{PATH}(name='{{name}}')"


def rows_of(call: Call) -> list[Entity]:
    return call.state.federated_credentials.setdefault(find_application(call)["id"], [])


def context(call: Call) -> str:
    application_id = find_application(call)["id"]
    return f"{call.origin}/v1.0/$metadata#applications('{application_id}')/federatedIdentityCredentials"


def rows_seen(call: Call) -> list[Entity]:
    """The credentials as the replica at hand knows them."""
    present = {row["id"]: row for row in rows_of(call)}
    return call.state.credential_log.seen(find_application(call)["id"], present)


def list_credentials(call: Call) -> Reply:
    return Reply(body={"@odata.context": context(call), "value": rows_seen(call)})


def find_credential(call: Call) -> Entity:
    """The credential in the path, by id or name; a write knows it at once, a read when it has replicated."""
    key = call.keys.get("credential") or call.keys["name"]
    for row in rows_seen(call) if call.request.method == "GET" else rows_of(call):
        if key in (row["id"], row["name"]):
            return row
    raise not_found(key)


def get_credential(call: Call) -> Reply:
    return Reply(body={"@odata.context": f"{context(call)}/$entity", **find_credential(call)})


def create_credential(call: Call) -> Reply:
    """201. Issuer and subject are unique in an application, and so is the name."""
    return created(call, body_of(call))


def body_of(call: Call, *, current: Entity | None = None) -> dict[str, Any]:
    """The checked body. Beta knows a credential that matches claims by an expression; v1.0 does not."""
    document = call.document()
    if call.request.version == BETA and "claimsMatchingExpression" in document:
        raise not_implemented("claimsMatchingExpression of a federated identity credential")
    return FEDERATED_CREDENTIAL_BODY.checked(document, current=current)


def created(call: Call, document: dict[str, Any]) -> Reply:
    rows = rows_of(call)
    for name in ("name", "issuer", "subject", "audiences"):
        if not document.get(name):
            raise required(name, RESOURCE)
    if not CREDENTIAL_NAME.match(document["name"]):
        raise invalid_value("name", RESOURCE)
    check_values(document)
    if len(rows) >= MOST_CREDENTIALS:
        raise bad_request(f"An application cannot have more than {MOST_CREDENTIALS} federated identity credentials.")
    if any(row["name"] == document["name"] for row in rows):
        raise bad_request(
            f"FederatedIdentityCredential with name {document['name']} already exists.",
            details=({"code": "ObjectConflict", "target": "name", "message": ""},),
        )
    check_subject(document, rows)
    credential: Entity = {"id": call.state.ids(), **{name: document.get(name) for name in WRITABLE}}
    rows.append(credential)
    call.state.credential_log.note_added(find_application(call)["id"], credential["id"])
    return Reply(201, {"@odata.context": f"{context(call)}/$entity", **credential})


def check_values(document: dict[str, Any]) -> None:
    for name in ("issuer", "subject"):
        value = document.get(name, "x")
        if not isinstance(value, str) or not 0 < len(value) <= LONGEST_TEXT:
            raise invalid_value(name, RESOURCE)
    audiences = document.get("audiences", ["x"])
    if not isinstance(audiences, list) or len(audiences) != 1 or not isinstance(audiences[0], str):
        raise invalid_value("audiences", RESOURCE)


def check_subject(document: dict[str, Any], others: list[Entity]) -> None:
    if any((row["issuer"], row["subject"]) == (document["issuer"], document["subject"]) for row in others):
        raise bad_request(
            "FederatedIdentityCredential with the same issuer and subject already exists on this application."
        )


def update_credential(call: Call) -> Reply:
    """204. The name cannot be changed."""
    credential = find_credential(call)
    document = body_of(call, current=credential)
    if document.get("name", credential["name"]) != credential["name"]:
        raise invalid_value("name", RESOURCE)
    check_values(document)
    changed = {**credential, **{name: document[name] for name in WRITABLE if name in document}}
    check_subject(changed, [row for row in rows_of(call) if row is not credential])
    credential.update(changed)
    return Reply(204)


def upsert_credential(call: Call) -> Reply:
    """PATCH by name: 204, or 201 with `Prefer: create-if-missing` when there is none."""
    name = call.keys["name"]
    if any(row["name"] == name for row in rows_of(call)):
        return update_credential(call)
    if "create-if-missing" not in call.request.headers.get("prefer", ""):
        raise not_found(name)
    return created(call, {**body_of(call), "name": name})


def delete_credential(call: Call) -> Reply:
    credential = find_credential(call)
    rows_of(call).remove(credential)
    call.state.credential_log.note_removed(find_application(call)["id"], credential["id"], credential)
    return Reply(204)


ROUTES = (
    Route("GET", PATH, list_credentials),
    Route("POST", PATH, create_credential),
    Route("GET", BY_ID, get_credential),
    Route("PATCH", BY_ID, update_credential),
    Route("DELETE", BY_ID, delete_credential),
    Route("GET", BY_NAME, get_credential),
    Route("PATCH", BY_NAME, upsert_credential),
)
