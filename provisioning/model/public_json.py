"""Public JSON: our own names in camelCase, whatever Graph or an admin named left as it is."""

from dataclasses import fields, is_dataclass
from typing import Any


def camel_case(name: str) -> str:
    """Return a field's name as public JSON spells it: `plan_id` becomes `planId`."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def public_json(value: Any) -> Any:
    """Convert dataclasses, at any depth, to JSON objects; the keys of mappings are data and stay."""
    if is_dataclass(value) and not isinstance(value, type):
        return {camel_case(item.name): public_json(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, list | tuple):
        return [public_json(item) for item in value]
    if isinstance(value, dict):
        return {name: public_json(item) for name, item in value.items()}
    return value
