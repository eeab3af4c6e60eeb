"""Starting and stopping everything: nothing is left behind, and what goes wrong is said."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from azure.core.exceptions import AzureError
from azure.storage.queue.aio import QueueClient, QueueServiceClient

from local import __main__ as command_line
from local.processes import StartError
from local.stack import ROOT, Stack, StackInfo, StackOptions
from tests import web
from tests.running_stack import ready_line, start_stack
from tests.stand_ins.host.fakes import eventually, gone, taken

pytestmark = pytest.mark.app
SAMPLE_APP = ROOT / "tests/stand_ins/host/sample_app"
SAMPLE = ("--app", str(SAMPLE_APP), "--set", "TICK_SCHEDULE=0 0 3 * * *", "--users", "3")
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def children_of(pid: int) -> list[int]:
    """The direct children of a process, from /proc."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(stat.parent.name))
    return found


def is_running(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def wait_until_gone(pids: list[int], *, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while any(is_running(pid) for pid in pids):
        assert time.monotonic() < end, f"still running: {[pid for pid in pids if is_running(pid)]}"
        time.sleep(0.05)


def open_ports(info: StackInfo) -> list[str]:
    """Which of the stack's addresses still take connections."""
    endpoints = [part.partition("=")[2] for part in info.storage.split(";") if "Endpoint=" in part]
    found = []
    for url in (info.site, info.admin, info.tenant, *endpoints):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), timeout=1):
            found.append(url)
    return found


def wait_until_closed(info: StackInfo, *, seconds: float = 30) -> None:
    """A killed process with threads is gone from the table a moment before its ports are."""
    end = time.monotonic() + seconds
    while found := open_ports(info):
        assert time.monotonic() < end, f"still open: {found}"
        time.sleep(0.05)


@pytest.fixture
def sample_stack() -> Iterator[subprocess.Popen[str]]:
    process = start_stack(*SAMPLE)
    yield process
    process.kill()
    process.communicate()


@linux_only
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_signal_leaves_nothing_behind(sample_stack: subprocess.Popen[str], number: signal.Signals) -> None:
    info = ready_line(sample_stack)
    children = children_of(sample_stack.pid)
    assert len(children) == 3
    assert len(open_ports(info)) == 6
    sample_stack.send_signal(number)
    code = sample_stack.wait(timeout=60)
    assert code == (-number if number == signal.SIGKILL else 0)
    wait_until_gone(children)
    wait_until_closed(info)


@linux_only
def test_a_signal_while_starting_leaves_nothing_behind(sample_stack: subprocess.Popen[str]) -> None:
    end = time.monotonic() + 30
    while len(children := children_of(sample_stack.pid)) < 2:
        assert time.monotonic() < end
        time.sleep(0.01)
    sample_stack.send_signal(signal.SIGINT)
    assert sample_stack.wait(timeout=60) == 0
    wait_until_gone(children)


@linux_only
def test_the_end_of_a_part_ends_the_stack_and_is_said(sample_stack: subprocess.Popen[str]) -> None:
    info = ready_line(sample_stack)
    children = children_of(sample_stack.pid)
    (tenant,) = [pid for pid in children if "tenant" in Path(f"/proc/{pid}/cmdline").read_text().split("\0")]
    os.kill(tenant, signal.SIGKILL)
    _, errors = sample_stack.communicate(timeout=60)
    assert sample_stack.returncode == 1
    assert "The tenant has ended with exit code -9." in errors
    assert "Traceback" not in errors
    wait_until_gone(children)
    wait_until_closed(info)


def test_an_app_that_cannot_run_is_said(tmp_path: Path) -> None:
    (tmp_path / "host.json").write_text('{"version": "2.0"}', encoding="utf-8")
    (tmp_path / "function_app.py").write_text(
        "import azure.functions as func\napp = func.FunctionApp()\n"
        '@app.route(route="admin/x")\ndef page(req: func.HttpRequest) -> str: ...\n',
        encoding="utf-8",
    )
    process = start_stack("--app", str(tmp_path))
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "The host did not start" in errors
    assert "Function 'page' has the route 'admin/x'" in errors
    assert "Traceback" not in errors


def test_a_port_in_use_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert command_line.main(["up", "--json", "--port", str(port), *SAMPLE]) == 1
    assert capsys.readouterr().err == f"Port {port} is in use. Stop what runs there, or choose others with --port.\n"


@pytest.mark.skipif(shutil.which("func") is not None, reason="Core Tools are installed")
async def test_host_func_without_core_tools_is_said() -> None:
    with pytest.raises(StartError, match="npm package azure-functions-core-tools"):
        async with Stack.start(StackOptions(app=SAMPLE_APP, host="func")):
            raise AssertionError("it started")


@pytest.mark.parametrize(("arguments", "code"), [([], 2), (["nonsense"], 2), (["--help"], 0)])
def test_usage(arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(arguments) == code
    printed = capsys.readouterr()
    assert "python -m local COMMAND" in (printed.err if code else printed.out)


async def seen(storage: str, *, wanted: int, seconds: float = 30) -> list[str]:
    """The messages the sample app has put on its queue `sample-seen`, once there are `wanted` of them."""
    texts: list[str] = []
    end = time.monotonic() + seconds
    async with QueueServiceClient.from_connection_string(storage) as service:
        queue = service.get_queue_client("sample-seen")
        while len(texts) < wanted:
            assert time.monotonic() < end, f"only {texts}"
            with contextlib.suppress(AzureError):
                async for message in queue.receive_messages(visibility_timeout=1):
                    texts.append(str(message.content))
                    await queue.delete_message(message)
    return texts


async def until_work_is(state: Callable[[QueueClient], Awaitable[bool]], storage: str) -> None:
    """Wait until the sample app's queue `sample-work` is as told: what a host could not delete comes again."""
    async with QueueServiceClient.from_connection_string(storage) as service:
        await eventually(lambda: state(service.get_queue_client("sample-work")))


async def test_a_host_restarts_is_killed_and_survives_storage_away(tmp_path: Path) -> None:
    options = StackOptions(
        app=SAMPLE_APP,
        users=3,
        settings={"TICK_SCHEDULE": "0 0 3 * * *", "EXTRA": "1"},
        storage_folder=tmp_path / "data",
        queue_lease=2,
        longest_poll=0.3,
    )
    async with Stack.start(options) as stack, web.async_client(base_url=stack.info.admin) as http:
        await restarts(stack, http)
        await survives_storage_away(stack, http)
        await survives_a_kill(stack, http)


async def restarts(stack: Stack, http: httpx.AsyncClient) -> None:
    assert (await http.get("/keyed", headers={"x-functions-key": stack.info.function_key})).status_code == 200
    assert "LOCAL_" not in (await http.get("/environment")).text
    assert {"AzureWebJobsStorage", "EXTRA"} <= set((await http.get("/environment")).text.split())
    await stack.restart_host({"AzureWebJobs.keyed.Disabled": "true", "EXTRA": None})
    assert (await http.get("/keyed", headers={"x-functions-key": stack.info.function_key})).status_code == 404
    assert "EXTRA" not in (await http.get("/environment")).text.split()


async def survives_storage_away(stack: Stack, http: httpx.AsyncClient) -> None:
    assert (await http.post("/submit", content=b"first")).status_code == 202
    assert '"text": "first"' in (await seen(stack.info.storage, wanted=1))[0]
    await until_work_is(gone, stack.info.storage)
    await stack.stop_storage()
    assert (await http.post("/submit", content=b"lost")).status_code == 500
    assert (await http.get("/echo")).status_code == 200
    await stack.start_storage()
    assert (await http.post("/submit", content=b"second")).status_code == 202
    assert '"text": "second"' in (await seen(stack.info.storage, wanted=1))[0]


async def survives_a_kill(stack: Stack, http: httpx.AsyncClient) -> None:
    """A message that a killed host was working on comes back when its lease ends."""
    assert (await http.post("/submit", content=b"long")).status_code == 202
    await until_work_is(taken, stack.info.storage)
    await stack.kill_host()
    await stack.start_host()
    (text,) = await seen(stack.info.storage, wanted=1)
    assert '"count": 2' in text
