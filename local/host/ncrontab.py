"""NCRONTAB schedules and time spans, the two forms a timer trigger takes.

The grammar is the one of NCrontab 3 (`CrontabField`): five or six fields, lists, ranges, steps, names by prefix; a
range given backwards is turned round, and `a/n` runs from a to the end of the field. Unlike Vixie cron, the day of the
month *and* the day of the week must both match. `?`, `L`, `W`, `#`, `@daily` and day 7 are errors.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from local.host.settings import parse_timespan

MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
LONGEST_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class Schedule(Protocol):
    """When a timer is due."""

    def next(self, after: datetime) -> datetime:
        """The first time that is due strictly after `after`, in the same time zone."""


@dataclass(frozen=True)
class Field:
    """One field of an expression: its name, its bounds, and the names of its values."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()


SECOND = Field("second", 0, 59)
FIELDS = (
    Field("minute", 0, 59),
    Field("hour", 0, 23),
    Field("day", 1, 31),
    Field("month", 1, 12, tuple(MONTHS)),
    Field("day of the week", 0, 6, tuple(DAYS)),
)


@dataclass(frozen=True)
class Crontab:
    """A parsed NCRONTAB expression; each field is the sorted tuple of its values."""

    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]

    def next(self, after: datetime) -> datetime:
        """The first match strictly after `after`; fractions of a second count as part of their second."""
        start = after.replace(microsecond=0) + timedelta(seconds=1)
        if self.has_day(start):
            found = self.time_on(start)
            if found is not None:
                return found
        day = start.replace(hour=0, minute=0, second=0)
        while True:
            day = self.following_day(day)
            if self.has_day(day):
                return day.replace(hour=self.hours[0], minute=self.minutes[0], second=self.seconds[0])

    def has_day(self, day: datetime) -> bool:
        return day.month in self.months and day.day in self.days and day.isoweekday() % 7 in self.weekdays

    def following_day(self, day: datetime) -> datetime:
        """The next day, or the first of the next month when this month has no match left."""
        if day.month in self.months and day.day < self.days[-1]:
            return day + timedelta(days=1)
        return (day.replace(day=1) + timedelta(days=32)).replace(day=1)

    def time_on(self, start: datetime) -> datetime | None:
        """The first match on the day of `start`, not before it."""
        for hour in (h for h in self.hours if h >= start.hour):
            for minute in (m for m in self.minutes if hour > start.hour or m >= start.minute):
                same = hour == start.hour and minute == start.minute
                second = next((s for s in self.seconds if not same or s >= start.second), None)
                if second is not None:
                    return start.replace(hour=hour, minute=minute, second=second)
        return None


@dataclass(frozen=True)
class Interval:
    """A time span: due that long after the last time."""

    every: timedelta

    def next(self, after: datetime) -> datetime:
        return after + self.every


def parse_schedule(text: str) -> Schedule:
    """A schedule from an NCRONTAB expression or a TimeSpan such as "00:05:00".

    Raises ValueError with a sentence that names the part at fault.
    """
    if ":" in text:
        every = parse_timespan(text)
        if every <= timedelta(0):
            raise ValueError(f"The time span {text!r} is zero. Use one of at least a second.")
        return Interval(every)
    return parse_crontab(text)


def parse_crontab(text: str) -> Crontab:
    parts = text.split()
    if len(parts) not in (5, 6):
        raise ValueError(
            f"The schedule {text!r} has {len(parts)} fields. NCRONTAB has six: second minute hour day month weekday "
            "(or five, without the second)."
        )
    seconds = parse_field(parts[0], SECOND) if len(parts) == 6 else (0,)
    minutes, hours, days, months, weekdays = (
        parse_field(part, field) for part, field in zip(parts[-5:], FIELDS, strict=True)
    )
    if days[0] > max(LONGEST_MONTHS[month - 1] for month in months):
        raise ValueError(f"The schedule {text!r} never comes due: none of its months has a day {days[0]}.")
    return Crontab(seconds, minutes, hours, days, months, weekdays)


def parse_field(text: str, field: Field) -> tuple[int, ...]:
    values: set[int] = set()
    for item in text.split(","):
        values.update(parse_item(item, field))
    return tuple(sorted(values))


def parse_item(text: str, field: Field) -> range:
    body, slash, step_text = text.partition("/")
    if slash and not (body and is_number(step_text)):
        raise ValueError(f"{text!r} is no step of the field {field.name!r}. Write it like */5.")
    step = max(1, int(step_text)) if slash else 1
    if body == "*":
        return range(field.low, field.high + 1, step)
    first_text, dash, last_text = body.partition("-")
    first = parse_value(first_text, field)
    if dash:
        first, last = sorted((first, parse_value(last_text, field)))
    else:
        last = field.high if step > 1 else first
    return range(first, last + 1, step)


def parse_value(text: str, field: Field) -> int:
    if is_number(text):
        value = int(text)
        if not field.low <= value <= field.high:
            raise ValueError(
                f"{value} is outside the field {field.name!r}, which goes from {field.low} to {field.high}."
            )
        return value
    for position, name in enumerate(field.names):
        if text and name.lower().startswith(text.lower()):
            return field.low + position
    raise ValueError(f"{text!r} is no value of the field {field.name!r}. NCRONTAB knows neither ? nor L, W, # and @.")


def is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()
