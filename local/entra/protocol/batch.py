"""JSON batching: up to 20 calls in one, each answered on its own.

Source: the page `json-batching` of the Graph documentation (2025-02).
"""

import base64
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from local.entra.protocol.errors import GraphError
from local.entra.protocol.routing import GraphRequest, Reply

MOST_ITEMS = 20


@dataclass(frozen=True)
class BatchItem:
    """One call of a batch and the ids of those it waits for."""

    id: str
    request: GraphRequest
    depends_on: tuple[str, ...]


def malformed(message: str) -> GraphError:
    return GraphError(400, "BadRequest", message)


def parse_batch(document: Any, *, outer: GraphRequest, limit: int) -> list[BatchItem]:
    """The calls of a batch, in the order they were given.

    Args:
        document: the JSON body.
        outer: the batch call, whose token the items use.
        limit: the most items a batch may have.

    Raises:
        GraphError: the batch as a whole is refused.
    """
    requests = document.get("requests") if isinstance(document, dict) else None
    if not isinstance(requests, list) or not requests:
        raise malformed("Invalid batch payload format.")
    if len(requests) > limit:
        raise malformed(f"Number of batch request steps exceeds the maximum value of {limit}.")
    items: list[BatchItem] = []
    seen: set[str] = set()
    for raw in requests:
        item = parse_item(raw, outer=outer)
        if item.id.lower() in seen:
            raise malformed(f"Request id '{item.id}' is not unique in the batch.")
        if any(wanted.lower() not in seen for wanted in item.depends_on):
            raise malformed(f"Request id '{item.id}' depends on a request that does not come before it.")
        seen.add(item.id.lower())
        items.append(item)
    return items


def parse_item(raw: Any, *, outer: GraphRequest) -> BatchItem:
    """One call of a batch. An id may be a number, as the Microsoft 365 CLI sends it; the answer has it as text."""
    if not isinstance(raw, dict) or not all(isinstance(raw.get(name), str) for name in ("method", "url")):
        raise malformed("Invalid batch payload format.")
    item_id, depends_on = id_of(raw.get("id")), tuple(map(id_of, raw.get("dependsOn") or ()))
    headers = {str(name).lower(): str(value) for name, value in (raw.get("headers") or {}).items()}
    body = raw.get("body")
    if body is not None and "content-type" not in headers:
        raise malformed(f"Write request id : {item_id} does not contain Content-Type header or body.")
    if "://" in raw["url"]:
        raise malformed(f"The URL of request id '{item_id}' must be relative to the version.")
    path, _, query = raw["url"].partition("?")
    if "authorization" in outer.headers:
        headers["authorization"] = outer.headers["authorization"]
    request = GraphRequest(
        method=raw["method"].upper(),
        path=f"/{path.lstrip('/')}",
        query=query,
        headers=headers,
        body=item_body(body, headers),
        origin=outer.origin,
        batched=True,
        version=outer.version,
    )
    return BatchItem(id=item_id, request=request, depends_on=depends_on)


def id_of(value: Any) -> str:
    """A text or a whole number as the id of a call.

    Raises:
        GraphError: it is neither.
    """
    if isinstance(value, bool) or not isinstance(value, int | str) or value == "":
        raise malformed("Invalid batch payload format.")
    return str(value)


def item_body(body: Any, headers: Mapping[str, str]) -> bytes:
    """JSON bodies are inline, all others base64."""
    if body is None:
        return b""
    if "json" in headers.get("content-type", ""):
        return orjson.dumps(body)
    try:
        return base64.b64decode(str(body), validate=True)
    except ValueError as error:
        raise malformed("Invalid batch payload format.") from error


async def run_batch(
    items: list[BatchItem], *, handle: Callable[[GraphRequest], Awaitable[Reply]]
) -> list[dict[str, Any]]:
    """Answer the items one after another; one whose dependency failed is not tried (424)."""
    responses: list[dict[str, Any]] = []
    failed: set[str] = set()
    for item in items:
        if failed.intersection(name.lower() for name in item.depends_on):
            reply = failed_dependency()
        else:
            reply = await handle(item.request)
        if reply.status >= 400:
            failed.add(item.id.lower())
        responses.append(response(item.id, reply))
    return responses


def failed_dependency() -> Reply:
    return Reply(
        status=424,
        body={"error": {"code": "FailedDependency", "message": "A request this one depends on has failed."}},
    )


def response(item_id: str, reply: Reply) -> dict[str, Any]:
    result: dict[str, Any] = {"id": item_id, "status": reply.status, "headers": dict(reply.headers)}
    if isinstance(reply.body, bytes):
        result["body"] = base64.b64encode(reply.body).decode()
    elif reply.body is not None:
        result["headers"]["Content-Type"] = "application/json"
        result["body"] = reply.body
    return result
