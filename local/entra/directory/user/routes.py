"""/users: list, count, one by id or user principal name."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from local.entra.directory.user.schema import USER
from local.entra.protocol.collection import Collection, Entity
from local.entra.protocol.errors import GraphError, bad_request, denied, not_found
from local.entra.protocol.filter_syntax import named_values
from local.entra.protocol.query import Listing, counted, entity, page
from local.entra.protocol.routing import Call, Reply, Route
from local.entra.protocol.words import words

OBJECT_ID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)

BASIC = frozenset(
    words(
        "businessPhones displayName givenName id jobTitle mail mobilePhone officeLocation "
        "preferredLanguage surname userPrincipalName"
    )
)

GUARDED = {"signInActivity": "AuditLog.Read.All", "employeeLeaveDateTime": "User-LifeCycleInfo.Read.All"}
READERS = frozenset({"User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"})


def list_users(call: Call) -> Reply:
    """A page of people. A filter that names employee ids or user principal names is answered from an index."""
    check_basic(call)
    listing = Listing(candidates(call), USER, "/users", call.origin)
    return Reply(body=page(listing, call.options))


def candidates(call: Call) -> Iterable[Entity]:
    """The people a filter can match, in a stable order."""
    users, text = call.state.users, call.options.values.get("$filter", "")
    named = named_values(text) if any(prop in text for prop in users.indexed) else None
    if named is None or named[0] not in users.indexed or call.options.advanced:
        return users.rows(advanced=call.options.advanced)
    return list(users.matching(*named))


def count_users(call: Call) -> Reply:
    """text/plain, and only with the advanced-query header."""
    rows = call.state.users.rows(advanced=True)
    return Reply(body=counted(rows, USER, call.options), headers={"content-type": "text/plain"})


def get_user(call: Call) -> Reply:
    check_basic(call)
    return Reply(body=entity(find_user(call), schema=USER, options=call.options, origin=call.origin))


def by_object_id(collection: Collection | Mapping[str, Entity], object_id: str) -> Entity:
    """The object with this id.

    Raises:
        GraphError: 400 for an id that cannot be one, 404 for none.
    """
    if not OBJECT_ID.match(object_id):
        raise bad_request(f"Invalid object identifier '{object_id}'.")
    found = collection.get(object_id.lower())
    if found is None:
        raise not_found(object_id)
    return found


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
    """User.ReadBasic.All alone shows the basic properties only; some properties need a permission of their own."""
    roles, selected = call.caller.roles, call.options.select(USER) or ()
    if not roles & READERS and not BASIC.issuperset(selected):
        raise denied()
    if any(name in selected and permission not in roles for name, permission in GUARDED.items()):
        raise denied()
    settings = call.state.settings
    if "signInActivity" in selected and not (settings.license_p1 or settings.license_p2):
        raise GraphError(
            403,
            "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
            "Neither tenant is B2C or tenant doesn't have premium license",
        )


def may_read(call: Call) -> bool:
    """Whether the caller sees more of a person than the id."""
    return bool(call.caller.roles & (READERS | {"User.ReadBasic.All"}))


def typed(kind: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """An item of a mixed collection."""
    return {"@odata.type": f"#microsoft.graph.{kind}", **properties}


ROUTES = (
    Route("GET", "/users", list_users),
    Route("GET", "/users/$count", count_users),
    Route("GET", "/users/{user}", get_user),
)
