"""Posts something to a system that is told of people, signed by Standard Webhooks (standard-webhooks.md)."""

import base64
import hashlib
import hmac
import ssl
from collections.abc import Mapping

import httpx

from provisioning.clock import Clock
from provisioning.log import EventLog
from provisioning.outgoing_settings import Receiver

log = EventLog(__name__)

TIMEOUT = 15.0  # seconds; Standard Webhooks advises senders to wait 15 to 30
GONE = 410  # the receiver wants no more of it


async def post_signed(receiver: Receiver, identifier: str, body: bytes, *, now: Clock) -> int:
    """Post once; returns the status, and 0 where there was no answer. The answer's body is not read.

    Args:
        receiver: Where to, and with which keys.
        identifier: The same for every delivery of one thing, by which a receiver tells a repetition.
        body: JSON.
        now: Clock.
    """
    headers = signed_headers(identifier, int(now().timestamp()), body, receiver.keys)
    # The platform's own authorities; no proxy of the environment, and httpx follows no redirect by itself.
    async with httpx.AsyncClient(timeout=TIMEOUT, verify=ssl.create_default_context(), trust_env=False) as client:
        try:
            async with client.stream("POST", receiver.url, content=body, headers=headers) as answer:
                return answer.status_code
        except httpx.TransportError as error:
            log.warning("no_answer", receiver=receiver.name, error=type(error).__name__)
            return 0


def signed_headers(identifier: str, stamp: int, body: bytes, keys: tuple[bytes, ...]) -> Mapping[str, str]:
    """Return the headers of a delivery, with a signature for each key."""
    signed = f"{identifier}.{stamp}.".encode() + body
    digests = (base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() for key in keys)
    return {
        "content-type": "application/json",
        "user-agent": "mfa-pre-enrollment",
        "webhook-id": identifier,
        "webhook-timestamp": str(stamp),
        "webhook-signature": " ".join(f"v1,{digest}" for digest in digests),
    }
