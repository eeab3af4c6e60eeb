"""Fixtures: the sample app in this process."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest

from local.host.core import Host, Options
from local.host.easy_auth import StripIdentity
from local.host.indexing import load_functions
from local.host.settings import HostSettings, read_settings

from .fakes import settings_environment

SAMPLE_APP = Path(__file__).parent / "sample_app"


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
