"""Which messages a person's row wants and when, and the hours in which one may go: pure rules."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.model.deadline import DeadlineRules, Timeliness, deadline_of
from provisioning.model.ledger import EnrollmentState, Person
from provisioning.model.message_schedule import (
    TO_INVITED,
    ScheduleRules,
    decide_again,
    next_wanted,
    schedule,
    unwanted,
)
from provisioning.model.newcomer_messages import Audience, MessageKind, MessageState, OutboxMessage
from provisioning.model.working_time import WEEK, Hours, WorkingDays
from provisioning.time_zones import zone_named, zone_of_country

OBJECT_ID = "0d9f2c1e-6c1f-4f0e-8a53-0f5a7b1c2d3e"
INVITED_AT = datetime(2026, 11, 16, 9, tzinfo=UTC)  # a Monday
FIRST_DAY = date(2026, 12, 1)
DAYS = WorkingDays(frozenset(WEEK[:5]), frozenset({date(2026, 12, 25), date(2027, 1, 1)}))
RULES = ScheduleRules(kinds=frozenset(MessageKind), deadline=DeadlineRules(DAYS))
HOURS = Hours(DAYS, time(8), time(18))
INVITED = Person(OBJECT_ID, EnrollmentState.INVITED, start_date=FIRST_DAY, invited_at=INVITED_AT)


def test_a_whole_schedule() -> None:
    found = [(str(item.kind), item.audience, item.day) for item in schedule(INVITED, RULES)]
    assert found == [
        ("invitation", Audience.NEWCOMER, None),
        ("reminder", Audience.NEWCOMER, date(2026, 11, 23)),
        ("last_reminder", Audience.NEWCOMER, date(2026, 11, 30)),
        ("escalation", Audience.MANAGER, date(2026, 12, 2)),
        ("escalation", Audience.HELPDESK, date(2026, 12, 4)),
    ]


def test_without_a_first_day_there_is_no_deadline_and_nobody_is_told_on() -> None:
    kinds = [item.kind for item in schedule(replace(INVITED, start_date=None), RULES)]
    assert kinds == [MessageKind.INVITATION, *[MessageKind.REMINDER] * RULES.most_reminders]


@pytest.mark.parametrize(
    ("after", "first_day", "deadline"),
    [
        (0, date(2026, 12, 5), date(2026, 12, 5)),  # a Saturday stays what it is
        (1, date(2026, 12, 4), date(2026, 12, 7)),
        (5, date(2026, 12, 21), date(2026, 12, 29)),  # the 25th is a day off
        (3, date(2026, 12, 30), date(2027, 1, 5)),
    ],
)
def test_a_deadline_counts_working_days(after: int, first_day: date, deadline: date) -> None:
    assert DeadlineRules(DAYS, after_first_day=after).deadline(first_day) == deadline


def test_due_soon_and_overdue_are_facts_of_the_row() -> None:
    rules = DeadlineRules(DAYS, soon=3)
    deadline = deadline_of(INVITED, rules)
    found = [(day, rules.timeliness(deadline, today=date(2026, 11, day))) for day in (25, 26, 30)]
    assert found == [(25, Timeliness.IN_TIME), (26, Timeliness.DUE_SOON), (30, Timeliness.DUE_SOON)]
    assert rules.timeliness(deadline, today=FIRST_DAY) is Timeliness.DUE_SOON
    assert rules.timeliness(deadline, today=date(2026, 12, 2)) is Timeliness.OVERDUE
    assert deadline_of(replace(INVITED, state=EnrollmentState.REGISTERED), rules) is None


@pytest.mark.parametrize(
    ("zone", "moment", "expected"),
    [
        ("Europe/Berlin", "2026-11-30T07:00+00:00", "2026-11-30T07:00+00:00"),  # 08:00: at once
        ("Europe/Berlin", "2026-11-30T06:59+00:00", "2026-11-30T07:00+00:00"),
        ("Europe/Berlin", "2026-11-30T17:00+00:00", "2026-12-01T07:00+00:00"),  # 18:00 is too late
        ("Europe/Berlin", "2026-12-04T18:00+00:00", "2026-12-07T07:00+00:00"),  # over the weekend
        ("Europe/Berlin", "2026-12-24T18:00+00:00", "2026-12-28T07:00+00:00"),  # over a day off, too
        ("Europe/Berlin", "2027-03-26T18:00+00:00", "2027-03-29T06:00+00:00"),  # clocks change on the 28th
        ("Europe/Berlin", "2026-10-23T17:00+00:00", "2026-10-26T07:00+00:00"),  # and back on the 25th
        ("America/New_York", "2026-11-30T09:00+00:00", "2026-11-30T13:00+00:00"),
        ("America/New_York", "2027-03-12T23:30+00:00", "2027-03-15T12:00+00:00"),  # there on the 14th
        ("Asia/Kolkata", "2026-11-30T01:00+00:00", "2026-11-30T02:30+00:00"),
        ("Pacific/Auckland", "2026-11-29T18:00+00:00", "2026-11-29T19:00+00:00"),  # Monday morning there
        ("Pacific/Kiritimati", "2026-11-30T12:00+00:00", "2026-11-30T18:00+00:00"),  # Tuesday already
    ],
)
def test_quiet_hours_are_the_persons_own(zone: str, moment: str, expected: str) -> None:
    opening = HOURS.next_opening(datetime.fromisoformat(moment), ZoneInfo(zone))
    assert opening == datetime.fromisoformat(expected)


@given(
    st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2028, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from(["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Cairo"]),
    st.none() | st.dates(min_value=date(2026, 1, 1), max_value=date(2028, 1, 1)),
)
def test_an_opening_is_never_early_nor_at_night(moment: datetime, name: str, day: date | None) -> None:
    zone = ZoneInfo(name)
    opening = HOURS.next_opening(moment, zone, day=day)
    local = opening.astimezone(zone)
    assert opening >= moment
    assert HOURS.opens <= local.time() < HOURS.closes
    assert DAYS.includes(local.date())
    assert day is None or local.date() >= day
    assert HOURS.next_opening(opening, zone, day=day) == opening


@given(
    st.sampled_from([state for state in EnrollmentState if state is not EnrollmentState.INVITED]),
    st.sampled_from(sorted(TO_INVITED)),
    st.integers(0, 60),
)
def test_who_is_not_invited_any_more_gets_nothing_that_is_for_the_invited(
    state: EnrollmentState, kind: MessageKind, days: int
) -> None:
    planned = [item for item in schedule(INVITED, RULES) if item.kind is kind]
    occurrence = planned[0].occurrence if planned else "claim"
    message = OutboxMessage(OBJECT_ID, kind, occurrence, Audience.NEWCOMER, INVITED_AT, INVITED_AT)
    person = replace(INVITED, state=state)
    today = INVITED_AT.date() + timedelta(days=days)
    assert unwanted(message, person, RULES)
    assert decide_again(message, person, RULES, today=today).drop
    assert not [item for item in next_wanted(person, {}, RULES, today=today) if item.kind in TO_INVITED]


def test_an_invitation_that_was_renewed_is_another_one() -> None:
    (invitation, *_) = schedule(INVITED, RULES)
    message = OutboxMessage(
        OBJECT_ID, invitation.kind, invitation.occurrence, Audience.NEWCOMER, INVITED_AT, INVITED_AT
    )
    again = replace(INVITED, invited_at=INVITED_AT + timedelta(days=3))
    assert unwanted(message, INVITED, RULES) is None
    assert unwanted(message, again, RULES)


@given(st.lists(st.integers(0, 40), max_size=12).map(sorted), st.integers(0, 20))
def test_nobody_is_told_twice_on_a_day_nor_more_often_than_the_schedule_says(looks: list[int], first: int) -> None:
    """Whenever it is looked, and whatever was missed."""
    person = replace(INVITED, start_date=INVITED_AT.date() + timedelta(days=first))
    known: dict[tuple[str, str], MessageState] = {}
    told: dict[tuple[int, Audience], int] = {}
    for look in looks:
        today = INVITED_AT.date() + timedelta(days=look)
        for item in next_wanted(person, known, RULES, today=today):
            known[item.mark] = MessageState.PLANNED
        for item in schedule(person, RULES):
            ripe = known.get(item.mark) is MessageState.PLANNED and (item.day is None or item.day <= today)
            if ripe:
                message = OutboxMessage(OBJECT_ID, *item.mark, item.audience, INVITED_AT, INVITED_AT)  # type: ignore[arg-type]
                dropped = decide_again(message, person, RULES, today=today).drop is not None
                known[item.mark] = MessageState.DROPPED if dropped else MessageState.ACCEPTED
                told[look, item.audience] = told.get((look, item.audience), 0) + (not dropped)
    assert all(times <= 1 for (_, audience), times in told.items() if audience is Audience.NEWCOMER)
    assert len(known) <= len(schedule(person, RULES))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("India Standard Time", "Asia/Calcutta"),
        ("Europe/Oslo", "Europe/Oslo"),
        ("Customized Time Zone", None),
        ("tzone://Microsoft/Utc", None),
        ("../../etc/passwd", None),
        ("", None),
    ],
)
def test_zones_by_the_names_that_mailboxes_have(name: str, expected: str | None) -> None:
    zone = zone_named(name)
    assert (zone.key if zone else None) == expected


def test_a_country_of_several_times_has_no_zone() -> None:
    assert [str(zone_of_country(code)) for code in ("DE", "jp", "ES", "US", "XX", None)] == [
        "Europe/Berlin",
        "Asia/Tokyo",
        "Europe/Madrid",
        "None",
        "None",
        "None",
    ]
