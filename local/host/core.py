"""A loaded app: its HTTP application, its queue and timer listeners, and the storage clients they share."""

import asyncio
import contextlib
import random
import uuid
from collections.abc import AsyncIterator, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from azure.functions import meta

from local.host.admin import AdminApi
from local.host.easy_auth import EXCLUDED_PATHS
from local.host.executor import Executor, Outcome
from local.host.http import FunctionsApp, Keys
from local.host.indexing import FunctionEntry
from local.host.messages import overlay, queue_datum
from local.host.ncrontab import parse_schedule
from local.host.outputs import QueueClients, QueueOutputs
from local.host.queues import LEASE_SECONDS, QueueListener, poison_name
from local.host.routes import build_routes
from local.host.settings import DEVELOPMENT_POLLING_SECONDS, HostError, HostSettings
from local.host.timers import TimerListener, TimerMonitor, is_monitored, timer_datum

VERSION = "4.local"
DRAIN_SECONDS = 3.0


@dataclass(frozen=True)
class Options:
    """How to serve: the app's folder, the two ports, and what stands for the platform around the app."""

    app: Path
    site_port: int
    admin_port: int
    state: Path
    excluded_paths: tuple[str, ...] = EXCLUDED_PATHS
    lease: float = LEASE_SECONDS
    longest_poll: float = DEVELOPMENT_POLLING_SECONDS
    function_key: str = ""
    master_key: str = ""
    authority: str = ""
    tenant_id: str = ""
    upstream: str = ""
    admin_client_id: str = ""

    @property
    def site(self) -> str:
        return f"http://127.0.0.1:{self.site_port}"


class Host:
    """A loaded app: its HTTP application, its listeners, and the storage clients they share."""

    def __init__(self, functions: Sequence[FunctionEntry], *, settings: HostSettings, options: Options) -> None:
        self.functions = functions
        self.settings = settings
        self.options = options
        self.clients = QueueClients()
        self.executor = Executor(timeout=settings.timeout, new_id=lambda: str(uuid.uuid4()))
        self.outputs = QueueOutputs(settings=settings, clients=self.clients)
        self.routes = build_routes(functions, settings=settings)
        self.queue_listeners = [self.queue_listener(f) for f in functions if f.trigger.kind == "queueTrigger"]
        self.timer_listeners = [self.timer_listener(f) for f in functions if f.trigger.kind == "timerTrigger"]

    def http_app(self) -> FunctionsApp:
        disabled = self.settings.environment.get("AzureWebJobsDisableHomepage", "").lower() in {"true", "1"}
        return FunctionsApp(
            routes=self.routes,
            keys=Keys(function=self.options.function_key, master=self.options.master_key),
            executor=self.executor,
            outputs=self.outputs,
            admin=AdminApi(functions=self.functions, run=self.run_by_hand, version=VERSION),
            homepage=not disabled,
        )

    async def run(
        self, function: FunctionEntry, value: meta.Datum, metadata: MutableMapping[str, meta.Datum] | None = None
    ) -> Outcome:
        return await self.outputs.write(await self.executor.run(function, value, metadata=metadata))

    async def run_by_hand(self, function: FunctionEntry, given: str) -> None:
        """Run a queue or timer function with text given through the admin API; nothing is retried."""
        if function.trigger.kind == "timerTrigger":
            await self.run(function, timer_datum(None, past_due=False))
        else:
            metadata = overlay({"DequeueCount": meta.Datum(0, "int")}, given)
            await self.run(function, queue_datum(function, given), metadata)

    def queue_listener(self, function: FunctionEntry) -> QueueListener:
        options = function.trigger.options
        name = self.settings.expand(str(options["queueName"]), function=function.name)
        connection = self.settings.connection_string(str(options["connection"]), function=function.name)
        poison = poison_name(name)
        return QueueListener(
            function,
            queue=self.clients.queue(connection, name),
            poison=self.clients.queue(connection, poison) if poison else None,
            settings=self.settings.queues,
            run=partial(self.run, function),
            wake=self.clients.signal(name),
            random=random.random,
            lease=self.options.lease,
            longest_poll=min(self.options.longest_poll, self.settings.queues.max_polling_interval),
        )

    def timer_listener(self, function: FunctionEntry) -> TimerListener:
        text = self.settings.expand(str(function.trigger.options["schedule"]), function=function.name)
        try:
            schedule = parse_schedule(text)
        except ValueError as error:
            raise HostError(f"Function {function.name!r} cannot be scheduled: {error}") from None
        monitored = is_monitored(function, schedule=schedule, now=utc_now())
        return TimerListener(
            function,
            schedule=schedule,
            monitor=TimerMonitor(self.options.state / f"timer-{function.name}.json") if monitored else None,
            run=partial(self.run, function),
            clock=utc_now,
        )

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[list[asyncio.Task[None]]]:
        """Poll queues and follow timers while the block runs; then let running messages finish.

        The tasks run for ever: one that ends is a fault of the host.
        """
        tasks = [asyncio.ensure_future(listener.run()) for listener in self.queue_listeners]
        tasks += [asyncio.ensure_future(listener.run()) for listener in self.timer_listeners]
        try:
            yield tasks
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.gather(*(listener.drain(seconds=DRAIN_SECONDS) for listener in self.queue_listeners))
            self.executor.close()
            await self.clients.close()


def utc_now() -> datetime:
    return datetime.now(UTC)
