"""Time in the stand-in: a clock for the directory that tests can advance, and the form Graph writes times in."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def utc_now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)


def timestamp(moment: datetime) -> str:
    """Graph's form of a time: whole seconds and a Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Clock:
    """The directory's time: `source` plus what was advanced.

    Tokens do not use it but `wall`: a client caches a token by its own clock, which nobody advances.
    """

    def __init__(self, source: Callable[[], datetime] = utc_now) -> None:
        self.source = source
        self.offset = timedelta()

    def now(self) -> datetime:
        return self.source() + self.offset

    def wall(self) -> datetime:
        return self.source()

    def advance(self, seconds: float) -> None:
        self.offset += timedelta(seconds=seconds)

    def text(self) -> str:
        """Now, in Graph's form."""
        return timestamp(self.now())
