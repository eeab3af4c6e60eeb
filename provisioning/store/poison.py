"""Messages the host gave up on: kept in <queue>-poison until somebody looks, and put back from there."""

import logging
from dataclasses import dataclass

from azure.core.exceptions import ResourceNotFoundError
from pydantic import ValidationError

from provisioning.store.messages import HireMessage, Message, SeenMessage, TenantMessage, send
from provisioning.store.storage import Storage, message_count, reaching

log = logging.getLogger(__name__)

KINDS: dict[str, type[Message]] = {"hires": HireMessage, "seen": SeenMessage, "tenant": TenantMessage}
HIDDEN = 60  # seconds a message stays away from others while it is put back


@dataclass(frozen=True)
class Redriven:
    """What became of the poison messages of one queue.

    Args:
        replayed: Put back, with their attempts counted from zero.
        unreadable: Left where they are, since no version of the product wrote them.
    """

    replayed: int
    unreadable: int


async def count(storage: Storage, queue_name: str) -> int:
    """About how many messages of a queue the host gave up on."""
    return await message_count(storage, f"{queue_name}-poison")


async def redrive(storage: Storage, queue_name: str) -> Redriven:
    """Put them back. Safe at any time: every handler decides from state, so work that was done is not done again.

    Raises:
        Retry: The storage account cannot be reached; what was put back so far is gone from the poison queue.
    """
    poison = storage.queue(f"{queue_name}-poison")
    replayed = unreadable = 0
    async with reaching(f"queue {queue_name}-poison"):
        try:
            async for message in poison.receive_messages(visibility_timeout=HIDDEN):
                try:
                    work = KINDS[queue_name].model_validate_json(message.content)
                except ValidationError:
                    unreadable += 1
                    continue
                await send(storage, queue_name, work.model_copy(update={"attempt": 0}))
                await poison.delete_message(message)
                replayed += 1
        except ResourceNotFoundError:
            pass
    log.info("redriven: queue=%s replayed=%d unreadable=%d", queue_name, replayed, unreadable)
    return Redriven(replayed, unreadable)
