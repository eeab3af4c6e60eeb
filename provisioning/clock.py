"""Time, waiting and ids, as the types that everything is given them by."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from uuid import uuid4

Clock = Callable[[], datetime]
Sleep = Callable[[float], Awaitable[None]]
NewId = Callable[[], str]


def utc_now() -> datetime:
    """Return the wall clock's time in UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """Return a random id."""
    return str(uuid4())
