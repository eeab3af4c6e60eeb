"""Values inside paths and filters: quoted or refused, never concatenated raw."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from kiota_abstractions.base_request_configuration import RequestConfiguration


def literal(value: str) -> str:
    """Return a string literal for $filter: quotes doubled (OData 4.01, 5.1.1.6.1); the SDK percent-encodes the rest."""
    return "'" + value.replace("'", "''") + "'"


def is_object_id(value: object) -> bool:
    """Return whether a text is an object id in Graph's own spelling and so may stand in a path."""
    try:
        return isinstance(value, str) and str(UUID(value)) == value.lower()
    except ValueError:
        return False


def same_ids(left: Iterable[str] | None, right: Iterable[str] | None) -> bool:
    """Return whether two lists hold the same ids, in any order and case (Microsoft365DSC#7118)."""
    return {item.casefold() for item in left or ()} == {item.casefold() for item in right or ()}


def query(parameters: Any, *, headers: dict[str, str] | None = None) -> RequestConfiguration[Any]:
    """Make a request configuration of the SDK with query parameters and headers."""
    configuration: RequestConfiguration[Any] = RequestConfiguration(query_parameters=parameters)
    for name, value in (headers or {}).items():
        configuration.headers.add(name, value)
    return configuration
