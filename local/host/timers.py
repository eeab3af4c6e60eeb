"""Timer triggers: schedules, RunOnStartup, and the monitor that remembers the last run across restarts."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from azure.functions import meta

from local.host.executor import Outcome
from local.host.indexing import FunctionEntry
from local.host.logs import HOST_LOGGER
from local.host.ncrontab import Schedule

log = logging.getLogger(HOST_LOGGER)

# A long wait is cut up, so that a changed clock or a laptop that slept is noticed.
LONGEST_SLEEP_SECONDS = 30.0
NEVER = datetime(1, 1, 1, tzinfo=UTC)

Run = Callable[[meta.Datum], Awaitable[Outcome]]
Clock = Callable[[], datetime]
Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True)
class TimerStatus:
    """When a timer last ran and is next due. `last` is NEVER before the first run."""

    last: datetime
    next: datetime
    updated: datetime

    def as_json(self) -> dict[str, str]:
        return {
            "Last": self.last.isoformat(),
            "Next": self.next.isoformat(),
            "LastUpdated": self.updated.isoformat(),
        }


class TimerMonitor:
    """Keeps a timer's status in a small file. In Azure it is a blob under azure-webjobs-hosts/timers."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> TimerStatus | None:
        """The stored status; None when there is none or it cannot be read."""
        try:
            document = json.loads(self.path.read_text(encoding="utf-8"))
            return TimerStatus(*(datetime.fromisoformat(document[name]) for name in ("Last", "Next", "LastUpdated")))
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    def write(self, status: TimerStatus) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.path.with_suffix(".partial")
        partial.write_text(json.dumps(status.as_json()), encoding="utf-8")
        partial.replace(self.path)


class TimerListener:
    """Runs one timer function on its schedule, one run at a time. A failed run does not stop the schedule."""

    def __init__(
        self,
        function: FunctionEntry,
        *,
        schedule: Schedule,
        monitor: TimerMonitor | None,
        run: Run,
        clock: Clock,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.function = function
        self.schedule = schedule
        self.monitor = monitor
        self.run_function = run
        self.clock = clock
        self.sleep = sleep
        self.status: TimerStatus | None = None

    async def run(self) -> None:
        """Start as the host does (catch up one missed run, or RunOnStartup), then follow the schedule for ever."""
        now = self.clock()
        late = self.start(now)
        if late or self.function.trigger.options.get("runOnStartup"):
            await self.fire(past_due=late)
        while True:
            await self.wait_until(self.due())
            await self.fire(past_due=False)

    def start(self, now: datetime) -> bool:
        """Load or begin the status; whether a run was missed while the host was down."""
        stored = self.monitor.read() if self.monitor else None
        if stored is not None and stored.next != self.schedule.next(base_of(stored)):
            log.info("The schedule of %s has changed; its status starts anew.", self.function.name)
            stored = None
        if stored is None:
            self.save(TimerStatus(last=NEVER, next=self.schedule.next(now), updated=now))
            return False
        self.status = stored
        return now > stored.next

    def due(self) -> datetime:
        return self.status.next if self.status else self.schedule.next(self.clock())

    async def wait_until(self, due: datetime) -> None:
        while (seconds := (due - self.clock()).total_seconds()) > 0:
            await self.sleep(min(seconds, LONGEST_SLEEP_SECONDS))

    async def fire(self, *, past_due: bool) -> None:
        started = self.clock()
        await self.run_function(timer_datum(self.status if self.monitor else None, past_due=past_due))
        self.save(TimerStatus(last=started, next=self.schedule.next(started), updated=started))

    def save(self, status: TimerStatus) -> None:
        self.status = status
        if self.monitor:
            self.monitor.write(status)


def base_of(status: TimerStatus) -> datetime:
    """What a stored Next was computed from: the last run, or the start before the first one."""
    return status.updated if status.last == NEVER else status.last


def timer_datum(status: TimerStatus | None, *, past_due: bool) -> meta.Datum:
    """A timer's value as the worker receives it."""
    value = {
        "IsPastDue": past_due,
        "ScheduleStatus": status.as_json() if status else None,
        "Schedule": {"AdjustForDST": True},
    }
    return meta.Datum(json.dumps(value), "json")


def is_monitored(function: FunctionEntry, *, schedule: Schedule, now: datetime) -> bool:
    """UseMonitor, on unless it is set to false; the host forces it off for schedules under a minute."""
    first = schedule.next(now)
    if schedule.next(first) - first < timedelta(minutes=1):
        return False
    return function.trigger.options.get("useMonitor") is not False
