"""Puts the host together and serves it: one process and one event loop for both listeners, queues and timers."""

import argparse
import asyncio
import contextlib
import os
import random
import signal
import sys
import uuid
from collections.abc import AsyncIterator, Iterator, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import httpx
import uvicorn
from azure.functions import meta
from starlette.types import ASGIApp

from local.host import logs
from local.host.admin import AdminApi
from local.host.authority import Authority
from local.host.easy_auth import EXCLUDED_PATHS, EasyAuth, StripIdentity
from local.host.executor import Executor, Outcome
from local.host.http import FunctionsApp, Keys
from local.host.indexing import FunctionEntry, load_functions
from local.host.ncrontab import parse_schedule
from local.host.outputs import QueueClients, QueueOutputs
from local.host.proxy import Upstream
from local.host.queues import LEASE_SECONDS, QueueListener, overlay, poison_name, queue_datum
from local.host.routes import build_routes, describe
from local.host.sessions import new_signer
from local.host.settings import DEVELOPMENT_POLLING_SECONDS, HostError, HostSettings, read_settings
from local.host.timers import TimerListener, TimerMonitor, is_monitored, timer_datum

VERSION = "4.local"
DRAIN_SECONDS = 3.0
AUTHORITY_SECONDS = 10
UPSTREAM_SECONDS = 230  # how long Azure lets an HTTP function take

Listening = contextlib.AbstractAsyncContextManager[list[asyncio.Task[None]]]


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


class QuietServer(uvicorn.Server):
    """A uvicorn server that leaves signals to its owner, so that two of them can share a loop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def server_for(app: ASGIApp, *, port: int) -> QuietServer:
    # The interface is named because uvicorn takes a bound method for ASGI 2. Forwarded headers are not believed.
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=port,
        interface="asgi3",
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=int(DRAIN_SECONDS),
    )
    return QuietServer(config)


async def serve(functions: ASGIApp, *, options: Options, listening: Listening, http: httpx.AsyncClient) -> None:
    """Serve `functions` on both ports until SIGTERM or SIGINT, or until a listener fails."""
    authority = Authority(url=options.authority, tenant_id=options.tenant_id, site=options.site, http=http)
    guarded = EasyAuth(functions, authority=authority, signer=new_signer(), excluded_paths=options.excluded_paths)
    servers = [
        server_for(StripIdentity(guarded), port=options.site_port),
        server_for(StripIdentity(functions), port=options.admin_port),
    ]
    stop_on_signal(servers)
    async with listening as listeners:
        serving = [asyncio.ensure_future(server.serve()) for server in servers]
        await asyncio.wait([*serving, *listeners], return_when=asyncio.FIRST_COMPLETED)
        stop(servers)
        await asyncio.gather(*serving)
        for listener in listeners:
            if listener.done():
                listener.result()


async def serve_app(host: Host) -> None:
    """Serve a loaded app, its queues and its timers."""
    async with httpx.AsyncClient(trust_env=False, timeout=AUTHORITY_SECONDS) as http:
        await serve(host.http_app(), options=host.options, listening=host.listening(), http=http)


async def serve_upstream(options: Options) -> None:
    """Serve what another host answers, with the Easy Auth stand-in in front of it."""
    async with httpx.AsyncClient(trust_env=False, timeout=UPSTREAM_SECONDS) as http:
        functions = Upstream(options.upstream, http=http)
        await serve(functions, options=options, listening=contextlib.nullcontext([]), http=http)


def stop(servers: Sequence[uvicorn.Server]) -> None:
    for server in servers:
        server.should_exit = True


def stop_on_signal(servers: Sequence[uvicorn.Server]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, servers)


def utc_now() -> datetime:
    return datetime.now(UTC)


def parse_options(argv: Sequence[str], *, environment: MutableMapping[str, str]) -> Options:
    """Options from the command line and from LOCAL_* variables, which are removed: the app must not see them."""
    parser = argparse.ArgumentParser(prog="python -m local host", description="Run a function app locally.")
    parser.add_argument("--app", type=Path, default=Path(), help="folder of function_app.py and host.json")
    parser.add_argument("--site-port", type=int, required=True, help="port with Easy Auth in front")
    parser.add_argument("--admin-port", type=int, required=True, help="port without Easy Auth")
    parser.add_argument("--excluded-paths", default=",".join(EXCLUDED_PATHS), help="exact paths, comma separated")
    parser.add_argument("--state", type=Path, default=Path(".local/state"), help="folder of the timers' status")
    parser.add_argument("--queue-lease", type=float, default=LEASE_SECONDS, help="seconds a message stays hidden")
    parser.add_argument("--longest-poll", type=float, default=DEVELOPMENT_POLLING_SECONDS, help="seconds between polls")
    parser.add_argument("--upstream", default="", help="address of another host to serve instead of --app")
    given = parser.parse_args(argv)
    own = {name: environment.pop(name) for name in list(environment) if name.startswith("LOCAL_")}
    return Options(
        app=given.app.resolve(),
        site_port=given.site_port,
        admin_port=given.admin_port,
        state=given.state.resolve(),
        excluded_paths=tuple(path for path in given.excluded_paths.split(",") if path),
        lease=given.queue_lease,
        longest_poll=given.longest_poll,
        upstream=given.upstream,
        function_key=own.get("LOCAL_FUNCTION_KEY", ""),
        master_key=own.get("LOCAL_MASTER_KEY", ""),
        authority=own.get("LOCAL_AUTHORITY", "").rstrip("/"),
        tenant_id=own.get("LOCAL_TENANT_ID", environment.get("TENANT_ID", "")),
    )


def main(argv: Sequence[str]) -> int:
    """`python -m local host ...`. Returns the exit code: 1, with a sentence, when the app cannot be run."""
    options = parse_options(argv, environment=os.environ)
    log = logs.install()
    if options.upstream:
        asyncio.run(serve_upstream(options))
        return 0
    try:
        settings = read_settings(options.app, environment=os.environ)
        host = Host(load_functions(options.app, settings=settings), settings=settings, options=options)
    except HostError as error:
        print(f"The host cannot start. {error}", file=sys.stderr)
        return 1
    for name in settings.unknown_queue_options:
        log.warning("host.json: extensions.queues has %r, which the host does not know and ignores.", name)
    for name, address in describe(host.routes).items():
        log.info("%s: %s", name, address)
    asyncio.run(serve_app(host))
    return 0
