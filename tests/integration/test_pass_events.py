"""Other systems hear of passes, by ids, once, and only where that is asked for."""

from typing import Any

import pytest

from provisioning.model.messages import OutgoingMessage
from provisioning.model.passes import TakeBackReason
from provisioning.people import outgoing
from provisioning.people.pass_events import tell_pass_steps
from provisioning.people.triggers import on_sweep
from tests.integration.conftest import World
from tests.integration.handover import Handover, invited, new_handover, set_manager
from tests.integration.post import Post
from tests.integration.test_outgoing import Hook, hook

__all__ = ["hook"]  # the fixture


@pytest.fixture(autouse=True)
def events_of_passes(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PASSES", "OUTGOING_PASS_EVENTS", "WEBSITE_AUTH_ENABLED"):
        monkeypatch.setenv(name, "true")
    monkeypatch.setenv("OUTGOING_WEBHOOKS", "hr")
    monkeypatch.setattr(outgoing, "SETTLED", 0)


async def told(world: World) -> list[OutgoingMessage]:
    """What was queued about passes, taken off the queue."""
    queue = world.services.storage.queue("outgoing")
    found = []
    async for message in queue.receive_messages():
        await queue.delete_message(message)
        found.append(OutgoingMessage.model_validate_json(message.content))
    return [message for message in found if message.kind.startswith("pass.")]


async def made_and_taken_back(world: World) -> Handover:
    """A pass that is made and taken back, once the product has begun to tell."""
    handover = await new_handover(world)
    await tell_pass_steps(world.services)
    world.clock.advance(minutes=1)
    assert await handover.receive()
    world.clock.advance(seconds=1)
    await handover.take_back(TakeBackReason.LEFT)
    world.clock.advance(minutes=2)
    return handover


async def test_a_pass_that_is_made_and_taken_back_is_told_by_ids(ready: World) -> None:
    handover = await made_and_taken_back(ready)
    await on_sweep(services=ready.services)
    made, taken_back = await told(ready)
    who: dict[str, Any] = {"objectId": handover.person_id, "employeeId": "1187", "issuerId": handover.manager_id}
    assert (made.kind, taken_back.kind) == ("pass.made", "pass.taken_back")
    assert made.data == {**who, "requestId": made.data["requestId"], "reason": None}
    assert taken_back.data == {**who, "requestId": made.data["requestId"], "reason": "left"}
    await tell_pass_steps(ready.services)
    assert await told(ready) == [], "each is told once"


async def test_a_run_that_dies_before_it_keeps_its_place_tells_again_under_the_same_ids(
    ready: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await made_and_taken_back(ready)
    kept = await ready.services.pass_claims.told_until()
    await tell_pass_steps(ready.services)
    first = await told(ready)
    assert kept is not None
    await ready.services.pass_claims.note_told(until=kept)
    await tell_pass_steps(ready.services)
    assert [message.event_id for message in await told(ready)] == [message.event_id for message in first]


async def test_what_was_before_it_was_asked_for_is_not_told(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTGOING_PASS_EVENTS", "false")
    await made_and_taken_back(ready)
    await tell_pass_steps(ready.services)
    monkeypatch.setenv("OUTGOING_PASS_EVENTS", "true")
    await tell_pass_steps(ready.services)
    await tell_pass_steps(ready.services)
    assert await told(ready) == []


async def test_an_offer_is_told_once(ready: World, post: Post) -> None:
    person = await invited(ready, "1187", in_days=1)
    manager_id = await ready.add_user(mail="boss@example.com")
    await set_manager(ready, person.object_id, manager_id)
    for _ in range(2):
        await on_sweep(services=ready.services)
    (offered,) = await told(ready)
    assert offered.kind == "pass.offered"
    assert offered.data == {"objectId": person.object_id, "employeeId": "1187", "managerId": manager_id}


async def test_an_event_of_a_pass_is_posted_and_signed(ready: World, hook: Hook) -> None:
    handover = await made_and_taken_back(ready)
    await tell_pass_steps(ready.services)
    await ready.work()
    events = [event for event in hook.events if event["type"].startswith("pass.")]
    assert [event["type"] for event in events] == ["pass.made", "pass.taken_back"]
    assert {event["data"]["objectId"] for event in events} == {handover.person_id}
