"""`$batch`: up to 20 requests in one round trip, as raw JSON through the same client.

The SDK's batch classes need an undeclared package, and lose the bodies of the answers. Every item is throttled by
itself and has a Retry-After of its own (learn.microsoft.com/graph/json-batching, 2025-02).
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

from provisioning.errors import TransientError
from provisioning.graph.batch_items import (
    FAILED_DEPENDENCY,
    BatchIncomplete,
    BatchRequest,
    BatchResponse,
    batch_request,
    read_answers,
    to_repeat,
)
from provisioning.graph.client import Graph, collect
from provisioning.graph.retry import RETRIED_STATUSES, THROTTLED, backoff, tries_for, wait_before_retry
from provisioning.log import EventLog

log = EventLog(__name__)

MOST_ITEMS = 20
LONGEST_WAIT = 10.0  # seconds; a longer wait goes back on the queue


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
        if wait > LONGEST_WAIT or attempt >= min(tries_for(item.status) for item in unwell):
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
