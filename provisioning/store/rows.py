"""Keeps a frozen dataclass as a row of a table: one of plain fields as properties, one with others inside as JSON."""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import TypeAdapter

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")
LONGEST_PROPERTY = 30_000  # characters; a property holds 32 Ki of them (rest/api/storageservices, table data model)


def split_text(name: str, text: str) -> dict[str, str]:
    """Return the properties that keep a long text: name0, name1 and so on."""
    starts = range(0, len(text), LONGEST_PROPERTY)
    return {f"{name}{number}": text[start : start + LONGEST_PROPERTY] for number, start in enumerate(starts)}


def join_text(name: str, row: Mapping[str, Any]) -> str:
    """Return the text that `split_text` made properties of."""
    numbers = sorted(int(key.removeprefix(name)) for key in row if key.startswith(name))
    return "".join(str(row[f"{name}{number}"]) for number in numbers)


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


class DocumentFormat(Generic[T]):
    """How a dataclass that holds others is kept: as JSON, in as many properties as that takes.

    Args:
        kind: The dataclass.
    """

    def __init__(self, kind: type[T]) -> None:
        self.adapter: TypeAdapter[T] = TypeAdapter(kind)

    def dump(self, value: T) -> dict[str, str]:
        """Return the properties of the row that keeps a value."""
        return split_text("content", self.adapter.dump_json(value).decode())

    def load(self, row: Mapping[str, Any]) -> T:
        """Return the value that a row keeps."""
        return self.adapter.validate_json(join_text("content", row))
