"""/api/hires/{source}: prove who sent it, keep what matters on a queue, answer at once.

Answers 200, never 202: several HR systems count anything else as failed (Greenhouse: seven tries over 15 hours). A
4xx is final for most of them, so only what can never succeed gets one.
"""

import logging
from dataclasses import replace

from provisioning.concurrency import each
from provisioning.http import Request, Response, error_response, json_response
from provisioning.model.hires import HireEvent
from provisioning.services import Services
from provisioning.settings import TenantSettings, hr_secrets, load
from provisioning.webhooks.sources.base import AuthenticationFailed, ParsedDelivery, Source, UnreadableDelivery
from provisioning.webhooks.sources.handshakes import methods_of, shake
from provisioning.webhooks.sources.registry import find_source
from provisioning.webhooks.sources.verification import verify_any

log = logging.getLogger(__name__)

ADDRESS_ALONE = (
    "The employee id is missing, and an address alone is only enough where the setting HR_ADDRESS_KEYS is. "
    "Send the employee id as text, or have the setting made."
)
LARGEST_BODY = 256 * 1024  # bytes


async def receive(request: Request, *, services: Services) -> Response:
    """Take one request to the address of an HR system: a delivery, or the handshake before the first.

    Raises:
        Misconfigured: The source has no secret, or its profile has a fault.
        Retry: The queue cannot be reached; the sender comes back.
    """
    source = find_source(request.route.get("source", ""))
    if source is None:
        return error_response(404, "unknown_source", "There is no HR source of this name. Check the address.")
    refusal = refused(source, request)
    if refusal is not None:
        return refusal
    if source.handshake == "gusto" and (answer := shake(source.handshake, request)):
        return answer  # comes before there can be a secret: it brings the secret
    secrets = hr_secrets(source.name)
    answer = shake(source.handshake, request)
    if answer is not None:
        log.info("handshake answered: source=%s status=%d", source.name, answer.status)
        return answer
    return await accept_delivery(source, request, secrets, services=services)


def refused(source: Source, request: Request) -> Response | None:
    """The answer to what no delivery looks like, before anything is computed; None if it may be one."""
    methods = methods_of(source.handshake)
    if request.method not in methods:
        message = f"This address takes {' and '.join(methods)} only."
        return error_response(405, "method_not_allowed", message, headers={"Allow": ", ".join(methods)})
    if len(request.body) > LARGEST_BODY:
        return error_response(413, "too_large", "The body is larger than 256 KiB. Send fewer people at once.")
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method == "POST" and media_type and media_type not in source.media_types:
        message = f"This source takes bodies of type {', '.join(source.media_types)}."
        return error_response(415, "unsupported_media_type", message)
    return None


async def accept_delivery(source: Source, request: Request, secrets: list[str], *, services: Services) -> Response:
    """Verify, read and queue one delivery."""
    try:
        verify_any(source, request, secrets, now=services.now())
    except AuthenticationFailed as error:
        log.warning("webhook refused: source=%s fault=%s", source.name, error)
        return error_response(401, "not_verified", "The delivery is not signed, or not with this source's secret.")
    try:
        reading = source.read(request, services.now())
    except UnreadableDelivery as error:
        log.warning("webhook unreadable: source=%s reason=%s", source.name, error)
        return error_response(400, "unreadable", str(error))
    return await enqueue_events(source, reading, services=services)


async def enqueue_events(source: Source, reading: ParsedDelivery, *, services: Services) -> Response:
    """Queue the events; one bad item does not hold up the others."""
    reading = with_encrypted_address(reading)
    # Side by side: a batch has the same three seconds as one event.
    await each(reading.events, lambda event: enqueue(event, services=services))
    if reading.rejected:
        log.warning("webhook items rejected: source=%s count=%d", source.name, len(reading.rejected))
    if reading.rejected and not reading.events:
        return error_response(400, "unusable", " ".join(reading.rejected[:5]))
    status = "queued" if reading.events else "ignored"
    content: dict[str, object] = {"status": status, "queued": len(reading.events), "ignored": reading.ignored}
    if reading.rejected:
        content["rejected"] = list(reading.rejected[:20])
    return json_response(200, content)


def with_encrypted_address(reading: ParsedDelivery) -> ParsedDelivery:
    """The same without an address that can be read; who has nothing else needs the key to be named at all.

    Raises:
        Misconfigured: There is a key that is none.
    """
    if not any(event.address for event in reading.events):
        return reading
    from provisioning.address_encryption import load_address_cipher

    seal = load_address_cipher()
    events, rejected = [], list(reading.rejected)
    for event in reading.events:
        if seal is not None and event.address is not None:
            whom = event.employee_id or seal.id_of(event.address)
            events.append(replace(event, employee_id=whom, address=None, sealed=seal.close(event.address)))
        elif event.employee_id:
            events.append(replace(event, address=None))
        else:
            rejected.append(ADDRESS_ALONE)
    return replace(reading, events=tuple(events), rejected=tuple(rejected))


async def enqueue(event: HireEvent, *, services: Services) -> None:
    """Put one event on the queue."""
    from provisioning.model.messages import HireMessage
    from provisioning.store.queues import send

    await send(services.storage, "hires", HireMessage.of(event, tenant_id=load(TenantSettings).tenant_id))
    log.info("hire queued: source=%s event=%s kind=%s", event.source, event.event_id, event.kind)
