"""The served stand-in: start, dropped connections, and the ways to stop it."""

import asyncio
import json
import signal
import ssl
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests import web
from tests.certificates import self_signed

ROOT = Path(__file__).parents[3]
PROGRAM = "import sys; from local.entra.server import main; sys.exit(main(sys.argv[1:]))"


async def start(*arguments: str) -> tuple[Process, str]:
    """A stand-in in a process of its own, and its URL."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, "--users", "20", "--json", *arguments, cwd=ROOT, stdin=PIPE, stdout=PIPE
    )
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), 20)
    return process, json.loads(line)["tenant"]


@pytest.fixture
async def served() -> AsyncIterator[tuple[Process, str]]:
    process, url = await start("--exit-with-parent")
    yield process, url
    if process.returncode is None:
        process.terminate()
    await asyncio.wait_for(process.wait(), 60)


async def test_a_fault_drops_the_connection(served: tuple[Process, str]) -> None:
    _, url = served
    async with web.async_client(base_url=url) as http:
        for path, drop in (
            ("/v1.0/users", "before"),
            ("/v1.0/users", "after"),
            ("/msi/token", "before"),
            ("/msi/token", "after"),
        ):
            await http.post("/_local/faults", json={"path": path, "drop": drop, "times": 1})
            with pytest.raises(httpx.TransportError):
                await http.get(path)
            assert (await http.get(path)).status_code == 401


async def test_an_answer_does_not_wait_for_the_acknowledgement_of_its_head(served: tuple[Process, str]) -> None:
    """Without TCP_NODELAY every answer on a connection that stays open takes 40 ms."""
    _, url = served
    times = []
    async with web.async_client(base_url=url) as http:
        for _ in range(10):
            started = time.perf_counter()
            await http.get("/v1.0/users")
            times.append(time.perf_counter() - started)
    assert min(times[1:]) < 0.035


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_it_cleanly(number: signal.Signals) -> None:
    process, _ = await start()
    process.send_signal(number)
    assert await asyncio.wait_for(process.wait(), 60) == 0


async def test_it_stops_with_its_parent(served: tuple[Process, str]) -> None:
    process, _ = served
    assert process.stdin is not None
    process.stdin.close()
    assert await asyncio.wait_for(process.wait(), 60) == 0


async def test_a_taken_port_is_explained(served: tuple[Process, str]) -> None:
    _, url = served
    port = url.rpartition(":")[2]
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", PROGRAM, "--port", port, cwd=ROOT, stderr=PIPE)
    _, errors = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 1
    assert f"cannot use port {port}: Address already in use." in errors.decode()


async def test_https(tmp_path: Path) -> None:
    certificate, key = self_signed("stand-in").write(tmp_path)
    process, url = await start("--exit-with-parent", "--tls-cert", str(certificate), "--tls-key", str(key))
    assert url.startswith("https://127.0.0.1:")
    trust = ssl.create_default_context(cafile=certificate)
    async with web.async_client(base_url=url, verify=trust) as http:
        for drop in ("before", "after"):
            await http.post("/_local/faults", json={"path": "/v1.0/users", "drop": drop, "times": 1})
            with pytest.raises(httpx.TransportError):
                await http.get("/v1.0/users")
        answer = await http.get("/common/discovery/instance")
    assert answer.json()["tenant_discovery_endpoint"].startswith(f"{url}/")
    process.terminate()
    assert await asyncio.wait_for(process.wait(), 60) == 0


async def test_a_certificate_needs_its_key(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, "--tls-cert", str(tmp_path / "x"), cwd=ROOT, stderr=PIPE
    )
    _, errors = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 2
    assert "belong together" in errors.decode()
