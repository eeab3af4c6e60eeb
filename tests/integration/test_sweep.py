"""The timer: who should be in gets in, and nothing else happens."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from local import identities
from provisioning.errors import TransientError
from provisioning.model.ledger import EnrollmentState, Person
from provisioning.people.person_changes import TAKEN_OUT
from provisioning.store.sweep_state import SweepState
from tests.integration.conftest import World
from tests.integration.test_registration import register, seen


async def test_new_accounts_are_invited_in_bulk(ready: World) -> None:
    ids = {await ready.add_user(employeeId=str(number)) for number in range(45)}
    outcome = await ready.sweep()
    assert ready.members() == ids
    assert (outcome["outcome"], outcome["added"]) == ("done", 45)
    patches = [line for line in await ready.requests("PATCH") if "groups" in line]
    assert len(patches) == 3, "20 a request"


@pytest.mark.pitfall("H3")
async def test_a_second_sweep_and_a_third_write_nothing(ready: World) -> None:
    """azure-functions-host#5348: timers fire on restart."""
    await ready.add_user(employeeId="1")
    await ready.add_user(employeeId="2", accountEnabled=False)
    await ready.sweep()
    await ready.forget_requests()
    for _ in range(2):
        outcome = await ready.sweep()
        assert outcome["added"] == 0
    assert {line.split()[0] for line in await ready.requests()} == {"GET"}


@pytest.mark.pitfall("C1")
async def test_one_member_among_twenty_does_not_hold_up_the_others(ready: World) -> None:
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
    person = await ready.people.person(mia)
    assert person is not None
    assert (person.state, person.invited_at) == (EnrollmentState.WAITING, None)
    assert "cannot be a member" in (person.reason or "")
    assert person.next_try == ready.clock() + timedelta(minutes=15)
    ready.clock.advance(minutes=15)
    await ready.sweep()
    assert ready.members() == {mia, kai}


async def test_the_brake_stops_before_the_first_write(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWEEP_MAX_CHANGES", "2")
    for number in range(3):
        await ready.add_user(employeeId=str(number))
    outcome = await ready.sweep()
    assert outcome["outcome"] == "limit_exceeded"
    assert ready.members() == set()
    assert await ready.requests("P") == []


async def test_who_starts_soon_is_found_by_date_whatever_the_account_s_age(ready: World) -> None:
    soon = (ready.clock() + timedelta(days=5)).strftime("%Y-%m-%dT00:00:00Z")
    mia = await ready.add_user(employeeHireDate=soon, createdDateTime="2020-01-01T00:00:00Z")
    await ready.add_user(createdDateTime="2020-01-01T00:00:00Z")
    await ready.sweep()
    assert ready.members() == {mia}


async def test_an_account_without_an_employee_id_is_swept_too(ready: World) -> None:
    mia = await ready.add_user(assignedLicenses=[{"skuId": "00000000-0000-4000-8000-00000000000b"}])
    await ready.sweep()
    assert ready.members() == {mia}


@pytest.mark.pitfall("D2")
async def test_a_shared_mailbox_is_not_a_person(ready: World) -> None:
    """MicrosoftDocs/azure-docs#104680: mailboxes of rooms and teams are user objects too."""
    mailbox = await ready.add_user()
    await ready.sweep()
    assert ready.members() == set()
    person = await ready.people.person(mailbox)
    assert person is not None
    assert "shared mailbox" in (person.reason or "")


async def test_before_the_tenant_is_set_up_the_sweep_does_nothing(world: World) -> None:
    outcome = await world.sweep()
    assert outcome["outcome"] == "not_set_up"


@pytest.mark.pitfall("H1")
async def test_two_sweeps_at_once_agree(ready: World) -> None:
    """azure-functions-host#2968: a timer may run twice at the same time."""
    ids = {await ready.add_user(employeeId=str(number)) for number in range(25)}
    await ready.send_hire("3")
    await asyncio.gather(ready.sweep(), ready.work(), ready.sweep())
    await ready.sweep()
    assert ready.members() == ids
    people = [person async for person in ready.people.all_people()]
    assert {person.object_id for person in people} == ids
    assert {person.state for person in people} == {EnrollmentState.INVITED}
    assert all(person.added_by_product for person in people), "so that a cancelled hire is taken out again"


async def test_administrators_and_break_glass_accounts_stay_out(ready: World) -> None:
    await ready.sweep()
    assert not ready.members() & {identities.ADMINISTRATOR_USER_ID, identities.BREAK_GLASS_USER_ID}


async def test_a_quiet_sweep_asks_graph_once(ready: World) -> None:
    """Its cost follows what changed, not how many people there are."""
    for number in range(5):
        await ready.add_user(employeeId=str(number))
    await ready.sweep()
    await ready.forget_requests()
    outcome = await ready.sweep()
    assert outcome["outcome"] == "done"
    assert await ready.requests() == ["GET /users/delta"]


async def test_only_what_changed_is_looked_at(ready: World) -> None:
    await ready.add_user(employeeId="1")
    await ready.sweep()
    mia = await ready.add_user(employeeId="2")
    outcome = await ready.sweep()
    assert (outcome["candidates"], outcome["added"]) == (1, 1)
    assert mia in ready.members()


async def test_a_parked_account_that_was_put_right_is_invited(ready: World) -> None:
    mia = await ready.add_user(employeeId="1", accountEnabled=False)
    await ready.sweep()
    assert await ready.state_of(mia) is EnrollmentState.PARKED
    await ready.control.patch(f"/_local/users/{mia}", json={"accountEnabled": True})
    await ready.sweep()
    assert ready.members() == {mia}


@pytest.mark.parametrize("code", ["syncStateNotFound", "resyncRequired"])
async def test_a_link_that_expired_means_everybody_is_read_again(ready: World, code: str) -> None:
    await ready.sweep()
    mia = await ready.add_user(employeeId="1")
    await ready.fault(method="GET", path="deltatoken", status=410, body={"error": {"code": code, "message": "x"}})
    outcome = await ready.sweep()
    assert outcome["outcome"] == "done"
    assert ready.members() == {mia}


async def test_once_a_day_everybody_is_read_again(ready: World) -> None:
    """A change may stay out of the delta (deltaLag)."""
    await ready.sweep()
    await ready.control.patch("/_local/settings", json={"deltaLag": 10_000_000})
    mia = await ready.add_user(employeeId="1")
    ready.clock.advance(hours=23)
    await ready.sweep()
    assert ready.members() == set()
    await ready.control.patch("/_local/settings", json={"deltaLag": 0})
    ready.clock.advance(hours=2)
    await ready.sweep()
    assert ready.members() == {mia}


async def test_a_sweep_whose_time_is_over_is_finished_by_the_next(
    ready: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each page read takes a minute of the ten that a run has here."""
    monkeypatch.setenv("SWEEP_SECONDS", "10")
    await ready.control.patch("/_local/settings", json={"deltaPageSize": 10})
    ids = {await ready.add_user(employeeId=str(number)) for number in range(25)}
    slow = ready.services.graph(identities.PEOPLE.client_id)
    send = slow.send

    async def slowly(*arguments: Any, **options: Any) -> Any:
        ready.clock.advance(seconds=6)
        return await send(*arguments, **options)

    monkeypatch.setattr(slow, "send", slowly)
    outcomes = [(await ready.sweep())["outcome"] for _ in range(4)]
    assert outcomes[0] == "unfinished"
    assert outcomes[-1] == "done"
    assert ready.members() == ids


async def test_a_run_that_dies_is_simply_done_again(ready: World) -> None:
    ids = {await ready.add_user(employeeId=str(number)) for number in range(3)}
    await ready.fault(method="PATCH", path="/groups", drop="after", times=1)
    await ready.fault(method="GET", path="/members", status=503, times=3)
    with pytest.raises(TransientError):
        await ready.sweep()
    await ready.sweep()
    assert ready.members() == ids
    people = [person async for person in ready.people.all_people()]
    assert all(person.added_by_product for person in people), "it was us, though the first run never knew"


async def test_a_share_of_all_people_is_a_brake_too(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(60):
        await ready.add_user(employeeId=str(number))
    outcome = await ready.sweep()
    assert outcome["outcome"] == "limit_exceeded"
    assert "SWEEP_MAX_PERCENT" in outcome["reason"]
    assert ready.members() == set()
    monkeypatch.setenv("SWEEP_MAX_PERCENT", "100")
    assert (await ready.sweep())["added"] == 60


async def test_who_is_out_of_scope_is_parked(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCOPE_EMPLOYEE_TYPES", "Employee, Intern")
    mia = await ready.add_user(employeeId="1", employeeType="intern")
    eve = await ready.add_user(employeeId="2", employeeType="Contractor")
    await ready.sweep()
    assert ready.members() == {mia}
    person = await ready.people.person(eve)
    assert person is not None
    assert "SCOPE_EMPLOYEE_TYPES" in (person.reason or "")


async def test_a_person_whose_account_was_deleted_left_and_may_come_back(ready: World) -> None:
    mia = await ready.add_user(employeeId="1")
    await ready.sweep()
    await ready.control.delete(f"/_local/users/{mia}")
    await ready.sweep()
    assert await ready.state_of(mia) is EnrollmentState.LEFT


async def take_out_by_hand(world: World) -> Person:
    """Invite a person that an admin then takes out of the group; returns their row a day later."""
    mia = await world.add_user(employeeId="1")
    await world.sweep()
    (group,) = world.tenant.groups
    del world.tenant.members[group["id"]][mia]
    world.clock.advance(days=1)
    await world.sweep()
    person = await world.people.person(mia)
    assert person is not None
    return person


async def put_back_by_hand(world: World, object_id: str) -> EnrollmentState | None:
    """Let an admin put a person back into the group; returns their state a day later."""
    (group,) = world.tenant.groups
    world.tenant.members[group["id"]][object_id] = None
    world.clock.advance(days=1)
    await world.sweep()
    return await world.state_of(object_id)


async def test_who_was_taken_out_by_hand_is_not_put_back(ready: World) -> None:
    person = await take_out_by_hand(ready)
    ready.clock.advance(days=1)
    await ready.sweep()
    assert ready.members() == set()
    assert (person.state, person.reason) == (EnrollmentState.PARKED, TAKEN_OUT)
    assert person.taken_out_at is not None
    assert await put_back_by_hand(ready, person.object_id) is EnrollmentState.INVITED


async def test_who_was_taken_out_by_hand_stays_out_whatever_the_row_says_of_it(ready: World) -> None:
    """The words are for people; a sweep goes by the time at which it was found."""
    person = await take_out_by_hand(ready)
    await ready.people.save(replace(person, reason="In other words."))
    await ready.control.patch(f"/_local/users/{person.object_id}", json={"department": "Sales"})
    ready.clock.advance(days=1)
    await ready.sweep()
    assert ready.members() == set()
    assert await put_back_by_hand(ready, person.object_id) is EnrollmentState.INVITED


async def test_who_was_taken_out_by_hand_is_not_called_invited_for_opening_the_page(ready: World) -> None:
    person = await take_out_by_hand(ready)
    await seen(ready, person.object_id)
    assert await ready.people.person(person.object_id) == replace(
        person, seen_at=ready.clock(), checked_at=ready.clock()
    )
    ready.clock.advance(minutes=5)
    await register(ready, person.object_id, "fido2")
    await seen(ready, person.object_id)
    ready.clock.advance(days=1)
    outcome = await ready.sweep()
    registered = await ready.people.person(person.object_id)
    assert registered is not None
    assert (registered.state, registered.reason) == (EnrollmentState.REGISTERED, TAKEN_OUT)
    assert (ready.members(), outcome["outside"]) == (set(), 0), "they were counted a day ago"
    assert await put_back_by_hand(ready, person.object_id) is EnrollmentState.REGISTERED


async def test_what_is_pending_is_looked_for_ever_more_rarely_and_not_for_ever(ready: World) -> None:
    await ready.send_hire("1187", start=ready.clock().date() + timedelta(days=3))
    await ready.work()
    await ready.sweep()
    await ready.forget_requests()
    for _ in range(24):
        ready.clock.advance(hours=1)
        await ready.sweep()
    assert (await ready.requests()).count("GET /users") < 10
    for _ in range(14):
        ready.clock.advance(days=3)
        await ready.sweep()
    record = await ready.people.hire_record("1187")
    assert record is not None
    assert (record.state, record.next_try) == (EnrollmentState.PARKED, None)


async def test_a_sweep_that_meets_another_leaves_the_work_to_it(ready: World) -> None:
    mia = await ready.add_user(employeeId="1")
    schedule = SweepState(ready.services.storage, tenant_id=ready.tenant_id, now=ready.clock)
    async with schedule.leases.hold("sweep", holder="another", seconds=60):
        await ready.sweep()
        assert ready.members() == set()
    await ready.sweep()
    assert ready.members() == {mia}


@pytest.mark.pitfall("A12")
async def test_without_owning_the_group_nobody_is_lost_and_the_remedy_is_told(ready: World) -> None:
    """microsoftgraph/msgraph-bicep-types#233: an app is not the owner of what it made unless it is told to be."""
    mia = await ready.add_user(employeeId="1")
    (group,) = ready.tenant.groups
    owners = ready.tenant.owners[group["id"]]
    ready.tenant.owners[group["id"]] = []
    await ready.send_hire("1")
    await ready.work()
    assert await ready.waiting_messages("hires") == 1, "put off until an admin puts the owner back"
    outcome = await ready.sweep()
    assert outcome["outcome"] == "misconfigured"
    assert f"group {group['id']}" in outcome["reason"]
    assert "does not own the group" in outcome["reason"]
    assert '{"mode":"apply"}' in outcome["remedy"]
    ready.tenant.owners[group["id"]] = owners
    await ready.sweep()
    assert ready.members() == {mia}


async def test_who_was_invited_too_early_comes_out_unless_they_noticed(ready: World) -> None:
    ids = [await ready.add_user(employeeId=str(number)) for number in range(2)]
    await ready.sweep()
    await ready.send_seen(ids[0])
    await ready.work()
    far = (ready.clock() + timedelta(days=60)).strftime("%Y-%m-%dT00:00:00Z")
    for object_id in ids:
        await ready.control.patch(f"/_local/users/{object_id}", json={"employeeHireDate": far})
    outcome = await ready.sweep()
    assert outcome["removed"] == 1
    assert ready.members() == {ids[0]}
    assert await ready.state_of(ids[1]) is EnrollmentState.WAITING
    ready.clock.advance(days=47)
    await ready.sweep()
    assert ready.members() == set(ids)
