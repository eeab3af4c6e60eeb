"""Sends messages to a queue."""

from provisioning.model.messages import Message
from provisioning.store.storage import Storage, adding_to

MAX_VISIBILITY_DELAY = 7 * 24 * 3600  # seconds; the service's own limit (rest/api/storageservices/put-message)
NEVER_EXPIRES = -1  # the default of seven days would lose what waits longer


async def send(storage: Storage, queue_name: str, message: Message, *, delay: float = 0) -> None:
    """Put a message on a queue.

    Args:
        storage: The storage account.
        queue_name: hires, seen, outgoing, passes or tenant.
        message: What to send.
        delay: Seconds before it becomes visible, at most seven days.

    Raises:
        TransientError: The storage account cannot be reached.
        ConfigurationError: It has no such queue.
    """
    await send_text(storage, queue_name, message.model_dump_json(), delay=delay)


async def send_text(storage: Storage, queue_name: str, text: str, *, delay: float = 0) -> None:
    """Put a text on a queue as it is, as `send` does."""
    visibility = min(int(delay), MAX_VISIBILITY_DELAY)
    async with adding_to(f"queue {queue_name}"):
        await storage.queue(queue_name).send_message(text, visibility_timeout=visibility, time_to_live=NEVER_EXPIRES)
