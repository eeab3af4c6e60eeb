"""NCRONTAB: what is accepted, what is refused, and that `next` misses nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.host.ncrontab import FIELDS, SECOND, Crontab, parse_crontab, parse_field, parse_schedule

START = datetime(2024, 1, 1, tzinfo=UTC)
MOMENTS = st.timedeltas(timedelta(0), timedelta(days=2500)).map(lambda offset: START + offset)


def values(low: int, high: int) -> st.SearchStrategy[tuple[int, ...]]:
    return st.sets(st.integers(low, high), min_size=1, max_size=4).map(lambda found: tuple(sorted(found)))


def matches(schedule: Crontab, moment: datetime) -> bool:
    return (
        moment.second in schedule.seconds
        and moment.minute in schedule.minutes
        and moment.hour in schedule.hours
        and moment.day in schedule.days
        and moment.month in schedule.months
        and moment.isoweekday() % 7 in schedule.weekdays
    )


def first_match(schedule: Crontab, after: datetime, step: timedelta, *, steps: int) -> datetime | None:
    moment = after.replace(microsecond=0)
    if step >= timedelta(hours=1):
        moment = moment.replace(minute=0, second=0)
    if step >= timedelta(days=1):
        moment = moment.replace(hour=0)
    for _ in range(steps):
        moment += step
        if matches(schedule, moment):
            return moment
    return None


@given(values(0, 59), values(0, 59), MOMENTS)
def test_seconds_and_minutes(seconds: tuple[int, ...], minutes: tuple[int, ...], after: datetime) -> None:
    schedule = Crontab(seconds, minutes, tuple(range(24)), tuple(range(1, 32)), tuple(range(1, 13)), tuple(range(7)))
    assert schedule.next(after) == first_match(schedule, after, timedelta(seconds=1), steps=3601)


@given(values(0, 23), values(0, 6), MOMENTS)
def test_hours_and_weekdays(hours: tuple[int, ...], weekdays: tuple[int, ...], after: datetime) -> None:
    schedule = Crontab((0,), (0,), hours, tuple(range(1, 32)), tuple(range(1, 13)), weekdays)
    assert schedule.next(after) == first_match(schedule, after, timedelta(hours=1), steps=193)


@given(values(1, 28), values(1, 12), values(0, 6), MOMENTS)
def test_day_and_weekday_must_both_match(
    days: tuple[int, ...], months: tuple[int, ...], weekdays: tuple[int, ...], after: datetime
) -> None:
    schedule = Crontab((0,), (0,), (0,), days, months, weekdays)
    assert schedule.next(after) == first_match(schedule, after, timedelta(days=1), steps=366 * 12)


@pytest.mark.parametrize(
    ("text", "after", "due"),
    [
        ("0 */15 * * * *", "2026-11-25T10:07:31", "2026-11-25T10:15:00"),
        ("*/15 * * * *", "2026-11-25T10:15:00", "2026-11-25T10:30:00"),
        ("0 30 9 * * Mon-Fri", "2026-11-27T09:30:00", "2026-11-30T09:30:00"),
        ("0 0 0 13 * 5", "2026-11-25T00:00:00", "2027-08-13T00:00:00"),
        ("0 0 0 29 Feb *", "2026-11-25T00:00:00", "2028-02-29T00:00:00"),
        ("0 0 0 29 2 0", "2026-11-25T00:00:00", "2032-02-29T00:00:00"),
        ("59 59 23 31 12 *", "2026-12-31T23:59:59", "2027-12-31T23:59:59"),
        ("00:05:00", "2026-11-25T10:07:31", "2026-11-25T10:12:31"),
        ("1.00:00:00", "2026-11-25T10:07:31", "2026-11-26T10:07:31"),
    ],
)
def test_next(text: str, after: str, due: str) -> None:
    assert parse_schedule(text).next(datetime.fromisoformat(after)) == datetime.fromisoformat(due)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*/20", (0, 20, 40)),
        ("50/3", (50, 53, 56, 59)),
        ("7/1", (7,)),
        ("5-1", (1, 2, 3, 4, 5)),
        ("1-9/4,30", (1, 5, 9, 30)),
        ("3,3,1", (1, 3)),
    ],
)
def test_field(text: str, expected: tuple[int, ...]) -> None:
    assert parse_field(text, SECOND) == expected


def test_names_go_by_prefix() -> None:
    assert parse_field("Su,tue-Thursday", FIELDS[4]) == (0, 2, 3, 4)
    assert parse_field("J", FIELDS[3]) == (1,)


@pytest.mark.parametrize(
    "text",
    [
        "* * * *",
        "* * * * * * *",
        "0 0 0 * * 7",
        "0 0 0 ? * 1",
        "0 0 0 L * *",
        "0 0 0 15W * *",
        "0 0 0 * * Mon#1",
        "@daily",
        "60 * * * * *",
        "0 0 24 * * *",
        "0 0 0 0 * *",
        "0 0 0 30 2 *",
        "0 0 0 31 4,6 *",
        "*/x * * * * *",
        "/5 * * * * *",
        "1,,2 * * * * *",
        "-1 * * * * *",
        "٣ * * * * *",
        "",
        "00:00:00",
        "25:00:00",
        "00:61:00",
    ],
)
def test_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_schedule(text)


@given(st.text(alphabet="0123456789*/,-? LW#@JanMo:", max_size=24))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        schedule = parse_crontab(text)
    except ValueError:
        return
    assert schedule.next(datetime(2026, 11, 25, tzinfo=UTC)).year < 2080
