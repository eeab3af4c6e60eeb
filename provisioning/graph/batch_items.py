"""The requests and answers in a `$batch`, as Graph writes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation

from provisioning.errors import TransientError
from provisioning.graph.client import Graph
from provisioning.graph.errors import GraphError, name_request, read_error
from provisioning.graph.retry import RETRIED_STATUSES

FAILED_DEPENDENCY = 424
NO_ANSWER: Mapping[str, Any] = {"status": 504}  # an item the answer does not mention


@dataclass(frozen=True)
class BatchRequest:
    """One request of a batch.

    Args:
        id: Unique in its batch, whatever the case.
        method: GET, POST, PATCH or DELETE.
        path: Relative to the version, such as /users/{id}.
        body: Sent as JSON.
        headers: Of this request alone; those of the batch are not passed on.
    """

    id: str
    method: str
    path: str
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class BatchResponse:
    """What became of an item.

    Args:
        status: Its HTTP status; 424 if one it depended on failed.
        body: The parsed body, or None.
        headers: Its own.
        request: Method and path, for messages.
        unsure: Whether an earlier sending may have taken effect although its answer was lost.
    """

    status: int
    body: Any
    headers: httpx.Headers
    request: str
    unsure: bool = False

    @property
    def ok(self) -> bool:
        """Whether it did what was asked."""
        return 200 <= self.status < 300

    @property
    def error(self) -> GraphError:
        """The error that a request by itself would have raised."""
        return read_error(self.status, orjson.dumps(self.body), headers=self.headers, request=self.request)

    @property
    def unwell(self) -> bool:
        """Whether the item is worth sending again."""
        return self.status in RETRIED_STATUSES or (not self.ok and self.error.transient)


class BatchIncomplete(TransientError):
    """A batch was not carried out to its end.

    Args:
        reason: A sentence for the log.
        answers: What is known all the same, by item id.
        after: Seconds to wait; None if it was no matter of waiting.
    """

    def __init__(self, reason: str, *, answers: Mapping[str, BatchResponse], after: float | None = None) -> None:
        super().__init__(reason, after=after)
        self.answers = answers


def batch_request(graph: Graph, items: Sequence[BatchRequest], *, chained: bool) -> RequestInformation:
    """Make the outer request."""
    requests: list[dict[str, Any]] = []
    for item in items:
        request: dict[str, Any] = {"id": item.id, "method": item.method, "url": item.path}
        headers = dict(item.headers)
        if item.body is not None:
            headers["Content-Type"] = "application/json"
            request["body"] = item.body
        if headers:
            request["headers"] = headers
        if chained and requests:
            request["dependsOn"] = [requests[-1]["id"]]
        requests.append(request)
    info = RequestInformation(Method.POST)
    info.url = f"{graph.root}/$batch"
    info.headers.try_add("Accept", "application/json")
    info.set_stream_content(orjson.dumps({"requests": requests}), "application/json")
    return info


def read_answers(items: Sequence[BatchRequest], document: Any, *, unsure: frozenset[str]) -> dict[str, BatchResponse]:
    """Return the answer to each item; they come in any order."""
    responses = {str(response["id"]).casefold(): response for response in document["responses"]}
    answers = {}
    for item in items:
        response = responses.get(item.id.casefold(), NO_ANSWER)
        answers[item.id] = BatchResponse(
            status=response["status"],
            body=response.get("body"),
            headers=httpx.Headers(response.get("headers") or {}),
            request=name_request(item.method, item.path),
            unsure=item.id in unsure,
        )
    return answers


def to_repeat(
    items: Sequence[BatchRequest], answers: Mapping[str, BatchResponse], *, chained: bool
) -> list[BatchRequest]:
    """Return the items to send again: what was unwell, and in a chain what depended on it."""
    if not chained:
        return [item for item in items if answers[item.id].unwell]
    for place, item in enumerate(items):
        if not answers[item.id].ok:
            return list(items[place:]) if answers[item.id].unwell else []
    return []
