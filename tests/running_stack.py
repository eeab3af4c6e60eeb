"""Running stacks for tests over real HTTP."""

import contextlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Protocol, TypeVar

import httpx
import pytest
from xdist.scheduler import LoadFileScheduling

from local.processes import free_ports, tethered
from local.stack import ROOT, StackInfo, host_environment
from tests import web

START_SECONDS = 60
PORTS = range(16384, 32768)
STACK = pytest.StashKey[subprocess.Popen[str]]()
OWN_SOURCE = "acme"  # what tests call a profile of their own

T = TypeVar("T")


class SharedStack(LoadFileScheduling):  # type: ignore[misc]  # pytest-xdist's scheduler is not typed
    """Gives each worker whole files, and one worker all files that use the stack, so that there is only one of it."""

    def _split_scope(self, nodeid: str) -> str:
        """Return which tests go to the same worker as this one."""
        file = file_of(nodeid)
        return "stack" if uses_stack(file) else file


def pytest_configure(config: pytest.Config) -> None:
    """Give each worker ports of its own, below those that the system hands out."""
    given = getattr(config, "workerinput", {"workerid": "gw0", "workercount": 1})
    number, size = int(given["workerid"].removeprefix("gw")), len(PORTS) // given["workercount"]
    os.environ["LOCAL_PORTS"] = f"{PORTS[number * size]}-{PORTS[number * size + size - 1]}"


@cache
def uses_stack(file: str) -> bool:
    """Whether a test module asks for the fixture `stack`, by itself or through another."""
    return re.search(r"\b(stack|provisioned): StackInfo", (ROOT / file).read_text(encoding="utf-8")) is not None


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> SharedStack:
    """Replace the scheduler of `--dist loadfile`."""
    return SharedStack(config, log)


class HostWith(Protocol):
    """Starts one more host process; see the fixture `host_with`."""

    def __call__(self, settings: Mapping[str, str | None], *, listening: bool = False) -> StackInfo: ...


def start_stack(*arguments: str) -> subprocess.Popen[str]:
    """`python -m local up --json`, ended with this process at the latest."""
    command = tethered([sys.executable, "-m", "local", "up", "--json", *arguments])
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ready_line(process: subprocess.Popen[str]) -> StackInfo:
    """Wait for the ready line; AssertionError with the stack's own words when there is none."""
    assert process.stdout is not None
    assert process.stderr is not None
    line = process.stdout.readline()
    assert line, f"the stack did not start: {process.stderr.read()}"
    return StackInfo.from_json(json.loads(line))


def stop_process(process: subprocess.Popen[str]) -> int:
    """End a process in good order; returns its exit code."""
    process.terminate()
    try:
        process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
    return process.returncode


@pytest.fixture(scope="session")
def stack(pytestconfig: pytest.Config) -> Iterator[StackInfo]:
    """The whole product on this machine, one for all tests: take people and names of your own, and clean up nothing."""
    process = pytestconfig.stash[STACK] = start_stack("--longest-poll", "1")
    try:
        yield ready_line(process)
    finally:
        if STACK in pytestconfig.stash:
            stop_process(process)


@pytest.hookimpl(trylast=True)  # behind the fixtures of the test
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """End the stack behind the last test that uses it: it looks for work all the time, a fifteenth of a core."""
    if STACK in item.config.stash and not is_needed_again(item, nextitem):
        stop_process(item.config.stash[STACK])
        del item.config.stash[STACK]


def is_needed_again(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """Whether a later test uses the stack; a worker of many gets all of these in a row."""
    if hasattr(item.config, "workerinput"):
        return nextitem is not None and uses_stack(file_of(nextitem.nodeid))
    later = item.session.items[item.session.items.index(item) + 1 :]
    return any(uses_stack(file_of(other.nodeid)) for other in later)


def file_of(nodeid: str) -> str:
    """The path of a test's module."""
    return nodeid.partition("::")[0]


@pytest.fixture(scope="session")
def provisioned(stack: StackInfo) -> StackInfo:
    """The stack with its tenant set up and the policy on."""
    for mode in ("apply", "enable"):
        assert operate(stack, mode)["state"] == "succeeded"
    return stack


def operate(stack: StackInfo, mode: str) -> dict[str, Any]:
    """Run an operation of the tenant to its end; returns it."""
    headers = stack.admin_headers
    started = web.post(f"{stack.admin}/api/tenant", json={"mode": mode}, headers=headers)
    assert started.status_code == 202, started.text
    address = stack.admin + started.headers["Operation-Location"]
    return until(lambda: final(web.get(address, headers=headers).json()))


def final(operation: dict[str, Any]) -> dict[str, Any] | None:
    """The operation, once nothing more happens by itself."""
    return None if operation["state"] in ("queued", "running", "waiting") else operation


def until(look: Callable[[], T | None], *, seconds: float = 30) -> T:
    """Look until there is something to see."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if (found := look()) is not None:
            return found
        time.sleep(0.1)
    raise AssertionError("it did not happen in time")


def group_with(stack: StackInfo, object_id: str) -> dict[str, Any] | None:
    """The enrollment group, once this person is in it."""
    groups = web.get(f"{stack.tenant}/_local/state").json()["groups"]
    return next((group for group in groups if object_id in group["members"]), None)


@pytest.fixture
def host_with(stack: StackInfo, tmp_path: Path) -> Iterator[HostWith]:
    """A function that starts one more host on the stack's storage and tenant, with other app settings (None: unset).

    It serves HTTP only, so that it does not take the messages of the stack's own host; `listening` changes that.
    """
    with contextlib.ExitStack() as running:

        def start(settings: Mapping[str, str | None], *, listening: bool = False) -> StackInfo:
            site, admin = free_ports(2)
            info = replace(stack, site=f"http://127.0.0.1:{site}", admin=f"http://127.0.0.1:{admin}")
            switched_off = {} if listening else disabled_listeners(stack)
            environment = host_environment(info, settings={**switched_off, **settings})
            command = [sys.executable, "-m", "local", "host", "--site-port", str(site), "--admin-port", str(admin)]
            open_paths = ["/start", *(f"/api/hires/{name}" for name in (*stack.webhook_secrets, OWN_SOURCE))]
            command += ["--excluded-paths", ",".join(open_paths)]
            process = subprocess.Popen(
                tethered([*command, "--state", str(tmp_path)]),
                cwd=ROOT,
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
            running.callback(stop_process, process)
            wait_for_host(info, process)
            return info

        yield start


def disabled_listeners(stack: StackInfo) -> dict[str, str]:
    answer = web.get(f"{stack.admin}/admin/functions", headers={"x-functions-key": stack.master_key})
    functions = answer.raise_for_status().json()
    return {f"AzureWebJobs.{f['name']}.Disabled": "true" for f in functions if f["trigger"] != "httpTrigger"}


def wait_for_host(info: StackInfo, process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        assert process.poll() is None, process.communicate()[1]
        with contextlib.suppress(httpx.TransportError):
            web.get(f"{info.admin}/admin/host/status")
            return
        time.sleep(0.05)
    raise AssertionError("the host did not answer in time")
