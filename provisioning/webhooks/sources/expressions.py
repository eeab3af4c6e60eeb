"""JMESPath expressions of profiles, and the one function the product adds to the language.

`field(object, ['Employee #', 'Personnel No'])` finds the first of these fields that holds something. Names are compared
without case, spaces and punctuation, since reports and HR screens spell them as their admins please; what a customer
calls otherwise is named in HR_FIELDS_<SOURCE>.
"""

from collections.abc import Mapping
from typing import Any

import jmespath
from jmespath import functions

from provisioning.webhooks.sources.fields import NO_ALIASES, find_field


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
