"""Two events about one person at work at the same time: whatever overtakes what, the newest one decides in the end."""

import asyncio
from collections.abc import Coroutine
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from local import identities
from provisioning.model.hires import HireEvent, HireEventType
from provisioning.model.ledger import EnrollmentState
from provisioning.model.messages import HireMessage
from provisioning.people.triggers import on_hire
from tests.integration.conftest import World
from tests.integration.in_process import Gate, InProcess

LONGEST = 20  # seconds until a test that waits in vain fails


def message(world: World, kind: HireEventType, event_id: str, *, start: date | None = None) -> str:
    """The message of an event that happens now."""
    event = HireEvent("standard-webhooks", event_id, kind, "1", start, world.clock())
    return HireMessage.of(event, tenant_id=UUID(world.tenant_id)).model_dump_json()


def close_gate(world: World, method: str, path: str) -> Gate:
    """Hold the people identity's next call of this kind back, so that who makes it is in the middle of its work."""
    transport = world.services.graphs[identities.PEOPLE.client_id].transport
    assert isinstance(transport, InProcess)
    transport.gate = Gate(method, path)
    return transport.gate


async def overtake(gate: Gate, slower: Coroutine[Any, Any, object], faster: Coroutine[Any, Any, object]) -> None:
    """Do the faster work while the slower one is held at the gate."""
    async with asyncio.timeout(LONGEST):
        first = asyncio.ensure_future(slower)
        await gate.reached.wait()
        await faster
        gate.opened.set()
        await first


async def overtaken(world: World, slower: str, faster: str, *, at: Gate) -> None:
    """Let both be worked on, the second one while the first is at Graph; then what was put off comes again."""
    await overtake(at, on_hire(slower, services=world.services), on_hire(faster, services=world.services))
    for text in (slower, faster):
        world.clock.advance(minutes=3)
        await on_hire(text, services=world.services)
    world.clock.advance(minutes=16)
    await world.sweep()


@pytest.mark.parametrize("known", [True, False])
async def test_a_cancellation_overtakes_the_hire_that_is_being_carried_out(ready: World, known: bool) -> None:
    mia = await ready.add_user(employeeId="1")
    if known:  # by an earlier word of HR
        await on_hire(message(ready, HireEventType.TERMINATED, "e-0"), services=ready.services)
        ready.clock.advance(minutes=1)
    hire = message(ready, HireEventType.HIRE, "e-1")
    ready.clock.advance(minutes=1)
    gate = close_gate(ready, "POST", "/members/")
    await overtaken(ready, hire, message(ready, HireEventType.CANCELLED, "e-2"), at=gate)
    assert ready.members() == set()
    person = await ready.people.person(mia)
    assert person is not None
    assert (person.state, person.add_pending) == (EnrollmentState.LEFT, False)


async def test_a_rehire_overtakes_the_termination_that_is_being_carried_out(ready: World) -> None:
    mia = await ready.add_user(employeeId="1")
    await on_hire(message(ready, HireEventType.HIRE, "e-0"), services=ready.services)
    ready.clock.advance(minutes=1)
    terminated = message(ready, HireEventType.TERMINATED, "e-1")
    ready.clock.advance(minutes=1)
    gate = close_gate(ready, "DELETE", "/members/")
    await overtaken(ready, terminated, message(ready, HireEventType.REHIRED, "e-2"), at=gate)
    assert ready.members() == {mia}
    person = await ready.people.person(mia)
    assert person is not None
    assert (person.state, person.added_by_product) == (EnrollmentState.INVITED, True)


async def test_a_hire_that_died_at_graph_is_undone_by_the_cancellation(ready: World) -> None:
    """It had added the person, and neither wrote that down nor came again."""
    mia = await ready.add_user(employeeId="1")
    hire = message(ready, HireEventType.HIRE, "e-1")
    gate = close_gate(ready, "POST", "/members/")
    dying = asyncio.ensure_future(on_hire(hire, services=ready.services))
    async with asyncio.timeout(LONGEST):
        await gate.reached.wait()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    gate.opened.set()
    (group,) = ready.tenant.groups
    ready.tenant.members[group["id"]][mia] = None
    ready.clock.advance(minutes=3)
    await on_hire(message(ready, HireEventType.CANCELLED, "e-2"), services=ready.services)
    assert ready.members() == set()
    ready.tenant.members[group["id"]][mia] = None  # as if it had been alive all the time
    ready.clock.advance(minutes=16)
    await ready.sweep()
    assert ready.members() == set()
    person = await ready.people.person(mia)
    assert person is not None
    assert (person.state, person.add_pending) == (EnrollmentState.LEFT, False)


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
async def test_a_first_day_that_moves_away_overtakes_the_hire_and_the_other_way_round(
    ready: World, order: tuple[int, int]
) -> None:
    mia = await ready.add_user(employeeId="1")
    far = ready.clock().date() + timedelta(days=60)
    hire = message(ready, HireEventType.HIRE, "e-1")
    ready.clock.advance(minutes=1)
    moved = message(ready, HireEventType.START_DATE_CHANGED, "e-2", start=far)
    if order == (1, 2):
        await overtaken(ready, hire, moved, at=close_gate(ready, "POST", "/members/"))
    else:
        await overtaken(ready, moved, hire, at=close_gate(ready, "GET", "/users"))
    assert ready.members() == set()
    assert await ready.state_of(mia) is EnrollmentState.WAITING


async def test_a_cancellation_overtakes_a_sweep(ready: World) -> None:
    mia = await ready.add_user(employeeId="1")
    cancelled = on_hire(message(ready, HireEventType.CANCELLED, "e-1"), services=ready.services)
    await overtake(close_gate(ready, "PATCH", "/groups/"), ready.sweep(), cancelled)
    assert ready.members() == set()
    person = await ready.people.person(mia)
    assert person is not None
    assert person.state is EnrollmentState.LEFT
