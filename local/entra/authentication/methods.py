"""/users/{id}/authentication: the registered methods, and Temporary Access Passes."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from local.entra.authentication.methods_policy import in_pass_scope
from local.entra.clock import timestamp
from local.entra.directory.users import find_user
from local.entra.protocol.collection import Entity
from local.entra.protocol.errors import GraphError, not_found, not_implemented
from local.entra.protocol.routing import Call, Reply, Route
from local.entra.state import TenantState

PASSWORD_METHOD_ID = "28c10230-6103-485e-b985-444c60001490"
SHORTEST_PASS_MINUTES, LONGEST_PASS_MINUTES = 10, 43_200
READABLE = "abcdefghjkmnpqrstuvwxyz23456789"

METHOD_TYPES = {
    "fido2": "#microsoft.graph.fido2AuthenticationMethod",
    "windowsHelloForBusiness": "#microsoft.graph.windowsHelloForBusinessAuthenticationMethod",
    "microsoftAuthenticator": "#microsoft.graph.microsoftAuthenticatorAuthenticationMethod",
    "softwareOath": "#microsoft.graph.softwareOathAuthenticationMethod",
    "phone": "#microsoft.graph.phoneAuthenticationMethod",
    "email": "#microsoft.graph.emailAuthenticationMethod",
}
# What a method can meet of an authentication strength, together with the password where it needs one.
COMBINATIONS = {
    METHOD_TYPES["fido2"]: ("fido2",),
    METHOD_TYPES["windowsHelloForBusiness"]: ("windowsHelloForBusiness",),
    METHOD_TYPES["microsoftAuthenticator"]: ("password,microsoftAuthenticatorPush",),
    METHOD_TYPES["softwareOath"]: ("password,softwareOath",),
    METHOD_TYPES["phone"]: ("password,sms", "password,voice"),
}


def password_method() -> Entity:
    """The method everybody has; its id is the same in every tenant."""
    return {
        "@odata.type": "#microsoft.graph.passwordAuthenticationMethod",
        "id": PASSWORD_METHOD_ID,
        "password": None,
        "createdDateTime": "2020-01-07T08:00:00Z",
    }


def register_method(state: TenantState, user_id: str, kind: str) -> Entity:
    """Give a person a method, as the registration wizard does.

    Raises:
        ValueError: there is no such kind.
    """
    if kind not in METHOD_TYPES:
        raise ValueError(f"There is no method '{kind}'; the methods are {', '.join(METHOD_TYPES)}.")
    details: dict[str, dict[str, Any]] = {
        "fido2": {
            "displayName": "Passkey (simulated)",
            "aaGuid": "00000000-0000-0000-0000-000000000000",
            "model": "Simulated security key",
            "attestationCertificates": [],
            "attestationLevel": "notAttested",
        },
        "windowsHelloForBusiness": {"displayName": "LAPTOP-1 (simulated)", "keyStrength": "normal"},
        "microsoftAuthenticator": {
            "displayName": "Phone (simulated)",
            "deviceTag": "SoftwareTokenActivated",
            "phoneAppVersion": "6.2611.0",
        },
        "softwareOath": {"secretKey": None},
        "phone": {"phoneNumber": "+1 2065550100", "phoneType": "mobile", "smsSignInState": "notConfigured"},
        "email": {"emailAddress": "private@example.com"},
    }
    method: Entity = {"@odata.type": METHOD_TYPES[kind], "id": state.ids(), **details[kind]}
    method["createdDateTime"] = state.clock.text()
    state.methods.setdefault(user_id, []).append(method)
    return method


def strong_combinations(state: TenantState, user_id: str) -> list[str]:
    """What the person could present for multifactor authentication, a Temporary Access Pass apart."""
    return [
        combination
        for method in state.methods.get(user_id, ())
        for combination in COMBINATIONS.get(method["@odata.type"], ())
    ]


def list_methods(call: Call) -> Reply:
    """Everything a person has. There are no query options (page authentication-list-methods)."""
    for option in call.options.values:
        raise not_implemented(f"{option} on {call.template}")
    user = find_user(call)
    return Reply(body=collection_of(call, user["id"], "methods", methods_of(call.state, user["id"])))


def methods_of(state: TenantState, user_id: str) -> list[Entity]:
    """The password, what was registered, and the Temporary Access Pass."""
    rows = [password_method(), *state.methods.get(user_id, ())]
    access_pass = state.passes.get(user_id)
    return rows if access_pass is None else [*rows, shown_pass(state, access_pass)]


def get_method(call: Call) -> Reply:
    user = find_user(call)
    for row in methods_of(call.state, user["id"]):
        if row["id"] == call.keys["method"].lower():
            context = f"{call.origin}/v1.0/$metadata#users('{user['id']}')/authentication/methods/$entity"
            return Reply(body={"@odata.context": context, **row})
    raise not_found(call.keys["method"])


def collection_of(call: Call, user_id: str, name: str, rows: list[Entity]) -> dict[str, Any]:
    context = f"{call.origin}/v1.0/$metadata#users('{user_id}')/authentication/{name}"
    return {"@odata.context": context, "value": rows}


def shown_pass(state: TenantState, access_pass: Entity) -> Entity:
    """A pass as a GET shows it: without its code, with whether it can be used now."""
    reason = usability(state, access_pass)
    return {
        **{name: value for name, value in access_pass.items() if name != "used"},
        "@odata.type": "#microsoft.graph.temporaryAccessPassAuthenticationMethod",
        "temporaryAccessPass": None,
        "isUsable": reason == "EnabledByPolicy",
        "methodUsabilityReason": reason,
    }


def usability(state: TenantState, access_pass: Entity) -> str:
    now = state.clock.now()
    starts = datetime.fromisoformat(access_pass["startDateTime"])
    if not state.settings.tap_enabled:
        return "DisabledByPolicy"
    if access_pass["isUsableOnce"] and access_pass["used"]:
        return "OneTimeUsed"
    if now < starts:
        return "NotYetValid"
    if now >= starts + timedelta(minutes=access_pass["lifetimeInMinutes"]):
        return "Expired"
    return "EnabledByPolicy"


def create_pass(state: TenantState, user: Entity, document: dict[str, Any]) -> Entity:
    """A new pass, which replaces the one the person has.

    Raises:
        GraphError: the policy does not allow it.
    """
    settings = state.settings
    lifetime = document.get("lifetimeInMinutes") or settings.tap_default_minutes
    lowest = max(settings.tap_minimum_minutes, SHORTEST_PASS_MINUTES)
    highest = min(settings.tap_maximum_minutes, LONGEST_PASS_MINUTES)
    if user.get("userType") == "Guest":
        raise refused_pass("Temporary Access Pass cannot be added to an external guest user.")
    administrator = bool(state.roles_in_directory(user["id"]))
    allowed = settings.tap_for_administrators or not administrator
    if not settings.tap_enabled or not in_pass_scope(state, user["id"]) or not allowed:
        # The status is not documented and therefore a setting; the text is the one seen in public issues.
        raise refused_pass(
            "Converged UserCredentialPolicy does not allow creating or updating the method TemporaryAccessPass.",
            status=settings.tap_refusal_status,
        )
    if not isinstance(lifetime, int) or not lowest <= lifetime <= highest:
        raise refused_pass(f"Invalid LifetimeInMinutes specified. The valid range between {lowest} and {highest}.")
    once = document.get("isUsableOnce")
    if once is False and settings.tap_one_time_only:
        raise refused_pass("The policy allows a Temporary Access Pass for one-time use only.")
    access_pass: Entity = {
        "id": state.ids(),
        "isUsable": True,
        "isUsableOnce": settings.tap_one_time_only if once is None else bool(once),
        "methodUsabilityReason": "EnabledByPolicy",
        "createdDateTime": state.clock.text(),
        "startDateTime": start_of(document, state),
        "lifetimeInMinutes": lifetime,
        "temporaryAccessPass": "".join(secrets.choice(READABLE) for _ in range(settings.tap_length)),
        "used": False,
    }
    state.passes[user["id"]] = access_pass
    return access_pass


def start_of(document: dict[str, Any], state: TenantState) -> str:
    text = document.get("startDateTime")
    if text is None:
        return state.clock.text()
    try:
        return timestamp(datetime.fromisoformat(str(text)))
    except ValueError as error:
        raise refused_pass("Invalid StartDateTime specified.") from error


def refused_pass(message: str, *, status: int = 400) -> GraphError:
    return GraphError(status, "badRequest", message)


def post_pass(call: Call) -> Reply:
    """201, the only answer that carries the code."""
    user = find_user(call)
    document = call.json if isinstance(call.json, dict) else {}
    created = create_pass(call.state, user, document)
    context = f"{call.origin}/v1.0/$metadata#users('{user['id']}')/authentication/temporaryAccessPassMethods/$entity"
    body = {name: value for name, value in created.items() if name != "used"}
    return Reply(201, {"@odata.context": context, **body})


def list_passes(call: Call) -> Reply:
    user = find_user(call)
    found = call.state.passes.get(user["id"])
    rows = [] if found is None else [shown_pass(call.state, found)]
    return Reply(body=collection_of(call, user["id"], "temporaryAccessPassMethods", rows))


def get_pass(call: Call) -> Reply:
    return Reply(body=shown_pass(call.state, find_pass(call)))


def find_pass(call: Call) -> Entity:
    found = call.state.passes.get(find_user(call)["id"])
    if found is None or found["id"] != call.keys["method"]:
        raise not_found(call.keys["method"])
    return found


def delete_pass(call: Call) -> Reply:
    find_pass(call)
    del call.state.passes[find_user(call)["id"]]
    return Reply(204)


PASSES = "/users/{user}/authentication/temporaryAccessPassMethods"
ROUTES = (
    Route("GET", "/users/{user}/authentication/methods", list_methods),
    Route("GET", "/users/{user}/authentication/methods/{method}", get_method),
    Route("GET", PASSES, list_passes),
    Route("POST", PASSES, post_pass),
    Route("GET", f"{PASSES}/{{method}}", get_pass),
    Route("DELETE", f"{PASSES}/{{method}}", delete_pass),
)
