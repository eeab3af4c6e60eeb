"""What an HR system says, in one normal form: an employee id, a kind of event, a first day. No names.

A work address is here in memory only: it never goes into a log, and on a queue only sealed.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, ConfigDict, Field


class HireEventType(StrEnum):
    """What happened."""

    HIRE = "hire"
    REHIRED = "rehired"
    START_DATE_CHANGED = "start_date_changed"
    CANCELLED = "cancelled"
    TERMINATED = "terminated"

    @property
    def ends(self) -> bool:
        """Whether the person is not coming, or is leaving."""
        return self in (HireEventType.CANCELLED, HireEventType.TERMINATED)


@dataclass(frozen=True)
class HireEvent:
    """One event about one person.

    Args:
        source: The HR system's name in our address, such as bamboohr.
        event_id: The delivery's id, or one made of stable fields; the same in every retry.
        kind: What happened.
        employee_id: Always text, so that leading zeros survive; empty where the delivery has only an address.
        start_date: The first day, without a time zone; None if the event does not tell.
        occurred_at: When it happened in the HR system; a later event wins over an earlier one.
        unverified: Whether the delivery proves too little to be believed: then it only says which account to look at,
            and what is true is read from Entra.
        address: The work address or user principal name, as sent; never to be kept.
        sealed: The same, as it may be kept.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")  # a message holds an event, and nothing else

    source: str
    event_id: Annotated[str, Field(max_length=512)]
    kind: HireEventType
    employee_id: Annotated[str, Field(min_length=1, max_length=128)]
    start_date: date | None
    occurred_at: AwareDatetime
    unverified: bool = False
    address: Annotated[str | None, Field(exclude=True)] = field(default=None, repr=False)
    sealed: Annotated[str | None, Field(max_length=1024)] = field(default=None, repr=False)


class BadEvent(ValueError):
    """An event that was truly sent by the HR system but cannot be used; the message says which field and why."""


LONGEST_ID = 128
LONGEST_ADDRESS = 254  # RFC 5321, 4.5.3.1.3, without the angle brackets
PLAIN_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})")
WITH_TIME_OR_ZONE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?(?:Z|[+-]\d{2}:?\d{2})?")
ODATA_V2 = re.compile(r"/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/")
EPOCH_TEXT = re.compile(r"\d{10}|\d{13}")  # a form has no numbers; shorter ones could be 20261201


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


def read_employee_id_or_none(employee_id: object, address: str | None) -> str:
    """The employee id, or nothing where an address can take its place.

    Raises:
        BadEvent: There is neither, or the id cannot be used.
    """
    if address is not None and (employee_id is None or employee_id == ""):
        return ""
    return read_employee_id(employee_id)


def read_address(value: object) -> str | None:
    """A work address or user principal name, or None where there is none that could be one.

    A first look only, since HR systems write "n/a" and worse before there is an address: exactly one @ with something
    on both sides, printable, no spaces, at most 254 characters. Whether it is somebody's is for Entra to say.
    """
    if not isinstance(value, str):
        return None
    text = value.strip()
    local, _, domain = text.partition("@")
    plausible = bool(local and domain) and "@" not in domain and len(text) <= LONGEST_ADDRESS
    return text if plausible and text.isprintable() and " " not in text else None


def printable(text: str, *, longest: int) -> str:
    """A text from outside as it may stand in a log line: no line breaks, not endless."""
    return "".join(character for character in text[:longest] if character.isprintable())


def read_start_date(value: object, *, date_format: str | None = None) -> date | None:
    """A first day in any form that is not ambiguous; the *local* date is kept, never shifted by its zone.

    Takes 2026-12-01, the same with a time and a zone, Workday's 2026-12-01-08:00, OData's /Date(ms)/ and epoch
    numbers. None and an empty text mean that the event does not tell.

    Args:
        value: As the delivery has it.
        date_format: How this sender writes days, as in datetime.strptime; makes 01/12/2026 one certain day.

    Raises:
        BadEvent: 01/12/2026 is the first of December or the twelfth of January, and the product does not guess.
    """
    if value is None or value == "":
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return date_from_epoch(value)
    if isinstance(value, str):
        text = value.strip()
        if date_format and (found := in_format(text, date_format)):
            return found
        if EPOCH_TEXT.fullmatch(text):
            return date_from_epoch(float(text))
        if match := ODATA_V2.fullmatch(text):
            return date_from_epoch(float(match[1]))
        if match := WITH_TIME_OR_ZONE.fullmatch(text):
            return date_from_digits(match[1])
    raise BadEvent("The start date is not in a form that can be read without guessing. Send YYYY-MM-DD.")


def in_format(text: str, date_format: str) -> date | None:
    """A day written in the sender's own way, or None."""
    try:
        return datetime.strptime(text, date_format).replace(tzinfo=UTC).date()
    except ValueError:
        return None


def date_from_digits(text: str) -> date:
    """A date of the calendar, or a BadEvent."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadEvent("The start date is not a day of the calendar.") from error


def date_from_epoch(number: float) -> date:
    """The day of an epoch number, or a BadEvent."""
    moment = epoch_moment(number)
    if moment is None:
        raise BadEvent("The start date is not a day of the calendar.")
    return moment.date()


def epoch_moment(number: float) -> datetime | None:
    """Seconds or milliseconds since 1970 in UTC; from 10^11 on it is milliseconds, in seconds the year 5138."""
    try:
        return datetime.fromtimestamp(number / 1000 if abs(number) >= 1e11 else number, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def read_instant(value: object) -> datetime | None:
    """When something happened, in UTC: ISO 8601 with a zone, or epoch seconds or milliseconds; None for all else."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return epoch_moment(value)
    if not isinstance(value, str):
        return None
    text = value.strip()
    if EPOCH_TEXT.fullmatch(text):
        return epoch_moment(float(text))
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return None
    try:
        return parsed.astimezone(UTC) if parsed.tzinfo else None
    except OverflowError:
        return None


def read_occurred(value: object, *, received_at: datetime) -> datetime:
    """When the HR system says it happened; the time of receipt if it does not say, or says that it is yet to come.

    The latest event of a person wins, so one from the future would silence all that follow it.
    """
    return min(read_instant(value) or received_at, received_at)
