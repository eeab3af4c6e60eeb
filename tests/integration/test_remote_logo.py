"""A logo at an address: a blob with a shared access signature, and a server that does what servers do."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from azure.core.utils import parse_connection_string
from azure.storage.queue import AccountSasPermissions, ResourceTypes, generate_account_sas

from landing import remote_logo
from landing.assets import serve
from landing.brand import LARGEST_LOGO
from landing.page import show_page
from landing.start import show_start
from local.storage import ACCOUNT_KEY
from provisioning.http import Request
from tests.integration.conftest import World
from tests.integration.test_page import NOBODY, signed_in
from tests.unit.test_page_brand import SVG

OTHER = SVG.replace(b"<path", b"<circle/><path")


@pytest.fixture(autouse=True)
def easy_auth_is_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBSITE_AUTH_ENABLED", "True")


@dataclass
class Pictures:
    """A server with one picture, which counts who asks."""

    address: str = ""
    content: bytes = SVG
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0
    asked: int = 0

    async def answer(self, _: web.Request) -> web.Response:
        self.asked += 1
        await asyncio.sleep(self.seconds)
        return web.Response(body=self.content, status=self.status, headers=self.headers)


@pytest.fixture
async def pictures(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Pictures]:
    found = Pictures()
    application = web.Application()
    application.router.add_get("/logo", found.answer)
    async with TestServer(application) as server:
        found.address = str(server.make_url("/logo?sig=secret"))
        monkeypatch.setenv("PAGE_LOGO_FILE", found.address)
        yield found


async def shown(world: World) -> bytes | None:
    """The logo that the page shows, as it is served; None if it shows none."""
    page = (await show_page(signed_in(world, NOBODY), services=world.services)).body.decode()
    names = re.findall(r'"/assets/(logo\.[0-9a-f]{12}\.\w+)"', page)
    if not names:
        return None
    answer = await serve(Request(route={"name": names[0]}), services=world.services)
    assert answer.headers["Cache-Control"].endswith("immutable")
    return answer.body


async def test_a_blob_is_shown_and_served_by_us(world: World, azurite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = parse_connection_string(azurite)
    signature = generate_account_sas(
        parts["accountname"],
        ACCOUNT_KEY,
        resource_types=ResourceTypes(service=True, container=True, object=True),
        permission=AccountSasPermissions(read=True, write=True, create=True),
        expiry=datetime.now(UTC) + timedelta(hours=1),
        services="b",
    )
    container = f"{parts['blobendpoint'].rstrip('/')}/branding{time.monotonic_ns()}"
    async with aiohttp.ClientSession(headers={"x-ms-blob-type": "BlockBlob"}) as session:
        made = await session.put(f"{container}?restype=container&{signature}")
        assert made.status == 201, await made.text()
        written = await session.put(f"{container}/logo.svg?{signature}", data=SVG)
        assert written.status == 201, await written.text()
    monkeypatch.setenv("PAGE_LOGO_FILE", f"{container}/logo.svg?{signature}")
    assert await shown(world) == SVG
    start = await show_start(Request(), services=world.services)
    assert b"sig=" not in start.body
    assert b"data:image/svg+xml" in start.body


async def test_another_picture_is_shown_ten_minutes_later(world: World, pictures: Pictures) -> None:
    assert await shown(world) == SVG
    pictures.content = OTHER
    world.clock.advance(minutes=9)
    assert await shown(world) == SVG
    assert pictures.asked == 1
    world.clock.advance(minutes=1)
    assert await shown(world) == OTHER


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"status": 404}, "was answered 404"),
        ({"status": 302, "headers": {"Location": "/elsewhere"}}, "was answered 302"),
        ({"content": bytes(LARGEST_LOGO + 1)}, "more than 8192 bytes"),
        ({"seconds": 60}, "cannot be reached (TimeoutError)"),
    ],
)
async def test_a_picture_that_cannot_be_had_keeps_the_page_and_the_one_before(
    world: World,
    pictures: Pictures,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    change: dict[str, object],
    words: str,
) -> None:
    assert await shown(world) == SVG
    if "seconds" in change:
        monkeypatch.setattr(remote_logo, "PATIENCE", 0.1)
    for name, value in change.items():
        setattr(pictures, name, value)
    world.clock.advance(minutes=10)
    began = time.monotonic()
    assert await shown(world) == SVG
    assert time.monotonic() - began < 1.5
    assert words in caplog.text
    assert "secret" not in caplog.text, "the address carries a signature"
    asked = pictures.asked
    assert await shown(world) == SVG
    assert pictures.asked == asked, "it is asked again a minute later"
    world.services.kept.clear()
    assert await shown(world) is None


async def test_what_is_no_picture_or_does_something_is_left_out(world: World, pictures: Pictures) -> None:
    for content in (b"", b"GIF89a", SVG.replace(b"<path", b"<script>x()</script><path")):
        pictures.content = content
        assert await shown(world) is None
        world.clock.advance(minutes=10)


async def test_many_visitors_of_a_new_instance_ask_once(world: World, pictures: Pictures) -> None:
    pictures.seconds = 0.1
    pages = await asyncio.gather(*[show_start(Request(), services=world.services) for _ in range(20)])
    assert {page.status for page in pages} == {200}
    assert pictures.asked == 1


@pytest.mark.parametrize(
    "address", ["http://cdn.example.com/logo.svg", "https://user@cdn.example.com/logo.svg", "http://["]
)
async def test_only_https_is_asked(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, address: str
) -> None:
    monkeypatch.setenv("PAGE_LOGO_FILE", address)
    assert await shown(world) is None
    assert "must be one of https" in caplog.text
