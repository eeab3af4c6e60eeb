"""Working days and hours, in a person's own time zone. Pure.

Moments are kept in UTC and turned into local time anew each time: adding hours to an aware local time is wall-clock
arithmetic, wrong by an hour where clocks change in between (docs.python.org, datetime, "aware and naive objects").
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
LONGEST_SEARCH = 400  # days without a working day; more are a mistake in the settings


class Weekday(StrEnum):
    """The days of the week, as a setting names them."""

    MONDAY = "mon"
    TUESDAY = "tue"
    WEDNESDAY = "wed"
    THURSDAY = "thu"
    FRIDAY = "fri"
    SATURDAY = "sat"
    SUNDAY = "sun"


WEEK = tuple(Weekday)


@dataclass(frozen=True)
class WorkingDays:
    """Which days count.

    Args:
        weekdays: Of every week.
        days_off: Days on which nobody works all the same.
    """

    weekdays: Collection[Weekday]
    days_off: Collection[date] = ()

    def includes(self, day: date) -> bool:
        """Return whether people work on a day."""
        return WEEK[day.weekday()] in self.weekdays and day not in self.days_off

    def following(self, day: date) -> date:
        """Return a day itself if people work then, else the next one on which they do."""
        for ahead in range(LONGEST_SEARCH):
            candidate = shifted(day, ahead)
            if self.includes(candidate):
                return candidate
        return day

    def add(self, day: date, number: int) -> date:
        """Return the working day so many working days after a day, or before it where the number is negative."""
        step, left = (1 if number > 0 else -1), abs(number)
        for _ in range(LONGEST_SEARCH * max(left, 1)):
            if left == 0:
                break
            day = shifted(day, step)
            left -= self.includes(day)
        return day


def shifted(day: date, number: int) -> date:
    """Return the day so many days later; the calendar's end where there is none."""
    try:
        return day + number * DAY
    except OverflowError:
        return date.max if number > 0 else date.min


@dataclass(frozen=True)
class Hours:
    """When messages may go out.

    Args:
        days: Which days count.
        opens: The local time from which on.
        closes: The local time until which; after `opens`.
    """

    days: WorkingDays
    opens: time
    closes: time

    def next_opening(self, moment: datetime, zone: ZoneInfo, *, day: date | None = None) -> datetime:
        """Return the first moment from this one on that is within the hours, in UTC.

        Args:
            moment: The earliest time, aware.
            zone: The person's.
            day: Not before this local day.
        """
        local = moment.astimezone(zone)
        first = max(local.date(), day) if day is not None else local.date()
        if first == local.date() and self.days.includes(first) and self.opens <= local.time() < self.closes:
            return moment.astimezone(UTC)
        if first == local.date() and local.time() >= self.closes:
            first = shifted(first, 1)
        opening = datetime.combine(self.days.following(first), self.opens, tzinfo=zone)
        return max(opening.astimezone(UTC), moment.astimezone(UTC))
