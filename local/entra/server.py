"""`python -m local tenant`: serves the stand-in on 127.0.0.1 until it is told to stop."""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import Callable, Generator, Sequence
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

from local.entra.app import create_app
from local.entra.seeding import new_tenant
from local.processes import listen

HOST = "127.0.0.1"
KEEP_ALIVE_SECONDS = 230
"""How long an idle connection stays open. Graph keeps them for minutes; clients that pool connections rely on it."""


class Connections:
    """The open connections by the client's address, so that a fault can drop one."""

    def __init__(self) -> None:
        self.transports: dict[tuple[str, int], asyncio.Transport] = {}

    def drop(self, scope: Scope) -> None:
        """Close the connection of a call without a word."""
        transport = self.transports.get(tuple(scope["client"]))
        if transport is not None:
            transport.abort()

    def protocol(self) -> type[H11Protocol]:
        """uvicorn's protocol, with its connections noted here."""
        transports = self.transports

        class NotedProtocol(H11Protocol):
            def connection_made(self, transport: Any) -> None:
                super().connection_made(transport)
                self.peer = tuple(transport.get_extra_info("peername"))  # a TLS transport forgets it at its end
                transports[self.peer] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                transports.pop(self.peer, None)
                super().connection_lost(exc)

        return NotedProtocol


class Server(uvicorn.Server):
    """uvicorn that says when it is ready, without its own signal handling, which ends the process by the signal."""

    def __init__(self, config: uvicorn.Config, *, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self.ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            self.ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


def parse_arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local tenant", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--tls-cert", default=None, metavar="FILE", help="serve HTTPS with this certificate (PEM)")
    parser.add_argument("--tls-key", default=None, metavar="FILE", help="the certificate's private key (PEM)")
    parser.add_argument("--users", type=int, default=200, help="how many invented people the tenant has")
    parser.add_argument("--seed", type=int, default=None, help="makes the ids of new objects repeatable")
    parser.add_argument("--json", action="store_true", help="print one JSON line instead of a sentence")
    parser.add_argument(
        "--identity-header",
        default=None,
        help="the secret of the managed-identity endpoint; default: the environment's IDENTITY_HEADER, or any",
    )
    parser.add_argument(
        "--exit-with-parent", action="store_true", help="stop when standard input is closed at the other end"
    )
    options = parser.parse_args(argv)
    if (options.tls_cert is None) != (options.tls_key is None):
        parser.error("--tls-cert and --tls-key belong together")
    return options


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit code."""
    options = parse_arguments(sys.argv[1:] if argv is None else argv)
    try:
        listener = listen(options.port)
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        print(f"The stand-in tenant cannot use port {options.port}: {reason}. Choose another --port.", file=sys.stderr)
        return 1
    with listener:
        asyncio.run(serve(options, listener))
    return 0


async def serve(options: argparse.Namespace, listener: socket.socket) -> None:
    connections = Connections()
    header = options.identity_header or os.environ.get("IDENTITY_HEADER") or None
    state = new_tenant(users=options.users, seed=options.seed, identity_header=header)
    config = configuration(options, create_app(state, drop=connections.drop), protocol=connections.protocol())
    url = f"{'https' if options.tls_cert else 'http'}://{HOST}:{listener.getsockname()[1]}"
    server = Server(config, ready=lambda: announce(url, as_json=options.json))
    loop = asyncio.get_running_loop()

    def stop() -> None:
        server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    if options.exit_with_parent:
        watch_parent(loop, stop)
    await server.serve(sockets=[listener])


def configuration(options: argparse.Namespace, app: ASGIApp, *, protocol: type[H11Protocol]) -> uvicorn.Config:
    """How uvicorn serves: quietly, and patient with idle connections."""
    return uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=2,
        ssl_certfile=options.tls_cert,
        ssl_keyfile=options.tls_key,
    )


def watch_parent(loop: asyncio.AbstractEventLoop, stop: Any) -> None:
    """Stop when standard input ends: the parent has it open as long as it lives."""
    descriptor = sys.stdin.fileno()

    def readable() -> None:
        if not os.read(descriptor, 4096):
            loop.remove_reader(descriptor)
            stop()

    loop.add_reader(descriptor, readable)


def announce(url: str, *, as_json: bool) -> None:
    text = json.dumps({"tenant": url}) if as_json else f"Stand-in tenant: {url}"
    print(text, flush=True)
