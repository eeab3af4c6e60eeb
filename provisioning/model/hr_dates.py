"""Reads days and points in time as HR systems and Entra write them: what is ambiguous is refused, never guessed.

Many systems cannot leave a day blank and write their smallest or largest one instead. Such a sentinel means "not told".
"""

import re
from datetime import UTC, date, datetime, timedelta

from provisioning.errors import BadEvent

SMALLEST_EPOCH = 10**9  # seconds, 2001-09-09; below it a number is a day's digits (20261201) or Excel's (46357)
FIRST_MILLISECONDS = 10**11  # in seconds that is the year 5138
YEARS_OFF = 5  # a first day further off is a typing error, and would open or close the window wrongly
NOON = timedelta(hours=12)
QUARTER = 15  # minutes; every zone's offset is a multiple of it

EPOCH_TEXT = re.compile(r"\d{10}|\d{13}")  # a form has no numbers; shorter ones could be 20261201
ODATA_V2 = re.compile(r"/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/")
DAY = re.compile(r"(?P<day>\d{4}-\d{2}-\d{2})(?:[Tt ](?P<time>[\d:.]+))? ?(?P<zone>[Zz]|[+-]\d{2}:?\d{2})?")
TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d(?::(?:[0-5]\d|60)(?:\.\d{1,9})?)?")
ZONE = re.compile(r"[Zz]|[+-](?:0\d|1[0-4]):?[0-5]\d")

NO_DAY = re.compile(r"(?:0{4}([-/.])00\1(?:00|01)|00([-/.])00\2(?:0{4}|00)|0{8})(?:[Tt ][0:.]*)?[Zz]?")  # MySQL, SAP
NO_WORD = frozenset(
    {"-", "--", "n/a", "na", "nil", "none", "not set", "null", "tba", "tbc", "tbd", "undefined", "unknown"}
)
# The smallest days of .NET and Workday, FILETIME, SQL Server, Clarion, Excel and Access, SAS and Unix; then the largest
# ones of SQL Server's smalldatetime, PeopleSoft and Oracle, and round years that people type for "never".
KNOWN_SENTINELS = """
0001-01-01 0001-01-02 1601-01-01 1753-01-01 1800-01-01 1800-12-28 1899-12-30 1899-12-31 1900-01-01 1900-01-02 1901-01-01
1960-01-01 1970-01-01 2078-12-31 2079-06-06 2099-01-01 2099-12-31 2100-01-01 2199-12-31 2200-01-01 2222-02-22 2299-12-31
2500-01-01 2500-12-31 2999-01-01 2999-12-31 3000-01-01 3000-12-31 3999-12-31 4000-01-01 4000-12-31 4712-12-31 5999-12-31
8888-08-08 8888-12-31
"""
SENTINELS = frozenset(date.fromisoformat(day) for day in KNOWN_SENTINELS.split())
LAST_YEARS = 9000  # from here on every day is some HR system's "never"
SENTINEL_DIGITS = frozenset({99991231, 99999999})  # SAP's last day as digits


def is_sentinel(day: date) -> bool:
    """Return whether a day means "no day" in some HR system."""
    return day in SENTINELS or day.year >= LAST_YEARS or day.year == 1


def read_start_date(
    value: object, *, received_at: datetime, date_format: str | None = None, local_midnight: bool = False
) -> date | None:
    """Read a first day; the *local* date is kept, never shifted by its zone.

    Takes 2026-12-01, the same with a time and a zone, Workday's 2026-12-01-08:00, OData's /Date(ms)/ and epoch numbers
    from 10^9 on.

    Args:
        value: As the delivery has it.
        received_at: The time of receipt; a day many years from it is refused.
        date_format: How this sender writes days, as in datetime.strptime; makes 01/12/2026 one certain day.
        local_midnight: This sender writes a day as the instant at which it begins in a zone that it does not name, as
            Deel does; the nearest midnight's day counts.

    Returns:
        The day, or None where the event does not tell one.

    Raises:
        BadEvent: It is not a day, could be two different ones, or is many years off.
    """
    if is_not_told(value):
        return None
    day = parse_day(value, date_format=date_format, local_midnight=local_midnight)
    if is_sentinel(day):
        return None
    if abs(day.year - received_at.year) > YEARS_OFF:
        raise BadEvent(f"The start date {day} is many years away. Correct it in the HR system.")
    return day


def is_not_told(value: object) -> bool:
    """Return whether a value says, in one of many ways, that there is no day."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value in SENTINEL_DIGITS
    if not isinstance(value, str):
        return value is None
    text = value.strip().casefold()
    return not text or text in NO_WORD or NO_DAY.fullmatch(text) is not None or text in map(str, SENTINEL_DIGITS)


def parse_day(value: object, *, date_format: str | None, local_midnight: bool) -> date:
    """Return the day that a value names, or raise BadEvent."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return day_of_epoch(value, local_midnight=local_midnight)
    if isinstance(value, str):
        text = value.strip()
        if date_format and (found := in_format(text, date_format)):
            return found
        if EPOCH_TEXT.fullmatch(text):
            return day_of_epoch(float(text), local_midnight=local_midnight)
        if match := ODATA_V2.fullmatch(text):
            return day_of_odata(match, local_midnight=local_midnight)
        if match := DAY.fullmatch(text):
            return day_of_text(match, local_midnight=local_midnight)
    raise BadEvent("The start date is ambiguous or in an unknown format. Send YYYY-MM-DD.")


def in_format(text: str, date_format: str) -> date | None:
    """Return the day written in the sender's own way, or None."""
    try:
        return datetime.strptime(text, date_format).replace(tzinfo=UTC).date()
    except ValueError:
        return None


def day_of_text(match: re.Match[str], *, local_midnight: bool) -> date:
    """Return the day of an ISO date with or without a time and a zone, every part of which must be possible."""
    time, zone = match["time"], match["zone"]
    try:
        day = date.fromisoformat(match["day"])
    except ValueError:
        raise BadEvent("The start date is not a day of the calendar.") from None
    if (time and not TIME.fullmatch(time)) or (zone and not ZONE.fullmatch(zone)):
        raise BadEvent("The start date has a time of day or a time zone that does not exist.")
    if local_midnight and time and zone and (moment := read_instant(match[0])):
        return nearest_day(moment)
    return day


def day_of_epoch(number: float, *, local_midnight: bool) -> date:
    """Return the day of an epoch number, or raise BadEvent."""
    if abs(number) < SMALLEST_EPOCH:
        raise BadEvent("The start date is a number that is not a point in time. Send YYYY-MM-DD as text.")
    return day_of_moment(epoch_moment(number), local_midnight=local_midnight)


def day_of_odata(match: re.Match[str], *, local_midnight: bool) -> date:
    """Return the day of /Date(ms)/, or raise BadEvent; 0 is a blank, and a little more than that is digits of a day."""
    if 0 < abs(int(match[1])) < SMALLEST_EPOCH:
        raise BadEvent("The start date is a number that is not a point in time. Send YYYY-MM-DD as text.")
    return day_of_moment(odata_moment(match), local_midnight=local_midnight)


def day_of_moment(moment: datetime | None, *, local_midnight: bool) -> date:
    """Return the day of a point in time, or raise BadEvent."""
    if moment is None:
        raise BadEvent("The start date is not a day of the calendar.")
    return nearest_day(moment) if local_midnight else moment.date()


def nearest_day(moment: datetime) -> date:
    """Return the day that begins at this instant in the zone of its writer, if it can be a midnight there.

    Zones east of Greenwich write their midnight as an evening of the day before: 2026-11-30T23:00Z is the first of
    December in Berlin. Noon exactly is what careful senders write to stay clear of zones, and stays.
    """
    is_midnight = moment.minute % QUARTER == 0 and not moment.second and not moment.microsecond
    late = is_midnight and timedelta(hours=moment.hour, minutes=moment.minute) > NOON
    try:
        return (moment + NOON).date() if late else moment.date()
    except OverflowError:
        return moment.date()


def read_hire_date(value: str | None) -> date | None:
    """Return the day of Entra's employeeHireDate, a date and time in UTC; a sentinel there means "not told" too."""
    moment = parse_instant(value, assume_utc=True) if value else None
    if moment is None:
        return None
    day = nearest_day(moment)
    return None if is_sentinel(day) or is_sentinel(moment.date()) else day


def odata_moment(match: re.Match[str]) -> datetime | None:
    """Return the point in time of /Date(ms)/, which is in milliseconds whatever its size."""
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(match[1]))
    except OverflowError:
        return None


def epoch_moment(number: float) -> datetime | None:
    """Return the point in time of an epoch number, in seconds or milliseconds; None for what is neither."""
    if not abs(number) >= SMALLEST_EPOCH:
        return None
    try:
        return datetime.fromtimestamp(number / 1000 if abs(number) >= FIRST_MILLISECONDS else number, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def read_instant(value: object, *, assume_utc: bool = False) -> datetime | None:
    """Read when something happened, in UTC; None for what is no point in time.

    Args:
        value: ISO 8601, /Date(ms)/, or epoch seconds or milliseconds as a number or as text.
        assume_utc: Whether a time without a zone is UTC; without this it is no point in time.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return epoch_moment(value)
    if not isinstance(value, str):
        return None
    text = value.strip()
    if EPOCH_TEXT.fullmatch(text):
        return epoch_moment(float(text))
    if match := ODATA_V2.fullmatch(text):
        return odata_moment(match)
    return parse_instant(text, assume_utc=assume_utc)


def parse_instant(text: str, *, assume_utc: bool = False) -> datetime | None:
    """Return the point in time of an ISO 8601 text, or None."""
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return None
    if parsed.tzinfo is None:
        return parsed.replace(tzinfo=UTC) if assume_utc else None
    try:
        return parsed.astimezone(UTC)
    except OverflowError:
        return None


def told_instant(value: object, *, received_at: datetime, assume_utc: bool = False) -> datetime | None:
    """Read when the HR system says that something happened; None where it does not say, or names a sentinel."""
    moment = read_instant(value, assume_utc=assume_utc)
    if moment is None or is_sentinel(moment.date()):
        return None
    return min(moment, received_at)


def read_occurred(value: object, *, received_at: datetime, assume_utc: bool = False) -> datetime:
    """Read when the HR system says that it happened, or return the time of receipt where it does not.

    The latest event of a person wins, so one from the future would silence all that follow it: it happened now.
    """
    return told_instant(value, received_at=received_at, assume_utc=assume_utc) or received_at
