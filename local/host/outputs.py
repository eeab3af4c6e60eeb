"""The queue output binding, and the storage clients that triggers and outputs share."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from typing import TypeVar

from azure.core.exceptions import AzureError, HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.functions import meta
from azure.storage.queue.aio import QueueClient, QueueServiceClient

from local.host.executor import Outcome, log
from local.host.indexing import Binding
from local.host.messages import encode_text, messages_of
from local.host.settings import HostSettings

T = TypeVar("T")
RETRY_PAUSES_SECONDS = (0.2, 0.8)


class QueueClients:
    """One client per storage account, and one wake-up signal per queue for the listeners of this host."""

    def __init__(self) -> None:
        self.services: dict[str, QueueServiceClient] = {}
        self.signals: dict[str, asyncio.Event] = {}

    def queue(self, connection_string: str, name: str) -> QueueClient:
        if connection_string not in self.services:
            # The package would retry up to 30 s apart; listeners have a rhythm of their own, senders `persistently`.
            service = QueueServiceClient.from_connection_string(connection_string, retry_total=0)
            self.services[connection_string] = service
        return self.services[connection_string].get_queue_client(name)

    def signal(self, name: str) -> asyncio.Event:
        """Set when this host may have put a message on the queue `name`: its listener looks at once."""
        return self.signals.setdefault(name, asyncio.Event())

    def wake_all(self) -> None:
        """Let every listener look: a function has ended, which may have sent to a queue by a client of its own."""
        for signal in self.signals.values():
            signal.set()

    async def close(self) -> None:
        for service in self.services.values():
            await service.close()


class QueueOutputs:
    """Writes what functions put into their queue outputs."""

    def __init__(self, *, settings: HostSettings, clients: QueueClients) -> None:
        self.settings = settings
        self.clients = clients

    async def write(self, outcome: Outcome) -> Outcome:
        """Send every message of a successful outcome; the outcome fails when storage refuses one."""
        self.clients.wake_all()
        if outcome.error is not None:
            return outcome
        try:
            for binding, datum in queue_values(outcome):
                for text in messages_of(datum):
                    await self.send(binding, text)
        except AzureError as error:
            log.error("The output of invocation %s was not written: %s", outcome.invocation_id, first_line(error))
            return replace(outcome, error=error, returned=None)
        return outcome

    async def send(self, binding: Binding, text: str) -> None:
        name = self.settings.expand(str(binding.options["queueName"]), function=binding.parameter)
        connection = self.settings.connection_string(str(binding.options["connection"]), function=binding.parameter)
        queue = self.clients.queue(connection, name)
        await send_and_create(queue, encode_text(text, base64_encoded=self.settings.queues.base64))
        self.clients.signal(name).set()


def queue_values(outcome: Outcome) -> Iterator[tuple[Binding, meta.Datum]]:
    for binding, datum in outcome.outputs:
        if binding.kind == "queue":
            yield binding, datum


async def send_and_create(queue: QueueClient, content: str) -> None:
    """Send a message as it is, creating the queue when it is not there."""
    try:
        await persistently(lambda: queue.send_message(content))
    except ResourceNotFoundError:
        with contextlib.suppress(ResourceExistsError):  # another invocation was faster
            await queue.create_queue()
        await persistently(lambda: queue.send_message(content))


async def persistently(operation: Callable[[], Awaitable[T]]) -> T:
    """Try up to three times within about a second, unless storage understood the request and refused it."""
    for pause in RETRY_PAUSES_SECONDS:
        try:
            return await operation()
        except HttpResponseError as error:
            if (error.status_code or 500) < 500:
                raise
        except AzureError:
            log.debug("Storage did not answer; trying again in %s s.", pause)
        await asyncio.sleep(pause)
    return await operation()


def first_line(error: BaseException) -> str:
    """The first line of an error's text: the storage package's errors run over many."""
    return (str(error).splitlines() or [type(error).__name__])[0]
