"""addPassword and removePassword of applications and service principals. A secret made here signs in.

Sources: the pages application-addpassword, application-removepassword, serviceprincipal-addpassword. The text for a
key id that is not there is not known.
"""

from local.entra.applications.application.routes import find_application
from local.entra.applications.password_credentials import RESOURCE, new_password, without_secret
from local.entra.applications.service_principal.routes import find_service_principal
from local.entra.protocol.collection import Entity
from local.entra.protocol.errors import bad_request, invalid_value, required
from local.entra.protocol.routing import Call, Reply, Route

APPLICATION, PRINCIPAL = "/applications/{application}", "/servicePrincipals/{servicePrincipal}"


def add_password(call: Call) -> Reply:
    """200 and the secret, which is never shown again."""
    document = call.json if isinstance(call.json, dict) else {}
    asked = document.get("passwordCredential") or {}
    if not isinstance(asked, dict):
        raise invalid_value("passwordCredential", RESOURCE)
    holder = find_holder(call)
    shown = new_password(call.state, asked)
    holder["passwordCredentials"] = [*(holder.get("passwordCredentials") or ()), without_secret(shown)]
    return Reply(body={"@odata.context": f"{call.origin}/v1.0/$metadata#microsoft.graph.passwordCredential", **shown})


def find_holder(call: Call) -> Entity:
    return find_application(call) if call.template.startswith("/applications") else find_service_principal(call)


def remove_password(call: Call) -> Reply:
    """204."""
    key_id = call.document().get("keyId")
    if not isinstance(key_id, str):
        raise required("keyId", RESOURCE)
    holder = find_holder(call)
    held = holder.get("passwordCredentials") or []
    left = [item for item in held if item["keyId"] != key_id.lower()]
    if len(left) == len(held):
        raise bad_request(f"No password credential found with keyId '{key_id}'.")
    holder["passwordCredentials"] = left
    call.state.secrets.pop(key_id.lower(), None)
    return Reply(204)


ROUTES = tuple(
    Route("POST", f"{path}/{name}", handler)
    for path in (APPLICATION, PRINCIPAL)
    for name, handler in (("addPassword", add_password), ("removePassword", remove_password))
)
