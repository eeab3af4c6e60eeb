"""Keeps a frozen dataclass as a row of a table, the same way for every kind of row."""

from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import TypeAdapter

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")


class RowFormat(Generic[T]):
    """How one dataclass of plain fields is kept: ISO texts for dates, comma-separated texts for tuples of names.

    A field that is None is left out, and one that is missing from a row has its default.

    Args:
        kind: The dataclass. A field whose metadata says `kept: False` is no property of the row; the row's own ETag
            is loaded into a field `etag`.
    """

    def __init__(self, kind: type[T]) -> None:
        self.adapter: TypeAdapter[T] = TypeAdapter(kind)
        self.fields = tuple(field.name for field in fields(kind))
        self.kept = frozenset(field.name for field in fields(kind) if field.metadata.get("kept", True))
        self.required = frozenset(field.name for field in fields(kind) if field.default is MISSING)
        self.lists = frozenset(field.name for field in fields(kind) if str(field.type).startswith("tuple"))

    def dump(self, value: T) -> dict[str, Any]:
        """Return the properties of the row that keeps a value."""
        values = self.adapter.dump_python(value, mode="json", exclude_none=True)
        return {
            name: ",".join(item) if name in self.lists else item for name, item in values.items() if name in self.kept
        }

    def load(self, row: dict[str, Any], **known: object) -> T:
        """Return the value that a row keeps.

        Args:
            row: As the table service returned it, with its ETag as `etag`.
            known: Fields that the row's key tells.
        """
        values = {name: row.get(name) for name in self.fields if name in self.required or row.get(name) is not None}
        for name in self.lists & values.keys():
            values[name] = [part for part in str(values[name]).split(",") if part]
        return self.adapter.validate_python({**values, **known})
