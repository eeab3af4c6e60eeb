"""CloudEvents 1.0 over HTTP: structured, binary and batched (cloudevents/spec, bindings/http-protocol-binding.md).

What an event holds is our own form (own_form.py). The sender proves itself as the CloudEvents webhook specification
has it, by a bearer token (http-webhook.md, section 3), or with the same secret in X-Webhook-Secret, for senders that
can set any header but that one.
"""

from datetime import datetime
from typing import Any
from urllib.parse import unquote

from provisioning.http import Request
from provisioning.webhooks.sources.authentication import check_bearer, check_same
from provisioning.webhooks.sources.base import ParsedDelivery, Source, UnreadableDelivery
from provisioning.webhooks.sources.body import as_object, as_text, read_json, read_object
from provisioning.webhooks.sources.native_payload import combine, parse_native

NAME = "cloudevents"
STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
REQUIRED = ("id", "source", "specversion", "type")


def verify(request: Request, secret: str, received_at: datetime) -> None:
    """Check the token."""
    del received_at
    other = request.headers.get("x-webhook-secret")
    if other is None:
        check_bearer(request, secret)
    else:
        check_same(other, secret)


def read(request: Request, received_at: datetime) -> ParsedDelivery:
    """One event or a batch, in which a bad one does not hold up the others."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == BATCH:
        batch = read_json(request.body)
        if not isinstance(batch, list):
            raise UnreadableDelivery("A batch of CloudEvents is a JSON array.")
        return combine([parse_cloudevent(item, received_at) for item in batch])
    if media_type == STRUCTURED:
        return parse_cloudevent(read_object(request.body), received_at)
    return parse_cloudevent({**attributes(request), "data": read_object(request.body)}, received_at)


def attributes(request: Request) -> dict[str, str]:
    """Of a binary event: ce-* headers, percent-encoded."""
    headers = request.headers.items()
    return {name.removeprefix("ce-"): unquote(value) for name, value in headers if name.startswith("ce-")}


def parse_cloudevent(item: Any, received_at: datetime) -> ParsedDelivery:
    """One event. Its source and id together are the same in every retry and in no other event."""
    event = as_object(item)
    missing = [name for name in REQUIRED if not as_text(event.get(name))]
    if missing:
        return ParsedDelivery(rejected=(f"The CloudEvents attribute {missing[0]} is missing.",))
    if event["specversion"] != "1.0":
        return ParsedDelivery(rejected=("This is not CloudEvents 1.0: specversion must be 1.0.",))
    return parse_native(
        event.get("data"),
        source=NAME,
        kind=event["type"],
        event_id=f"{event['source']}:{event['id']}",
        occurred=event.get("time"),
        received_at=received_at,
    )


SOURCE = Source(
    name=NAME,
    auth="bearer",
    verify=verify,
    read=read,
    media_types=(STRUCTURED, BATCH, "application/json"),
    handshake="cloudevents",
)
