"""The timer: who should be in gets in, and nothing else happens."""

import asyncio
from datetime import timedelta

import pytest

from local import identities
from provisioning.store.people import State
from tests.product.conftest import World


async def test_new_accounts_are_invited_in_bulk(ready: World) -> None:
    ids = {await ready.add_user(employeeId=str(number)) for number in range(45)}
    outcome = await ready.sweep()
    assert ready.members() == ids
    assert (outcome["outcome"], outcome["added"]) == ("done", 45)
    patches = [line for line in await ready.requests("PATCH") if "groups" in line]
    assert len(patches) == 3, "20 a request"


async def test_a_second_sweep_and_a_third_write_nothing_h3(ready: World) -> None:
    """azure-functions-host#5348: timers fire on restart."""
    await ready.add_user(employeeId="1")
    await ready.add_user(employeeId="2", accountEnabled=False)
    await ready.sweep()
    await ready.forget_requests()
    for _ in range(2):
        outcome = await ready.sweep()
        assert outcome["added"] == 0
    assert {line.split()[0] for line in await ready.requests()} == {"GET"}


async def test_one_member_among_twenty_does_not_hold_up_the_others_c1(ready: World) -> None:
    """microsoft-graph-docs-contrib#5090: one duplicate fails a whole PATCH."""
    ids = [await ready.add_user(employeeId=str(number)) for number in range(20)]
    await ready.fault(method="GET", path="/members", status=200, body={"value": []}, times=1)
    (group,) = ready.tenant.groups
    ready.tenant.members[group["id"]][ids[7]] = None
    outcome = await ready.sweep()
    assert ready.members() == set(ids)
    assert outcome["added"] == 19


async def test_who_is_refused_is_not_taken_for_invited(ready: World) -> None:
    mia, kai = await ready.add_user(employeeId="1"), await ready.add_user(employeeId="2")
    body = {"error": {"code": "Request_BadRequest", "message": f"The object '{mia}' cannot be a member."}}
    await ready.fault(method="PATCH", path="/groups/", status=400, body=body, times=1)
    outcome = await ready.sweep()
    assert (outcome["added"], outcome["refused"], ready.members()) == (1, 1, {kai})
    assert await ready.people.person(mia) is None
    await ready.sweep()
    assert ready.members() == {mia, kai}


async def test_the_brake_stops_before_the_first_write(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWEEP_MAX_ADDITIONS", "2")
    for number in range(3):
        await ready.add_user(employeeId=str(number))
    outcome = await ready.sweep()
    assert outcome["outcome"] == "braked"
    assert ready.members() == set()
    assert await ready.requests("P") == []


async def test_who_starts_soon_is_found_by_date_whatever_the_account_s_age(ready: World) -> None:
    soon = (ready.clock() + timedelta(days=5)).strftime("%Y-%m-%dT00:00:00Z")
    mia = await ready.add_user(employeeHireDate=soon, createdDateTime="2020-01-01T00:00:00Z")
    await ready.add_user(createdDateTime="2020-01-01T00:00:00Z")
    await ready.sweep()
    assert ready.members() == {mia}


async def test_an_account_without_an_employee_id_is_swept_too(ready: World) -> None:
    mia = await ready.add_user()
    await ready.sweep()
    assert ready.members() == {mia}


async def test_before_the_tenant_is_set_up_the_sweep_does_nothing(world: World) -> None:
    outcome = await world.sweep()
    assert outcome["outcome"] == "not set up"


async def test_two_sweeps_at_once_agree_h1(ready: World) -> None:
    """azure-functions-host#2968: a timer may run twice at the same time."""
    ids = {await ready.add_user(employeeId=str(number)) for number in range(25)}
    await ready.send_hire("3")
    await asyncio.gather(ready.sweep(), ready.work(), ready.sweep())
    await ready.sweep()
    assert ready.members() == ids
    people = [person async for person in ready.people.all_people()]
    assert {person.object_id for person in people} == ids
    assert {person.state for person in people} == {State.INVITED}
    assert all(person.added_by_us for person in people), "so that a cancelled hire is taken out again"


async def test_administrators_and_break_glass_accounts_stay_out(ready: World) -> None:
    await ready.sweep()
    assert not ready.members() & {identities.ADMINISTRATOR_USER_ID, identities.BREAK_GLASS_USER_ID}
