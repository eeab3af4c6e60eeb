"""References between objects: `@odata.id`, `@odata.bind`, owners and the errors they share."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote, urlsplit

from local.entra.directory.directory_schemas import DIRECTORY_OBJECT, DIRECTORY_SCHEMAS
from local.entra.directory.users import OBJECT_ID, may_read, typed
from local.entra.protocol.collection import Entity
from local.entra.protocol.errors import GraphError, bad_request, not_found, not_implemented, unsupported_query
from local.entra.protocol.filter_syntax import named_values
from local.entra.protocol.query import Listing, Render, Row, page, project
from local.entra.protocol.routing import Call
from local.entra.protocol.schema import Schema
from local.entra.state import TenantState

MOST_LINKS = 20
COLLECTIONS = ("directoryobjects", "users", "groups", "serviceprincipals", "applications")


@dataclass(frozen=True)
class Linked:
    """An object at the other end of a link, with its kind as Graph writes it in annotations."""

    kind: str
    entity: Entity
    schema: Schema


NO_OTHERS: Mapping[str, Linked] = MappingProxyType({})


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


def show_any(call: Call, others: Mapping[str, Linked] = NO_OTHERS) -> Render:
    """How a mixed collection shows an object; a person the caller may not read shows only the id.

    Args:
        others: objects by id that are no users, groups, applications or service principals.
    """

    def render(row: Row, names: tuple[str, ...] | None) -> dict[str, Any]:
        found = others.get(row["id"]) or of_any_kind(call, row["id"])
        if found is None:
            return {"id": row["id"]}
        if found.kind == "user" and not may_read(call):
            return typed(found.kind, {"id": row["id"]})
        wanted = found.schema.default if names is None else [name for name in names if name in found.schema.properties]
        return typed(found.kind, project(found.entity, names=wanted, schema=found.schema))

    return render


def of_any_kind(call: Call, object_id: str) -> Linked | None:
    """The user, group, application or service principal of an id, as the caller sees it."""
    found = call.state.directory_object(object_id)
    return None if found is None else Linked(found[0], found[1], DIRECTORY_SCHEMAS[found[0]])


def page_of_objects(
    call: Call, object_ids: Iterable[str], *, path: str, others: Mapping[str, Linked] = NO_OTHERS
) -> dict[str, Any]:
    """A page of a mixed collection such as members or owners."""
    rows = list(rows_of(call, object_ids, others=others))
    render = show_any(call, others)
    listing = Listing(rows, DIRECTORY_OBJECT, path, call.origin, context="directoryObjects", render=render)
    check_link_filter(call)
    return page(listing, call.options)


def page_of_kind(
    call: Call, object_ids: Iterable[str], *, path: str, kind: str, others: Mapping[str, Linked] = NO_OTHERS
) -> dict[str, Any]:
    """A page of those objects that a cast such as `members/microsoft.graph.user` names, with their properties.

    Raises:
        GraphError: 501 for a kind that is not modelled.
    """
    state = call.state
    kind, schema = schema_of(kind, others)
    if state.settings.cast_needs_consistency_level and not call.options.advanced:
        raise bad_request("This request needs $count=true and the header ConsistencyLevel: eventual.")
    check_link_filter(call)
    objects = state.by_type.get(kind)
    if objects is None:
        rows: list[Row] = [item.entity for item in others.values() if item.kind == kind]
    else:
        rows = [found for object_id in object_ids if (found := objects.get(object_id)) is not None]
    listing = Listing(rows, schema, f"{path}/microsoft.graph.{kind}", call.origin, context=schema.entity_set)
    if kind == "user" and not may_read(call):
        listing = replace(listing, render=lambda row, names: typed("user", {"id": row["id"]}))
    return page(listing, call.options)


def schema_of(kind: str, others: Mapping[str, Linked]) -> tuple[str, Schema]:
    """A kind in its own spelling, and its schema."""
    schemas = {**DIRECTORY_SCHEMAS, **{item.kind: item.schema for item in others.values()}}
    for name, schema in schemas.items():
        if name.lower() == kind.lower():
            return name, schema
    raise not_implemented(f"the cast microsoft.graph.{kind} here")


def rows_of(call: Call, object_ids: Iterable[str], *, others: Mapping[str, Linked]) -> Iterator[Row]:
    readable = may_read(call)
    for object_id in object_ids:
        found = others.get(object_id) or of_any_kind(call, object_id)
        if found is not None:
            yield found.entity if found.kind != "user" or readable else {"id": object_id}


def check_link_filter(call: Call) -> None:
    """Without the advanced parameters links are filtered by id alone (hashicorp/terraform-provider-azuread does so).

    Raises:
        GraphError: 400 for any other filter.
    """
    text = call.options.values.get("$filter")
    if text is None or call.options.advanced:
        return
    named = named_values(text)
    if named is None or named[0] != "id":
        raise unsupported_query("The specified filter to the reference property query is currently not supported.")
