"""Handles a queue message: expected failures go back on the queue with a delay, never as a failure.

The host gives a failed message back at once and moves it to the poison queue after five tries
(azure-webjobs-sdk#844); ten minutes without Graph would put every hire there.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from pydantic import ValidationError

from provisioning.errors import ConfigurationError, NotReady, Rejected, TransientError
from provisioning.graph.errors import PermissionDenied
from provisioning.model.messages import Message
from provisioning.store.queues import send
from provisioning.store.storage import Storage

log = logging.getLogger(__name__)

FIRST_DELAY = 10.0  # seconds, doubled each time
MAX_BACKOFF = 15 * 60.0  # seconds
MISCONFIGURED_DELAY = 5 * 60.0  # seconds; a person has to change a setting or grant a permission meanwhile

M = TypeVar("M", bound=Message)


def redelivery_delay(attempt: int) -> float:
    """Seconds before try number `attempt + 1`: 10 s, 20 s, 40 s ... 15 minutes."""
    return min(FIRST_DELAY * 2.0 ** min(attempt, 10), MAX_BACKOFF)


async def handle_message(
    storage: Storage, *, queue_name: str, body: str, kind: type[M], work: Callable[[M], Awaitable[None]]
) -> None:
    """Do the work a message asks for, or delay the message.

    Args:
        storage: Where a message that is put off goes back to.
        queue_name: The queue it came from.
        body: The message's text.
        kind: Its type.
        work: What to do. TransientError, NotReady and ConfigurationError delay the message; Rejected ends it.

    Raises:
        Rejected: The text is not such a message. The host then moves it to the poison queue, where it is kept.
    """
    try:
        message = kind.model_validate_json(body)
    except ValidationError as error:
        # Without the cause, whose text quotes the message: that may hold anything and must not be logged.
        raise Rejected(
            f"A message on queue {queue_name} cannot be read ({error.error_count()} faults).",
            remedy=f"It is kept in {queue_name}-poison; look at it there.",
        ) from None
    try:
        await work(message)
        return
    except (TransientError, NotReady) as error:
        reason, delay = str(error), redelivery_delay(message.attempt) if error.after is None else error.after
    except (ConfigurationError, PermissionDenied) as error:
        reason, delay = str(error), MISCONFIGURED_DELAY
    except Rejected as error:
        log.error("refused: queue=%s reason=%s", queue_name, error)
        return
    log.warning("put off: queue=%s attempt=%d delay=%.0f reason=%s", queue_name, message.attempt, delay, reason)
    await send(storage, queue_name, message.model_copy(update={"attempt": message.attempt + 1}), delay=delay)
