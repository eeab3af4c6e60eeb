"""What a body may say: the properties of Graph's v1.0 types, and what is wrong with a body that says something else.

The table `graph_types.json` is made by `extract_types.py` from Microsoft's metadata.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

import orjson

TABLE = Path(__file__).with_name("graph_types.json")
PREFIX = "#microsoft.graph."
BIND = "@odata.bind"
TEXTS = frozenset(
    f"Edm.{name}" for name in ("String", "Guid", "DateTimeOffset", "Date", "Duration", "Binary", "Stream")
)
NUMBERS = frozenset({"Edm.Int16", "Edm.Int32", "Edm.Int64", "Edm.Double", "Edm.Single", "Edm.Byte"})
EXTENSION = "extension_"
"""Directory extensions, which open types carry: `extension_{appId}_{name}`."""


@dataclass(frozen=True)
class GraphType:
    """One type with what it inherits.

    Attributes:
        properties: the type of each property, with a star behind that of a collection.
        navigation: the same for links to other objects.
        members: the values of an enumeration; empty for other types.
        flags: whether several of them may stand in one text, with commas.
        abstract: whether a value needs an `@odata.type` that names a derived type.
        open: whether it takes directory extensions.
    """

    name: str
    properties: Mapping[str, str] = field(default_factory=dict)
    navigation: Mapping[str, str] = field(default_factory=dict)
    members: frozenset[str] = frozenset()
    flags: bool = False
    abstract: bool = False
    open: bool = False

    @property
    def names(self) -> Mapping[str, str]:
        """Properties and links."""
        return {**self.properties, **self.navigation}


class FaultKind(Enum):
    """What can be wrong with a part of a body."""

    UNKNOWN = "unknown"
    MISTYPED = "mistyped"


@dataclass(frozen=True)
class BodyFault:
    """A part of a body that its type does not take; `path` names it with dots."""

    kind: FaultKind
    path: str

    @property
    def top(self) -> str:
        """The property of the object itself that the fault is in."""
        return self.path.partition(".")[0]


@cache
def table() -> dict[str, dict[str, Any]]:
    document: dict[str, dict[str, Any]] = orjson.loads(TABLE.read_bytes())
    return document


@cache
def type_named(name: str) -> GraphType | None:
    """The type of that name, or None for one that is not in the table (and for those of OData itself)."""
    raw = table().get(name)
    if raw is None:
        return None
    base = type_named(raw["base"]) if "base" in raw else None
    inherited = base or GraphType(name)
    return GraphType(
        name=name,
        properties={**inherited.properties, **raw.get("properties", {})},
        navigation={**inherited.navigation, **raw.get("navigation", {})},
        members=frozenset(raw.get("members", ())),
        flags=bool(raw.get("flags")),
        abstract=bool(raw.get("abstract")),
        open=bool(raw.get("open")) or inherited.open,
    )


def known_type(name: str) -> GraphType:
    """The type of that name.

    Raises:
        KeyError: the table has none; that is a fault of the stand-in.
    """
    found = type_named(name)
    if found is None:
        raise KeyError(f"graph_types.json has no type {name}; extract_types.py makes the file.")
    return found


def body_faults(document: Mapping[str, Any], kind: GraphType, *, path: str = "") -> Iterator[BodyFault]:
    """What a body says that its type does not know, and values of a wrong type, in the order of the body."""
    for name, value in document.items():
        here = f"{path}.{name}" if path else name
        if name.endswith(BIND):
            if name.removesuffix(BIND) not in kind.navigation:
                yield BodyFault(FaultKind.UNKNOWN, here)
        elif "@" in name or (kind.open and name.startswith(EXTENSION)):
            continue
        elif name not in kind.names:
            yield BodyFault(FaultKind.UNKNOWN, here)
        else:
            yield from value_faults(value, kind.names[name], path=here)


def value_faults(value: Any, type_name: str, *, path: str) -> Iterator[BodyFault]:
    """The faults of one value. Null is taken everywhere: the table does not say where it is not."""
    if value is None:
        return
    if type_name.endswith("*"):
        if not isinstance(value, list):
            yield BodyFault(FaultKind.MISTYPED, path)
            return
        for item in value:
            yield from value_faults(item, type_name.rstrip("*"), path=path)
        return
    kind = type_named(type_name)
    if kind is None:
        good = is_simple(value, type_name)
    elif kind.members:
        good = isinstance(value, str) and members_of(value, kind) <= kind.members
    else:
        yield from object_faults(value, kind, path=path)
        return
    if not good:
        yield BodyFault(FaultKind.MISTYPED, path)


def object_faults(value: Any, kind: GraphType, *, path: str) -> Iterator[BodyFault]:
    """The faults of a value that has properties of its own, by the derived type that it names, if it names one."""
    named = str(value.get("@odata.type", "")).removeprefix(PREFIX) if isinstance(value, dict) else ""
    own = type_named(named) if named else kind
    if not isinstance(value, dict) or own is None or own.abstract:
        yield BodyFault(FaultKind.MISTYPED, path)
        return
    yield from body_faults(value, own, path=path)


def members_of(text: str, kind: GraphType) -> set[str]:
    return {item.strip() for item in text.split(",")} if kind.flags else {text}


def is_simple(value: Any, type_name: str) -> bool:
    """Whether a value fits one of OData's own types; what the table does not describe is taken as it is."""
    if type_name in TEXTS:
        return isinstance(value, str)
    if type_name == "Edm.Boolean":
        return isinstance(value, bool)
    if type_name in NUMBERS:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return True
