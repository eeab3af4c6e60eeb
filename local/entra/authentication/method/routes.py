"""/users/{id}/authentication: the registered methods, and Temporary Access Passes."""

from typing import Any

from local.entra.authentication.temporary_access_pass import create_pass, shown_pass
from local.entra.directory.group.rules import check_management
from local.entra.directory.user.routes import find_user
from local.entra.protocol.collection import Entity
from local.entra.protocol.errors import not_found, not_implemented
from local.entra.protocol.routing import Call, Reply, Route
from local.entra.state import TenantState

PASSWORD_METHOD_ID = "28c10230-6103-485e-b985-444c60001490"


def password_method() -> Entity:
    """The method everybody has; its id is the same in every tenant."""
    return {
        "@odata.type": "#microsoft.graph.passwordAuthenticationMethod",
        "id": PASSWORD_METHOD_ID,
        "password": None,
        "createdDateTime": "2020-01-07T08:00:00Z",
    }


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
    return rows if access_pass is None else [*rows, shown_pass(state, user_id, access_pass)]


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


def post_pass(call: Call) -> Reply:
    """201, the only answer that carries the code."""
    user = find_user(call)
    check_management(call, user)
    document = call.json if isinstance(call.json, dict) else {}
    created = create_pass(call.state, user, document)
    context = f"{call.origin}/v1.0/$metadata#users('{user['id']}')/authentication/temporaryAccessPassMethods/$entity"
    body = {name: value for name, value in created.items() if name != "used"}
    return Reply(201, {"@odata.context": context, **body})


def list_passes(call: Call) -> Reply:
    user = find_user(call)
    found = call.state.passes.get(user["id"])
    rows = [] if found is None else [shown_pass(call.state, user["id"], found)]
    return Reply(body=collection_of(call, user["id"], "temporaryAccessPassMethods", rows))


def get_pass(call: Call) -> Reply:
    return Reply(body=shown_pass(call.state, find_user(call)["id"], find_pass(call)))


def find_pass(call: Call) -> Entity:
    found = call.state.passes.get(find_user(call)["id"])
    if found is None or found["id"] != call.keys["method"]:
        raise not_found(call.keys["method"])
    return found


def delete_pass(call: Call) -> Reply:
    find_pass(call)
    check_management(call, find_user(call))
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
