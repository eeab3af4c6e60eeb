"""addPassword and removePassword of applications and service principals. A secret made here signs in.

Sources: the pages application-addpassword, application-removepassword, serviceprincipal-addpassword. The text for a
key id that is not there is not known.
"""

from datetime import datetime, timedelta
from typing import Any

from local.entra.applications.applications import find_application
from local.entra.applications.service_principals import find_service_principal
from local.entra.clock import timestamp
from local.entra.protocol.collection import Entity
from local.entra.protocol.errors import bad_request, invalid_value, required
from local.entra.protocol.routing import Call, Reply, Route
from local.entra.state import TenantState

RESOURCE = "PasswordCredential"
LIFETIME = timedelta(days=730)
HINT_LETTERS = 3
APPLICATION, PRINCIPAL = "/applications/{application}", "/servicePrincipals/{servicePrincipal}"


def add_password(call: Call) -> Reply:
    """200 and the secret, which is never shown again."""
    document = call.json if isinstance(call.json, dict) else {}
    asked = document.get("passwordCredential") or {}
    if not isinstance(asked, dict):
        raise invalid_value("passwordCredential", RESOURCE)
    holder = find_holder(call)
    shown = new_password(call.state, asked)
    holder["passwordCredentials"] = [*(holder.get("passwordCredentials") or ()), {**shown, "secretText": None}]
    return Reply(body={"@odata.context": f"{call.origin}/v1.0/$metadata#microsoft.graph.passwordCredential", **shown})


def find_holder(call: Call) -> Entity:
    return find_application(call) if call.template.startswith("/applications") else find_service_principal(call)


def new_password(state: TenantState, asked: dict[str, Any]) -> dict[str, Any]:
    """A password credential with a new secret; it lasts two years unless the caller says otherwise."""
    now = state.clock.now()
    start, end = (
        moment(asked.get("startDateTime"), default=now),
        moment(asked.get("endDateTime"), default=now + LIFETIME),
    )
    if end <= start:
        raise invalid_value("endDateTime", RESOURCE)
    key_id, text = state.ids(), secret_text(state)
    state.secrets[key_id] = text
    return {
        "customKeyIdentifier": None,
        "displayName": asked.get("displayName"),
        "endDateTime": timestamp(end),
        "hint": text[:HINT_LETTERS],
        "keyId": key_id,
        "secretText": text,
        "startDateTime": timestamp(start),
    }


def secret_text(state: TenantState) -> str:
    """Forty letters, repeatable where ids are."""
    return (state.ids() + state.ids()).replace("-", "")[:36] + "~Aa1"


def moment(value: Any, *, default: datetime) -> datetime:
    if value is None:
        return default
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise invalid_value("endDateTime", RESOURCE) from error
    return found if found.tzinfo else found.replace(tzinfo=default.tzinfo)


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


def secrets_of(state: TenantState, holders: list[Entity]) -> dict[str, bool]:
    """The secrets that applications and service principals have, and whether each can be used now."""
    now = state.clock.now()
    return {
        state.secrets[item["keyId"]]: moment(item["endDateTime"], default=now) > now
        for holder in holders
        for item in holder.get("passwordCredentials") or ()
        if item["keyId"] in state.secrets
    }


ROUTES = tuple(
    Route("POST", f"{path}/{name}", handler)
    for path in (APPLICATION, PRINCIPAL)
    for name, handler in (("addPassword", add_password), ("removePassword", remove_password))
)
