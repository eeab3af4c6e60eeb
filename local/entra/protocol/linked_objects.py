"""What is at the other end of links: mixed collections such as members and owners, and casts of them to one kind."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from local.entra.directory.directory_object.schema import DIRECTORY_OBJECT, DIRECTORY_SCHEMAS
from local.entra.directory.user.routes import may_read, typed
from local.entra.protocol.collection import Entity
from local.entra.protocol.errors import bad_request, not_implemented, unsupported_query
from local.entra.protocol.filter_syntax import named_values
from local.entra.protocol.query import Listing, Render, Row, page, project
from local.entra.protocol.routing import Call
from local.entra.protocol.schema import Schema


@dataclass(frozen=True)
class Linked:
    """An object at the other end of a link, with its kind as Graph writes it in annotations."""

    kind: str
    entity: Entity
    schema: Schema


NO_OTHERS: Mapping[str, Linked] = MappingProxyType({})


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
