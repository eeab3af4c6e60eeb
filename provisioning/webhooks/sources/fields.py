"""Finds a field of a delivery whatever its spelling: HR screens and reports name them as their admins please."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from provisioning.hr_settings import plain_name

NO_ALIASES: Mapping[str, str] = MappingProxyType({})


def find_field(holder: Mapping[str, Any] | None, names: list[str], aliases: Mapping[str, str] = NO_ALIASES) -> Any:
    """Return what the first of these fields holds; None where none of them holds anything.

    Args:
        holder: The object; anything else holds nothing.
        names: The names, the best first.
        aliases: What the customer calls fields, and what the product does, both as plain_name makes them.
    """
    found: dict[str, Any] = {}
    for key, value in holder.items() if isinstance(holder, Mapping) else ():
        plain = plain_name(str(key))
        if value not in (None, ""):
            found.setdefault(aliases.get(plain, plain), value)
    return next((found[name] for name in map(plain_name, names) if name in found), None)
