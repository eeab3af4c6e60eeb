"""HR events in their normal form: employee ids and first days in every form a vendor sends."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.errors import BadEvent
from provisioning.model.hires import HireEvent, HireEventType, read_address, read_employee_id, read_ids
from provisioning.model.hr_dates import read_hire_date, read_instant, read_occurred, told_instant
from provisioning.model.hr_dates import read_start_date as read_start_date_at
from provisioning.model.messages import HireMessage
from tests.support import NOW

RECEIVED = datetime(2026, 11, 25, 12, tzinfo=UTC)


def read_start_date(value: object, **options: Any) -> date | None:
    """Read a first day that arrives in November 2026."""
    return read_start_date_at(value, received_at=RECEIVED, **options)


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
        ("2026-12-01 00:00:00", date(2026, 12, 1)),
        ("2026-12-01T00:00:00.0000000Z", date(2026, 12, 1)),  # .NET
        ("2026-12-01 00:00:00 +0100", date(2026, 12, 1)),
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
        20261201,  # a day's digits, not a second of August 1970
        46357,  # Excel's serial number of 2026-12-01
        0,
        -1,
        999_999_999,
        "0",
        "46357",
        "2026-12-01T25:00:00Z",
        "2026-12-01T12:60:00Z",
        "2026-12-01T12:00:61Z",
        "2026-12-01T00:00:00+99:00",
        "2026-12-01+24:00",
        "1926-12-01",
        "2016-12-01",
        "2206-12-01",
        "2062-12-01",
        "/Date(20261201)/",
        float("nan"),
        float("inf"),
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


@pytest.mark.parametrize(
    "value",
    [
        "  ",
        "0000-00-00",
        "0000-00-00 00:00:00",
        "0000-00-00T00:00:00Z",
        "00/00/0000",
        "00.00.0000",
        "00000000",
        "n/a",
        "TBD",
        "null",
        "0001-01-01",
        "0001-01-01T00:00:00Z",
        "1601-01-01T00:00:00Z",
        "1753-01-01",
        "1899-12-30",
        "1900-01-01",
        "1970-01-01",
        "2079-06-06",
        "2999-12-31",
        "4712-12-31",
        "9999-12-31",
        "9999-12-31T23:59:59.9999999Z",
        "99991231",
        99991231,
        "/Date(-62135596800000)/",
        "/Date(253402214400000)/",
    ],
)
def test_a_sentinel_says_that_no_day_was_told(value: object) -> None:
    """MySQL's zero date, SAP's initial and last day, .NET's MinValue, Oracle's and PeopleSoft's open end, and kin."""
    assert read_start_date(value) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-11-30T23:00:00.000Z", date(2026, 12, 1)),  # midnight in Berlin
        ("2025-02-04T21:00:00.000Z", date(2025, 2, 5)),  # Deel's own example: midnight in UTC+3
        ("2026-12-01T08:00:00Z", date(2026, 12, 1)),  # midnight in California
        ("2026-12-01T00:00:00Z", date(2026, 12, 1)),
        ("2026-12-01T12:00:00Z", date(2026, 12, 1)),
        ("2026-12-01T16:17:18Z", date(2026, 12, 1)),  # nobody's midnight
        ("2026-12-01", date(2026, 12, 1)),
        (1796079600, date(2026, 12, 1)),
    ],
)
def test_the_instant_of_a_local_midnight_is_the_day_that_begins(value: object, expected: date) -> None:
    """developer.deel.com, "Simulating webhook events": start_date is an instant."""
    assert read_start_date(value, local_midnight=True) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-12-01T00:00:00Z", date(2026, 12, 1)),
        ("2026-11-30T23:00:00Z", date(2026, 12, 1)),
        ("2026-12-01T07:00:00Z", date(2026, 12, 1)),
        ("2026-12-01", date(2026, 12, 1)),
        ("1988-03-01T00:00:00Z", date(1988, 3, 1)),
        ("0001-01-01T00:00:00Z", None),
        ("1601-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59.9999999Z", None),
        ("", None),
        (None, None),
    ],
)
def test_the_hire_date_of_entra(value: str | None, expected: date | None) -> None:
    assert read_hire_date(value) == expected


@given(
    st.dates(date(2022, 1, 1), date(2031, 12, 31)),
    st.sampled_from(["", "T00:00:00Z", "T00:00:00-11:00", "T23:30:00+14:00", "-08:00"]),
)
def test_the_local_day_is_kept_whatever_the_zone(day: date, suffix: str) -> None:
    assert read_start_date(day.isoformat() + suffix) == day


@pytest.mark.parametrize(
    ("value", "expected"), [("0042", "0042"), (42, "42"), (" 7 ", "7"), ("O'Brien/1", "O'Brien/1")]
)
def test_employee_ids_are_text(value: object, expected: str) -> None:
    assert read_employee_id(value) == expected


@pytest.mark.parametrize(
    "value", [None, "", "  ", "n/a", "@1", "~1", True, 1.5, [], {}, "a\nb", "x" * 129, "\x00", "a\u2028b", "a\x85b"]
)
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
        ("\u4e2d" * 90 + "@example.com", None),  # 282 bytes
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


def test_a_person_is_named_by_number_or_own_id_or_address() -> None:
    assert read_ids("21457", 1187, None) == ("21457", "1187")
    assert read_ids("", "1187", None) == ("", "1187")
    assert read_ids(None, None, "mia@example.com") == ("", "")
    with pytest.raises(BadEvent, match="The employee ID is missing"):
        read_ids(None, None, None)
    event = HireEvent("bamboohr", "1", HireEventType.HIRE, "", None, NOW, vendor_id="1187")
    assert event.reference == "~bamboohr:1187"


@pytest.mark.parametrize("value", [0, -1, 20261201, "0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z", "2026-11-20", []])
def test_what_is_no_point_in_time_is_not_told(value: object) -> None:
    assert told_instant(value, received_at=NOW) is None


def test_instants() -> None:
    assert read_instant("2026-11-22T09:00:00.399997", assume_utc=True) == datetime(
        2026, 11, 22, 9, 0, 0, 399997, tzinfo=UTC
    )
    assert read_instant("/Date(1796083200000)/") == datetime(2026, 12, 1, tzinfo=UTC)
    assert read_instant("2026-01-31T18:42:00+0000") == datetime(2026, 1, 31, 18, 42, tzinfo=UTC)  # BambooHR, no colon
    assert read_instant("2026-01-31T18:42:00") is None  # UKG: no zone, so not a point in time
    assert read_instant(1763629200) == read_instant("1763629200000") == datetime(2025, 11, 20, 9, tzinfo=UTC)
    assert read_instant(True) is None
    assert read_instant(10**400) is None
    assert read_instant("garbage") is None
    assert read_instant(None) is None
    assert read_instant("0001-01-01T00:00:00+14:00") is None  # before the first year in UTC
