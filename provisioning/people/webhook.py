"""POST /api/hires/{source}: prove who sent it, keep what matters on a queue, answer at once.

Answers 200, never 202: several HR systems count anything else as failed (Greenhouse: seven tries over 15 hours). A
4xx is final for most of them, so only what can never succeed gets one.
"""

import logging

from provisioning.errors import Misconfigured
from provisioning.http import Answer, Request, answer_error, answer_json
from provisioning.people.sources import Reading, Source, Unreadable, Unverified, find_source
from provisioning.runtime import Services
from provisioning.settings import HrSettings, TenantSettings, load

log = logging.getLogger(__name__)

LARGEST_BODY = 256 * 1024  # bytes


async def receive(request: Request, *, services: Services) -> Answer:
    """Take one delivery of an HR system.

    Raises:
        Misconfigured: The source has no secret.
        Retry: The queue cannot be reached; the sender comes back.
    """
    source = find_source(request.route.get("source", ""))
    if source is None:
        return answer_error(404, "unknown_source", "There is no HR source of this name. Check the address.")
    if len(request.body) > LARGEST_BODY:
        return answer_error(413, "too_large", "The body is larger than 256 KiB. Send fewer people at once.")
    try:
        check(source, request)
    except Unverified as error:
        log.warning("webhook refused: source=%s fault=%s", source.name, error)
        return answer_error(401, "not_verified", "The delivery is not signed, or not with this source's secret.")
    try:
        reading = source.read(request.headers, request.body, services.now())
    except Unreadable as error:
        log.warning("webhook unreadable: source=%s reason=%s", source.name, error)
        return answer_error(400, "unreadable", str(error))
    return await take(source, reading, services=services)


def check(source: Source, request: Request) -> None:
    """Verify with each secret that is valid now: during a rotation there are two.

    Raises:
        Misconfigured: There is none. Better no answer than one that lets anybody in.
        Unverified: None of them fits.
    """
    secrets = secrets_of(source)
    for number, secret in enumerate(secrets, 1):
        try:
            source.verify(request.headers, request.body, secret)
            return
        except Unverified:
            if number == len(secrets):
                raise


def secrets_of(source: Source) -> list[str]:
    """The secrets of a source."""
    settings = load(HrSettings)
    by_setting = {"HR_SECRET_STANDARD_WEBHOOKS": settings.standard_webhooks, "HR_SECRET_BAMBOOHR": settings.bamboohr}
    value = by_setting[source.setting]
    secrets = [part.strip() for part in value.get_secret_value().split(",") if part.strip()] if value else []
    if not secrets:
        remedy = f"Set it to the secret that the HR system signs with, to accept deliveries of {source.name}."
        raise Misconfigured(source.setting, fault="is missing", remedy=remedy)
    return secrets


async def take(source: Source, reading: Reading, *, services: Services) -> Answer:
    """Queue the events; one bad item does not hold up the others."""
    from provisioning.store.messages import HireMessage, send

    tenant_id = load(TenantSettings).tenant_id
    for event in reading.events:
        await send(services.storage, "hires", HireMessage.of(event, tenant_id=tenant_id))
        log.info("hire queued: source=%s event=%s kind=%s", source.name, event.event_id, event.kind)
    if reading.rejected:
        log.warning("webhook items rejected: source=%s count=%d", source.name, len(reading.rejected))
    if reading.rejected and not reading.events:
        return answer_error(400, "unusable", " ".join(reading.rejected[:5]))
    status = "queued" if reading.events else "ignored"
    content: dict[str, object] = {"status": status, "queued": len(reading.events), "ignored": reading.ignored}
    if reading.rejected:
        content["rejected"] = list(reading.rejected[:20])
    return answer_json(200, content)
