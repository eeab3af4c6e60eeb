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
from pathlib import Path
from typing import Any

import pytest

from local import storage
from local.processes import free_ports, tethered
from local.stack import ROOT

START_SECONDS = 60  # for a process beside busy cores


PORTS = pytest.StashKey[storage.StoragePorts]()


@contextlib.contextmanager
def running_azurite(*accounts: str, location: Path | None = None) -> Iterator[storage.StoragePorts]:
    """Azurite with these storage accounts, in memory or in a folder; it may not listen yet."""
    script = storage.install(ROOT / ".local/azurite")
    ports = storage.StoragePorts(*free_ports(3))
    command = tethered(storage.azurite_command(script, ports=ports, location=location))
    keys = ";".join(f"{account}:{storage.ACCOUNT_KEY}" for account in accounts)
    environment = {**os.environ, "AZURITE_ACCOUNTS": keys}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment) as process:
        try:  # leaving the block waits for Azurite, whatever happens before
            yield ports
        finally:
            process.terminate()


def account_of(worker: str) -> str:
    """Return the storage account of a worker, such as gw0; a name has three characters at least."""
    return f"tests{worker}"


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_xdist_setupnodes(config: pytest.Config, specs: list[Any]) -> None:
    """Start Azurite in the process that hands out the tests, before its workers start."""
    running = contextlib.ExitStack()
    config.add_cleanup(running.close)
    config.stash[PORTS] = running.enter_context(running_azurite(*(account_of(spec.id) for spec in specs)))


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_configure_node(node: Any) -> None:
    """Tell a worker where Azurite is."""
    node.workerinput["azurite"] = vars(node.config.stash[PORTS])


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
        with running_azurite(storage.ACCOUNT) as ports:
            yield ready(ports, storage.ACCOUNT)


def ready(ports: storage.StoragePorts, account: str) -> str:
    """Wait until Azurite listens, and make the queues and tables of an account; returns its connection string."""
    wait_for(ports)
    connection_string = ports.connection_to(account)
    asyncio.run(storage.create_queues_and_tables(connection_string))
    return connection_string


def wait_for(ports: storage.StoragePorts) -> None:
    """Wait until queues and tables can be reached."""
    end = time.monotonic() + START_SECONDS
    for port in (ports.queue, ports.table):
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            assert time.monotonic() < end, f"nothing listens on {port}"
            time.sleep(0.05)
