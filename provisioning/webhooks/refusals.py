"""Counts refused deliveries, so that the log has one line a minute of them and still says how many there were."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta

INTERVAL = timedelta(minutes=1)


@dataclass
class Tally:
    """What was counted of one kind of refusal.

    Args:
        logged_at: When it was logged last.
        unlogged: How many came since.
    """

    logged_at: datetime
    unlogged: int = 0


class Refusals:
    """Refusals by source and reason. Both come from the product, so that a sender cannot make this grow."""

    def __init__(self) -> None:
        self.tallies: dict[Hashable, Tally] = {}

    def count(self, source: str, reason: str, *, now: datetime) -> int:
        """Count one refusal.

        Args:
            source: The HR source.
            reason: Of a fixed list.
            now: By the clock.

        Returns:
            How many a line of the log has to stand for; 0 while the minute of the last line is not over.
        """
        tally = self.tallies.get((source, reason))
        if tally is None:
            self.tallies[source, reason] = Tally(now)
            return 1
        tally.unlogged += 1
        if now - tally.logged_at < INTERVAL:
            return 0
        count, tally.unlogged, tally.logged_at = tally.unlogged, 0, now
        return count
