"""HR events in their normal form: employee ids and first days in every form a vendor sends."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.model.hires import (
    BadEvent,
    HireEvent,
    HireEventType,
    read_address,
    read_employee_id,
    read_instant,
    read_occurred,
    read_start_date,
)
from provisioning.model.messages import HireMessage
from tests.support import NOW


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-12-01", date(2026, 12, 1)),
        ("2026-12-01T00:00:00-05:00", date(2026, 12, 1)),
        ("2026-12-01T00:00:00Z", date(2026, 12, 1)),
        ("2026-12-01T23:59:59.123+14:00", date(2026, 12, 1)),
        ("2026-12-01-08:00", date(2026, 12, 1)),  # Workday
        ("2026-12-01Z", date(2026, 12, 1)),
        ("/Date(1796083200000)/", date(2026, 12, 1)),  # SuccessFactors
        (1796083200, date(2026, 12, 1)),
        (1796083200000, date(2026, 12, 1)),
        ("1796083200", date(2026, 12, 1)),  # a form has no numbers
        ("1796083200000", date(2026, 12, 1)),
        (None, None),
        ("", None),
    ],
)
def test_first_days(value: object, expected: date | None) -> None:
    assert read_start_date(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "01/12/2026",
        "20261201",
        "1.12.2026",
        "tomorrow",
        "2026-13-01",
        "2026-02-30",
        True,
        [],
        {},
        "2026-12-01 evil",
        1e30,
        -1e30,
    ],
)
def test_a_first_day_is_never_guessed(value: object) -> None:
    with pytest.raises(BadEvent):
        read_start_date(value)


@given(st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.none(), st.lists(st.text())))
def test_any_first_day_is_read_or_refused(value: object) -> None:
    try:
        found = read_start_date(value)
    except BadEvent:
        return
    assert found is None or isinstance(found, date)


@given(st.dates(), st.sampled_from(["", "T00:00:00Z", "T00:00:00-11:00", "T23:30:00+14:00", "-08:00"]))
def test_the_local_day_is_kept_whatever_the_zone(day: date, suffix: str) -> None:
    assert read_start_date(day.isoformat() + suffix) == day


@pytest.mark.parametrize(
    ("value", "expected"), [("0042", "0042"), (42, "42"), (" 7 ", "7"), ("O'Brien/1", "O'Brien/1")]
)
def test_employee_ids_are_text(value: object, expected: str) -> None:
    assert read_employee_id(value) == expected


@pytest.mark.parametrize("value", [None, "", "  ", True, 1.5, [], {}, "a\nb", "x" * 129, "\x00", "a\u2028b", "a\x85b"])
def test_what_is_no_employee_id(value: object) -> None:
    with pytest.raises(BadEvent):
        read_employee_id(value)


@pytest.mark.parametrize(
    ("value", "date_format", "expected"),
    [
        ("01/12/2026", "%d/%m/%Y", date(2026, 12, 1)),
        ("12/01/2026", "%m/%d/%Y", date(2026, 12, 1)),
        ("1 Dec 2026", "%d %b %Y", date(2026, 12, 1)),
        ("2026-12-01", "%d/%m/%Y", date(2026, 12, 1)),  # what nobody can misread is still taken
    ],
)
def test_a_format_makes_a_day_certain(value: str, date_format: str, expected: date) -> None:
    assert read_start_date(value, date_format=date_format) == expected


def test_a_day_not_in_the_format_is_refused() -> None:
    with pytest.raises(BadEvent):
        read_start_date("31/31/2026", date_format="%d/%m/%Y")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (" Mia.Berg@example.com ", "Mia.Berg@example.com"),
        ("mia#EXT#@example.onmicrosoft.com", "mia#EXT#@example.onmicrosoft.com"),
        ("n/a", None),
        ("", None),
        (None, None),
        (7, None),
        (["mia@example.com"], None),
        ("@example.com", None),
        ("mia@", None),
        ("mia@a@b", None),
        ("mia berg@example.com", None),
        ("mia@example.com\nbcc: x", None),
        ("x" * 243 + "@example.com", None),
    ],
)
def test_an_address_that_could_be_one(value: object, expected: str | None) -> None:
    assert read_address(value) == expected


def test_the_address_goes_on_no_queue_and_into_no_text() -> None:
    event = HireEvent("x", "1", HireEventType.HIRE, "7", None, NOW, unverified=True, address="mia@example.com")
    message = HireMessage.of(event, tenant_id=UUID("0f5f6c9e-3a1d-4c8e-9b52-6d2f1a7e4b10"))
    assert "mia" not in repr(event) + repr(message) + message.model_dump_json()
    assert (message.event.unverified, message.event.address) == (True, None)


def test_what_is_yet_to_happen_happened_now() -> None:
    assert read_occurred("9999-01-01T00:00:00Z", received_at=NOW) == NOW
    assert read_occurred(None, received_at=NOW) == NOW
    assert read_occurred("2026-11-20T09:00:00Z", received_at=NOW) == datetime(2026, 11, 20, 9, tzinfo=UTC)


def test_instants() -> None:
    assert read_instant("2026-01-31T18:42:00+0000") == datetime(2026, 1, 31, 18, 42, tzinfo=UTC)  # BambooHR, no colon
    assert read_instant("2026-01-31T18:42:00") is None  # UKG: no zone, so not a point in time
    assert read_instant(1763629200) == read_instant("1763629200000") == datetime(2025, 11, 20, 9, tzinfo=UTC)
    assert read_instant(True) is None
    assert read_instant(10**400) is None
    assert read_instant("garbage") is None
    assert read_instant(None) is None
    assert read_instant("0001-01-01T00:00:00+14:00") is None  # before the first year in UTC
