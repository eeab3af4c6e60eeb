"""Conditional Access takes one request a second from all of a tenant's applications together (throttling-limits)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from provisioning.graph.client import Graph

PERIOD = timedelta(seconds=1.1)


@dataclass
class Pace:
    """Leaves Conditional Access its second between two requests: one that it throttles waits longer, and counts.

    Attributes:
        free_at: When the next request may be sent; None before the first.
    """

    free_at: datetime | None = None

    async def wait(self, graph: Graph) -> None:
        """Sleep until the next request may be sent, and take that turn. Those who wait at once take turns.

        Args:
            graph: Its clock and its sleep.
        """
        now = graph.now()
        turn = max(now, self.free_at or now)
        self.free_at = turn + PERIOD
        if turn > now:
            await graph.sleep((turn - now).total_seconds())
