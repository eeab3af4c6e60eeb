"""Queue triggers: polling, the ten-minute lease, dequeue counts and the poison queue.

The rules are those of the storage extension (QueueListener and QueueProcessor in azure-sdk-for-net).
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from azure.core.async_paging import AsyncItemPaged
from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.functions import meta
from azure.storage.queue import QueueMessage
from azure.storage.queue.aio import QueueClient

from local.host.executor import Outcome, log
from local.host.indexing import FunctionEntry
from local.host.messages import decode_text, encode_text, queue_datum, queue_metadata
from local.host.outputs import first_line, persistently, send_and_create
from local.host.settings import QueueSettings

LEASE_SECONDS = 600.0
FIRST_BACKOFF_SECONDS = 0.1
FAILURES_TOLD = 4  # in a row, about a second and a half: storage may be starting beside us
POISON = "-poison"
LONGEST_QUEUE_NAME = 63

Run = Callable[[meta.Datum, Mapping[str, meta.Datum]], Awaitable[Outcome]]


@dataclass
class Backoff:
    """Idle waits: 100 ms, doubling to the longest interval, each times 0.8 to 1.2. `random` gives 0 to 1."""

    longest: float
    random: Callable[[], float]
    current: float = 0.0

    def reset(self) -> None:
        self.current = 0.0

    def next(self) -> float:
        self.current = min(self.longest, self.current * 2 or FIRST_BACKOFF_SECONDS)
        return min(self.longest, self.current * (0.8 + 0.4 * self.random()))


class QueueListener:
    """Polls one queue for one function until it is cancelled.

    `lease` is how long, in seconds, a received message stays hidden (600 in Azure; renewed at half of it). A host that
    is killed leaves its messages hidden for that long, so tests of a kill shorten it. `longest_poll` is the longest
    wait between two looks at an idle queue, in seconds (host.json's maxPollingInterval by default).
    """

    def __init__(
        self,
        function: FunctionEntry,
        *,
        queue: QueueClient,
        poison: QueueClient | None,
        settings: QueueSettings,
        run: Run,
        wake: asyncio.Event,
        random: Callable[[], float],
        lease: float = LEASE_SECONDS,
        longest_poll: float | None = None,
    ) -> None:
        self.function = function
        self.queue = queue
        self.poison = poison
        self.settings = settings
        self.run_function = run
        self.wake = wake
        self.lease = lease
        self.backoff = Backoff(longest=longest_poll or settings.max_polling_interval, random=random)
        self.running: set[asyncio.Task[None]] = set()
        self.failures = 0

    async def run(self) -> None:
        """Poll for ever. Storage that is away is polled with backoff, and reported once."""
        while True:
            self.wake.clear()
            found = await self.poll()
            if found:
                self.backoff.reset()
                await self.wait_for_room()
            else:
                await self.idle()

    async def drain(self, *, seconds: float) -> None:
        """Let the messages that are being worked on finish, for at most `seconds`."""
        if self.running:
            _, late = await asyncio.wait(self.running, timeout=seconds)
            for task in late:
                task.cancel()

    async def idle(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.backoff.next()):
                await self.wake.wait()

    async def wait_for_room(self) -> None:
        while len(self.running) > self.settings.new_batch_threshold:
            await asyncio.wait(self.running, return_when=asyncio.FIRST_COMPLETED)

    async def poll(self) -> bool:
        """Receive one batch and start it; whether there was any. The trigger never creates its queue."""
        try:
            batch = [message async for message in self.receive()]
        except ResourceNotFoundError:
            batch = []
        except AzureError as error:
            self.failures += 1
            if self.failures == FAILURES_TOLD:
                log.warning("Queue %s cannot be read, trying again: %s", self.queue.queue_name, first_line(error))
            return False
        if self.failures >= FAILURES_TOLD:
            log.info("Queue %s can be read again.", self.queue.queue_name)
        self.failures = 0
        for message in batch:
            task = asyncio.ensure_future(self.process(message))
            self.running.add(task)
            task.add_done_callback(self.running.discard)
        return bool(batch)

    def receive(self) -> AsyncItemPaged[QueueMessage]:
        size = self.settings.batch_size
        return self.queue.receive_messages(
            max_messages=size, messages_per_page=size, visibility_timeout=max(1, round(self.lease))
        )

    async def process(self, message: QueueMessage) -> None:
        """Run the function for one message and delete, release or poison it. Storage errors end in the log."""
        try:
            await self.settle(message)
        except AzureError as error:
            log.warning(
                "Message %s of queue %s could not be settled and will come back: %s",
                message.id,
                self.queue.queue_name,
                first_line(error),
            )

    async def settle(self, message: QueueMessage) -> None:
        text = decode_text(str(message.content), base64_encoded=self.settings.base64)
        if text is None:
            # The extension's MessageDecodingFailed handler: no attempt, straight to the poison queue as it is.
            log.warning("Message %s is not base64. Check messageEncoding in host.json.", message.id)
            await self.move_to_poison(message, str(message.content))
            return
        count = message.dequeue_count or 0
        if count > self.settings.max_dequeue_count:
            await self.move_to_poison(message, encode_text(text, base64_encoded=self.settings.base64))
            return
        done = asyncio.Event()
        renewal = asyncio.ensure_future(self.renew(message, until=done))
        try:
            outcome = await self.run_function(queue_datum(self.function, text), queue_metadata(message, text))
        finally:
            done.set()
            await renewal  # never cut off: a renewal under way changes the pop receipt
        if outcome.error is None:
            await self.delete(message)
        elif self.poison is None:
            # No poison queue: the message stays hidden for the rest of its lease, or it would loop.
            return
        elif count >= self.settings.max_dequeue_count:
            await self.move_to_poison(message, encode_text(text, base64_encoded=self.settings.base64))
        else:
            await self.release(message)

    async def renew(self, message: QueueMessage, *, until: asyncio.Event) -> None:
        """Keep the message hidden. Every renewal gives a new pop receipt, which the delete must use."""
        while not until.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(until.wait(), self.lease / 2)
                return
            with contextlib.suppress(AzureError):
                updated = await self.queue.update_message(message, visibility_timeout=max(1, round(self.lease)))
                message.pop_receipt = updated.pop_receipt

    async def delete(self, message: QueueMessage) -> None:
        with contextlib.suppress(ResourceNotFoundError):
            await persistently(lambda: self.queue.delete_message(message))

    async def release(self, message: QueueMessage) -> None:
        with contextlib.suppress(ResourceNotFoundError):
            seconds = round(self.settings.visibility_timeout)
            await persistently(lambda: self.queue.update_message(message, visibility_timeout=seconds))

    async def move_to_poison(self, message: QueueMessage, content: str) -> None:
        """Copy the message to the poison queue, as a new message, and delete it here."""
        if self.poison is None:
            return
        log.warning("Message %s was moved to the queue %s.", message.id, self.poison.queue_name)
        await send_and_create(self.poison, content)
        await self.delete(message)


def poison_name(queue_name: str) -> str | None:
    """The poison queue of a queue; None for poison queues themselves and for names that would become too long."""
    name = queue_name + POISON
    return None if queue_name.endswith(POISON) or len(name) > LONGEST_QUEUE_NAME else name
