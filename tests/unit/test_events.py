"""HR events in their normal form: employee ids and first days in every form a vendor sends."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.people.events import BadEvent, read_employee_id, read_instant, read_start_date


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
        (None, None),
        ("", None),
    ],
)
def test_first_days(value: object, expected: date | None) -> None:
    assert read_start_date(value) == expected


@pytest.mark.parametrize(
    "value",
    ["01/12/2026", "1.12.2026", "tomorrow", "2026-13-01", "2026-02-30", True, [], {}, "2026-12-01 evil", 1e30, -1e30],
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


def test_instants() -> None:
    assert read_instant("2026-01-31T18:42:00+0000") == datetime(2026, 1, 31, 18, 42, tzinfo=UTC)  # BambooHR, no colon
    assert read_instant("2026-01-31T18:42:00") is None  # UKG: no zone, so not a point in time
    assert read_instant("garbage") is None
    assert read_instant(None) is None
    assert read_instant("0001-01-01T00:00:00+14:00") is None  # before the first year in UTC
