"""The pace of Conditional Access: one request a second for all callers, and after one that was throttled, too."""

from provisioning.tenant.pace import PERIOD, Pace
from tests.support import FrozenClock, Sleeps, graph_over


async def test_requests_take_turns_and_a_throttled_one_holds_up_the_next_alone() -> None:
    """The request sent again takes the second of the turn behind it, which would be throttled, and so on for ever."""
    clock = FrozenClock()
    sleeps = Sleeps(clock=clock)
    graph = graph_over(lambda request: None, sleeps=sleeps, now=clock)  # type: ignore[arg-type, return-value]
    pace, second = Pace(), PERIOD.total_seconds()
    first = await pace.wait(graph)
    pace.answered(graph, first)
    turn = await pace.wait(graph)
    assert (turn - first, sleeps.asked) == (PERIOD, [second])
    clock.advance(seconds=second)  # it was throttled, and sent again
    pace.answered(graph, turn)
    after = await pace.wait(graph)
    assert after - turn == 2 * PERIOD
    pace.answered(graph, after)
    assert await pace.wait(graph) - after == PERIOD
