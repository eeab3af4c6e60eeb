"""What an HR system says, in one normal form: an employee id, a kind of event, a first day. No names, no addresses."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum


class Kind(StrEnum):
    """What happened."""

    HIRE = "hire"
    REHIRED = "rehired"
    START_DATE_CHANGED = "start_date_changed"
    CANCELLED = "cancelled"
    TERMINATED = "terminated"

    @property
    def ends(self) -> bool:
        """Whether the person is not coming, or is leaving."""
        return self in (Kind.CANCELLED, Kind.TERMINATED)


@dataclass(frozen=True)
class HireEvent:
    """One event about one person.

    Args:
        source: The HR system's name in our address, such as bamboohr.
        event_id: The delivery's id, or one made of stable fields; the same in every retry.
        kind: What happened.
        employee_id: Always text, so that leading zeros survive.
        start_date: The first day, without a time zone; None if the event does not tell.
        occurred_at: When it happened in the HR system; a later event wins over an earlier one.
    """

    source: str
    event_id: str
    kind: Kind
    employee_id: str
    start_date: date | None
    occurred_at: datetime
    hint: bool = False


class BadEvent(ValueError):
    """An event that was truly sent by the HR system but cannot be used; the message says which field and why."""


LONGEST_ID = 128
PLAIN_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})")
WITH_TIME_OR_ZONE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?(?:Z|[+-]\d{2}:?\d{2})?")
ODATA_V2 = re.compile(r"/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/")


def read_employee_id(value: object) -> str:
    """An employee id as text; numbers are taken, true and 1.5 are not.

    Raises:
        BadEvent: It is missing or of another kind.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.strip():
        raise BadEvent("The employee id is missing. Send it as text in the field the documentation names.")
    value = value.strip()
    if not value.isprintable() or len(value) > LONGEST_ID:
        raise BadEvent("The employee id has control characters or more than 128 characters.")
    return value


def printable(text: str, *, longest: int) -> str:
    """A text from outside as it may stand in a log line: no line breaks, not endless."""
    return "".join(character for character in text[:longest] if character.isprintable())


def read_start_date(value: object) -> date | None:
    """A first day in any form that is not ambiguous; the *local* date is kept, never shifted by its zone.

    Takes 2026-12-01, the same with a time and a zone, Workday's 2026-12-01-08:00, OData's /Date(ms)/ and epoch
    numbers. None and an empty text mean that the event does not tell.

    Raises:
        BadEvent: 01/12/2026 is the first of December or the twelfth of January, and the product does not guess.
    """
    if value is None or value == "":
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return from_epoch(float(value))
    if isinstance(value, str):
        text = value.strip()
        if match := ODATA_V2.fullmatch(text):
            return from_epoch(float(match[1]))
        if match := WITH_TIME_OR_ZONE.fullmatch(text):
            return from_digits(match[1])
    raise BadEvent("The start date is not in a form that can be read without guessing. Send YYYY-MM-DD.")


def from_digits(text: str) -> date:
    """A date of the calendar, or a BadEvent."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadEvent("The start date is not a day of the calendar.") from error


def from_epoch(number: float) -> date:
    """Seconds or milliseconds since 1970 in UTC; from 10^11 on it is milliseconds, in seconds the year 5138."""
    try:
        return datetime.fromtimestamp(number / 1000 if abs(number) >= 1e11 else number, UTC).date()
    except (ValueError, OverflowError, OSError) as error:
        raise BadEvent("The start date is not a day of the calendar.") from error


def read_instant(value: object) -> datetime | None:
    """When something happened, in UTC; None if the text is no point in time with a zone."""
    if not isinstance(value, str):
        return None
    try:
        parsed = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    try:
        return parsed.astimezone(UTC) if parsed.tzinfo else None
    except OverflowError:
        return None
