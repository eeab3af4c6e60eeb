"""Reading a body that a stranger wrote, with limits."""

from typing import Any
from urllib.parse import parse_qsl

import orjson

from provisioning.webhooks.sources.base import UnreadableDelivery

MOST_FORM_FIELDS = 5000
BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # RFC 8259, 8.1: a reader may skip it; .NET and others write one


def without_mark(body: bytes) -> bytes:
    """Return a body without the byte order mark before it; what is signed is the body as it came."""
    return body.removeprefix(BYTE_ORDER_MARK)


def read_json(body: bytes) -> Any:
    """Parse a body as JSON.

    Raises:
        UnreadableDelivery: It is not UTF-8 or not JSON. (orjson refuses what is nested beyond 1,024 levels.)
    """
    body = without_mark(body)
    try:
        body.decode()
    except UnicodeDecodeError:
        raise UnreadableDelivery("The body is not UTF-8 text.") from None
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise UnreadableDelivery("The body is not JSON.") from None


def read_object(body: bytes) -> dict[str, Any]:
    """Parse a body as a JSON object.

    Raises:
        UnreadableDelivery: It is not UTF-8, not JSON, or not an object.
    """
    content = read_json(body)
    if not isinstance(content, dict):
        raise UnreadableDelivery("The body is JSON, but not an object.")
    return content


def read_form(body: bytes) -> dict[str, str]:
    """Parse the fields of a form.

    Raises:
        UnreadableDelivery: It is not UTF-8, no form, has thousands of fields, or has one twice: which one counts?
    """
    try:
        pairs = parse_qsl(
            without_mark(body).decode(),
            keep_blank_values=True,
            strict_parsing=bool(without_mark(body)),
            errors="strict",
            max_num_fields=MOST_FORM_FIELDS,
        )
    except ValueError:
        raise UnreadableDelivery("The body is not a form (application/x-www-form-urlencoded).") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise UnreadableDelivery("The form contains a field twice.")
    return fields


def as_object(value: object) -> dict[str, Any]:
    """Return a nested object, or an empty one where there is something else."""
    return value if isinstance(value, dict) else {}


def as_text(value: object) -> str:
    """Return a text, or an empty one where there is something else."""
    return value if isinstance(value, str) else ""


def media_type_of(content_type: str) -> str:
    """Return a Content-Type without its parameters, in lower case."""
    return content_type.partition(";")[0].strip().lower()


def is_json(media_type: str) -> bool:
    """Return whether a body of this type is JSON: application/json, or any type ending in +json (RFC 6839, 3.1)."""
    return media_type.endswith(("/json", "+json"))


def is_xml(media_type: str) -> bool:
    """Return whether a body of this type is XML, SOAP included."""
    return media_type.endswith(("/xml", "+xml"))
