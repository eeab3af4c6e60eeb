"""Fixtures that every kind of test may use."""

import asyncio
import contextlib
import gc
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from local import storage
from local.processes import free_ports, tethered
from local.stack import ROOT

START_SECONDS = 60  # for a process beside busy cores

pytest_plugins = ["tests.running_stack"]

# The same examples in every run, however busy the machine is; `--hypothesis-profile=explore` looks for new ones.
unhurried: dict[str, Any] = {"deadline": None, "suppress_health_check": [hypothesis.HealthCheck.too_slow]}
hypothesis.settings.register_profile("repeatable", derandomize=True, **unhurried)
hypothesis.settings.register_profile("explore", print_blob=True, **unhurried)
hypothesis.settings.load_profile("repeatable")


def pytest_collection_finish() -> None:
    """Take what was imported out of the garbage collector's sight: it looked through all of it again and again."""
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


@pytest.fixture(scope="session")
def azurite() -> Iterator[str]:
    """The connection string of an Azurite that lives as long as the test session, or of the one that a run is given."""
    if given := os.environ.get("TEST_AZURITE"):
        yield given
        return
    script = storage.install(ROOT / ".local/azurite")
    ports = storage.StoragePorts(*free_ports(3))
    command = storage.azurite_command(script, ports=ports, location=None)
    with subprocess.Popen(tethered(command), stdout=subprocess.DEVNULL) as process:
        try:  # leaving the block waits for Azurite, whatever happens before
            for port in (ports.queue, ports.table):
                wait_for(port)
            asyncio.run(storage.create_queues_and_tables(ports.connection_string))
            yield ports.connection_string
        finally:
            process.terminate()


@pytest.fixture(scope="session")
def signing_key() -> rsa.RSAPrivateKey:
    """Made once: it is the slowest part of a stand-in tenant."""
    return rsa.generate_private_key(65537, 2048)


def wait_for(port: int) -> None:
    """Until something listens there."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    raise AssertionError(f"nothing listens on {port}")
