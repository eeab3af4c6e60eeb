"""The process dies at every Graph call of a sweep and of a hire, before or after the call took effect; then it goes on.

Everybody is invited once, nobody is lost, and who was added by us is known to be: a cancellation takes them out again.
"""

from contextlib import suppress

import pytest

from local import identities
from provisioning.model.hires import HireEventType
from provisioning.model.ledger import EnrollmentState
from tests.integration.conftest import SMALL_WRITE, World
from tests.integration.in_process import InProcess
from tests.integration.test_crash_points import Killed

# Graph calls of the sweep and of the hire below; a test keeps the numbers honest.
SWEEP_CALLS = 11
HIRE_CALLS = 5
PEOPLE = 2 * SMALL_WRITE + 1
SOME = 2

pytestmark = pytest.mark.usefixtures("dead_hands")


def interrupt(world: World, *, dies_at: int = 0, moment: str = "before") -> InProcess:
    """Let the process die at the people identity's call of this number from now on; returns what counts the calls."""
    transport = world.services.graphs[identities.PEOPLE.client_id].transport
    assert isinstance(transport, InProcess)
    transport.calls = 0

    def watch(number: int, now: str) -> None:
        if (number, now) == (dies_at, moment):
            raise Killed

    transport.watch = watch
    return transport


async def newcomers(world: World) -> set[str]:
    """New accounts, one of which HR announced before there was one."""
    await world.send_hire("0")
    await world.work()
    ids = {await world.add_user(employeeId=str(number)) for number in range(PEOPLE)}
    world.clock.advance(minutes=20)
    return ids


async def check(world: World, ids: set[str]) -> None:
    """Everybody is in, by us, and comes out when HR says so, which a few try."""
    assert world.members() == ids
    people = {person.object_id: person async for person in world.people.all_people()}
    assert people.keys() == ids
    assert {(person.state, person.added_by_product, person.add_pending) for person in people.values()} == {
        (EnrollmentState.INVITED, True, False)
    }
    world.clock.advance(minutes=3)
    for person in list(people.values())[:SOME]:
        await world.send_hire(str(person.employee_id), kind=HireEventType.CANCELLED)
    await world.work()
    assert len(world.members()) == max(0, len(ids) - SOME)


@pytest.mark.usefixtures("small_writes")
async def test_the_numbers_of_calls_are_known(ready: World) -> None:
    await newcomers(ready)
    counting = interrupt(ready)
    await ready.sweep()
    assert counting.calls == SWEEP_CALLS, "change SWEEP_CALLS, so that every call is a crash point"
    await ready.add_user(employeeId="hire")
    await ready.send_hire("hire")
    ready.clock.advance(minutes=6)  # the list of administrators is read again
    counting = interrupt(ready)
    await ready.work()
    assert counting.calls == HIRE_CALLS, "change HIRE_CALLS, so that every call is a crash point"


@pytest.mark.usefixtures("small_writes")
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("call", range(1, SWEEP_CALLS + 1))
async def test_a_sweep_that_dies_at_any_call_is_finished_by_the_next(ready: World, call: int, moment: str) -> None:
    ids = await newcomers(ready)
    interrupt(ready, dies_at=call, moment=moment)
    with suppress(Killed):
        await ready.sweep()
    interrupt(ready)
    ready.clock.advance(minutes=15)
    await ready.sweep()
    await check(ready, ids)


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("call", range(1, HIRE_CALLS + 1))
async def test_a_hire_that_dies_at_any_call_is_finished_when_its_message_comes_again(
    ready: World, call: int, moment: str
) -> None:
    mia = await ready.add_user(employeeId="1")
    at = ready.clock()
    await ready.send_hire("1", event_id="e-1", occurred_at=at)
    interrupt(ready, dies_at=call, moment=moment)
    with suppress(Killed):
        await ready.work()
    interrupt(ready)
    await ready.send_hire("1", event_id="e-1", occurred_at=at)
    await ready.work()
    await check(ready, {mia})


async def test_a_hire_whose_message_is_lost_half_way_is_picked_up_by_the_sweep(ready: World) -> None:
    mia = await ready.add_user(employeeId="1")
    await ready.sweep()
    eve = await ready.add_user(employeeId="2", createdDateTime="2020-01-01T00:00:00Z", employeeHireDate=None)
    await ready.sweep()
    await ready.send_hire("2")
    interrupt(ready, dies_at=1)
    with suppress(Killed):
        await ready.work()
    interrupt(ready)
    await ready.services.storage.queue("hires").clear_messages()
    ready.clock.advance(minutes=16)
    await ready.sweep()
    record = await ready.people.hire_record("2")
    assert record is not None
    assert (record.state, record.object_id) == (EnrollmentState.MATCHED, eve)
    assert ready.members() == {mia}, "the account is not new, so its owner is parked with a reason"
