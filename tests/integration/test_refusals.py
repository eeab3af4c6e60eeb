"""What Graph refuses or does not answer: pages, reports, members; nothing is lost and the reason is told."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from provisioning.errors import TransientError
from provisioning.http import Request
from provisioning.model.hires import HireEventType
from provisioning.model.ledger import EnrollmentState, Person
from provisioning.support.person_status import get_person_status
from tests.integration.conftest import World


def person_request(name: str) -> Request:
    return Request(route={"person": name})


RESTRICTED = "The target object is in a restricted management administrative unit and you do not have access."


async def row(world: World, object_id: str) -> Person:
    person = await world.people.person(object_id)
    assert person is not None
    return person


@pytest.mark.parametrize("status", [429, 503])
async def test_a_refused_page_does_not_waste_what_was_read(ready: World, status: int) -> None:
    """Case H4: one page of many is refused with a longer wait than a function may sleep."""
    ids = {await ready.add_user(employeeId=str(number)) for number in range(20)}
    await ready.control.patch("/_local/settings", json={"deltaPageSize": 10})
    refused = {"status": status, "headers": {"Retry-After": "60"}, "times": 1}
    await ready.fault(method="GET", path="/users/delta.*skiptoken", **refused)
    first = await ready.sweep()
    assert first["outcome"] == "unfinished"
    assert 0 < len(ready.members()) < 20
    assert str(status) in first["reason"]
    second = await ready.sweep()
    assert (second["outcome"], ready.members()) == ("done", ids)


async def test_a_daily_reading_that_is_refused_goes_on_where_it_stopped(ready: World) -> None:
    await ready.add_users(30)
    await ready.control.patch("/_local/settings", json={"deltaPageSize": 10})
    await ready.sweep()
    ready.clock.advance(days=1, minutes=1)
    await ready.forget_requests()
    fault = {"method": "GET", "path": "/users/delta.*skiptoken", "status": 503, "headers": {"Retry-After": "60"}}
    await ready.fault(**fault, times=1)
    assert (await ready.sweep())["outcome"] == "unfinished"
    cursor = await ready.services.sweep_state.cursor()
    assert cursor.link is not None
    assert (await ready.sweep())["outcome"] == "done"


async def test_a_failed_sweep_has_a_heartbeat_that_says_why(ready: World) -> None:
    await ready.sweep()
    await ready.fault(method="GET", path="/users/delta", status=503)
    began = ready.clock()
    for _ in range(2):
        ready.clock.advance(minutes=15)
        with pytest.raises(TransientError):
            await ready.sweep()
    last = await ready.people.last_sweep()
    assert last is not None
    assert (last["outcome"], "503" in last["reason"]) == ("failed", True)
    since = last["since"]
    assert began < datetime.fromisoformat(since) < ready.clock()


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500])
async def test_a_report_that_cannot_be_had_takes_nothing_from_the_sweep(ready: World, status: int) -> None:
    """Case D4: people were invited, but no sweep ended and no registration was looked at."""
    mia = await ready.add_user(employeeId="1")
    headers = {"Retry-After": "60"} if status == 429 else {}
    await ready.fault(path="/reports/", status=status, headers=headers)
    outcome = await ready.sweep()
    assert (outcome["outcome"], outcome["report"]) == ("done", "none")
    assert str(status) in outcome["report_reason"]
    assert ready.members() == {mia}


async def test_the_report_that_needs_another_permission_names_it(ready: World) -> None:
    """microsoft-graph-docs#12537: some tenants ask for Directory.Read.All."""
    await ready.add_user(employeeId="1")
    code = "ApplicationHasNoDirectoryReadAccess"
    await ready.fault(path="/reports/", status=403, body={"error": {"code": code, "message": "No."}})
    assert "Directory.Read.All" in (await ready.sweep())["report_remedy"]


async def test_methods_that_cannot_be_had_take_nothing_from_the_sweep(ready: World) -> None:
    mia = await ready.add_user(employeeId="1")
    await ready.fault(path="/reports/", status=403)
    await ready.fault(path="/authentication/methods", status=403)
    assert (await ready.sweep())["outcome"] == "done"
    assert ready.members() == {mia}


@pytest.mark.parametrize("by", ["webhook", "sweep"])
async def test_a_protected_group_is_named_and_graph_s_sentence_kept(
    ready: World, caplog: pytest.LogCaptureFixture, by: str
) -> None:
    """Case E12: a restricted management administrative unit was called "not its owner"."""
    await ready.add_user(employeeId="1")
    refusal = {"status": 403, "body": {"error": {"code": "Authorization_RequestDenied", "message": RESTRICTED}}}
    await ready.fault(method="POST", path="/members/", **refusal)
    await ready.fault(method="PATCH", path="/groups/", **refusal)
    if by == "sweep":
        outcome = await ready.sweep()
        assert (outcome["outcome"], RESTRICTED.rstrip(".") in outcome["reason"]) == ("misconfigured", True)
    else:
        await ready.send_hire("1")
        await ready.work()
        assert await ready.waiting_messages("hires") == 1, "put off, not lost"
    said = caplog.text
    assert RESTRICTED.rstrip(".") in said
    assert "not its owner" not in said


async def test_a_dynamic_group_is_named(ready: World, caplog: pytest.LogCaptureFixture) -> None:
    """Case E11: each hire ended on the poison queue, and nothing named the group."""
    (group,) = ready.tenant.groups
    group.update({"groupTypes": ["DynamicMembership"], "membershipRule": "user.accountEnabled -eq true"})
    await ready.add_user(employeeId="1")
    await ready.send_hire("1")
    await ready.work()
    assert "dynamic membership" in caplog.text
    assert (await ready.sweep())["outcome"] == "misconfigured"


async def test_a_person_that_graph_refuses_is_parked_after_some_tries(ready: World) -> None:
    """Case A5: retried every 15 minutes for ever, in silence."""
    mia = await ready.add_user(employeeId="1", createdDateTime=made(ready, hours=3))
    error = {"code": "Request_BadRequest", "message": f"Object {mia} cannot be a member."}
    for method, path in (("POST", "/members/"), ("PATCH", "/groups/")):
        await ready.fault(method=method, path=path, status=400, body={"error": error})
    for _ in range(12):
        await ready.sweep()
        ready.clock.advance(hours=8)
    person = await row(ready, mia)
    assert person.state is EnrollmentState.PARKED
    assert "cannot be a member" in (person.reason or "")


async def test_why_says_that_the_account_was_not_looked_up(ready: World) -> None:
    """During an outage it said that no account was found, and to make one."""
    await ready.fault(path="/users", status=503)
    await ready.send_hire("1187")
    await ready.work()
    ready.clock.advance(minutes=20)
    answer = await get_person_status(person_request("1187"), services=ready.services)
    why = json.loads(answer.body)["why"]
    assert "has not been looked up yet" in why
    assert "503 to GET" in why
    assert "since" in why
    assert "Create the account" not in why
    await ready.control.delete("/_local/faults")
    ready.clock.advance(minutes=15)
    await ready.sweep()
    answer = await get_person_status(person_request("1187"), services=ready.services)
    assert "no account has been found" in json.loads(answer.body)["why"]


async def test_why_finds_an_announced_guid(ready: World) -> None:
    """Case S4: an HR system's id that looks like an object id."""
    guid = "bcfc9744-0ab3-4ef3-ab0d-e728255d659c"
    await ready.send_hire(guid)
    await ready.work()
    answer = await get_person_status(person_request(guid), services=ready.services)
    assert (answer.status, json.loads(answer.body)["employeeId"]) == (200, guid)


async def test_an_unknown_id_is_answered_with_what_the_last_sweep_found(ready: World) -> None:
    answer = await get_person_status(person_request("4711"), services=ready.services)
    assert (answer.status, "No sweep has ended yet" in answer.body.decode()) == (404, True)
    await ready.sweep()
    answer = await get_person_status(person_request("4711"), services=ready.services)
    assert "found no new account with this ID" in answer.body.decode()


async def test_an_outage_longer_than_recent_days_loses_nobody(ready: World) -> None:
    """The account was made after the last sweep, and the next sweep came 33 days later."""
    await ready.sweep()
    ready.clock.advance(hours=1)
    mia = await ready.add_user(employeeId="1")
    ready.clock.advance(days=33)
    await ready.sweep()
    assert ready.members() == {mia}


async def test_removed_by_hand_and_then_a_moved_first_day_stays_out(ready: World) -> None:
    """Case S26: an admin's decision was overruled by HR's moved day."""
    mia = await ready.add_user(employeeId="1")
    await ready.send_hire("1")
    await ready.work()
    ready.clock.advance(hours=2)
    (group,) = ready.tenant.groups
    ready.tenant.members[group["id"]].pop(mia)
    far = ready.clock().date() + timedelta(days=40)
    await ready.send_hire("1", start=far)
    await ready.work()
    person = await row(ready, mia)
    assert (person.state, "was taken out" in (person.reason or "")) == (EnrollmentState.PARKED, True)
    ready.clock.advance(days=30)
    await ready.sweep()
    assert ready.members() == set()


@pytest.mark.parametrize(
    ("setting", "field"), [("SCOPE_EMPLOYEE_TYPES", "employeeType"), ("SCOPE_DEPARTMENTS", "department")]
)
async def test_people_without_a_value_can_be_let_in(
    ready: World, monkeypatch: pytest.MonkeyPatch, setting: str, field: str
) -> None:
    """Case C8: no list could let in people whose employee type or department is empty."""
    fields: dict[str, Any] = {"employeeId": "1"}
    monkeypatch.setenv(setting, "Employee")
    mia = await ready.add_user(**fields)
    await ready.sweep()
    reason = (await row(ready, mia)).reason or ""
    assert setting in reason
    assert "(none)" in reason
    monkeypatch.setenv(setting, "Employee, (None)")
    eve = await ready.add_user(**{"employeeId": "2", field: "Contractor"})
    ready.clock.advance(days=1, minutes=1)
    await ready.sweep()
    assert ready.members() == {mia}
    assert setting in ((await row(ready, eve)).reason or "")


async def test_ends_of_one_source_are_capped_within_an_hour(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Case S38: an attacker who can send as a source could take everybody out at once."""
    monkeypatch.setenv("HR_MAX_ENDS_PER_HOUR", "2")
    ids = {number: await ready.add_user(employeeId=str(number)) for number in range(4)}
    await ready.sweep()
    ready.clock.advance(minutes=1)
    for number in ids:
        await ready.send_hire(str(number), kind=HireEventType.CANCELLED)
    await ready.work()
    assert len(ready.members()) == 2
    ready.clock.advance(minutes=5)
    assert (await ready.sweep()).get("held", 0) == 0, "they are not due yet"
    await ready.services.sweep_state.release(5)
    ready.clock.advance(minutes=61)
    await ready.sweep()
    assert ready.members() == set()
    assert await ready.services.sweep_state.released() is None


def made(world: World, **ago: float) -> str:
    return (world.clock() - timedelta(**ago)).strftime("%Y-%m-%dT%H:%M:%SZ")
