"""What belongs to an application: owners, logo, federated identity credentials."""

import re

from local.tenant.applications import find_application
from local.tenant.collection import Entity
from local.tenant.errors import bad_request, invalid_value, not_found, required
from local.tenant.links import already_linked, check_exist, page_of_objects, reference_id
from local.tenant.routing import Call, Reply, Route

MOST_CREDENTIALS = 20
LARGEST_LOGO = 100 * 1024
LOGO_SIGNATURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8")
CREDENTIAL_NAME = re.compile(r"^[A-Za-z0-9_-]{1,120}$")


def list_owners(call: Call) -> Reply:
    application = find_application(call)
    path = f"/applications/{application['id']}/owners"
    return Reply(body=page_of_objects(call, call.state.owners.get(application["id"], []), path=path))


def add_owner(call: Call) -> Reply:
    application = find_application(call)
    owner = reference_id(call, "owners")
    check_exist(call.state, [owner])
    if call.state.owns(owner, application["id"]):
        raise already_linked("owners")
    call.state.add_owner(application["id"], owner)
    return Reply(204)


def put_logo(call: Call) -> Reply:
    """204. What the API checks is not documented; the size and the kind of image are checked here."""
    application = find_application(call)
    image = call.request.body
    if len(image) > LARGEST_LOGO or not image.startswith(LOGO_SIGNATURES):
        raise bad_request("The logo must be a PNG, JPEG or GIF image of at most 100 KB.")
    call.state.logos[application["id"]] = image
    application["info"] = {
        **(application.get("info") or {}),
        "logoUrl": f"{call.origin}/_local/logos/{application['id']}",
    }
    return Reply(204)


def list_credentials(call: Call) -> Reply:
    application = find_application(call)
    context = f"{call.origin}/v1.0/$metadata#applications('{application['id']}')/federatedIdentityCredentials"
    rows = call.state.federated_credentials.get(application["id"], [])
    return Reply(body={"@odata.context": context, "value": rows})


def create_credential(call: Call) -> Reply:
    """201. Issuer and subject are unique in an application, and so is the name (page federatedidentitycredential)."""
    application, document = find_application(call), call.document()
    rows = call.state.federated_credentials.setdefault(application["id"], [])
    for name in ("name", "issuer", "subject", "audiences"):
        if not document.get(name):
            raise required(name, "FederatedIdentityCredential")
    if not CREDENTIAL_NAME.match(document["name"]):
        raise invalid_value("name", "FederatedIdentityCredential")
    if len(rows) >= MOST_CREDENTIALS:
        raise bad_request(f"An application cannot have more than {MOST_CREDENTIALS} federated identity credentials.")
    for row in rows:
        if row["name"] == document["name"]:
            raise bad_request(
                f"FederatedIdentityCredential with name {row['name']} already exists.",
                details=({"code": "ObjectConflict", "target": "name", "message": ""},),
            )
        if (row["issuer"], row["subject"]) == (document["issuer"], document["subject"]):
            raise bad_request(
                "FederatedIdentityCredential with the same issuer and subject already exists on this application.",
            )
    credential: Entity = {
        "id": call.state.ids(),
        "name": document["name"],
        "issuer": document["issuer"],
        "subject": document["subject"],
        "description": document.get("description"),
        "audiences": document["audiences"],
    }
    rows.append(credential)
    return Reply(201, credential)


def delete_credential(call: Call) -> Reply:
    application = find_application(call)
    rows = call.state.federated_credentials.get(application["id"], [])
    for row in rows:
        if call.keys["credential"] in (row["id"], row["name"]):
            rows.remove(row)
            return Reply(204)
    raise not_found(call.keys["credential"])


ROUTES = (
    Route("GET", "/applications/{application}/owners", list_owners),
    Route("POST", "/applications/{application}/owners/$ref", add_owner),
    Route("PUT", "/applications/{application}/logo", put_logo),
    Route("GET", "/applications/{application}/federatedIdentityCredentials", list_credentials),
    Route("POST", "/applications/{application}/federatedIdentityCredentials", create_credential),
    Route("DELETE", "/applications/{application}/federatedIdentityCredentials/{credential}", delete_credential),
)
