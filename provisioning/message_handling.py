"""Handles a queue message: expected failures go back on the queue with a delay, never as a failure.

The host gives a failed message back at once and moves it to the poison queue after five tries
(azure-webjobs-sdk#844); ten minutes without Graph would put every hire there. A message that can never
be worked on goes to the poison queue at once.
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from pydantic import ValidationError

from provisioning.errors import AdminNeeded, ConfigurationError, NotReady, Rejected, TransientError
from provisioning.graph.errors import PermissionDenied
from provisioning.log import EventLog
from provisioning.model.messages import Message
from provisioning.services import Services
from provisioning.store.queues import send, send_text
from provisioning.store.storage import Storage

log = EventLog(__name__)

FIRST_DELAY = 10.0  # seconds, doubled each time
MAX_BACKOFF = 15 * 60.0  # seconds
MISCONFIGURED_DELAY = 5 * 60.0  # seconds; a person has to change a setting or grant a permission meanwhile

M = TypeVar("M", bound=Message)


def redelivery_delay(attempt: int) -> float:
    """Return the seconds before try number `attempt + 1`: 10 s, 20 s, 40 s ... 15 minutes."""
    return min(FIRST_DELAY * 2.0 ** min(attempt, 10), MAX_BACKOFF)


async def handle_message(
    body: str,
    *,
    queue_name: str,
    kind: type[M],
    work: Callable[[M], Awaitable[None]],
    services: Services,
    message_id: str,
) -> None:
    """Do the work a message asks for, delay the message, or move it to the poison queue if it is none of ours.

    Args:
        body: The message's text.
        queue_name: The queue it came from, where a message that is put off goes back to.
        kind: Its type.
        work: What to do. TransientError, NotReady, ConfigurationError and AdminNeeded delay the message;
            Rejected ends it.
        services: Storage, and the tenant that this deployment serves; a message of another one is not worked on.
        message_id: The queue's id of the message, for the log.
    """
    try:
        message = kind.model_validate_json(body)
    except ValidationError as error:
        # Without the error's text, which quotes the message: that may hold anything and must not be logged.
        await keep_as_poison(
            services.storage, queue_name, body, message_id, f"it cannot be read ({error.error_count()} faults)"
        )
        return
    if str(message.tenant_id) != services.tenant_id:
        await keep_as_poison(
            services.storage,
            queue_name,
            body,
            message_id,
            f"it belongs to tenant {message.tenant_id}, which this deployment does not serve",
        )
        return
    try:
        await work(message)
        return
    except (TransientError, NotReady) as error:
        reason, delay = str(error), redelivery_delay(message.attempt) if error.after is None else error.after
    except (ConfigurationError, AdminNeeded, PermissionDenied) as error:
        reason, delay = str(error), MISCONFIGURED_DELAY
    except Rejected as error:
        log.error("refused", queue=queue_name, reason=error)
        return
    log.warning("put_off", queue=queue_name, attempt=message.attempt, delay=round(delay), reason=reason)
    await send(services.storage, queue_name, message.model_copy(update={"attempt": message.attempt + 1}), delay=delay)


async def keep_as_poison(storage: Storage, queue_name: str, body: str, message_id: str, why: str) -> None:
    """Move a message that cannot be handled to the poison queue, where it is kept until an admin looks."""
    await send_text(storage, f"{queue_name}-poison", body)
    log.error("unreadable", queue=queue_name, message=message_id, reason=why, kept_in=f"{queue_name}-poison")
