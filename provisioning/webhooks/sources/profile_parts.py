"""What the parts of a profile are made of."""

import re
from typing import Annotated

from jmespath.exceptions import JMESPathError
from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints

from provisioning.webhooks.sources.expressions import Expression

HEADER = re.compile(r"[A-Za-z0-9-]{1,80}")


def compiled(value: object) -> object:
    """Compile an expression; its fault is said in one line."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be a JMESPath expression")
    try:
        return Expression(value)
    except JMESPathError as error:
        raise ValueError(f"is not a JMESPath expression: {' '.join(str(error).split())[:200]}") from None


def lower_header(value: object) -> object:
    """Return a header's name in lower case."""
    if not isinstance(value, str) or not HEADER.fullmatch(value):
        raise ValueError("must be the name of a header")
    return value.lower()


Path = Annotated[Expression, BeforeValidator(compiled)]
Header = Annotated[str, BeforeValidator(lower_header)]
Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=600)]


class Strict(BaseModel):
    """Base: an unknown key is a fault, not a wish."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)
