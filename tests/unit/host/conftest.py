"""Fixtures: the sample app in this process, with or without a real Azurite."""

import contextlib
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx
import pytest

from local import storage
from local.host.easy_auth import StripIdentity
from local.host.indexing import load_functions
from local.host.server import Host, Options
from local.host.settings import HostSettings, read_settings
from local.processes import free_ports, tethered
from local.stack import ROOT

from .fakes import settings_environment

SAMPLE_APP = Path(__file__).parent / "sample_app"


@pytest.fixture(scope="session")
def azurite() -> Iterator[str]:
    """The connection string of an Azurite that lives as long as the test session."""
    script = storage.install(ROOT / ".local/azurite")
    ports = storage.StoragePorts(*free_ports(3))
    command = storage.azurite_command(script, ports=ports, location=None)
    with subprocess.Popen(tethered(command), stdout=subprocess.DEVNULL) as process:
        wait_for(ports.table)
        yield ports.connection_string
        process.terminate()


def wait_for(port: int) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    raise AssertionError(f"nothing listens on {port}")


Adapt = Callable[[HostSettings], HostSettings]
MakeHost = Callable[..., Host]


@pytest.fixture
def make_host(tmp_path: Path) -> MakeHost:
    """A function that loads the sample app; its arguments are app settings, and `adapt` changes host.json's values."""

    def make(*, adapt: Adapt = lambda given: given, lease: float = 600.0, **changes: str) -> Host:
        settings = adapt(read_settings(SAMPLE_APP, environment=settings_environment(**changes)))
        options = Options(
            app=SAMPLE_APP,
            site_port=1,
            admin_port=2,
            state=tmp_path,
            function_key="function-key",
            master_key="master-key",
            lease=lease,
        )
        return Host(load_functions(SAMPLE_APP, settings=settings), settings=settings, options=options)

    return make


@pytest.fixture
async def client(make_host: MakeHost) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client of the sample app's admin listener, without storage."""
    host = make_host()
    transport = httpx.ASGITransport(StripIdentity(host.http_app()))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:7072") as http:
        yield http
    host.executor.close()
    await host.clients.close()
