"""The board's arithmetic: who is counted where, and what its files hold."""

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landing.board.selection import Selection, read_selection
from landing.board.table import csv_response
from landing.board.view import bars_of, cohorts_of, stages_of_funnel, timeline
from provisioning.errors import Rejected
from provisioning.http import Request
from provisioning.model.board import READER, BoardEntry, general_reason, summarize, week_of
from provisioning.model.ledger import EnrollmentState, Person
from provisioning.store.board_rows import ENTRIES, IN_A_ROW, KEYS, SUMMARIES, department_key, list_rows
from provisioning.tenant.resources.app_roles import PERSON, PERSON_ROLE, merged_roles, role_id

NOW = datetime(2026, 12, 2, 9, tzinfo=UTC)
MONDAY = date(2026, 11, 30)

ENTRY = BoardEntry(
    "1187", "0d9f2c1e-6c1f-4f0e-8a53-0f5a7b1c2d3e", EnrollmentState.INVITED, MONDAY, "bamboohr", deadline=MONDAY
)
TEXTS = st.none() | st.text(max_size=30)
ENTRIES_OF_ANYBODY = st.builds(
    BoardEntry,
    employee_id=TEXTS,
    object_id=st.none() | st.uuids().map(str),
    state=st.sampled_from([state for state in EnrollmentState if state is not EnrollmentState.MATCHED]),
    first_day=st.none() | st.dates(min_value=date(2020, 1, 1), max_value=date(2035, 1, 1)),
    source=st.sampled_from(["bamboohr", "directory"]),
    invited=st.none() | st.dates(),
    registered=st.none() | st.dates(min_value=date(2020, 1, 1)),
    seen=st.booleans(),
    reason=TEXTS,
    department=st.none() | st.sampled_from(["Sales", "R&D/Ü#?"]),
)


def in_state(state: EnrollmentState, **fields: object) -> BoardEntry:
    return replace(ENTRY, state=state, **fields)  # type: ignore[arg-type]


def test_a_week_is_the_iso_week() -> None:
    """The last days of December can belong to the next year's first week (ISO 8601)."""
    assert week_of(date(2026, 12, 31)) == "2026-W53"
    assert week_of(date(2027, 1, 1)) == "2026-W53"
    assert week_of(date(2025, 12, 29)) == "2026-W01"


def test_who_needs_help_or_left_is_not_in_the_share() -> None:
    states = ["waiting", "invited", "registered", "done", "parked", "unexpected", "left"]
    summary = summarize([in_state(EnrollmentState(state)) for state in states], at=NOW)
    (cohort,) = cohorts_of(summary.counts)
    assert dict(cohort.columns) == {"waiting": 1, "invited": 1, "registered": 2, "needs help": 2, "left": 1}
    assert (cohort.expected, cohort.share, cohort.overdue) == (4, 50, 2)
    assert cohort.monday == MONDAY


def test_a_cohort_in_which_nobody_is_to_register_has_no_share() -> None:
    (cohort,) = cohorts_of(summarize([in_state(EnrollmentState.LEFT)], at=NOW).counts)
    assert cohort.share is None


def test_overdue_begins_the_day_after_the_deadline() -> None:
    assert not ENTRY.overdue(MONDAY)
    assert ENTRY.overdue(MONDAY + timedelta(days=1))
    assert not in_state(EnrollmentState.REGISTERED).overdue(date(2027, 1, 1))
    assert not replace(ENTRY, deadline=None).overdue(date(2027, 1, 1))


def test_due_soon_ends_with_the_deadline() -> None:
    near = replace(ENTRY, soon=MONDAY - timedelta(days=3))
    moments = [(days, near.due_soon(MONDAY + timedelta(days=days))) for days in (-4, -3, 0, 1)]
    assert moments == [(-4, False), (-3, True), (0, True), (1, False)]
    assert not replace(near, state=EnrollmentState.REGISTERED).due_soon(MONDAY)


def test_people_without_a_first_day_come_last() -> None:
    entries = [replace(ENTRY, first_day=None), ENTRY, replace(ENTRY, first_day=MONDAY + timedelta(days=7))]
    assert [cohort.week for cohort in cohorts_of(summarize(entries, at=NOW).counts)] == [
        "2026-W50",
        "2026-W49",
        "unknown",
    ]


@pytest.mark.parametrize(
    ("reason", "general"),
    [
        ("Two accounts have the employee id 1187.", "Two accounts have the employee id …."),
        ("Account 0d9f2c1e-6c1f-4f0e-8a53-0f5a7b1c2d3e is disabled.", "Account … is disabled."),
        (None, "No reason was noted."),
    ],
)
def test_a_reason_is_counted_without_its_ids(reason: str | None, general: str) -> None:
    assert general_reason(reason) == general


@given(st.lists(ENTRIES_OF_ANYBODY, max_size=30))
def test_everybody_is_counted_once_and_listed_once(entries: list[BoardEntry]) -> None:
    summary = summarize(entries, at=NOW)
    assert sum(count.people for count in summary.counts) == len(entries)
    listed = [entry for text in list_rows(entries)[0].values() for entry in ENTRIES.validate_json(text)]
    assert sorted(map(repr, listed)) == sorted(map(repr, entries))
    for count in summary.counts:
        cell = Selection(week=count.week, state=str(count.state), source=count.source)
        assert (
            sum(
                cell.admits(entry, summary)
                for entry in entries
                if entry.week == count.week and entry.state == count.state
            )
            == count.people
        )


@given(st.lists(ENTRIES_OF_ANYBODY, max_size=30))
def test_a_departments_people_are_all_in_the_rows_that_its_own_row_names(entries: list[BoardEntry]) -> None:
    lists, departments = list_rows(entries)
    summary = summarize(entries, at=NOW)
    for name, people in summary.departments.items():
        keys = KEYS.validate_json(departments[department_key(name)])
        named = [entry for key in keys for entry in ENTRIES.validate_json(lists[key])]
        assert sum(entry.department == name for entry in named) == people
    assert len(departments) == len(summary.departments)


def test_a_board_of_before_departments_is_read() -> None:
    """A row that an older version wrote is shown until it is made anew."""
    before = ENTRIES.dump_python((replace(ENTRY, department="Sales"),), mode="json")
    del before[0]["department"]
    assert ENTRIES.validate_python(before) == (ENTRY,)
    summary = SUMMARIES.dump_python(summarize([ENTRY], at=NOW), mode="json")
    del summary["departments"]
    assert SUMMARIES.validate_python(summary).departments == {}


@given(st.lists(ENTRIES_OF_ANYBODY, max_size=30))
def test_no_stage_of_the_funnel_has_more_people_than_the_ledger(entries: list[BoardEntry]) -> None:
    stages = stages_of_funnel(summarize(entries, at=NOW))
    assert all(0 <= stage.people <= len(entries) and 0 <= stage.width <= 100 for stage in stages)


def test_the_chart_has_the_last_weeks_and_fits_its_drawing() -> None:
    first = date(2026, 1, 5)
    entries = [
        replace(ENTRY, registered=first + timedelta(weeks=number)) for number in range(40) for _ in range(number)
    ]
    bars = bars_of(summarize(entries, at=NOW))
    assert len(bars) == 26
    assert max(bar.height for bar in bars) == 60
    assert [bar.people for bar in bars] == list(range(14, 40))


def test_lists_are_the_same_text_whatever_the_order() -> None:
    entries = [replace(ENTRY, employee_id=f"{number:04}") for number in range(IN_A_ROW * 2 + 1)]
    rows, _ = list_rows(entries)
    assert rows == list_rows(reversed(entries))[0]
    assert sorted(rows) == [f"list.2026-W49.invited.{number:05}" for number in range(3)]


def test_a_full_row_fits_the_service() -> None:
    """A row holds 1 MiB in all (rest/api/storageservices, table data model)."""
    entries = [in_state(EnrollmentState.PARKED, employee_id=f"{n:016}", reason="x" * 2000) for n in range(IN_A_ROW)]
    (text,) = list_rows(entries)[0].values()
    assert len(text) < 400_000


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_no_value_of_a_file_is_a_formula(value: str) -> None:
    body = csv_response([replace(ENTRY, employee_id=value)], name="x").body.decode("utf-8-sig")
    _, row = csv.reader(io.StringIO(body))
    assert row[0] == f"'{value}"


@pytest.mark.parametrize(
    "query",
    [
        {"week": "2026"},
        {"week": "../x"},
        {"state": "happy"},
        {"source": "a b"},
        {"from": "summary"},
        {"from": "list.'"},
    ],
)
def test_a_filter_that_is_none_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(Rejected, match="The address names no"):
        read_selection(Request(query=query))


def test_a_link_is_read_as_the_selection_it_was_made_of() -> None:
    key = "list.2026-W49.parked.00001"
    selection = Selection("2026-W49", "parked", "bamboohr", "Two accounts & more …", "R&D / Ü#?", True, key)
    query = dict(parse_qsl(selection.link(begin=selection.begin).partition("?")[2]))
    assert read_selection(Request(query=query)) == selection


def test_a_history_is_in_the_order_of_time() -> None:
    person = Person("id", EnrollmentState.REGISTERED, invited_at=NOW, seen_at=NOW + timedelta(1), registered_at=NOW)
    assert [text for _, text in timeline(person, None)] == ["Invited", "Registered", "Opened the page"]


def test_an_admins_own_roles_stay_and_the_persons_role_is_never_disabled() -> None:
    own = {"id": "11111111-1111-4111-8111-111111111111", "value": "Own.Role", "isEnabled": True}
    declared = merged_roles([own], offered=frozenset({READER}))
    assert [role["value"] for role in declared] == ["Own.Role", PERSON, READER]
    assert all(role["isEnabled"] for role in declared)
    without = {role["id"]: role["isEnabled"] for role in merged_roles(declared, offered=frozenset())}
    assert without == {own["id"]: True, PERSON_ROLE: True, role_id(READER): False}
    assert merged_roles([own], offered=frozenset()) == [own]
