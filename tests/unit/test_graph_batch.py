"""$batch: items answered in any order, each with its own refusal and its own wait."""

from collections.abc import Callable
from typing import Any

import httpx
import orjson
import pytest

from provisioning.graph.batch import run_batch, run_chain
from provisioning.graph.batch_items import BatchIncomplete, BatchRequest, BatchResponse
from provisioning.graph.client import Graph
from provisioning.graph.errors import GraphError
from provisioning.graph.retry import THROTTLED_TRIES, TRIES
from tests.support import Sleeps, graph_error, graph_over

GETS = [BatchRequest(name, "GET", f"/users/{name}") for name in ("a", "b", "c")]
THROTTLED: dict[str, Any] = {"status": 429, "body": {"error": {"code": "TooManyRequests", "message": "Later."}}}
OK: dict[str, Any] = {"status": 200, "body": {"value": 1}}

Handler = Callable[[dict[str, Any]], dict[str, Any]]


class Service:
    """Answers batches; `rounds` has the answers by item id, a round after the other, 200 for those not named."""

    def __init__(self, *rounds: dict[str, dict[str, Any]]) -> None:
        self.rounds = list(rounds)
        self.asked: list[list[dict[str, Any]]] = []
        self.sleeps = Sleeps()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        items = orjson.loads(request.content)["requests"]
        self.asked.append(items)
        special = self.rounds.pop(0) if self.rounds else {}
        responses = [{"id": item["id"].upper(), **special.get(item["id"], OK)} for item in reversed(items)]
        return httpx.Response(200, json={"responses": [item for item in responses if item["status"]]})

    def ids(self) -> list[list[str]]:
        return [[item["id"] for item in items] for items in self.asked]

    def graph(self) -> Graph:
        return graph_over(self, sleeps=self.sleeps)

    async def run(self, **options: Any) -> dict[str, BatchResponse]:
        graph = self.graph()
        try:
            return await run_batch(graph, GETS, **options)
        finally:
            await graph.close()


async def test_answers_are_matched_by_id_in_any_order_and_case() -> None:
    missing = {"status": 404, "body": {"error": {"code": "Request_ResourceNotFound", "message": "No b."}}}
    answers = await Service({"b": missing}).run()
    assert [(item, answer.status) for item, answer in answers.items()] == [("a", 200), ("b", 404), ("c", 200)]
    assert answers["b"].error.in_full == "Microsoft Graph answered 404 Request_ResourceNotFound to GET /users/b: No b."


async def test_only_throttled_items_are_sent_again_after_the_longest_wait_of_theirs() -> None:
    service = Service(
        {
            "a": {**THROTTLED, "headers": {"retry-after": "1"}},
            "c": {**THROTTLED, "headers": {"Retry-After": "2.128"}},
        }
    )
    answers = await service.run()
    assert service.ids() == [["a", "b", "c"], ["a", "c"]]
    assert service.sleeps.asked == [2.128]
    assert {answer.status for answer in answers.values()} == {200}


async def test_a_chain_is_sequential_and_goes_on_at_the_link_that_was_throttled() -> None:
    behind = {"status": 424, "body": {"error": {"code": "FailedDependency", "message": ""}}}
    service = Service({"b": THROTTLED, "c": behind})
    answers = await service.run(chained=True)
    assert [item.get("dependsOn") for item in service.asked[0]] == [None, ["a"], ["b"]]
    assert [(item["id"], item.get("dependsOn")) for item in service.asked[1]] == [("b", None), ("c", ["b"])]
    assert {answer.status for answer in answers.values()} == {200}


async def test_what_is_behind_a_refusal_is_the_caller_s_to_resume() -> None:
    service = Service({"a": {"status": 400, "body": None}, "b": {"status": 424}, "c": {"status": 424}})
    answers = await service.run(chained=True)
    assert [answer.status for answer in answers.values()] == [400, 424, 424]
    assert len(service.asked) == 1


async def test_run_chain_resumes_behind_a_refusal() -> None:
    service = Service({"a": {"status": 400}, "b": {"status": 424}, "c": {"status": 424}})
    graph = service.graph()
    found = [(item.id, answer.status) async for item, answer in run_chain(graph, GETS)]
    assert found == [("a", 400), ("b", 200), ("c", 200)]
    assert service.ids() == [["a", "b", "c"], ["b", "c"]]
    await graph.close()


async def test_a_failed_dependency_of_the_first_link_does_not_go_on_for_ever() -> None:
    service = Service(*[{name: {"status": 424} for name in "abc"}] * 5)
    graph = service.graph()
    assert [answer.status async for _, answer in run_chain(graph, GETS)] == [424, 424, 424]
    await graph.close()


async def test_more_than_twenty_links_go_twenty_at_a_time() -> None:
    service = Service()
    graph = service.graph()
    items = [BatchRequest(str(number), "GET", "/users") for number in range(45)]
    assert [item async for item, _ in run_chain(graph, items)] == items
    assert [len(batch) for batch in service.asked] == [20, 20, 5]
    await graph.close()


async def test_an_item_the_answer_does_not_mention_is_asked_for_again() -> None:
    service = Service({"b": {"status": 0}})
    answers = await service.run()
    assert service.ids() == [["a", "b", "c"], ["b"]]
    assert answers["b"].unsure, "it may have taken effect"
    assert not answers["a"].unsure


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_an_item_that_failed_by_the_service_s_fault_may_have_taken_effect(status: int) -> None:
    answers = await Service({"b": {"status": status}}).run()
    assert [answer.unsure for answer in answers.values()] == [False, True, False]


async def test_a_throttled_item_had_no_effect() -> None:
    assert not any(answer.unsure for answer in (await Service({"b": THROTTLED}).run()).values())


async def test_a_refusal_that_passes_by_itself_is_sent_again() -> None:
    busy = {"status": 409, "body": {"error": {"code": "Directory_ConcurrencyViolation", "message": ""}}}
    answers = await Service({"a": busy}).run()
    assert answers["a"].ok


@pytest.mark.pitfall("J6")
async def test_a_wait_over_ten_seconds_ends_it_with_what_is_known() -> None:
    """msgraph-sdk-python#54: a long wait is the queue's."""
    service = Service({"b": {**THROTTLED, "headers": {"Retry-After": "10.5"}}})
    with pytest.raises(BatchIncomplete) as caught:
        await service.run()
    assert (caught.value.after, service.sleeps.asked) == (10.5, [])
    assert [name for name, answer in caught.value.answers.items() if answer.ok] == ["a", "c"]
    assert str(caught.value) == "Microsoft Graph answered 429 to GET /users/b in a batch."


async def test_a_wait_of_ten_seconds_is_waited() -> None:
    service = Service({"b": {**THROTTLED, "headers": {"Retry-After": "10"}}})
    await service.run()
    assert service.sleeps.asked == [10.0]


async def test_an_item_that_stays_unwell_ends_it() -> None:
    service = Service(*[{"b": {"status": 503}}] * TRIES)
    with pytest.raises(BatchIncomplete) as caught:
        await service.run()
    assert caught.value.after is None
    assert service.sleeps.asked == [0.5, 1.0]


async def test_an_item_that_stays_throttled_is_tried_as_often_as_a_request_by_itself() -> None:
    service = Service(*[{"b": THROTTLED}] * (THROTTLED_TRIES - 1))
    assert (await service.run())["b"].ok
    assert len(service.asked) == THROTTLED_TRIES
    service = Service(*[{"b": THROTTLED}] * THROTTLED_TRIES)
    with pytest.raises(BatchIncomplete):
        await service.run()


async def test_an_item_that_fails_beside_one_that_is_throttled_ends_it_sooner() -> None:
    service = Service(*[{"a": THROTTLED, "b": {"status": 503}}] * TRIES)
    with pytest.raises(BatchIncomplete):
        await service.run()
    assert len(service.asked) == TRIES


async def test_an_outage_between_two_sendings_keeps_what_is_known() -> None:
    service = Service({"b": THROTTLED})
    calls = 0

    def handle(request: httpx.Request) -> httpx.Response:
        nonlocal calls
        calls += 1
        return service(request) if calls == 1 else httpx.Response(503)

    graph = graph_over(handle)
    with pytest.raises(BatchIncomplete) as caught:
        await run_batch(graph, GETS)
    assert caught.value.answers["a"].ok
    await graph.close()


async def test_a_batch_that_is_refused_as_a_whole_raises() -> None:
    graph = graph_over(lambda _: graph_error(400, "BadRequest", "Invalid batch payload format."))
    with pytest.raises(GraphError, match="400 BadRequest to POST"):
        await run_batch(graph, GETS)
    await graph.close()


async def test_a_body_has_a_content_type_and_paths_are_relative() -> None:
    service = Service()
    graph = service.graph()
    await run_batch(
        graph, [BatchRequest("1", "PATCH", "/groups/g", {"displayName": "x"}), BatchRequest("2", "GET", "/users")]
    )
    first, second = service.asked[0]
    assert (first["url"], first["headers"]) == ("/groups/g", {"Content-Type": "application/json"})
    assert "headers" not in second
    await graph.close()
