"""Queue rules against a real Azurite, through the sample app."""

import asyncio
import base64
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue.aio import QueueClient, QueueServiceClient

from local.host import core
from local.host.core import Host
from local.host.executor import Executor
from local.host.queues import Backoff
from local.host.settings import HostSettings

from .conftest import Adapt, MakeHost
from .fakes import eventually, gone, hidden_count, taken


def with_base64(settings: HostSettings) -> HostSettings:
    return replace(settings, queues=replace(settings.queues, base64=True))


@dataclass
class Account:
    """The storage account of a test, with its three queues empty or absent."""

    connection: str
    service: QueueServiceClient

    @property
    def work(self) -> QueueClient:
        return self.service.get_queue_client("sample-work")

    async def take(self, name: str) -> list[str]:
        """The texts of all visible messages of a queue, taken off it."""
        queue = self.service.get_queue_client(name)
        texts = []
        with contextlib.suppress(ResourceNotFoundError):
            async for message in queue.receive_messages(messages_per_page=32):
                texts.append(str(message.content))
                await queue.delete_message(message)
        return texts

    async def take_one(self, name: str) -> str:
        (text,) = await eventually(lambda: self.take(name))
        return text


@pytest.fixture
async def account(azurite: str) -> AsyncIterator[Account]:
    async with QueueServiceClient.from_connection_string(azurite) as service:
        account = Account(azurite, service)
        yield account
        for name in ("sample-work", "sample-work-poison", "sample-seen"):
            with contextlib.suppress(ResourceNotFoundError):
                await service.delete_queue(name)


Running = Callable[..., contextlib.AbstractAsyncContextManager[Host]]


@pytest.fixture
def running(make_host: MakeHost, azurite: str) -> Running:
    """A context manager that runs the sample app's host against Azurite."""

    @contextlib.asynccontextmanager
    async def run(*, adapt: Adapt = lambda given: given, lease: float = 600.0) -> AsyncIterator[Host]:
        host = make_host(adapt=adapt, lease=lease, AzureWebJobsStorage=azurite)
        async with host.listening():
            yield host

    return run


async def post(host: Host, path: str, **arguments: object) -> httpx.Response:
    transport = httpx.ASGITransport(host.http_app())
    async with httpx.AsyncClient(transport=transport, base_url="http://host.example.com") as http:
        return await http.post(path, **arguments)  # type: ignore[arg-type]


async def test_output_creates_its_queue_and_wakes_the_listener(
    account: Account, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    idle = asyncio.Event()

    def for_an_hour(_: Backoff) -> float:
        idle.set()
        return 3600.0

    monkeypatch.setattr(Backoff, "next", for_an_hour)
    async with running() as host:
        await idle.wait()
        assert (await post(host, "/submit", content=b"hello")).status_code == 202
        seen = await account.take_one("sample-seen")
        assert '"text": "hello"' in seen
        assert '"count": 1' in seen
        assert '"inserted": true' in seen
        await eventually(lambda: gone(account.work))


async def test_the_trigger_never_creates_its_queue(account: Account, running: Running) -> None:
    async with running():
        await asyncio.sleep(0.4)
        assert "sample-work" not in [queue.name async for queue in account.service.list_queues()]


async def test_a_list_becomes_several_messages_and_an_object_is_indented(account: Account, running: Running) -> None:
    async with running() as host:
        await post(host, "/submit", content=b'["a", {"n":1}]')
        texts: list[str] = []

        async def both() -> bool:
            texts.extend(await account.take("sample-seen"))
            return len(texts) == 2

        await eventually(both)
        assert any('"text": "a"' in text for text in texts)
        assert any(json.dumps('{\n  "n": 1\n}') in text for text in texts)


async def test_a_failing_message_comes_back_and_ends_in_the_poison_queue(account: Account, running: Running) -> None:
    await account.work.create_queue()
    sent = await account.work.send_message('{"fail": 1}')
    async with running() as host:
        poison = account.service.get_queue_client("sample-work-poison")

        async def arrived() -> list[object]:
            with contextlib.suppress(ResourceNotFoundError):
                return [message async for message in poison.receive_messages()]
            return []

        (message,) = await eventually(arrived)
        assert message.content == '{"fail": 1}'  # type: ignore[attr-defined]
        assert message.dequeue_count == 1  # type: ignore[attr-defined]
        assert message.id != sent.id  # type: ignore[attr-defined]
        await eventually(lambda: gone(account.work))
        assert host.settings.queues.max_dequeue_count == 3


async def test_a_message_beyond_the_count_is_poisoned_without_a_run(account: Account, running: Running) -> None:
    await account.work.create_queue()
    await account.work.send_message("fine")
    for _ in range(3):
        async for message in account.work.receive_messages(max_messages=1):
            await account.work.update_message(message, visibility_timeout=0)
    async with running():
        assert await account.take_one("sample-work-poison") == "fine"
        assert await account.take("sample-seen") == []


async def test_visibility_timeout_delays_the_next_attempt(account: Account, running: Running) -> None:
    def delayed(settings: HostSettings) -> HostSettings:
        return replace(settings, queues=replace(settings.queues, visibility_timeout=300.0))

    await account.work.create_queue()
    await account.work.send_message("fail")
    async with running(adapt=delayed):
        await eventually(lambda: taken(account.work))
        await asyncio.sleep(0.5)
        assert await account.take("sample-work") == []
        assert await hidden_count(account.work) == 1


async def test_a_delayed_message_waits(account: Account, running: Running) -> None:
    await account.work.create_queue()
    async with running():
        sent = time.monotonic()
        await account.work.send_message("later", visibility_timeout=2)
        assert '"text": "later"' in await account.take_one("sample-seen")
        assert time.monotonic() - sent > 1.9


async def test_encoding_none_takes_text_as_it_is(account: Account, running: Running) -> None:
    await account.work.create_queue()
    await account.work.send_message("bXNnMg==")
    async with running():
        assert '"text": "bXNnMg=="' in await account.take_one("sample-seen")


async def test_encoding_base64_decodes_and_encodes(account: Account, running: Running) -> None:
    await account.work.create_queue()
    await account.work.send_message(base64.b64encode("blå".encode()).decode())
    async with running(adapt=with_base64):
        seen = base64.b64decode(await account.take_one("sample-seen")).decode()
        assert json.dumps("blå") in seen


async def test_encoding_base64_poisons_plain_text_at_once(account: Account, running: Running) -> None:
    await account.work.create_queue()
    await account.work.send_message('{"plain": 1}')
    async with running(adapt=with_base64):
        assert await account.take_one("sample-work-poison") == '{"plain": 1}'


async def test_body_properties_overwrite_metadata(account: Account, running: Running) -> None:
    await account.work.create_queue()
    await account.work.send_message('{"id": "mine", "dequeueCount": 9}')
    async with running():
        seen = await account.take_one("sample-seen")
        assert '"ident": "mine"' in seen
        assert '"count": 9' in seen


async def test_a_long_run_keeps_its_message_by_renewal(account: Account, running: Running) -> None:
    await account.work.create_queue()
    await account.work.send_message("longer")
    async with running(lease=6.0):
        assert '"count": 1' in await account.take_one("sample-seen")
        await eventually(lambda: gone(account.work))
        assert await account.take("sample-seen") == []


async def test_the_host_lets_a_running_message_finish(
    account: Account, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    called, call = asyncio.Event(), Executor.call

    async def say(*given: Any, **named: Any) -> Any:
        called.set()
        return await call(*given, **named)

    monkeypatch.setattr(Executor, "call", say)
    monkeypatch.setattr(core, "DRAIN_SECONDS", 60.0)
    await account.work.create_queue()
    await account.work.send_message("slow")
    async with running():
        await called.wait()
    assert len(await account.take("sample-seen")) == 1
    assert await gone(account.work)


async def test_admin_runs_a_queue_and_a_timer_function(account: Account, running: Running) -> None:
    async with running() as host:
        key = {"x-functions-key": "master-key"}
        answer = await post(host, "/admin/functions/worker", headers=key, json={"input": "by hand"})
        assert answer.status_code == 202
        assert '"text": "by hand"' in await account.take_one("sample-seen")
        assert (await post(host, "/admin/functions/TICK", headers=key)).status_code == 202
        assert await account.take_one("sample-seen") == "tick False"
        for name, arguments, status in (
            ("nobody", {}, 404),
            ("echo", {}, 400),
            ("tick", {"content": b"no json"}, 400),
            ("tick", {"json": {"input": 5}}, 400),
        ):
            answer = await post(host, f"/admin/functions/{name}", headers=key, **arguments)
            assert answer.status_code == status


async def test_storage_away_is_told_once_and_http_goes_on(
    make_host: MakeHost, caplog: pytest.LogCaptureFixture
) -> None:
    away = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=YQ==;QueueEndpoint=http://127.0.0.1:9/a;"
    host = make_host(AzureWebJobsStorage=away)

    async def warnings() -> list[str]:
        return [record.getMessage() for record in caplog.records if "cannot be read" in record.getMessage()]

    async with host.listening():
        await eventually(warnings)
        assert (await post(host, "/echo", content=b"x")).status_code == 200
        assert (await post(host, "/submit", content=b"x")).status_code == 500
        await asyncio.sleep(1)
    (warning,) = await warnings()
    assert "\n" not in warning
