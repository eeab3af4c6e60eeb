"""/users: list, count, one by id or user principal name."""

import re
from collections.abc import Mapping
from typing import Any

from local.tenant.collection import Entity
from local.tenant.directory_schemas import USER
from local.tenant.errors import bad_request, denied, not_found, not_implemented
from local.tenant.filters import compile_filter
from local.tenant.query import Listing, entity, page
from local.tenant.routing import Call, Reply, Route
from local.tenant.words import words

OBJECT_ID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)

BASIC = frozenset(
    words(
        "businessPhones displayName givenName id jobTitle mail mobilePhone officeLocation "
        "preferredLanguage surname userPrincipalName"
    )
)

READERS = frozenset({"User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"})


def list_users(call: Call) -> Reply:
    check_basic(call)
    rows = call.state.users
    return Reply(body=page(Listing(rows, USER, "/users", call.origin), call.options))


def count_users(call: Call) -> Reply:
    """text/plain, and only with the advanced-query header."""
    if not call.options.eventual:
        raise bad_request("$count is not currently supported.")
    rows = iter(call.state.users)
    if "$filter" in call.options.values:
        rows = filter(compile_filter(call.options.values["$filter"], schema=USER, advanced=True), rows)
    return Reply(body=str(sum(1 for _ in rows)).encode(), headers={"content-type": "text/plain"})


def get_user(call: Call) -> Reply:
    check_basic(call)
    return Reply(body=entity(find_user(call), schema=USER, options=call.options, origin=call.origin))


def find_user(call: Call) -> Entity:
    """The person in the path.

    Raises:
        GraphError: 400 for an id that cannot be one, 404 for nobody.
    """
    key = call.keys["user"]
    if "@" not in key and not OBJECT_ID.match(key):
        raise bad_request(f"Invalid object identifier '{key}'.")
    found = call.state.user(key)
    if found is None:
        raise not_found(key)
    return found


def check_basic(call: Call) -> None:
    """User.ReadBasic.All alone shows the basic properties only."""
    selected = call.options.select(USER) or ()
    if not call.caller.roles & READERS and not BASIC.issuperset(selected):
        raise denied()


def may_read(call: Call) -> bool:
    """Whether the caller sees more of a person than the id."""
    return bool(call.caller.roles & (READERS | {"User.ReadBasic.All"}))


def user_delta(call: Call) -> Reply:
    raise not_implemented("GET /users/delta")


def typed(kind: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """An item of a mixed collection."""
    return {"@odata.type": f"#microsoft.graph.{kind}", **properties}


ROUTES = (
    Route("GET", "/users", list_users),
    Route("GET", "/users/$count", count_users),
    Route("GET", "/users/delta", user_delta),
    Route("GET", "/users/{user}", get_user),
)
