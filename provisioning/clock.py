"""Time, waiting, ids and randomness, as the types that everything is given them by."""

import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from uuid import uuid4

Clock = Callable[[], datetime]
Sleep = Callable[[float], Awaitable[None]]
NewId = Callable[[], str]
RandomBytes = Callable[[int], bytes]


def utc_now() -> datetime:
    """Return the wall clock's time in UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """Return a random id."""
    return str(uuid4())


def random_bytes(count: int) -> bytes:
    """Return so many random bytes, fit for a secret."""
    return secrets.token_bytes(count)
