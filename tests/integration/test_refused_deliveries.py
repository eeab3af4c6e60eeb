"""An HR system whose deliveries are refused shows in health, and strangers who knock cannot fill a table."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from provisioning.people.inbox import queue_given_up
from provisioning.services import Services
from provisioning.store.delivery_notes import NOTE, SourceReport
from provisioning.store.tables import key_range
from provisioning.support.health import get_health
from provisioning.webhooks import delivery_notes
from tests.integration.conftest import World
from tests.integration.webhooks import post

SECRET = "4b1f0e9c2d7a6358"
WRONG = "5c2f0e9c2d7a6359"


@pytest.fixture(autouse=True)
async def hr(ready: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    monkeypatch.setenv("HR_SECRET_GREENHOUSE", SECRET)
    monkeypatch.setattr(delivery_notes, "SECONDS", 60.0)  # a busy machine must not decide what is noted
    yield
    await ready.services.storage.queue("hires").clear_messages()


async def tell(world: World, *, secret: str = SECRET) -> int:
    """A delivery of a source that does not say when it was sent: the test's clock is not the sender's."""
    hired = {"application": {"id": uuid4().int % 10**9, "candidate": {"id": 1187}}}
    body = json.dumps({"action": "hire_candidate", "payload": hired}).encode()
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return (await post(world, "greenhouse", body, {"signature": f"sha256 {signature}"})).status


async def notes(world: World) -> list[dict[str, Any]]:
    table = world.services.storage.table("inbox")
    return [row async for row in key_range(table, world.tenant_id, low=NOTE, high=NOTE.replace(".", "/"))]


async def reported(world: World) -> SourceReport:
    (report,) = await world.services.delivery_notes.all_reports()
    return report


async def sources(world: World) -> dict[str, Any]:
    answer = await get_health(services=world.services)
    (check,) = [item for item in json.loads(answer.body)["checks"] if item["name"] == "sources"]
    return dict(check)


async def refuse(world: World, times: int) -> None:
    for _ in range(times):
        assert await tell(world, secret=WRONG) == 401
        world.clock.advance(minutes=2)


async def test_refused_deliveries_are_counted_and_a_good_one_begins_anew(ready: World) -> None:
    assert (await sources(ready))["healthy"]
    await refuse(ready, 4)
    await ready.sweep()
    few = await sources(ready)
    assert (few["healthy"], few["refused"]) == (True, {"greenhouse": 4})
    await refuse(ready, 2)
    await ready.sweep()
    check = await sources(ready)
    assert (check["healthy"], check["refused"]) == (False, {"greenhouse": 6})
    assert "greenhouse: 6 deliveries were refused and none was good so far; the last at " in check["detail"]
    assert "(signature: " in check["detail"]
    assert "HR_SECRET_<SOURCE>" in check["remedy"]
    assert await notes(ready) == [], "what was counted is deleted"
    assert await tell(ready) == 200
    ready.clock.advance(minutes=2)
    await ready.sweep()
    check = await sources(ready)
    assert (check["healthy"], check["refused"]) == (True, {})
    await refuse(ready, 5)
    await ready.sweep()
    assert "5 deliveries were refused since the good one of " in (await sources(ready))["detail"]


async def test_a_flood_makes_one_row_a_minute_and_all_of_it_counts_in_the_end(ready: World) -> None:
    for _ in range(50):
        assert await tell(ready, secret=WRONG) == 401
    assert len(await notes(ready)) == 1
    await refuse(ready, 1)
    await refuse(ready, 1)
    assert len(await notes(ready)) == 2
    await ready.sweep()
    assert (await reported(ready)).refused == 52


async def test_good_deliveries_are_noted_now_and_then(ready: World) -> None:
    for _ in range(5):
        assert await tell(ready) == 200
    assert len(await notes(ready)) == 1
    ready.clock.advance(minutes=6)
    await tell(ready)
    assert len(await notes(ready)) == 2


async def test_a_note_counts_once_though_the_run_that_counted_it_died(
    ready: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await refuse(ready, 1)
    kept = await notes(ready)
    await ready.sweep()
    for row in kept:  # as if they had not been deleted
        await ready.services.storage.table("inbox").create_entity({k: v for k, v in row.items() if k != "etag"})
    await ready.sweep()
    assert (await reported(ready)).refused == 1
    assert await notes(ready) == []


@pytest.mark.parametrize(("headers", "status"), [({"content-type": "text/xml"}, 415), ({}, 401)])
async def test_what_is_refused_before_its_signature_is_looked_at_counts_too(
    ready: World, headers: dict[str, str], status: int
) -> None:
    assert (await post(ready, "greenhouse", b"<x/>", headers)).status == status
    assert [row["refused"] for row in await notes(ready)] == [1]


async def test_an_address_of_nobody_and_a_question_make_no_note(ready: World) -> None:
    assert (await post(ready, "no-such", b"{}", {})).status == 404
    assert (await post(ready, "greenhouse", b"", {}, method="GET")).status == 405
    assert await notes(ready) == []


async def test_a_refusal_is_answered_while_storage_is_away(ready: World, away: Services) -> None:
    assert await tell(replace(ready, services=away), secret=WRONG) == 401


async def test_what_was_given_up_shows_in_health_until_it_is_queued_again(ready: World) -> None:
    await tell(ready)
    for _ in range(5):
        await ready.services.storage.queue("hires").clear_messages()
        ready.clock.advance(minutes=15)
        await ready.sweep()

    async def people() -> dict[str, Any]:
        answer = await get_health(services=ready.services)
        (check,) = [item for item in json.loads(answer.body)["checks"] if item["name"] == "people"]
        return dict(check)

    check = await people()
    assert (check["healthy"], check["given_up"]) == (False, 1)
    assert "replay hires" in check["remedy"]
    ready.clock.advance(minutes=15)
    assert await queue_given_up(ready.services.inbox, now=ready.clock()) == 1
    await ready.work()
    ready.clock.advance(minutes=15)
    assert (await ready.sweep())["given_up"] == 0
    assert (await people())["healthy"]
