"""When a request to Graph is worth sending again, and how long to wait before.

A wait that a function may not sleep goes back on the queue instead: the caller raises TransientError with it.
"""

from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

TRIES = 3
THROTTLED_TRIES = 5  # refused so, a request had no effect; another application may be taking the seconds in between
FIRST_BACKOFF = 0.5  # seconds, doubled each time
LONGEST_SLEEP = 4.0  # seconds; a longer wait goes back on the queue
THROTTLED = 429
THROTTLED_DELAY = 1.1  # seconds; Conditional Access takes one request a second and says nothing (throttling-limits)
OUT_OF_STEP = 0.3  # seconds more each time: who waits as long as another application does would always come second
RETRIED_STATUSES = frozenset({429, 500, 502, 503, 504})


def backoff(attempt: int) -> float:
    """Return the seconds between try number `attempt` and the next, where Graph asks for none."""
    return FIRST_BACKOFF * 2.0 ** (attempt - 1)


def retry_after(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """Return Retry-After in seconds: whole, decimal (Graph's own sample is 2.128) or a date (RFC 9110, 10.2.3)."""
    value = headers.get("Retry-After")
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(value) - now).total_seconds())
    except (ValueError, TypeError):
        return None


def wait_before_retry(status: int, headers: Mapping[str, str], *, attempt: int, now: datetime) -> float:
    """Return the seconds to wait after an answer that is worth another try."""
    asked = retry_after(headers, now=now)
    if status != THROTTLED:
        return asked or backoff(attempt)
    return max(asked, THROTTLED_DELAY) if asked else THROTTLED_DELAY + OUT_OF_STEP * (attempt - 1)


def tries_for(status: int) -> int:
    """Return how often a request is sent at most that was last answered so."""
    return THROTTLED_TRIES if status == THROTTLED else TRIES
