"""Clients belong to the event loop they were made in, and a process may have several loops, one after another."""

import json
import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.certificates import self_signed

ROOT = Path(__file__).resolve().parents[2]
# Nothing is closed between the loops: a client that was kept would meet its old connection again.
THREE_LOOPS = """
import asyncio, json
from provisioning.services import Runtime
from tests.support import StaticCredential

runtime = Runtime()

async def once():
    services = runtime.services()
    services.credential = services.credential or StaticCredential()
    graph = services.graph("any")
    return [await graph.send(graph.build.users.to_get_request_information()) for _ in range(2)]

print(json.dumps([asyncio.run(once()) for _ in range(3)]))
"""


class Users(BaseHTTPRequestHandler):
    """Answers every GET, and keeps its connection open as Graph does."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = b'{"value": []}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        del format, args


@contextmanager
def serving(context: ssl.SSLContext | None) -> Iterator[int]:
    """A server on a free port, which is given."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Users) as server:
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def run_three_loops(**settings: str) -> list[list[dict[str, list[str]]]]:
    """What a process with three loops gets from Graph."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", THREE_LOOPS],
        cwd=ROOT,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    answers: list[list[dict[str, list[str]]]] = json.loads(done.stdout)
    return answers


@pytest.mark.pitfall("J1")
def test_each_loop_has_clients_of_its_own() -> None:
    """microsoftgraph/msgraph-sdk-python#366: a client cached over several loops fails with "Event loop is closed"."""
    with serving(None) as port:
        assert run_three_loops(GRAPH_ENDPOINT=f"http://127.0.0.1:{port}") == [[{"value": []}] * 2] * 3


@pytest.mark.pitfall("J7")
def test_each_loop_has_tls_connections_of_its_own(signing: tuple[Path, Path]) -> None:
    """microsoftgraph/msgraph-sdk-python#82: SSLWantReadError, since a connection of a closed loop was used again."""
    certificate, key = signing
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with serving(context) as port:
        answers = run_three_loops(GRAPH_ENDPOINT=f"https://127.0.0.1:{port}", SSL_CERT_FILE=str(certificate))
    assert answers == [[{"value": []}] * 2] * 3


@pytest.fixture
def signing(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 and its key, as files."""
    return self_signed("stand-in").write(tmp_path)
