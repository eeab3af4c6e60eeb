"""Whether an answer fits msgraph-sdk's typed model with nothing left over and nothing lost."""

from collections.abc import Iterator
from typing import Any

import orjson
from kiota_abstractions.serialization import Parsable
from kiota_serialization_json.json_parse_node_factory import JsonParseNodeFactory


def parse(content: bytes, model: type[Parsable]) -> Any:
    """The typed model of an answer.

    Raises:
        AssertionError: a property, however deep, is not in Microsoft's model, or a value is not one of its type.
    """
    node = JsonParseNodeFactory().get_root_parse_node("application/json", content)
    factory: Any = model
    parsed: Any = node.get_object_value(factory)
    unknown = sorted(set(leftovers(parsed, path=model.__name__)))
    assert not unknown, f"Not in Microsoft's model: {', '.join(unknown)}"
    unread = sorted(set(lost(orjson.loads(content), parsed, path=model.__name__)))
    assert not unread, f"Not of Microsoft's type: {', '.join(unread)}"
    return parsed


def leftovers(value: Any, *, path: str) -> Iterator[str]:
    """Names in `additional_data` that are no annotations, with where they are."""
    if isinstance(value, list):
        for item in value:
            yield from leftovers(item, path=path)
        return
    if not isinstance(value, Parsable):
        return
    for name in getattr(value, "additional_data", None) or {}:
        if "@odata." not in name:
            yield f"{path}.{name}"
    for name, item in vars(value).items():
        if name not in ("additional_data", "backing_store"):
            yield from leftovers(item, path=f"{path}.{name}")


def lost(raw: Any, value: Any, *, path: str) -> Iterator[str]:
    """Where the model holds fewer values than the answer: the SDK reads an unknown enum value as None."""
    if isinstance(raw, list) and isinstance(value, list):
        for raw_item, item in zip(raw, value, strict=True):
            yield from lost(raw_item, item, path=path)
        return
    if not isinstance(raw, dict) or not isinstance(value, Parsable):
        return
    given = {
        name.replace("-", "").lower(): item for name, item in raw.items() if item is not None and "@odata." not in name
    }
    held = {name.replace("_", "").lower(): item for name, item in vars(value).items()}
    for name, item in given.items():
        if held.get(name) is None:
            yield f"{path}.{name}"
        else:
            yield from lost(item, held[name], path=f"{path}.{name}")
