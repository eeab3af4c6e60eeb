"""The properties of an object that we manage, each told once: plan, drift and what is sent follow from it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from provisioning.graph.odata import same_ids
from provisioning.model.plan import Change


@dataclass(frozen=True)
class Field:
    """A property that we manage.

    Attributes:
        name: Its name in Graph, with dots into nested objects.
        value: What it should be.
        reason: Why, as a sentence.
        fixed: Whether it is given at creation and cannot be changed later, so that it is not compared.
        unset: What Graph means where it shows null or nothing.
        merge: Makes what should be of what is there, where other people's values stay.
    """

    name: str
    value: Any
    reason: str = ""
    fixed: bool = False
    unset: Any = None
    merge: Callable[[Any], Any] | None = None

    def wanted(self, present: Any) -> Any:
        """Return what should be there, given what is."""
        return self.value if self.merge is None else self.merge(present)

    def read(self, item: Mapping[str, Any]) -> Any:
        """Return what is there."""
        value: Any = item
        for part in self.name.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is None:
            return [] if isinstance(self.value, list) else self.unset
        return value

    @property
    def section(self) -> str:
        """Return the top-level property that it is part of, which Graph takes whole."""
        return self.name.partition(".")[0]


def differences_of(fields: Iterable[Field], item: Mapping[str, Any]) -> tuple[Change, ...]:
    """Return a change for each property that is not as it should be."""
    found = []
    for field in fields:
        if field.fixed:
            continue
        present = field.read(item)
        wanted = field.wanted(present)
        if not is_same(present, wanted):
            found.append(Change(field.name, present, wanted, field.reason))
    return tuple(found)


def is_same(left: Any, right: Any) -> bool:
    """Return whether two values say the same: lists in any order and case (Microsoft365DSC#7118)."""
    if isinstance(left, list) and isinstance(right, list):
        return same_ids(map(str, left), map(str, right))
    return bool(left == right)


def create_body(fields: Iterable[Field]) -> dict[str, Any]:
    """Return the JSON of a new object. What is empty is not sent: nothing has to be cleared."""
    body: dict[str, Any] = {}
    for field in fields:
        value = field.wanted(field.read({}))
        if value is not None and value != []:
            put(body, field.name, value)
    return body


def creation_changes(fields: Iterable[Field], *, reason: str) -> tuple[Change, ...]:
    """Return what a new object will say of itself: every property that is sent."""
    fields = tuple(fields)
    body = create_body(fields)
    return tuple(Change(field.name, None, field.read(body), reason) for field in fields if is_given(body, field.name))


def patch_body(fields: Iterable[Field], changes: Iterable[Change], item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON of a change: nested objects with all we manage in them, empty lists as [], unset as null."""
    sections = {change.field.partition(".")[0] for change in changes}
    body: dict[str, Any] = {}
    for field in fields:
        if field.section in sections and not field.fixed:
            put(body, field.name, field.wanted(field.read(item)))
    return body


def put(body: dict[str, Any], name: str, value: Any) -> None:
    """Put a value where a name with dots says."""
    *parents, last = name.split(".")
    for parent in parents:
        body = body.setdefault(parent, {})
    body[last] = value


def is_given(body: Mapping[str, Any], name: str) -> bool:
    """Return whether a body holds a value where a name with dots says."""
    value: Any = body
    for part in name.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return False
        value = value[part]
    return True
