"""Graph refuses to take a person out of the group: nobody is told that they are out, and every sweep tries again."""

from datetime import timedelta

import pytest

from provisioning.model.hires import HireEventType
from provisioning.model.ledger import EnrollmentState
from tests.integration.conftest import World
from tests.integration.test_health import health
from tests.integration.test_membership_ends import CHANGES, Change, next_day
from tests.integration.test_registration import register, seen


async def refuse_removal(world: World, object_id: str, *, times: int) -> None:
    text = f"The object '{object_id}' is locked."
    body = {"error": {"code": "Request_BadRequest", "message": text}}
    await world.fault(method="DELETE", path=f"/members/{object_id}", status=400, body=body, times=times)


@pytest.mark.parametrize("change", CHANGES)
async def test_who_could_not_be_taken_out_is_tried_in_every_sweep(ready: World, change: str) -> None:
    mia = await ready.add_user(employeeId="1")
    await ready.sweep()
    make, _ = CHANGES[change]
    await make(ready, mia)
    await refuse_removal(ready, mia, times=2)
    person = await next_day(ready, mia)
    assert ready.members() == {mia}
    assert (person.state, person.added_by_product) == (EnrollmentState.PARKED, True)
    assert "refused to take the person out of the enrollment group: " in (person.reason or "")
    assert "is locked" in (person.reason or "")

    ready.clock.advance(minutes=15)
    outcome = await ready.sweep()
    assert (outcome["removed"], outcome["not_removed"], ready.members()) == (0, 1, {mia})
    _, checks = await health(ready.services)
    assert not checks["people"]["healthy"]
    assert checks["people"]["not_removed"] == 1

    ready.clock.advance(minutes=15)
    outcome = await ready.sweep()
    assert (outcome["removed"], outcome["not_removed"], ready.members()) == (1, 0, set())
    assert await ready.state_of(mia) is EnrollmentState.PARKED
    _, checks = await health(ready.services)
    assert checks["people"]["healthy"]


async def move_the_first_day(world: World, mia: str) -> None:
    far = (world.clock() + timedelta(days=60)).strftime("%Y-%m-%dT00:00:00Z")
    await world.control.patch(f"/_local/users/{mia}", json={"employeeHireDate": far})


async def register_long_ago(world: World, mia: str) -> None:
    await register(world, mia, "fido2")
    await seen(world, mia)
    world.clock.advance(days=29)


@pytest.mark.parametrize(
    ("change", "state"),
    [(move_the_first_day, EnrollmentState.WAITING), (register_long_ago, EnrollmentState.DONE)],
)
async def test_who_need_not_be_in_any_more_is_tried_again_as_well(
    ready: World, change: Change, state: EnrollmentState
) -> None:
    mia = await ready.add_user(employeeId="1")
    await ready.sweep()
    await change(ready, mia)
    await refuse_removal(ready, mia, times=1)
    person = await next_day(ready, mia)
    assert (person.state, person.removal_refused, ready.members()) == (state, True, {mia})
    ready.clock.advance(minutes=15)
    assert (await ready.sweep())["removed"] == 1
    after = await ready.people.person(mia)
    assert after is not None
    assert (after.state, after.removal_refused, after.added_by_product) == (state, False, False)
    assert ready.members() == set()


async def test_a_person_that_hr_ended_holds_up_nobody_else(ready: World) -> None:
    """Such a message failed until it was in the poison queue."""
    mia, kai = await ready.add_user(employeeId="1"), await ready.add_user(employeeId="2")
    for number in ("1", "2"):
        await ready.send_hire(number)
    await ready.work()
    await refuse_removal(ready, mia, times=2)
    ready.clock.advance(minutes=1)
    for number in ("1", "2"):
        await ready.send_hire(number, kind=HireEventType.CANCELLED)
    await ready.work()
    person = await ready.people.person(mia)
    assert person is not None
    assert (person.state, person.removal_refused, ready.members()) == (EnrollmentState.LEFT, True, {mia})
    ready.clock.advance(seconds=1)
    outcome = await ready.sweep()
    assert (outcome["outcome"], outcome["not_removed"]) == ("done", 1)
    ready.clock.advance(minutes=15)
    assert (await ready.sweep())["removed"] == 1
    assert ready.members() == set()
    assert await ready.state_of(mia) is EnrollmentState.LEFT
    assert await ready.state_of(kai) is EnrollmentState.LEFT


async def test_an_end_that_the_sweep_carries_out_does_not_stop_it(ready: World) -> None:
    """The message was lost half-way, so the sweep does its work; the refusal ended each of them."""
    mia = await ready.add_user(employeeId="1")
    await ready.send_hire("1")
    await ready.work()
    ready.clock.advance(minutes=1)
    await ready.fault(method="DELETE", path="/members/", status=503, times=3)
    await ready.send_hire("1", kind=HireEventType.CANCELLED)
    await ready.work()
    await ready.services.storage.queue("hires").clear_messages()
    await refuse_removal(ready, mia, times=1)
    ready.clock.advance(minutes=15)
    assert (await ready.sweep())["outcome"] == "done"
    assert ready.members() == {mia}
    ready.clock.advance(minutes=15)
    assert (await ready.sweep())["removed"] == 1
    assert ready.members() == set()


async def test_the_account_may_go_meanwhile(ready: World) -> None:
    mia = await ready.add_user(employeeId="1")
    await ready.sweep()
    await ready.control.patch(f"/_local/users/{mia}", json={"accountEnabled": False})
    await refuse_removal(ready, mia, times=1)
    await next_day(ready, mia)
    await ready.control.delete(f"/_local/users/{mia}")
    assert (await next_day(ready, mia)).state is EnrollmentState.LEFT


async def test_who_may_stay_after_all_is_as_they_were(ready: World) -> None:
    mia = await ready.add_user(employeeId="1")
    await ready.sweep()
    before = await ready.people.person(mia)
    await ready.control.patch(f"/_local/users/{mia}", json={"accountEnabled": False})
    await refuse_removal(ready, mia, times=1)
    await next_day(ready, mia)
    await ready.control.patch(f"/_local/users/{mia}", json={"accountEnabled": True})
    ready.clock.advance(minutes=15)
    assert (await ready.sweep())["removed"] == 0
    after = await ready.people.person(mia)
    assert before is not None
    assert after is not None
    assert (after.state, after.reason, after.next_try) == (before.state, None, None)
    assert ready.members() == {mia}
