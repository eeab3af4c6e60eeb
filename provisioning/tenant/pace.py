"""Conditional Access takes one request a second from all of a tenant's applications together (throttling-limits)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
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

    @asynccontextmanager
    async def turn(self, graph: Graph) -> AsyncIterator[None]:
        """Wait for a turn, and note that its request was answered when the block is left, however.

        Args:
            graph: Its clock and its sleep.
        """
        turn = await self.wait(graph)
        try:
            yield
        finally:
            self.answered(graph, turn)

    async def wait(self, graph: Graph) -> datetime:
        """Sleep until the next request may be sent, and take that turn; returns it. Those who wait at once take turns.

        Args:
            graph: Its clock and its sleep.
        """
        now = graph.now()
        turn = max(now, self.free_at or now)
        self.free_at = turn + PERIOD
        if turn > now:
            await graph.sleep((turn - now).total_seconds())
        return turn

    def answered(self, graph: Graph, turn: datetime) -> None:
        """Note that the request of a turn was answered.

        One that was throttled and sent again took the second of the turn after it. Without this the next request would
        be throttled for that, and so would every one behind it.

        Args:
            graph: Its clock.
            turn: As `wait` returned it.
        """
        now = graph.now()
        if now - turn >= PERIOD and self.free_at is not None:
            self.free_at = max(self.free_at, now + PERIOD)
