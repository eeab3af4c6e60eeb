"""HR events: found, invited once, waited for, and taken back."""

import asyncio
import logging
from datetime import timedelta

import pytest

from local import identities
from provisioning.model.hires import HireEventType
from provisioning.model.ledger import EnrollmentState
from tests.integration.conftest import World


async def test_a_hire_with_an_account_is_invited(ready: World) -> None:
    mia = await ready.add_user(employeeId="1187")
    await ready.send_hire("1187", start=ready.clock().date() + timedelta(days=3))
    await ready.work()
    assert ready.members() == {mia}
    person = await ready.people.person(mia)
    assert person is not None
    assert (person.state, person.added_by_product, person.employee_id) == (EnrollmentState.INVITED, True, "1187")


@pytest.mark.pitfall("C1")
async def test_a_message_that_comes_twice_changes_nothing(ready: World) -> None:
    """microsoft-graph-docs-contrib#5090: 400 "already exist" is success."""
    mia = await ready.add_user(employeeId="1187")
    for _ in range(2):
        await ready.send_hire("1187", event_id="same", occurred_at=ready.clock())
        await ready.work()
    assert ready.members() == {mia}
    writes = [line for line in await ready.requests("P") if "members" in line]
    assert len(writes) == 1


async def test_the_same_delivery_on_two_workers_at_once_invites_once(ready: World) -> None:
    mia = await ready.add_user(employeeId="1187")
    for _ in range(4):
        await ready.send_hire("1187", event_id="same", occurred_at=ready.clock())
    await asyncio.gather(*(ready.work() for _ in range(4)))
    assert ready.members() == {mia}
    assert await ready.state_of(mia) is EnrollmentState.INVITED


@pytest.mark.pitfall("C1")
async def test_a_person_who_is_a_member_already_is_no_error(ready: World) -> None:
    """microsoft-graph-docs-contrib#5090."""
    mia = await ready.add_user(employeeId="1187")
    (group,) = ready.tenant.groups
    ready.tenant.members[group["id"]][mia] = None
    await ready.send_hire("1187")
    await ready.work()
    person = await ready.people.person(mia)
    assert person is not None
    assert (person.state, person.added_by_product) == (EnrollmentState.INVITED, False)


@pytest.mark.pitfall("C9")
async def test_three_weeks_without_an_account_then_one_sweep(ready: World) -> None:
    """azure-powershell#6493: "not found" for an expected hire is pending, never poison."""
    await ready.send_hire("1187", start=ready.clock().date() + timedelta(days=24))
    await ready.work()
    record = await ready.people.hire_record("1187")
    assert record is not None
    assert record.state is EnrollmentState.PENDING
    assert record.next_try == ready.clock() + timedelta(minutes=15), "looked for again, but not at once (G4)"
    assert await ready.waiting_messages("hires") == 0, "weeks of waiting are a row, not a message"
    ready.clock.advance(days=21)
    mia = await ready.add_user(employeeId="1187")
    await ready.sweep()
    assert ready.members() == {mia}
    assert await ready.state_of(mia) is EnrollmentState.INVITED


async def test_a_hire_far_ahead_waits_for_its_window(ready: World) -> None:
    mia = await ready.add_user(employeeId="1187")
    await ready.send_hire("1187", start=ready.clock().date() + timedelta(days=60))
    await ready.work()
    assert await ready.state_of(mia) is EnrollmentState.WAITING
    assert ready.members() == set()
    ready.clock.advance(days=45)
    await ready.sweep()
    assert await ready.state_of(mia) is EnrollmentState.WAITING, "60 - 45 days ahead: one day too early"
    ready.clock.advance(days=2)
    await ready.sweep()
    assert ready.members() == {mia}, "the account is not new any more, but it was when the waiting began"


async def test_an_announced_date_wins_over_none_in_entra_and_may_move(ready: World) -> None:
    mia = await ready.add_user(employeeId="1187")
    await ready.send_hire("1187", start=ready.clock().date() + timedelta(days=60))
    await ready.work()
    ready.clock.advance(minutes=1)
    moved = ready.clock().date() + timedelta(days=2)
    await ready.send_hire("1187", start=moved, kind=HireEventType.START_DATE_CHANGED)
    await ready.work()
    person = await ready.people.person(mia)
    assert person is not None
    assert (person.state, person.start_date) == (EnrollmentState.INVITED, moved)


async def test_a_cancelled_hire_is_taken_out_again(ready: World) -> None:
    mia = await ready.add_user(employeeId="1187")
    await ready.send_hire("1187")
    await ready.work()
    ready.clock.advance(minutes=1)
    await ready.send_hire("1187", kind=HireEventType.CANCELLED)
    await ready.work()
    assert ready.members() == set()
    assert await ready.state_of(mia) is EnrollmentState.LEFT
    assert mia in ready.tenant.users, "the account itself is never touched"
    await ready.sweep()
    assert ready.members() == set(), "the sweep does not bring back who is not coming"


async def test_a_cancellation_reaches_who_was_never_announced_but_swept(ready: World) -> None:
    mia = await ready.add_user(employeeId="1187")
    await ready.sweep()
    assert ready.members() == {mia}
    await ready.send_hire("1187", kind=HireEventType.CANCELLED)
    await ready.work()
    assert ready.members() == set()
    assert await ready.state_of(mia) is EnrollmentState.LEFT


async def test_a_cancellation_of_nobody_in_particular_takes_nobody_out(ready: World) -> None:
    ids = {await ready.add_user(employeeId="1187"), await ready.add_user(employeeId="1187")}
    await ready.sweep()
    await ready.send_hire("1187", kind=HireEventType.CANCELLED)
    await ready.work()
    assert ready.members() == ids
    record = await ready.people.hire_record("1187")
    assert record is not None
    assert record.state is EnrollmentState.PARKED


async def test_a_cancellation_before_there_is_an_account_is_remembered(ready: World) -> None:
    await ready.send_hire("1187")
    await ready.work()
    ready.clock.advance(minutes=1)
    await ready.send_hire("1187", kind=HireEventType.CANCELLED)
    await ready.work()
    await ready.add_user(employeeId="1187")
    await ready.sweep()
    assert ready.members() == set()


async def test_a_person_we_did_not_add_is_not_taken_out(ready: World) -> None:
    mia = await ready.add_user(employeeId="1187")
    (group,) = ready.tenant.groups
    ready.tenant.members[group["id"]][mia] = None
    await ready.send_hire("1187")
    await ready.work()
    ready.clock.advance(minutes=1)
    await ready.send_hire("1187", kind=HireEventType.TERMINATED)
    await ready.work()
    assert ready.members() == {mia}


async def test_an_older_event_that_comes_late_changes_nothing(ready: World) -> None:
    """Out of order: the termination overtakes the hire it ends."""
    await ready.add_user(employeeId="1187")
    hired_at = ready.clock()
    ready.clock.advance(minutes=5)
    await ready.send_hire("1187", kind=HireEventType.TERMINATED)
    await ready.work()
    await ready.send_hire("1187", occurred_at=hired_at)
    await ready.work()
    assert ready.members() == set()


async def test_a_rehire_comes_back(ready: World) -> None:
    mia = await ready.add_user(employeeId="1187")
    for kind in (HireEventType.HIRE, HireEventType.TERMINATED, HireEventType.REHIRED):
        ready.clock.advance(minutes=1)
        await ready.send_hire("1187", kind=kind)
        await ready.work()
    assert ready.members() == {mia}


async def test_two_accounts_with_one_employee_id_are_parked(ready: World) -> None:
    ids = {await ready.add_user(employeeId="1187"), await ready.add_user(employeeId="1187")}
    await ready.send_hire("1187")
    await ready.work()
    await ready.sweep()
    assert ready.members() == set()
    record = await ready.people.hire_record("1187")
    assert record is not None
    assert record.state is EnrollmentState.PARKED
    assert all(object_id in (record.reason or "") for object_id in ids)


@pytest.mark.pitfall("E6")
@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"accountEnabled": False}, "disabled"),
        ({"userType": "Guest"}, "guest"),
        ({"createdDateTime": "2020-01-01T00:00:00Z"}, "not new"),
    ],
)
async def test_who_must_not_be_added_is_parked_with_a_reason(
    ready: World, fields: dict[str, object], reason: str
) -> None:
    """A guest can have no Temporary Access Pass (entra-docs, howto-conditional-access-policy-registration)."""
    mia = await ready.add_user(employeeId="1187", **fields)
    await ready.send_hire("1187")
    await ready.work()
    person = await ready.people.person(mia)
    assert person is not None
    assert person.state is EnrollmentState.PARKED
    assert reason in (person.reason or "")
    assert person.remedy
    assert ready.members() == set()


async def test_an_administrator_is_never_added(ready: World) -> None:
    """A forged hire must not push an administrator into the registration flow."""
    admin = await ready.add_user(employeeId="1187")
    (assignment, *_) = ready.tenant.directory_roles
    ready.tenant.directory_roles.append({**assignment, "id": "x", "principalId": admin})
    await ready.send_hire("1187")
    await ready.work()
    await ready.sweep()
    assert ready.members() == set()
    assert await ready.state_of(admin) is EnrollmentState.PARKED


async def test_who_administers_through_a_group_is_never_added(ready: World) -> None:
    """Roles are given to role-assignable groups too; the assignment then names the group."""
    admin, mia = await ready.add_user(employeeId="1187"), await ready.add_user(employeeId="2244")
    group_id = "00000000-0000-4000-8000-0000000000aa"
    ready.tenant.groups.add({"id": group_id, "displayName": "Role holders", "isAssignableToRole": True})
    ready.tenant.members[group_id] = {admin: None}
    (assignment, *_) = ready.tenant.directory_roles
    ready.tenant.directory_roles.append({**assignment, "id": "x", "principalId": group_id})
    for employee_id in ("1187", "2244"):
        await ready.send_hire(employee_id)
    await ready.work()
    await ready.sweep()
    assert ready.members() == {mia}
    assert await ready.state_of(admin) is EnrollmentState.PARKED


@pytest.mark.pitfall("C4")
@pytest.mark.parametrize("employee_id", ["O'Brien", "x' or '1' eq '1", "a/b\\c#d?", "Ä 1", "😀" * 16])
async def test_employee_ids_with_any_character_match_only_themselves(ready: World, employee_id: str) -> None:
    """terraform-provider-azuread#639, and a hostile filter."""
    await ready.add_user(employeeId="1")
    mia = await ready.add_user(employeeId=employee_id)
    await ready.send_hire(employee_id)
    await ready.work()
    assert ready.members() == {mia}


@pytest.mark.pitfall("G5")
async def test_graph_down_for_ten_minutes_loses_nobody(ready: World) -> None:
    """azure-webjobs-sdk#844: five tries are burnt in seconds unless waiting is our own."""
    mia = await ready.add_user(employeeId="1187")
    await ready.fault(path="/v1.0/", status=503)
    await ready.send_hire("1187", event_id="e-1")
    await ready.work()
    assert await ready.waiting_messages("hires") == 1
    await ready.control.delete("/_local/faults")
    queue = ready.services.storage.queue("hires")
    await queue.clear_messages()
    await ready.send_hire("1187", event_id="e-1")
    await ready.work()
    assert ready.members() == {mia}


async def test_hires_before_the_tenant_is_set_up_wait(world: World) -> None:
    mia = await world.add_user(employeeId="1187")
    await world.send_hire("1187")
    await world.work()
    assert await world.waiting_messages("hires") == 1
    await world.operate()
    await world.sweep()
    assert world.members() == {mia}


async def test_without_permission_nothing_is_lost(ready: World) -> None:
    await ready.add_user(employeeId="1187")
    await ready.control.put("/_local/roles", json={identities.PEOPLE.client_id: []})
    await ready.send_hire("1187")
    await ready.work()
    assert await ready.waiting_messages("hires") == 1, "put off until an admin grants the permission"


@pytest.mark.pitfall("K3")
async def test_logs_hold_ids_and_no_addresses(ready: World, caplog: pytest.LogCaptureFixture) -> None:
    """home-assistant/core#119846: request addresses with user names in the logs."""
    from provisioning.log import quiet

    caplog.set_level(logging.INFO)
    quiet()
    mia = await ready.add_user(employeeId="1187", userPrincipalName="mia.berg@example.com", displayName="Mia Berg")
    caplog.clear()
    await ready.send_hire("1187")
    await ready.work()
    await ready.send_seen(mia)
    await ready.work()
    await ready.sweep()
    text = "\n".join(record.getMessage() for record in caplog.records)
    assert mia in text
    assert "@example.com" not in text
    assert "Mia" not in text
    assert "filter=" not in text
