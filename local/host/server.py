"""Puts the host together and serves it: one process and one event loop for both listeners, queues and timers."""

import argparse
import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Iterator, MutableMapping, Sequence
from pathlib import Path

import httpx
import uvicorn
from starlette.types import ASGIApp

from local.host import logs
from local.host.authority import Authority
from local.host.bearer import BearerAuth
from local.host.core import DRAIN_SECONDS, Host, Options
from local.host.easy_auth import EXCLUDED_PATHS, EasyAuth, StripIdentity
from local.host.indexing import load_functions
from local.host.proxy import Upstream
from local.host.queues import LEASE_SECONDS
from local.host.routes import describe
from local.host.sessions import new_signer
from local.host.settings import DEVELOPMENT_POLLING_SECONDS, HostError, read_settings
from local.identities import AZURE_CLI_CLIENT_ID, TENANT
from local.processes import listen

AUTHORITY_SECONDS = 10
UPSTREAM_SECONDS = 230  # how long Azure lets an HTTP function take

Listening = contextlib.AbstractAsyncContextManager[list[asyncio.Task[None]]]


class QuietServer(uvicorn.Server):
    """A uvicorn server that leaves signals to its owner, so that two of them can share a loop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listen_or_say(port: int) -> socket.socket:
    """Listen on a port.

    Raises:
        HostError: It is in use, or this user may not listen there.
    """
    try:
        return listen(port)
    except OSError as error:
        raise HostError(f"Port {port} cannot be used: {os.strerror(error.errno or 0)}. Choose another.") from error


def server_for(app: ASGIApp) -> QuietServer:
    # The interface is named because uvicorn takes a bound method for ASGI 2. Forwarded headers are not believed.
    config = uvicorn.Config(
        app,
        interface="asgi3",
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=int(DRAIN_SECONDS),
        # Azure keeps an idle connection for minutes. uvicorn's five seconds let a sender meet one that is being closed.
        timeout_keep_alive=UPSTREAM_SECONDS,
    )
    return QuietServer(config)


async def serve(functions: ASGIApp, *, options: Options, listening: Listening, http: httpx.AsyncClient) -> None:
    """Serve `functions` on both ports until SIGTERM or SIGINT, or until a listener fails.

    Raises:
        HostError: A port cannot be listened on.
    """
    authority = Authority(url=options.authority, tenant_id=options.tenant_id, site=options.site, http=http)
    guarded = EasyAuth(functions, authority=authority, signer=new_signer(), excluded_paths=options.excluded_paths)
    sockets = [listen_or_say(options.site_port), listen_or_say(options.admin_port)]
    servers = [
        server_for(StripIdentity(guarded)),
        server_for(StripIdentity(administration(functions, authority, options))),
    ]
    stop_on_signal(servers)
    async with listening as listeners:
        serving = [asyncio.ensure_future(each.serve([port])) for each, port in zip(servers, sockets, strict=True)]
        await asyncio.wait([*serving, *listeners], return_when=asyncio.FIRST_COMPLETED)
        stop(servers)
        await asyncio.gather(*serving)
        for listener in listeners:
            if listener.done():
                listener.result()


def administration(functions: ASGIApp, authority: Authority, options: Options) -> ASGIApp:
    """What answers on the administration port: behind a bearer token where the API has a registration."""
    if not options.admin_client_id:
        return functions
    applications = (options.admin_client_id, AZURE_CLI_CLIENT_ID, TENANT.client_id)
    return BearerAuth(functions, authority=authority, client_id=options.admin_client_id, applications=applications)


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
        admin_client_id=own.get("LOCAL_ADMIN_CLIENT_ID", ""),
        tenant_id=own.get("LOCAL_TENANT_ID", environment.get("TENANT_ID", "")),
    )


def main(argv: Sequence[str]) -> int:
    """`python -m local host ...`. Returns the exit code: 1, with a sentence, when the app cannot be run."""
    options = parse_options(argv, environment=os.environ)
    log = logs.install()
    try:
        if options.upstream:
            asyncio.run(serve_upstream(options))
            return 0
        settings = read_settings(options.app, environment=os.environ)
        host = Host(load_functions(options.app, settings=settings), settings=settings, options=options)
        for name in settings.unknown_queue_options:
            log.warning("host.json: extensions.queues has %r, which the host does not know and ignores.", name)
        for name, address in describe(host.routes).items():
            log.info("%s: %s", name, address)
        asyncio.run(serve_app(host))
    except HostError as error:
        print(f"The host cannot start. {error}", file=sys.stderr)
        return 1
    return 0
