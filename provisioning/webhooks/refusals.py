"""Counts refused deliveries, so that there is one word a minute of them that still says how many there were."""

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta

INTERVAL = timedelta(minutes=1)


@dataclass
class Tally:
    """What was counted of one kind of refusal.

    Attributes:
        told_at: When a word of it went out last; None before the first.
        untold: How many came since.
    """

    told_at: datetime | None = None
    untold: int = 0

    def count(self, *, now: datetime) -> int:
        """Count one refusal; returns how many a word has to stand for, 0 while the minute of the last is not over."""
        self.untold += 1
        if self.told_at is not None and now - self.told_at < INTERVAL:
            return 0
        count, self.untold, self.told_at = self.untold, 0, now
        return count


class Refusals:
    """Refusals by source and reason. Both come from the product, so that a sender cannot make this grow."""

    def __init__(self) -> None:
        self.tallies: defaultdict[Hashable, Tally] = defaultdict(Tally)

    def count(self, source: str, reason: str, *, now: datetime) -> int:
        """Count one refusal for a line of the log.

        Args:
            source: The HR source.
            reason: Of a fixed list.
            now: By the clock.
        """
        return self.tallies[source, reason].count(now=now)
