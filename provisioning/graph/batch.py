"""`$batch`: up to 20 requests in one round trip, as raw JSON through the same client.

The SDK's batch classes need an undeclared package, and lose the bodies of the answers. Every item is throttled by
itself and has a Retry-After of its own (learn.microsoft.com/graph/json-batching, 2025-02).
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation

from provisioning.errors import TransientError
from provisioning.graph.client import Graph, collect
from provisioning.graph.errors import GraphError, name_request, read_error
from provisioning.graph.retry import RETRIED_STATUSES, THROTTLED, TRIES, backoff, wait_before_retry
from provisioning.log import EventLog

log = EventLog(__name__)

MOST_ITEMS = 20
LONGEST_WAIT = 10.0  # seconds; a longer wait goes back on the queue
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


async def run_batch(
    graph: Graph, items: Sequence[BatchRequest], *, chained: bool = False, repeatable: bool = True
) -> dict[str, BatchResponse]:
    """Send up to 20 requests together; those that were throttled or failed by the service's fault, again.

    Args:
        graph: Whose identity sends them.
        items: The requests.
        chained: Each waits for the one before it, and what is behind one that failed is answered 424; else in any
            order.
        repeatable: False if a batch whose answer was lost must not be sent again.

    Returns:
        The answer to every item, by id, good or bad.

    Raises:
        GraphError: Graph refused the batch as a whole.
        BatchIncomplete: Graph or the network is unwell, or an item asks for a longer wait than a function may sleep.
    """
    answers: dict[str, BatchResponse] = {}
    pending, unsure = list(items), frozenset[str]()
    attempt = 0
    while True:
        attempt += 1
        try:
            document = await graph.send(batch_request(graph, pending, chained=chained), repeatable=repeatable)
        except TransientError as error:
            raise BatchIncomplete(str(error), answers=answers, after=error.after) from error
        answers |= read_answers(pending, document, unsure=unsure)
        again = to_repeat(pending, answers, chained=chained)
        if not again:
            return answers
        unwell = [answers[item.id] for item in again if answers[item.id].unwell]
        waits = (wait_before_retry(item.status, item.headers, attempt=attempt, now=graph.now()) for item in unwell)
        wait = max(backoff(attempt), *waits)  # until none of the items is too early
        if attempt == TRIES or wait > LONGEST_WAIT:
            reason = f"Microsoft Graph answered {unwell[0].status} to {unwell[0].request} in a batch."
            raise BatchIncomplete(reason, answers=answers, after=wait if wait > LONGEST_WAIT else None)
        log.info("graph_batch_retry", items=len(again), attempt=attempt, delay=round(wait, 1))
        await graph.sleep(wait)
        unsure |= {item.id for item in again if answers[item.id].status in RETRIED_STATUSES - {THROTTLED}}
        pending = again


def nothing() -> None:
    """Do nothing before a round trip."""


async def run_chain(
    graph: Graph,
    items: Sequence[BatchRequest],
    *,
    repeatable: bool = True,
    before_each: Callable[[], None] = nothing,
) -> AsyncIterator[tuple[BatchRequest, BatchResponse]]:
    """Any number of requests one after another, 20 a round trip; one that fails does not keep back those behind it.

    Args:
        graph: Whose identity sends them.
        items: The requests, with ids unique among all of them.
        repeatable: As for `run_batch`.
        before_each: Called before each round trip; what it raises ends the chain there.

    Raises:
        GraphError: Graph refused a batch as a whole.
        BatchIncomplete: As from `run_batch`, after what is known was handed over.
    """
    left = list(items)
    while left:
        chain = left[:MOST_ITEMS]
        before_each()
        try:
            answers: Mapping[str, BatchResponse] = await run_batch(graph, chain, chained=True, repeatable=repeatable)
        except BatchIncomplete as error:
            for item in chain:
                answer = error.answers.get(item.id)
                if answer is not None and answer.status != FAILED_DEPENDENCY and not answer.unwell:
                    yield item, answer
            raise
        # The first one depends on nothing; a 424 for it would be an answer like any other.
        done = chain[:1] + [item for item in chain[1:] if answers[item.id].status != FAILED_DEPENDENCY]
        for item in done:
            yield item, answers[item.id]
        left = left[len(done) :]


async def read_collections(graph: Graph, paths: Sequence[str]) -> list[list[dict[str, Any]] | None]:
    """Return the items of each collection with its further pages, 20 a round trip; None for one that answers 404.

    Args:
        graph: Whose identity asks.
        paths: Relative to the version.

    Raises:
        GraphError: Graph refuses to show one.
        TransientError: Graph or the network is unwell, or asks for a longer wait than a function may sleep.
    """
    found: list[list[dict[str, Any]] | None] = []
    for start in range(0, len(paths), MOST_ITEMS):
        items = [BatchRequest(str(place), "GET", path) for place, path in enumerate(paths[start : start + MOST_ITEMS])]
        answers = await run_batch(graph, items)
        found += [await collection(graph, answers[item.id]) for item in items]
    return found


async def collection(
    graph: Graph, answer: BatchResponse, *, headers: Mapping[str, str] | None = None
) -> list[dict[str, Any]] | None:
    """Return the items an answer holds, with those on further pages; None for a 404.

    Args:
        graph: Whose identity asks.
        answer: Of a batch.
        headers: Sent with every further page.

    Raises:
        GraphError: Graph refuses to show them.
        TransientError: Graph or the network is unwell.
    """
    if answer.status == 404:
        return None
    if not answer.ok:
        raise answer.error
    link = answer.body.get("@odata.nextLink")
    more = graph.pages(graph.follow(link), headers=headers) if link is not None else None
    return [*answer.body["value"], *(await collect(more) if more is not None else [])]


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
