"""Query options: `$select`, `$filter`, `$search`, `$orderby`, `$top`, `$count` and paging by an opaque skip token."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from local.entra.protocol.errors import GraphError, bad_request, not_implemented, unsupported_query
from local.entra.protocol.filters import compile_filter
from local.entra.protocol.ordering import compile_search, ordered
from local.entra.protocol.paging import cut
from local.entra.protocol.schema import Schema

DEFAULT_PAGE = 100
LARGEST_PAGE = 999
KNOWN = frozenset(
    {"$select", "$filter", "$top", "$count", "$skiptoken", "$deltatoken", "$skip", "$search", "$orderby", "$expand"}
)
CHECKED = ("$filter", "$search", "$orderby")
"""Options that a collection must not pass over in silence."""

Row = Mapping[str, Any]
Render = Callable[[Row, tuple[str, ...] | None], dict[str, Any]]


def selected(text: str | None, schema: Schema, *, also: tuple[str, ...] = ()) -> tuple[str, ...] | None:
    """The properties that a `$select` names, in their own spelling, or None without one.

    Names are read without regard to case: pnp/cli-microsoft365 selects `Id`.

    Raises:
        GraphError: one is neither the schema's nor among `also`.
    """
    if text is None:
        return None
    known = {name.lower(): name for name in (*schema.properties, *also)}
    names = tuple(known.get(name.strip().lower(), name.strip()) for name in text.split(",") if name.strip())
    for name in names:
        if name not in schema.properties and name not in also:
            raise GraphError(
                400,
                "BadRequest",
                "Parsing OData Select and Expand failed: Could not find a property named "
                f"'{name}' on type '{schema.name}'.",
            )
    return names


@dataclass(frozen=True)
class QueryOptions:
    """The query of one call, and whether its header makes it an advanced one.

    Args:
        applied: the options that a collection was narrowed or sorted by.
    """

    values: Mapping[str, str]
    eventual: bool
    applied: set[str] = field(default_factory=set, compare=False)

    def changed(self, **values: str | None) -> "QueryOptions":
        """The same query with other values, by names without the dollar sign; None leaves an option out."""
        new = {f"${name}": value for name, value in values.items()}
        kept = {name: value for name, value in {**self.values, **new}.items() if value is not None}
        return QueryOptions(kept, self.eventual, self.applied)

    @property
    def counted(self) -> bool:
        return self.values.get("$count", "").lower() == "true"

    @property
    def advanced(self) -> bool:
        """Advanced queries need the header and the count; the header is demanded again on every page."""
        return self.eventual and self.counted

    def select(self, schema: Schema) -> tuple[str, ...] | None:
        """The selected properties, or None without `$select`.

        Raises:
            GraphError: a property is unknown.
        """
        return selected(self.values.get("$select"), schema)

    def top(self, *, default: int = DEFAULT_PAGE, largest: int = LARGEST_PAGE) -> int:
        text = self.values.get("$top")
        if text is None:
            return default
        if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= largest:
            raise unsupported_query(
                f"Invalid page size specified: '{text}'. Must be between 1 and {largest} inclusive."
            )
        return int(text)


def parse_options(query: str, *, headers: Mapping[str, str], skippable: bool = False) -> QueryOptions:
    """The query options of a call. The `$` may be left out, as in Graph.

    Args:
        skippable: whether the collection knows `$skip`; those of the directory do not.

    Raises:
        GraphError: an option that Graph refuses, or that the stand-in does not know.
    """
    values: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        option = name.lower() if name.startswith("$") else f"${name.lower()}"
        if option not in KNOWN:
            raise not_implemented(f"the query option {name}")
        values[option] = value
    eventual = headers.get("consistencylevel", "").lower() == "eventual"
    refuse_unsupported(values, eventual=eventual, skippable=skippable)
    return QueryOptions(values=values, eventual=eventual)


def refuse_unsupported(values: Mapping[str, str], *, eventual: bool, skippable: bool) -> None:
    if "$skip" in values and not skippable:
        raise bad_request("'$skip' is not supported by the service.")
    if "$search" in values and not eventual:
        raise unsupported_query(
            "Request with $search query parameter only works through MSGraph with a special request header: "
            "'ConsistencyLevel: eventual'"
        )


def project(row: Row, *, names: Iterable[str], schema: Schema) -> dict[str, Any]:
    """The named properties of an object, with null, empty or what follows from others for those it never set."""
    blank, computed = schema.blank, schema.computed
    return {
        name: row[name] if name in row else computed[name](row) if name in computed else blank.get(name)
        for name in names
    }


def entity(row: Row, *, schema: Schema, options: QueryOptions, origin: str) -> dict[str, Any]:
    """One object as a GET by id answers it."""
    names = options.select(schema)
    suffix = f"({','.join(names)})" if names else ""
    return {
        "@odata.context": f"{origin}/v1.0/$metadata#{schema.entity_set}{suffix}/$entity",
        **project(row, names=names or schema.default, schema=schema),
    }


def counted(rows: Iterable[Row], schema: Schema, options: QueryOptions) -> bytes:
    """The text of a `$count` segment.

    Raises:
        GraphError: 400 without the advanced-query header.
    """
    if not options.eventual:
        raise bad_request("$count is not currently supported.")
    rows = filter(condition(schema, options, advanced=True), rows)
    return str(sum(1 for _ in rows)).encode()


def condition(schema: Schema, options: QueryOptions, *, advanced: bool) -> Callable[[Row], bool] | None:
    """What `$filter` and `$search` keep, None for everything."""
    options.applied.update(CHECKED)
    keep = None
    if "$filter" in options.values:
        keep = compile_filter(options.values["$filter"], schema=schema, advanced=advanced)
    if "$search" not in options.values:
        return keep
    found = compile_search(options.values["$search"], resource=schema.resource)
    if keep is None:
        return found
    narrow = keep
    return lambda row: found(row) and narrow(row)


def refuse_unapplied(options: QueryOptions, *, template: str) -> None:
    """Refuse in the stand-in's own name what a collection did not look at.

    Raises:
        GraphError: 501.
    """
    for name in CHECKED:
        if name in options.values and name not in options.applied:
            raise not_implemented(f"the query option {name} at {template}")


@dataclass(frozen=True)
class Listing:
    """What a page is cut from.

    Args:
        rows: every object, in a stable order.
        schema: the kind of object.
        path: the call's path below the version, for the next link.
        origin: scheme, host and port of the stand-in.
        context: the part of `@odata.context` behind the `#`, when it is not the entity set's.
        render: how to show a row, given the selected names or None; without it, the schema's way.
    """

    rows: Iterable[Row]
    schema: Schema
    path: str
    origin: str
    context: str | None = None
    render: Render | None = None


def page(listing: Listing, options: QueryOptions) -> dict[str, Any]:
    """One page of a collection, filtered and selected, with a next link when there is more."""
    schema = listing.schema
    names = options.select(schema)
    if names and schema.single_only & set(names):
        raise GraphError(501, "NotImplemented", "This operation target is not yet supported.")
    top = options.top()
    rows, keep = listing.rows, condition(schema, options, advanced=options.advanced)
    if "$orderby" in options.values:
        filtered = "$filter" in options.values
        rows = ordered(
            rows,
            options.values["$orderby"],
            resource=schema.resource,
            advanced=options.advanced,
            filtered=filtered,
        )
    if options.advanced and "$skiptoken" not in options.values:
        rows, keep = list(filter(keep, rows) if keep else rows), None
    chosen, last, more = cut(rows, keep=keep, top=top, token=options.values.get("$skiptoken"))
    suffix = f"({','.join(names)})" if names else ""
    result: dict[str, Any] = {
        "@odata.context": f"{listing.origin}/v1.0/$metadata#{listing.context or schema.entity_set + suffix}"
    }
    if options.advanced and isinstance(rows, list):
        result["@odata.count"] = len(rows)
    if more:
        result["@odata.nextLink"] = next_link(listing, options, token=last)
    if listing.render is not None:
        result["value"] = [listing.render(row, names) for row in chosen]
    else:
        result["value"] = [project(row, names=names or schema.default, schema=schema) for row in chosen]
    return result


def next_link(listing: Listing, options: QueryOptions, *, token: str) -> str:
    values = {**options.values, "$skiptoken": token}
    return f"{listing.origin}/v1.0{listing.path}?{urlencode(values, safe='$,', quote_via=quote)}"
