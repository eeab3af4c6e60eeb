"""Values for every property of Graph's types, and whether an answer has what was sent."""

from collections.abc import Mapping
from typing import Any

from local.entra.protocol.graph_types import type_named

SIMPLE: Mapping[str, Any] = {
    "Edm.String": "text",
    "Edm.Guid": "ce580154-086a-40fd-91df-8a60abac81a0",
    "Edm.DateTimeOffset": "2026-11-26T09:00:00Z",
    "Edm.Date": "2026-11-26",
    "Edm.Duration": "P1D",
    "Edm.Boolean": True,
    "Edm.Int32": 1,
}


WITHOUT_READ_ONLY_PARTS: Mapping[str, Any] = {
    "informationalUrl": {"marketingUrl": "https://example.com/m", "supportUrl": None},
    "webApplication": {"logoutUrl": "https://example.com/out", "redirectUris": ["https://example.com/in"]},
}


def sample(type_name: str, depth: int = 2) -> Any:
    """A value of a type, with every property of a complex one."""
    if type_name.endswith("*"):
        return [sample(type_name.rstrip("*"), depth)]
    kind = type_named(type_name)
    if type_name in WITHOUT_READ_ONLY_PARTS:
        return WITHOUT_READ_ONLY_PARTS[type_name]
    if kind is None:
        return SIMPLE.get(type_name, "text")
    if kind.members:
        return min(kind.members - {"unknownFutureValue"})
    return {name: sample(inner, depth - 1) for name, inner in kind.properties.items()} if depth else {}


def kept(sent: Any, found: Any) -> bool:
    """Whether everything that was sent is there."""
    if isinstance(sent, dict):
        return isinstance(found, dict) and all(kept(value, found.get(name)) for name, value in sent.items())
    if isinstance(sent, list) and isinstance(found, list):
        return len(sent) == len(found) and all(kept(*pair) for pair in zip(sent, found, strict=True))
    return bool(sent == found)
