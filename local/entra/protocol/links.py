"""References between objects: `@odata.id`, `@odata.bind`, owners and the errors they share."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote, urlsplit

from local.entra.directory.user.routes import OBJECT_ID
from local.entra.protocol.errors import GraphError, bad_request, not_found, unsupported_query
from local.entra.protocol.routing import Call
from local.entra.state import TenantState

MOST_LINKS = 20
COLLECTIONS = ("directoryobjects", "users", "groups", "serviceprincipals", "applications")


def object_id_of(reference: Any) -> str:
    """The object id of a reference such as `https://…/v1.0/directoryObjects/{id}`.

    Raises:
        GraphError: it is not the address of one object.
    """
    parts = [unquote(part) for part in urlsplit(str(reference)).path.strip("/").split("/")]
    if len(parts) < 2 or parts[-2].lower() not in COLLECTIONS:
        raise bad_request("Invalid URL format specified in payload.")
    if not OBJECT_ID.match(parts[-1]):
        raise bad_request(f"Invalid object identifier '{parts[-1]}'.")
    return parts[-1].lower()


def bound_ids(references: Any) -> list[str]:
    """The object ids of a `…@odata.bind` list."""
    if not isinstance(references, list):
        raise bad_request("Invalid URL format specified in payload.")
    return [object_id_of(reference) for reference in references]


def check_link_count(count: int) -> None:
    if count > MOST_LINKS:
        raise bad_request(f"A resource cannot contain more than {MOST_LINKS} link changes.")


def check_exist(state: TenantState, object_ids: Iterable[str]) -> None:
    for object_id in object_ids:
        if state.directory_object(object_id) is None:
            raise not_found(object_id)


def already_linked(prop: str) -> GraphError:
    return bad_request(
        f"One or more added object references already exist for the following modified properties: '{prop}'."
    )


def reference_id(call: Call, prop: str) -> str:
    """The id in the `@odata.id` of a `$ref` body; a person may be named by user principal name.

    Raises:
        GraphError: there is no such reference.
    """
    document = call.document()
    if "@odata.id" not in document:
        raise bad_request(f"The reference for the property '{prop}' needs an '@odata.id'.")
    root, _, name = unquote(urlsplit(str(document["@odata.id"])).path).rpartition("/")
    if "@" in name and root.lower().endswith("/users"):
        person = call.state.user(name)
        if person is None:
            raise not_found(name)
        return str(person["id"])
    return object_id_of(document["@odata.id"])


def removable_id(text: str, prop: str) -> str:
    if not OBJECT_ID.match(text):
        raise unsupported_query(f"Unsupported referenced-object resource identifier for link property '{prop}'.")
    return text.lower()


def owner_to_remove(call: Call, object_id: str) -> str:
    """The owner in the path, which must be one.

    Raises:
        GraphError: 404 for one that is no owner.
    """
    owner = removable_id(call.keys["owner"], "owners")
    if not call.state.owns(owner, object_id):
        raise not_found(owner)
    return owner
