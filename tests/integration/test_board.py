"""The board over the real tables: made by a timer, read by who holds the role, and asked of Graph never."""

import base64
import csv
import io
import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from landing.board.page import MOST_IN_A_FILE, ON_A_PAGE, show_board
from landing.page import show_page
from provisioning.http import Request, Response
from provisioning.model.board import BoardEntry, summarize
from provisioning.model.hires import HireEventType
from provisioning.model.ledger import EnrollmentState, HireRecord, Person
from provisioning.people.triggers import on_board
from provisioning.services import Services
from provisioning.store.board_rows import BoardRows
from tests.integration.conftest import World

READER = "4a0e3c55-7f0f-4b0c-9d5b-2c1f6a7b8c9d"


@pytest.fixture(autouse=True)
def board_is_on(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "ready" in request.fixturenames:  # whose tenant other tests get copies of: it is set up without a board
        request.getfixturevalue("ready")
    monkeypatch.setenv("BOARD", "true")
    monkeypatch.setenv("WEBSITE_AUTH_ENABLED", "True")


def reader(world: World, *roles: str, **query: str) -> Request:
    """A request of a person who holds these roles, as Easy Auth hands it on without a token store."""
    claims = {"oid": READER, "tid": world.tenant_id, "name": "Ada Admin"}
    items = [{"typ": kind, "val": value} for kind, value in claims.items()]
    items += [{"typ": "roles", "val": role} for role in roles]
    header = base64.b64encode(json.dumps({"claims": items}).encode()).decode()
    return Request(headers={"x-ms-client-principal": header, "host": "enroll.example.com"}, query=query, method="GET")


async def board(world: World, **query: str) -> Response:
    return await show_board(reader(world, "Enrollment.Read", **query), services=world.services)


async def text_of(world: World, **query: str) -> str:
    answer = await board(world, **query)
    assert answer.status == 200, answer.body.decode()
    return answer.body.decode()


async def add(world: World, employee_id: str, state: EnrollmentState, **fields: Any) -> Person:
    fields.setdefault("start_date", date(2026, 11, 30))
    return await world.people.save(Person(str(uuid4()), state, employee_id=employee_id, **fields))


async def announce(world: World, employee_id: str, state: EnrollmentState, **fields: Any) -> HireRecord:
    record = HireRecord(
        employee_id, "bamboohr", "e-1", HireEventType.HIRE, date(2026, 11, 30), world.clock(), state=state, **fields
    )
    return await world.people.save(record)


async def refresh(world: World) -> None:
    await on_board(services=world.services)


async def test_a_cohort_is_shown_with_who_is_left_out(world: World) -> None:
    await announce(world, "1", EnrollmentState.MATCHED)
    await add(world, "1", EnrollmentState.REGISTERED, invited_at=world.clock(), registered_at=world.clock())
    await announce(world, "2", EnrollmentState.PENDING)
    await announce(world, "3", EnrollmentState.PARKED, reason="Two accounts have the employee id 3.")
    await add(world, "4", EnrollmentState.INVITED, invited_at=world.clock(), start_date=date(2026, 1, 5))
    await refresh(world)
    text = await text_of(world)
    assert "1 of 2" in text, "registered of those who are to register"
    assert "50 %" in text
    assert "Two accounts have the employee id …." in text
    assert "/board?week=2026-W02&amp;overdue=1" in text
    assert "bamboohr" in text
    assert "directory" in text


async def test_a_list_leads_to_a_person_and_their_history(world: World) -> None:
    person = await add(world, "1", EnrollmentState.INVITED, invited_at=world.clock())
    await refresh(world)
    people = await text_of(world, week="2026-W49", state="invited")
    assert f"/board?person={person.object_id}" in people
    one = await text_of(world, person=person.object_id)
    assert f"{world.clock():%Y-%m-%d %H:%M} UTC: Invited" in one


async def test_a_person_without_an_account_is_found_by_employee_id(world: World) -> None:
    await announce(world, "A/7 ü", EnrollmentState.PENDING)
    await refresh(world)
    assert "/board?person=A/7%20%C3%BC" in await text_of(world, week="2026-W49")
    assert "bamboohr sent: hire" in await text_of(world, person="A/7 ü")


async def test_filters_leave_out_the_others(world: World) -> None:
    await announce(world, "11", EnrollmentState.MATCHED)
    await add(world, "11", EnrollmentState.INVITED)
    await add(world, "12", EnrollmentState.INVITED)
    await add(world, "13", EnrollmentState.PARKED, reason="The account 13 is disabled.")
    await add(world, "14", EnrollmentState.PARKED, reason="It is a guest.")
    await refresh(world)

    async def listed(**query: str) -> set[str]:
        rows = list(csv.DictReader(io.StringIO((await board(world, format="csv", **query)).body.decode("utf-8-sig"))))
        return {row["employeeId"] for row in rows}

    assert await listed(source="bamboohr") == {"11"}
    assert await listed(state="invited") == {"11", "12"}
    assert await listed(reason="The account … is disabled.") == {"13"}
    assert await listed(week="2026-W50") == set()
    assert await listed(overdue="1") == ({"11", "12"} if world.clock().date() > date(2026, 11, 30) else set())


async def test_the_department_is_kept_from_the_accounts_that_a_sweep_reads_anyway(ready: World) -> None:
    mia = await ready.add_user(employeeId="21", department=" R&D/Ü ")
    eve = await ready.add_user(employeeId="22", department="Sales")
    await ready.add_user(employeeId="23")
    await ready.sweep()
    old = await ready.people.person(eve)
    assert old is not None
    await ready.people.save(replace(old, department=None))  # as a version of before it was kept wrote the row
    await refresh(ready)
    assert "R&amp;D/Ü (1)" in await text_of(ready)
    text = await text_of(ready, department="R&D/Ü", state="invited")
    assert f"/board?person={mia}" in text
    assert "<td>R&amp;D/Ü</td>" in text
    assert text.count("/board?person=") == 1
    assert "Nobody." in await text_of(ready, department="R&D/Ü", state="parked")
    assert "Nobody." in await text_of(ready, department="Nowhere")
    rows = list(csv.DictReader(io.StringIO((await board(ready, format="csv", state="invited")).body.decode())))
    assert {row["department"] for row in rows} == {"R&D/Ü", ""}
    await ready.control.patch(f"/_local/users/{mia}", json={"department": "Sales"})
    ready.clock.advance(minutes=15)
    await ready.sweep()
    await refresh(ready)
    assert "Sales (1)" in await text_of(ready)
    assert "Nobody." in await text_of(ready, department="R&D/Ü")


async def test_pages_follow_one_another_without_a_gap(world: World) -> None:
    entries = [
        BoardEntry(f"{number:05}", None, EnrollmentState.PENDING, date(2026, 11, 30), "bamboohr", department="Sales")
        for number in range(2 * ON_A_PAGE * 10 + 1)
    ]
    rows = BoardRows(world.services.storage, tenant_id=world.tenant_id)
    await rows.save(summarize(entries, at=world.clock()), entries, keep_days=400)
    for first in ({"week": "2026-W49"}, {"department": "Sales"}):
        seen: list[str] = []
        query = dict(first)
        while query:
            text = await text_of(world, **query)
            seen += [part.partition('"')[0] for part in text.split("/board?person=")[1:]]
            following = [part for part in text.split('href="') if part.partition(">")[2].startswith("More<")]
            query = {**first, "from": following[0].partition("from=")[2].partition('"')[0]} if following else {}
        assert seen == [entry.employee_id for entry in entries]


async def test_a_file_that_would_be_too_large_is_refused_in_words(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("landing.board.page.MOST_IN_A_FILE", 100)
    assert MOST_IN_A_FILE > 100
    entries = [
        BoardEntry(f"{number:05}", None, EnrollmentState.PENDING, date(2026, 11, 30), "bamboohr")
        for number in range(1201)
    ]
    rows = BoardRows(world.services.storage, tenant_id=world.tenant_id)
    await rows.save(summarize(entries, at=world.clock()), entries, keep_days=400)
    answer = await board(world, format="csv", week="2026-W49")
    assert answer.status == 400
    assert "Select a cohort or a state first." in answer.body.decode()


@pytest.mark.parametrize(
    ("roles", "status"),
    [
        ((), 403),
        (("Enrollment.Person",), 403),
        (("enrollment.read",), 403),
        (("Enrollment.Act",), 403),
        (("Enrollment.Read",), 200),
    ],
)
async def test_only_a_holder_of_the_role_sees_it(world: World, roles: tuple[str, ...], status: int) -> None:
    await refresh(world)
    answer = await show_board(reader(world, *roles), services=world.services)
    assert answer.status == status
    assert (status == 403) == ("Enrollment.Read of this enterprise app" in answer.body.decode())


async def test_nobody_is_let_in_without_a_sign_in_or_with_one_elsewhere(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await refresh(world)
    assert (await show_board(Request(method="GET"), services=world.services)).status == 401
    foreign = reader(world, "Enrollment.Read")
    monkeypatch.setenv("TENANT_ID", str(uuid4()))
    assert (await show_board(foreign, services=world.services)).status == 401
    monkeypatch.setenv("TENANT_ID", world.tenant_id)
    monkeypatch.setenv("WEBSITE_AUTH_ENABLED", "")
    assert (await show_board(reader(world, "Enrollment.Read"), services=world.services)).status == 401, "no Easy Auth"


async def test_without_the_setting_there_is_no_board(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOARD", "false")
    await refresh(world)
    rows = BoardRows(world.services.storage, tenant_id=world.tenant_id)
    assert await rows.summary() is None, "nothing was made"
    assert (await board(world)).status == 404


@pytest.mark.parametrize(
    "query", [{"state": "x"}, {"week": "x"}, {"from": "x"}, {"person": "nobody"}, {"person": READER}]
)
async def test_an_address_that_names_nothing_is_answered_in_words(world: World, query: dict[str, str]) -> None:
    await refresh(world)
    answer = await board(world, **query)
    assert answer.status == 400
    assert "Go back to the board" in answer.body.decode() or "no such person" in answer.body.decode()


async def test_before_the_first_time_and_without_storage_it_says_so(world: World, away: Services) -> None:
    assert "has not been made yet" in (await board(world)).body.decode()
    answer = await show_board(reader(world, "Enrollment.Read"), services=away)
    assert (answer.status, "storage account" in answer.body.decode()) == (503, True)


async def test_a_board_that_did_not_change_is_not_written_again(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    person = await add(world, "1", EnrollmentState.INVITED)
    for _ in range(2):
        await refresh(world)
    await world.people.save(Person(person.object_id, EnrollmentState.LEFT, employee_id="1", etag=person.etag))
    await refresh(world)
    lines = [json.loads(record.message) for record in caplog.records if record.message.startswith('{"event": "board"')]
    assert [(line["people"], line["changed_rows"]) for line in lines] == [(1, 1), (1, 0), (1, 2)]
    assert person.object_id not in await text_of(world, state="invited")


async def test_a_days_totals_are_kept_for_as_long_as_the_setting_says(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOARD_DAYS", "2")
    await add(world, "1", EnrollmentState.INVITED)
    first = world.clock().date()
    for _ in range(4):
        await refresh(world)
        world.clock.advance(seconds=86400)
    rows = BoardRows(world.services.storage, tenant_id=world.tenant_id)
    assert await rows.days() == {first + timedelta(days=day): {"invited": 1} for day in (1, 2, 3)}


async def test_the_board_asks_graph_nothing(ready: World) -> None:
    await ready.add_user(employeeId="1", employeeHireDate=ready.clock().isoformat())
    await ready.sweep()
    await ready.forget_requests()
    await refresh(ready)
    await text_of(ready)
    assert await ready.requests() == []


async def test_no_name_and_no_address_is_on_it(ready: World) -> None:
    await ready.add_user(employeeId="77", displayName="Mia Berg", employeeHireDate=ready.clock().isoformat())
    await ready.sweep()
    await refresh(ready)
    text = await text_of(ready, state="invited")
    assert "77" in text
    assert "Mia" not in text
    assert "@example.com" not in text


async def test_it_runs_nothing_and_is_kept_nowhere(world: World) -> None:
    await add(world, "<script>alert(1)</script>", EnrollmentState.PARKED, reason="<img src=x onerror=alert(1)>")
    await refresh(world)
    answer = await board(world, state="parked")
    assert b"<script" not in answer.body
    assert b"<img src=x" not in answer.body
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; img-src 'self';")
    assert answer.headers["Cache-Control"] == "no-store"


async def test_a_readers_own_page_is_as_everybodys(world: World) -> None:
    answer = await show_page(reader(world, "Enrollment.Read"), services=world.services)
    assert answer.status == 200
