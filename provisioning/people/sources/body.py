"""Reading a body that a stranger wrote, with limits."""

from typing import Any

import orjson

from provisioning.people.sources import Unreadable


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object a body holds.

    Raises:
        Unreadable: It is not UTF-8, not JSON, or not an object. (orjson refuses what is nested beyond 1,024 levels.)
    """
    try:
        body.decode()
    except UnicodeDecodeError:
        raise Unreadable("The body is not UTF-8 text.") from None
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Unreadable("The body is not JSON.") from None
    if not isinstance(content, dict):
        raise Unreadable("The body is JSON, but not an object.")
    return content


def as_object(value: object) -> dict[str, Any]:
    """A nested object, or an empty one where there is something else."""
    return value if isinstance(value, dict) else {}


def as_text(value: object) -> str:
    """A text, or an empty one where there is something else."""
    return value if isinstance(value, str) else ""
