"""Messages the host gave up on: kept in <queue>-poison until an admin looks, and put back from there."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from azure.core.exceptions import ResourceNotFoundError
from pydantic import ValidationError

from provisioning.errors import TransientError
from provisioning.log import EventLog
from provisioning.model.messages import HireMessage, Message, OutgoingMessage, PassMessage, SeenMessage, TenantMessage
from provisioning.store.queues import send
from provisioning.store.storage import Storage, message_count, reaching

log = EventLog(__name__)

KINDS: dict[str, type[Message]] = {
    "hires": HireMessage,
    "seen": SeenMessage,
    "outgoing": OutgoingMessage,
    "passes": PassMessage,
    "tenant": TenantMessage,
}
MOST_SHOWN = 32
DISCARD_HIDDEN = 5  # seconds
HIDDEN = 60  # seconds a message stays away from others while it is put back


@dataclass(frozen=True)
class Replayed:
    """What became of the poison messages of one queue.

    Args:
        replayed: Put back, with their attempts counted from zero.
        unreadable: Left where they are, since no version of the product wrote them.
    """

    replayed: int
    unreadable: int


@dataclass(frozen=True)
class Poisoned:
    """One message the host gave up on, as it lies there.

    Args:
        message_id: The poison queue's own id of it.
        since: When the host gave up on it.
        work: What it asks for; None if it is no message of this product.
    """

    message_id: str
    since: datetime | None
    work: Message | None


async def peek_poison(storage: Storage, queue_name: str) -> list[Poisoned]:
    """Return the first of them, at most 32, which is what the service shows (rest/api/storageservices/peek-messages).

    Looking changes nothing: neither how often a message was tried, nor when it is seen again. Why the host gave up is
    not here, for it keeps no reason; the app's log has it, under the ids that the message holds.

    Raises:
        TransientError: The storage account cannot be reached.
    """
    async with reaching(f"queue {queue_name}-poison"):
        try:
            messages = await storage.queue(f"{queue_name}-poison").peek_messages(max_messages=MOST_SHOWN)
        except ResourceNotFoundError:
            return []
    return [Poisoned(item.id, item.inserted_on, parse_message(queue_name, item.content)) for item in messages]


def parse_message(queue_name: str, content: str) -> Message | None:
    """Return the message, or None for a text that is none of this product."""
    try:
        return KINDS[queue_name].model_validate_json(content)
    except ValidationError:
        return None


async def count_poison(storage: Storage, queue_name: str) -> int:
    """About how many messages of a queue the host gave up on."""
    return await message_count(storage, f"{queue_name}-poison")


async def note_queues(storage: Storage, names: Iterable[str]) -> None:
    """Log what waits on these queues and what the host gave up on: an alert reads it.

    Args:
        storage: The storage account.
        names: Of the queues, without those of the messages that were given up.
    """
    for name in names:
        try:
            waiting, poison = await asyncio.gather(message_count(storage, name), count_poison(storage, name))
        except TransientError as error:
            log.warning("queue_not_counted", queue=name, reason=error)
        else:
            log.info("queue", queue=name, waiting=waiting, poison=poison)


async def replay(storage: Storage, queue_name: str) -> Replayed:
    """Put them back. Safe at any time: every handler decides from state, so work that was done is not done again.

    Raises:
        TransientError: The storage account cannot be reached; what was put back so far is gone from the poison queue.
    """
    poison = storage.queue(f"{queue_name}-poison")
    replayed = unreadable = 0
    async with reaching(f"queue {queue_name}-poison"):
        try:
            async for message in poison.receive_messages(visibility_timeout=HIDDEN):
                work = parse_message(queue_name, message.content)
                if work is None:
                    unreadable += 1
                    continue
                await send(storage, queue_name, work.model_copy(update={"attempt": 0}))
                await poison.delete_message(message)
                replayed += 1
        except ResourceNotFoundError:
            pass
    log.info("redriven", queue=queue_name, replayed=replayed, unreadable=unreadable)
    return Replayed(replayed, unreadable)


async def discard(storage: Storage, queue_name: str, message_id: str) -> Poisoned | None:
    """Delete one message for good and return it; None if the queue does not hold it.

    Every message that is looked at on the way is hidden for a moment and seen again after that.

    Raises:
        TransientError: The storage account cannot be reached.
    """
    poison = storage.queue(f"{queue_name}-poison")
    async with reaching(f"queue {queue_name}-poison"):
        async for message in poison.receive_messages(messages_per_page=MOST_SHOWN, visibility_timeout=DISCARD_HIDDEN):
            if message.id == message_id:
                await poison.delete_message(message)
                log.info("discarded", queue=queue_name, message=message_id)
                return Poisoned(message.id, message.inserted_on, parse_message(queue_name, message.content))
    return None
