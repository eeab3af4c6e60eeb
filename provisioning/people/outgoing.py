"""Tells other systems of a person's new state: a signed webhook (standardwebhooks.com), off by default.

The message is queued before the row is written, and sent once the row shows the state; so a run that dies in between
neither loses an event nor tells one that did not happen. A receiver can get an event twice, with the same webhook-id.
"""

import json
from datetime import timedelta
from functools import partial

from provisioning.errors import NotReady, TransientError
from provisioning.log import EventLog
from provisioning.messages.planning import plan_for
from provisioning.model.ledger import HireRecord, Person
from provisioning.model.messages import OutgoingMessage
from provisioning.model.person_events import event_data, event_for, event_id
from provisioning.outgoing_settings import load_receiver, receiver_names
from provisioning.people.pass_endings import end_pass, makes_passes
from provisioning.services import Services
from provisioning.signed_posts import GONE, post_signed
from provisioning.store.ledger import Ledger
from provisioning.store.queues import send, send_text

log = EventLog(__name__)

SETTLED = 5.0  # seconds after which the row is usually written
WRITTEN_BY = timedelta(minutes=2)  # a write that takes longer has failed
DELAYS = (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)  # seconds; standard-webhooks.md, "Retries"


def announcing_ledger(services: Services) -> Ledger:
    """Return a ledger that tells other systems, and people, of every new state that it is given to write."""
    return Ledger(services.storage, tenant_id=services.tenant_id, on_new_state=partial(tell, services=services))


async def tell(row: HireRecord | Person, *, services: Services) -> None:
    """Tell everything that follows a person's state of a row that is about to be written in a new one.

    Raises:
        TransientError: The storage account cannot be reached.
    """
    await announce(row, services=services)
    await plan_for(row, services=services)
    if makes_passes(services):
        await end_pass(row, services=services)


async def announce(row: HireRecord | Person, *, services: Services) -> None:
    """Queue the event of a row that is about to be written in a new state, for every receiver.

    Raises:
        TransientError: The storage account cannot be reached.
    """
    event = event_for(row)
    if event is None:
        return
    for name in receiver_names():
        message = OutgoingMessage.model_validate(
            {
                "tenant_id": services.tenant_id,
                "receiver": name,
                "event_id": event_id(row),
                "row_key": row.key,
                "kind": event,
                "happened_at": services.now(),
                "data": event_data(row),
            }
        )
        await send(services.storage, "outgoing", message, delay=SETTLED)


async def deliver(message: OutgoingMessage, *, services: Services) -> None:
    """Post an event to its receiver, unless it did not happen or is no longer so.

    Args:
        message: Of queue `outgoing`.
        services: Storage and clock.

    Raises:
        NotReady: The row is not written yet.
        ConfigurationError: The receiver's address or secret is missing or wrong.
        TransientError: The receiver did not take it.
    """
    if message.receiver not in receiver_names():
        log.info("dropped", hr_event=message.event_id, receiver=message.receiver, reason="not configured")
        return
    if message.row_key is not None and not await shows_event(message.row_key, message, services=services):
        if services.now() - message.happened_at < WRITTEN_BY:
            raise NotReady("the row of the event to be written", after=30)
        log.info("dropped", hr_event=message.event_id, reason="overtaken")
        return
    content = {"type": message.kind, "timestamp": message.happened_at.isoformat(), "data": message.data}
    body = json.dumps(content, separators=(",", ":")).encode()
    status = await post_signed(load_receiver(message.receiver), message.event_id, body, now=services.now)
    if status == GONE:
        log.warning("refused", hr_event=message.event_id, receiver=message.receiver, reason="it answers 410")
    elif not 200 <= status < 300:
        await try_later(message, f"the receiver {message.receiver} answered {status}", services=services)
    else:
        log.info("told", hr_event=message.event_id, receiver=message.receiver, kind=message.kind)


async def shows_event(row_key: str, message: OutgoingMessage, *, services: Services) -> bool:
    """Return whether the row that an event was told for is written, and still says the same."""
    row = next(iter(await services.ledger.rows_of([row_key])), None)
    return row is not None and event_id(row) == message.event_id


async def try_later(message: OutgoingMessage, why: str, *, services: Services) -> None:
    """Have an event sent again, at growing intervals over three days; then keep it as a poison message.

    Raises:
        TransientError: It goes back on the queue.
    """
    if message.attempt < len(DELAYS):
        raise TransientError(f"Event {message.event_id}: {why}.", after=DELAYS[message.attempt])
    await send_text(services.storage, "outgoing-poison", message.model_dump_json())
    log.error("given_up", hr_event=message.event_id, reason=why, kept_in="outgoing-poison")
