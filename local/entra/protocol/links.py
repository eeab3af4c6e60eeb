"""References between objects: `@odata.id`, `@odata.bind`, owners and the errors they share."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from local.entra.directory.users import OBJECT_ID
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


OWNER_KINDS = ("user", "servicePrincipal")
MEMBER_KINDS = ("user", "group", "servicePrincipal")


def check_kinds(state: TenantState, object_ids: Iterable[str], *, prop: str, kinds: tuple[str, ...]) -> None:
    """Refuse links to objects of a kind that the link is not for; they must exist.

    Source: public code that quotes the refusal for 'Group_…' and 'Application_…' and the 'owners' reference.

    Raises:
        GraphError: 404 for what does not exist, 400 for a wrong kind.
    """
    object_ids = list(object_ids)
    check_exist(state, object_ids)
    for object_id in object_ids:
        kind, _ = state.directory_object(object_id) or ("", {})
        if kind not in kinds:
            name = kind[:1].upper() + kind[1:]
            raise bad_request(
                f"The reference target '{name}_{object_id}' of type '{name}' is invalid for the '{prop}' reference."
            )


def bound_owners(state: TenantState, document: Mapping[str, Any]) -> list[str]:
    """The people and service principals of `owners@odata.bind`, each named once.

    Sources: terraform-provider-azuread issue 553 (duplicates); see `check_kinds`.
    """
    owners = bound_ids(document.get("owners@odata.bind", []))
    if len(set(owners)) != len(owners):
        raise bad_request("Request contains a property with duplicate values.")
    check_link_count(len(owners))
    for owner in owners:
        check_replicated(state, owner)
    check_kinds(state, owners, prop="owners", kinds=OWNER_KINDS)
    return owners


def check_replicated(state: TenantState, owner: str) -> None:
    """Refuse an owner that exists and has not replicated, as the setting `unreplicatedOwner` says.

    Source: the retry list in terraform-provider-azuread's `group_resource.go`, which has both wordings with 400.
    """
    wording = state.settings.unreplicated_owner
    exists = any(owner in objects for objects in state.by_type.values())
    if wording == "notFound" or not exists or state.directory_object(owner) is not None:
        return
    if wording == "badReference":
        raise bad_request(not_found(owner).message)
    raise bad_request("One or more property values specified are invalid.")


def own_member() -> GraphError:
    """400 for a group that is to be a member of itself; the service's own text is not known."""
    return bad_request("A group cannot be a member of itself.")


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
