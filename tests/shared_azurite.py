"""One Azurite for all test workers, each with a storage account of its own.

Node compiles what runs often while it runs, so that one Azurite needs less than half of what four of them need.
"""

import asyncio
import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest

from local import storage
from local.processes import free_ports, tethered
from local.stack import ROOT

START_SECONDS = 60  # for a process beside busy cores


@contextlib.contextmanager
def running_azurite(accounts: list[str]) -> Iterator[storage.StoragePorts]:
    """Azurite in memory, with these storage accounts; it may not listen yet."""
    script = storage.install(ROOT / ".local/azurite")
    ports = storage.StoragePorts(*free_ports(3))
    command = tethered(storage.azurite_command(script, ports=ports, location=None))
    keys = ";".join(f"{account}:{storage.ACCOUNT_KEY}" for account in accounts)
    environment = {**os.environ, "AZURITE_ACCOUNTS": keys}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment) as process:
        try:  # leaving the block waits for Azurite, whatever happens before
            yield ports
        finally:
            process.terminate()


class SharedAzurite:
    """Starts Azurite in the process that hands out the tests, before its workers start."""

    def __init__(self) -> None:
        self.running = contextlib.ExitStack()
        self.ports: storage.StoragePorts | None = None

    @pytest.hookimpl(optionalhook=True)  # of pytest-xdist
    def pytest_xdist_setupnodes(self, specs: list[Any]) -> None:
        """Start it."""
        self.ports = self.running.enter_context(running_azurite([account_of(spec.id) for spec in specs]))

    @pytest.hookimpl(optionalhook=True)  # of pytest-xdist
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker where it is."""
        if self.ports is not None:
            node.workerinput["azurite"] = vars(self.ports)

    def pytest_unconfigure(self) -> None:
        """Stop it."""
        self.running.close()


def account_of(worker: str) -> str:
    """Return the storage account of a worker, such as gw0; a name has three characters at least."""
    return f"tests{worker}"


def pytest_configure(config: pytest.Config) -> None:
    """Register the hooks of the process that hands out the tests."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(SharedAzurite())


@pytest.fixture(scope="session")
def azurite(request: pytest.FixtureRequest) -> Iterator[str]:
    """A connection string for as long as the test session: of the shared Azurite, of its own, or of a given one."""
    given = os.environ.get("TEST_AZURITE")
    shared = getattr(request.config, "workerinput", {})
    if given:
        yield given
    elif "azurite" in shared:
        yield ready(storage.StoragePorts(**shared["azurite"]), account_of(shared["workerid"]))
    else:
        with running_azurite([storage.ACCOUNT]) as ports:
            yield ready(ports, storage.ACCOUNT)


def ready(ports: storage.StoragePorts, account: str) -> str:
    """Wait until Azurite listens, and make the queues and tables of an account; returns its connection string."""
    for port in (ports.queue, ports.table):
        wait_for(port)
    connection_string = ports.connection_to(account)
    asyncio.run(storage.create_queues_and_tables(connection_string))
    return connection_string


def wait_for(port: int) -> None:
    """Until something listens there."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    raise AssertionError(f"nothing listens on {port}")
