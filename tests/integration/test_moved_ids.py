"""An employee id moves from one account to another: corrected, swapped or given anew (case E8)."""

from datetime import timedelta

from provisioning.model.hires import HireEventType
from provisioning.model.ledger import EnrollmentState
from tests.integration.conftest import World

CANCELLED = HireEventType.CANCELLED


async def hire(world: World, employee_id: str) -> None:
    await world.send_hire(employee_id)
    await world.work()


async def cancel(world: World, employee_id: str) -> None:
    world.clock.advance(minutes=1)
    await world.send_hire(employee_id, kind=CANCELLED)
    await world.work()


async def rename(world: World, object_id: str, employee_id: str | None) -> None:
    world.clock.advance(minutes=1)
    await world.control.patch(f"/_local/users/{object_id}", json={"employeeId": employee_id})


async def test_an_end_takes_out_who_has_the_id_now(ready: World) -> None:
    """The number moved to a new account; the former holder is a new hire under another number."""
    bea = await ready.add_user(employeeId="2")
    await hire(ready, "2")
    await rename(ready, bea, "9")
    ada = await ready.add_user(employeeId="2")
    await ready.sweep()
    assert ready.members() == {ada, bea}
    await cancel(ready, "2")
    assert ready.members() == {bea}
    ready.clock.advance(days=2)
    await ready.sweep()
    assert ready.members() == {bea}


async def test_swapped_ids(ready: World) -> None:
    ada, bea = await ready.add_user(employeeId="1"), await ready.add_user(employeeId="2")
    await hire(ready, "1")
    await hire(ready, "2")
    await rename(ready, ada, None)
    await rename(ready, bea, "1")
    await rename(ready, ada, "2")
    await cancel(ready, "2")
    assert ready.members() == {bea}
    ready.clock.advance(days=1)
    await ready.sweep()
    assert ready.members() == {bea}


async def test_a_cancellation_before_the_sweep_leaves_the_former_holder(ready: World) -> None:
    """Case S10: 1187 was A's and is B's now; A is announced under 2000."""
    ada = await ready.add_user(employeeId="1187")
    await hire(ready, "1187")
    await rename(ready, ada, "2000")
    bea = await ready.add_user(employeeId="1187")
    await hire(ready, "2000")
    await cancel(ready, "1187")
    assert ready.members() == {ada}
    assert await ready.state_of(bea) is EnrollmentState.LEFT
    ready.clock.advance(days=1)
    await ready.sweep()
    assert ready.members() == {ada}


async def test_the_old_number_of_one_account_ends_nothing_while_the_new_one_is_on(ready: World) -> None:
    mia = await ready.add_user(employeeId="1188")
    await hire(ready, "1188")
    await rename(ready, mia, "1187")
    await hire(ready, "1187")
    await cancel(ready, "1188")
    assert ready.members() == {mia}
    await cancel(ready, "1187")
    assert ready.members() == set()


async def test_the_old_number_ends_the_account_that_nobody_else_claims(ready: World) -> None:
    """HR knows the person by the old number alone, and nobody has it any more."""
    mia = await ready.add_user(employeeId="1188")
    await hire(ready, "1188")
    await rename(ready, mia, "1187")
    await cancel(ready, "1188")
    assert ready.members() == set()


async def test_an_unproven_end_is_judged_by_who_has_the_id_now(ready: World) -> None:
    """The former holder is disabled, and the account that has the id now is not: nobody is taken out."""
    bea = await ready.add_user(employeeId="2")
    await hire(ready, "2")
    await rename(ready, bea, "9")
    ada = await ready.add_user(employeeId="2")
    await ready.sweep()
    await ready.control.patch(f"/_local/users/{bea}", json={"accountEnabled": False})
    ready.clock.advance(minutes=1)
    await ready.send_hire("2", kind=CANCELLED, unverified=True)
    await ready.work()
    assert ada in ready.members()


async def test_the_sweep_matches_a_hire_record_with_who_has_the_id_now(ready: World) -> None:
    bea = await ready.add_user(employeeId="2")
    await hire(ready, "2")
    await rename(ready, bea, "9")
    ada = await ready.add_user(employeeId="2")
    ready.clock.advance(minutes=15)
    await ready.sweep()
    record = await ready.people.hire_record("2")
    assert record is not None
    assert record.object_id == ada
    far = ready.clock().date() + timedelta(days=60)
    await ready.send_hire("2", kind=HireEventType.START_DATE_CHANGED, start=far, occurred_at=ready.clock())
    await ready.work()
    assert ready.members() == {bea}, "the day that moved is that of the account with the id"
