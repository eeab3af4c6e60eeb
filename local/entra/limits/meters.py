"""Meters that fill with use and empty evenly with time: what every limit of the stand-in is made of."""

from dataclasses import dataclass
from datetime import datetime


@dataclass
class Meter:
    """How much of a limit is used up.

    Args:
        used: use that time has not made up for yet.
        at: the moment `used` belongs to.
    """

    at: datetime
    used: float = 0.0

    def settle(self, now: datetime, *, rate: float) -> None:
        """Let the use of the time since the last look drain; `rate` is what a second gives back."""
        passed = (now - self.at).total_seconds()
        self.used = max(0.0, self.used - max(0.0, passed) * rate)
        self.at = now

    def missing(self, cost: float, *, capacity: float) -> float:
        """By how much `cost` more would exceed `capacity`. An empty meter takes any cost."""
        if not self.used:
            return 0.0
        return max(0.0, self.used + cost - capacity)
