"""Timers with a clock of the test's own: schedule, catching up, RunOnStartup, one run at a time."""

import asyncio
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from azure.functions import meta

from local.host.executor import Outcome
from local.host.indexing import Binding, FunctionEntry
from local.host.ncrontab import parse_schedule
from local.host.timers import TimerListener, TimerMonitor, is_monitored

START = datetime(2026, 11, 25, 10, 7, 31, tzinfo=UTC)


Runs = list[tuple[str, bool]]


class Enough(Exception):
    """The test has seen what it wanted."""


@dataclass
class World:
    """A clock that only sleeping and running move."""

    now: datetime = START
    runs: Runs = field(default_factory=list)
    wanted: int = 1
    run_seconds: float = 0.0
    fails: bool = False
    status: object = None

    def clock(self) -> datetime:
        return self.now

    async def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += timedelta(seconds=seconds)
        await asyncio.sleep(0)

    async def run(self, value: meta.Datum) -> Outcome:
        document = json.loads(value.value)
        self.status = document["ScheduleStatus"]
        self.runs.append((self.now.strftime("%H:%M:%S"), document["IsPastDue"]))
        self.now += timedelta(seconds=self.run_seconds)
        if len(self.runs) >= self.wanted:
            raise Enough
        return Outcome("id", error=RuntimeError("boom") if self.fails else None)


def timer(**options: object) -> FunctionEntry:
    return FunctionEntry("tick", print, Binding("timer", "timerTrigger", "timerTrigger", options=options))


async def run(
    world: World, schedule: str, *, monitor: TimerMonitor | None = None, **options: object
) -> list[tuple[str, bool]]:
    listener = TimerListener(
        timer(**options),
        schedule=parse_schedule(schedule),
        monitor=monitor,
        run=world.run,
        clock=world.clock,
        sleep=world.sleep,
    )
    with pytest.raises(Enough):
        await listener.run()
    return world.runs


async def test_follows_the_schedule_even_when_runs_fail() -> None:
    runs = await run(World(wanted=3, fails=True), "0 */15 * * * *")
    assert runs == [("10:15:00", False), ("10:30:00", False), ("10:45:00", False)]


async def test_run_on_startup_runs_at_once_and_is_not_past_due() -> None:
    runs = await run(World(wanted=2), "0 */15 * * * *", runOnStartup=True)
    assert runs == [("10:07:31", False), ("10:15:00", False)]


async def test_a_run_longer_than_the_schedule_is_followed_by_one_run() -> None:
    runs = await run(World(wanted=3, run_seconds=100), "0 * * * * *")
    assert [time for time, _ in runs] == ["10:08:00", "10:09:40", "10:11:20"]


async def test_a_missed_run_is_caught_up_once(tmp_path: Path) -> None:
    monitor = TimerMonitor(tmp_path / "deep" / "timer-tick.json")
    await run(World(wanted=2), "0 */15 * * * *", monitor=monitor)
    late = World(now=START + timedelta(hours=5), wanted=2)
    assert await run(late, "0 */15 * * * *", monitor=monitor) == [("15:07:31", True), ("15:15:00", False)]
    assert late.status == {
        "Last": "2026-11-25T15:07:31+00:00",
        "Next": "2026-11-25T15:15:00+00:00",
        "LastUpdated": "2026-11-25T15:07:31+00:00",
    }


async def test_a_changed_schedule_starts_anew(tmp_path: Path) -> None:
    monitor = TimerMonitor(tmp_path / "timer-tick.json")
    await run(World(wanted=2), "0 */15 * * * *", monitor=monitor)
    late = World(now=START + timedelta(hours=5))
    assert await run(late, "0 */20 * * * *", monitor=monitor) == [("15:20:00", False)]


@pytest.mark.parametrize("text", ["", "{}", '{"Last": 1}', '{"Last": "x", "Next": "x", "LastUpdated": "x"}'])
async def test_a_damaged_status_starts_anew(tmp_path: Path, text: str) -> None:
    path = tmp_path / "timer-tick.json"
    path.write_text(text, encoding="utf-8")
    assert await run(World(), "0 */15 * * * *", monitor=TimerMonitor(path)) == [("10:15:00", False)]


@pytest.mark.parametrize(
    ("schedule", "options", "expected"),
    [
        ("0 */15 * * * *", {}, True),
        ("0 */15 * * * *", {"useMonitor": False}, False),
        ("*/30 * * * * *", {}, False),
        ("00:00:59", {}, False),
        ("00:01:00", {}, True),
    ],
)
def test_monitor(schedule: str, options: dict[str, object], expected: bool) -> None:
    assert is_monitored(timer(**options), schedule=parse_schedule(schedule), now=START) is expected
