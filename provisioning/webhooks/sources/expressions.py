"""JMESPath expressions of profiles, and the one function the product adds to the language.

`field(object, ['Employee #', 'Personnel No'])` finds the first of these fields that holds something. Names are compared
without case, spaces and punctuation, since reports and HR screens spell them as their admins please; what a customer
calls otherwise is named in HR_FIELDS_<SOURCE>.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import jmespath
from jmespath import functions

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


class Functions(functions.Functions):
    """JMESPath's own functions, and `field`.

    Args:
        aliases: As find_field takes them.
    """

    def __init__(self, aliases: Mapping[str, str]) -> None:
        self.aliases = aliases

    @functions.signature({"types": ["object", "null"]}, {"types": ["array-string", "string"]})
    def _func_field(self, holder: dict[str, Any] | None, names: list[str] | str) -> Any:
        return find_field(holder, [names] if isinstance(names, str) else names, self.aliases)


class Expression:
    """A JMESPath expression, compiled. It runs no code and reaches nothing but the delivery."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.compiled = jmespath.compile(text)

    def search(self, scope: Any, aliases: Mapping[str, str] = NO_ALIASES) -> Any:
        """Return what it finds, None if nothing.

        Raises:
            JMESPathError: A function of it cannot take what the delivery holds.
        """
        return self.compiled.search(scope, options=jmespath.Options(custom_functions=Functions(aliases)))
