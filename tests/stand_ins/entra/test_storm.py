"""Faults beyond the plain ones: presets, answers that hide an effect, and the storm."""

from collections import Counter

import pytest

from local.entra.limits.storm import KINDS, Storm, parse_storm

from .support import Tenant, new_group


def weather(seed: int, *, calls: int = 400, rate: float = 0.2) -> list[str | None]:
    storm = Storm(seed=seed, rate=rate)
    faults = [storm.next("GET", f"/v1.0/users/{number % 40}") for number in range(calls)]
    return [fault.id if fault else None for fault in faults]


def test_the_seed_decides() -> None:
    assert weather(1) == weather(1)
    assert weather(1) != weather(2)
    counts = Counter(weather(1))
    assert 40 < 400 - counts[None] < 120, "about a fifth"
    assert {f"storm-{kind}" for kind in KINDS} <= set(counts)


def test_what_happens_to_a_call_does_not_depend_on_the_others() -> None:
    alone, busy = Storm(seed=3, rate=0.5), Storm(seed=3, rate=0.5)
    calls = []
    for _ in range(30):
        busy.next("GET", "/v1.0/groups")
        calls.append(busy.next("GET", "/v1.0/users"))
    assert calls == [alone.next("GET", "/v1.0/users") for _ in range(30)]


async def test_a_storm_over_http(tenant: Tenant) -> None:
    wanted = {"seed": 1, "rate": 1, "kinds": ["429", "503"], "path": "^/v1.0/groups"}
    made = await tenant.http.post("/_local/faults", json={"storm": wanted})
    assert made.status_code == 201
    statuses = Counter([(await tenant.admin.get("/groups")).status_code for _ in range(20)])
    assert set(statuses) == {429, 503}
    assert (await tenant.people.get("/users?$top=1")).status_code == 200
    [shown] = (await tenant.http.get("/_local/faults")).json()
    assert shown["storm"]["hits"] == {"429": statuses[429], "503": statuses[503]}
    await tenant.http.delete("/_local/faults")
    assert (await tenant.admin.get("/groups")).status_code == 200


async def test_an_answer_may_hide_that_the_call_took_effect(tenant: Tenant) -> None:
    fault = {"path": "/groups", "status": 504, "takesEffect": True, "times": 1}
    await tenant.http.post("/_local/faults", json=fault)
    answer = await tenant.admin.post("/groups", new_group())
    assert answer.status_code == 504
    assert len(tenant.state.groups) == 1


@pytest.mark.parametrize(
    ("preset", "status", "code", "message", "wait"),
    [
        ("throttled", 429, "TooManyRequests", "Please retry again later.", "2.128"),
        (
            "legacyThrottled",
            503,
            "Request_ThrottledTemporarily",
            "Your request is throttled temporarily. Please try after 10 seconds.",
            "10",
        ),
    ],
)
async def test_presets(tenant: Tenant, preset: str, status: int, code: str, message: str, wait: str) -> None:
    await tenant.http.post("/_local/faults", json={"path": "/groups", "preset": preset, "times": 1})
    answer = await tenant.admin.get("/groups")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["message"]) == (status, code, message)
    assert answer.headers["retry-after"] == wait


async def test_status_body_and_headers_are_free(tenant: Tenant) -> None:
    fault = {"path": "/groups", "status": 418, "body": "short and stout", "headers": {"x-tea": "pot"}}
    await tenant.http.post("/_local/faults", json=fault)
    answer = await tenant.admin.get("/groups")
    assert (answer.status_code, answer.json(), answer.headers["x-tea"]) == (418, "short and stout", "pot")


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ([], "is a JSON object"),
        ({"sed": 1}, "has no 'sed'"),
        ({"seed": "1"}, "'seed' of a storm"),
        ({"rate": 2}, "'rate' of a storm"),
        ({"delay": -1}, "'delay' of a storm"),
        ({"kinds": ["hail"]}, "'kinds' of a storm"),
        ({"path": "("}, "'path' of a storm"),
    ],
)
def test_bad_storms_are_explained(document: object, words: str) -> None:
    with pytest.raises(ValueError, match="storm") as caught:
        parse_storm(document)
    assert words in str(caught.value)
