"""The JSON that the control side is sent."""

from typing import Any

import orjson
from starlette.requests import Request


class ControlError(ValueError):
    """Bad control input; the text is a sentence for the person who sent it."""


async def json_body(request: Request) -> Any:
    """The JSON body.

    Raises:
        ControlError: there is none.
    """
    try:
        return orjson.loads(await request.body())
    except orjson.JSONDecodeError as error:
        raise ControlError(f"The body of {request.method} {request.url.path} must be JSON: {error}.") from error


async def json_object(request: Request) -> dict[str, Any]:
    document = await json_body(request)
    if not isinstance(document, dict):
        raise ControlError(f"The body of {request.method} {request.url.path} must be a JSON object.")
    return document


async def json_objects(request: Request, what: str) -> list[dict[str, Any]]:
    """The JSON objects in a list that a request carries.

    Raises:
        ControlError: it carries something else.
    """
    document = await json_body(request)
    if not isinstance(document, list) or not all(isinstance(item, dict) for item in document):
        raise ControlError(f"{request.method} {request.url.path} takes a JSON list of {what}.")
    return document
