"""/api/hires/{source}: prove who sent it, keep what matters, answer at once.

Answers 200, never 202: several HR systems count anything else as failed (Greenhouse: seven tries over 15 hours). A
4xx is final for most of them, so only what can never succeed gets one.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import replace

from provisioning.errors import ConfigurationError
from provisioning.hr_settings import PrivateAddressSettings, hr_secrets
from provisioning.http import Request, Response, error_response, json_response
from provisioning.log import EventLog
from provisioning.model.hires import HireEvent
from provisioning.services import Services
from provisioning.settings import TenantSettings, load
from provisioning.webhooks.refusals import Refusals
from provisioning.webhooks.sources.base import AuthenticationFailed, ParsedDelivery, Source, UnreadableDelivery
from provisioning.webhooks.sources.body import is_json, is_xml, media_type_of
from provisioning.webhooks.sources.handshakes import methods_of, shake
from provisioning.webhooks.sources.registry import find_source
from provisioning.webhooks.sources.verification import verify_any

log = EventLog(__name__)

ADDRESS_ALONE = (
    "The employee ID is missing, and an address alone is enough only if HR_ADDRESS_PUBLIC_KEY is set. Send the "
    "employee ID as text, or ask for that setting."
)
XML = (
    "XML and SOAP are not supported. Send JSON: in Workday, choose JSON as the report's format; in SAP SuccessFactors, "
    "choose a REST destination with JSON in the Integration Center; elsewhere, have your middleware post the JSON body "
    "that the documentation of this source shows."
)
LARGEST_BODY = 256 * 1024  # bytes
MOST_PEOPLE = 2500  # in one delivery; so many are kept within the three seconds that the strictest senders wait


async def receive(request: Request, *, services: Services) -> Response:
    """Take one request to the address of an HR system: a delivery, or the handshake before the first.

    Raises:
        ConfigurationError: The source has no secret, or its profile has a fault.
        TransientError: Storage cannot be reached; the sender comes back.
    """
    address = request.route.get("source", "")
    source = find_source(address)
    if source is None:
        return error_response(404, "unknown_source", "There is no HR source with this name. Check the address.")
    refusal = refused(source, request)
    if refusal is not None:
        if request.method == "POST":
            await remember_refused(source, f"answered {refusal.status}", services=services)
        return refusal
    if source.handshake == "gusto" and (answer := shake(source.handshake, request)):
        return answer  # comes before there can be a secret: it brings the secret
    secrets = hr_secrets(source.name, address=address)
    answer = shake(source.handshake, request)
    if answer is not None:
        log.info("handshake_answered", source=source.name, status=answer.status)
        return answer
    return await accept_delivery(source, request, secrets, services=services)


def refused(source: Source, request: Request) -> Response | None:
    """Return the answer to a request that no delivery looks like, before anything is computed; else None."""
    methods = methods_of(source.handshake)
    if request.method not in methods:
        message = f"This address accepts only {' and '.join(methods)}."
        return error_response(405, "method_not_allowed", message, headers={"Allow": ", ".join(methods)})
    if len(request.body) > LARGEST_BODY:
        return error_response(413, "too_large", "The body is larger than 256 KiB. Send fewer people at once.")
    media_type = media_type_of(request.headers.get("content-type", ""))
    if request.method == "POST" and not takes(source, media_type):
        message = XML if is_xml(media_type) else f"This source accepts bodies of type {', '.join(source.media_types)}."
        return error_response(415, "unsupported_media_type", message)
    return None


def takes(source: Source, media_type: str) -> bool:
    """Return whether a source takes bodies of this type; JSON means every kind of it, and a missing type is tried."""
    if not media_type or media_type in source.media_types:
        return True
    return is_json(media_type) and any(is_json(known) for known in source.media_types)


async def accept_delivery(source: Source, request: Request, secrets: list[str], *, services: Services) -> Response:
    """Verify, read and keep one delivery."""
    try:
        verify_any(source, request, secrets, now=services.now())
    except AuthenticationFailed as error:
        log_refusal(source.name, error, services=services)
        await remember_refused(source, str(error), services=services)
        return error_response(
            401, "not_verified", "The delivery is not signed, or was not signed with this source's secret."
        )
    try:
        reading = source.read(request, services.now())
    except UnreadableDelivery as error:
        log.warning("webhook_unreadable", source=source.name, reason=error)
        await remember_refused(source, "it could not be read", services=services)
        return error_response(400, "unreadable", str(error))
    if len(reading.events) > MOST_PEOPLE:
        message = f"The delivery has {len(reading.events)} events, more than {MOST_PEOPLE}. Send fewer people at once."
        await remember_refused(source, f"it had more than {MOST_PEOPLE} events", services=services)
        return error_response(413, "too_large", message)
    keeping = keep_events(source, reading, services=services)
    answer, _ = await asyncio.gather(keeping, remember_good(source, services=services))
    return answer


async def remember_refused(source: Source, fault: str, *, services: Services) -> None:
    """Note a refused delivery for health."""
    from provisioning.webhooks import delivery_notes

    await delivery_notes.note_refused(source.name, fault, services=services)


async def remember_good(source: Source, *, services: Services) -> None:
    """Note for health that a delivery was proved genuine."""
    from provisioning.webhooks import delivery_notes

    await delivery_notes.note_good(source.name, services=services)


def log_refusal(source: str, error: AuthenticationFailed, *, services: Services) -> None:
    """Log that a delivery was not proved to come from the HR system, at most once a minute for a source and a fault.

    Anybody can send such deliveries: a line for each would fill the day's logs. The next line has how many there were.
    """
    refusals = services.cached(Refusals, Refusals)
    count = refusals.count(source, error.fault, now=services.now())
    if count:
        log.warning("webhook_refused", source=source, fault=error.fault, reason=error, count=count)


async def keep_events(source: Source, reading: ParsedDelivery, *, services: Services) -> Response:
    """Keep the events, each once; one bad item does not hold up the others."""
    from provisioning.webhooks.outbox import distinct, pack, store_events

    events, rejected = with_sealed_addresses(with_sealed_names(distinct(reading.events)))
    packed, unkept = pack(events)
    if packed:
        await store_events(packed, tenant_id=load(TenantSettings).tenant_id, services=services)
    rejected = [*reading.rejected, *rejected, *unkept]
    if rejected:
        log.warning("webhook_items_rejected", source=source.name, count=len(rejected), reason=rejected[0])
    return answer_to(source, queued=len(packed), ignored=reading.ignored, rejected=rejected)


def answer_to(source: Source, *, queued: int, ignored: int, rejected: list[str]) -> Response:
    """Return the answer to the sender."""
    if rejected and not queued and source.unusable_status != 200:
        return error_response(source.unusable_status, "unusable", " ".join(rejected[:5]))
    status = "queued" if queued else "unusable" if rejected else "ignored"
    content: dict[str, object] = {"status": status, "queued": queued, "ignored": ignored}
    if rejected:
        content["rejected"] = list(rejected[:20])
    return json_response(200, content)


def with_sealed_names(events: Iterable[HireEvent]) -> list[HireEvent]:
    """Seal the events' names for the board, or drop them: a key that cannot be used must not hold up a hire."""
    events = list(events)
    if not any(event.display_name for event in events):
        return events
    from provisioning.name_encryption import load_name_keys

    try:
        keys = load_name_keys()
    except ConfigurationError as error:
        log.error("names_dropped", reason=error)
        keys = None
    sealed = [keys.seal(event.display_name) if keys and event.display_name else None for event in events]
    return [replace(event, display_name=None, sealed_name=name) for event, name in zip(events, sealed, strict=True)]


def with_sealed_addresses(events: Iterable[HireEvent]) -> tuple[list[HireEvent], list[str]]:
    """Seal the events' addresses; without a key, drop them and reject the events that have nothing else.

    Raises:
        ConfigurationError: There is a key that is none.
    """
    events = list(events)
    if not any(event.address or event.private_address for event in events):
        return events, []
    from provisioning.address_encryption import load_address_sealer

    sealer, to_private = load_address_sealer(), load(PrivateAddressSettings).to_private
    kept, rejected = [], []
    for event in events:
        if sealer is None and not event.reference:
            rejected.append(ADDRESS_ALONE)
            continue
        sealed = sealer.seal(event.address) if sealer and event.address else None
        # What is not believed does not say where mail goes either.
        private = event.private_address if sealer and to_private and not event.unverified else None
        sealed_private = sealer.seal(private) if sealer and private else None
        kept.append(replace(event, address=None, sealed=sealed, private_address=None, sealed_private=sealed_private))
    return kept, rejected
