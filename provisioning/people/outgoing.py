"""Tells other systems of a person's new state: a signed webhook (standardwebhooks.com), off by default.

The message is queued before the row is written, and sent once the row shows the state; so a run that dies in between
neither loses an event nor tells one that did not happen. A receiver can get an event twice, with the same webhook-id.
"""

import base64
import hashlib
import hmac
import json
import ssl
from collections.abc import Mapping
from datetime import timedelta
from functools import partial

import httpx

from provisioning.clock import Clock
from provisioning.errors import NotReady, TransientError
from provisioning.log import EventLog
from provisioning.model.ledger import HireRecord, Person
from provisioning.model.messages import OutgoingMessage
from provisioning.model.person_events import event_data, event_for, event_id
from provisioning.outgoing_settings import Receiver, load_receiver, receiver_names
from provisioning.people.pass_endings import end_pass, makes_passes
from provisioning.services import Services
from provisioning.store.ledger import Ledger
from provisioning.store.queues import send, send_text

log = EventLog(__name__)

TIMEOUT = 15.0  # seconds; Standard Webhooks advises senders to wait 15 to 30
SETTLED = 5.0  # seconds after which the row is usually written
WRITTEN_BY = timedelta(minutes=2)  # a write that takes longer has failed
DELAYS = (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)  # seconds; standard-webhooks.md, "Retries"
GONE = 410  # the receiver wants no more of it


def announcing_ledger(services: Services) -> Ledger:
    """Return the ledger for whoever writes people's states.

    Every system that OUTGOING_WEBHOOKS names hears of them, and a pass that is no longer needed is taken back.
    """
    told = partial(tell, services=services) if receiver_names() or makes_passes(services) else None
    return Ledger(services.storage, tenant_id=services.tenant_id, on_new_state=told)


async def tell(row: HireRecord | Person, *, services: Services) -> None:
    """Tell everything that follows a person's state of a row that is about to be written in a new one.

    Raises:
        TransientError: The storage account cannot be reached.
    """
    await announce(row, services=services)
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
    row = next(iter(await services.ledger.rows_of([message.row_key])), None)
    if row is None or event_id(row) != message.event_id:
        if services.now() - message.happened_at < WRITTEN_BY:
            raise NotReady("the row of the event to be written", after=30)
        log.info("dropped", hr_event=message.event_id, reason="overtaken")
        return
    status = await post(message, load_receiver(message.receiver), now=services.now)
    if status == GONE:
        log.warning("refused", hr_event=message.event_id, receiver=message.receiver, reason="it answers 410")
    elif not 200 <= status < 300:
        await try_later(message, f"the receiver {message.receiver} answered {status}", services=services)
    else:
        log.info("told", hr_event=message.event_id, receiver=message.receiver, kind=message.kind)


async def post(message: OutgoingMessage, receiver: Receiver, *, now: Clock) -> int:
    """Post an event once; returns the status, and 0 where there was no answer. The answer's body is not read."""
    body = json.dumps(
        {"type": message.kind, "timestamp": message.happened_at.isoformat(), "data": message.data},
        separators=(",", ":"),
    ).encode()
    headers = signed_headers(message.event_id, int(now().timestamp()), body, receiver.keys)
    # The platform's own authorities; no proxy of the environment, and httpx follows no redirect by itself.
    async with httpx.AsyncClient(timeout=TIMEOUT, verify=ssl.create_default_context(), trust_env=False) as client:
        try:
            async with client.stream("POST", receiver.url, content=body, headers=headers) as answer:
                return answer.status_code
        except httpx.TransportError as error:
            log.warning("no_answer", receiver=receiver.name, error=type(error).__name__)
            return 0


def signed_headers(identifier: str, stamp: int, body: bytes, keys: tuple[bytes, ...]) -> Mapping[str, str]:
    """Return the headers of a delivery by Standard Webhooks (standard-webhooks.md), with a signature for each key."""
    signed = f"{identifier}.{stamp}.".encode() + body
    digests = (base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() for key in keys)
    return {
        "content-type": "application/json",
        "user-agent": "mfa-pre-enrollment",
        "webhook-id": identifier,
        "webhook-timestamp": str(stamp),
        "webhook-signature": " ".join(f"v1,{digest}" for digest in digests),
    }


async def try_later(message: OutgoingMessage, why: str, *, services: Services) -> None:
    """Have an event sent again, at growing intervals over three days; then keep it as a poison message.

    Raises:
        TransientError: It goes back on the queue.
    """
    if message.attempt < len(DELAYS):
        raise TransientError(f"Event {message.event_id}: {why}.", after=DELAYS[message.attempt])
    await send_text(services.storage, "outgoing-poison", message.model_dump_json())
    log.error("given_up", hr_event=message.event_id, reason=why, kept_in="outgoing-poison")
