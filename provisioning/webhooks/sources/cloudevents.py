"""CloudEvents 1.0 over HTTP: structured, binary and batched (cloudevents/spec, bindings/http-protocol-binding.md).

What an event holds is our own form (native_payload.py). The sender proves itself as the CloudEvents webhook
specification has it, by a bearer token (http-webhook.md, section 3), or with the same secret in X-Webhook-Secret, for
senders that can set any header but that one. The token in the address, ?access_token=, which the specification also
has, is not taken: addresses stand in logs.
"""

import base64
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import unquote

import orjson

from provisioning.http import Request
from provisioning.webhooks.sources.authentication import check_bearer, check_same
from provisioning.webhooks.sources.base import ParsedDelivery, Source, UnreadableDelivery
from provisioning.webhooks.sources.body import as_object, as_text, is_json, media_type_of, read_json, read_object
from provisioning.webhooks.sources.native_payload import NATIVE_IDS, combine, parse_native

NAME = "cloudevents"
STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
REQUIRED = ("id", "source", "specversion", "type")
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
ESCAPED = re.compile(r"\\(.)")


def verify(request: Request, secret: str, received_at: datetime) -> None:
    """Check the token."""
    other = request.headers.get("x-webhook-secret")
    if other is None:
        check_bearer(request, secret)
    else:
        check_same(other, secret)


def read(request: Request, received_at: datetime) -> ParsedDelivery:
    """Read one event or a batch, in which a bad one does not hold up the others."""
    media_type = media_type_of(request.headers.get("content-type", ""))
    if media_type.startswith(BATCH.removesuffix("+json")):
        batch = read_json(request.body)
        if not isinstance(batch, list):
            raise UnreadableDelivery("A batch of CloudEvents is a JSON array.")
        return combine([parse_structured(item, received_at) for item in batch])
    if media_type.startswith(STRUCTURED.removesuffix("+json")):
        return parse_structured(read_object(request.body), received_at)
    return parse_cloudevent(attributes(request), read_json(request.body), received_at)


def attributes(request: Request) -> dict[str, object]:
    """Return the attributes of a binary event, from ce-* headers."""
    headers = request.headers.items()
    return {name.removeprefix("ce-"): header_text(value) for name, value in headers if name.startswith("ce-")}


def header_text(value: str) -> str:
    """Return an attribute's value: unquoted, as older senders write it, then percent-decoded once.

    Raises:
        UnreadableDelivery: What is decoded is not UTF-8, which must be refused (http-protocol-binding.md, 3.1.3.2).
    """
    if match := QUOTED.fullmatch(value.strip()):
        value = ESCAPED.sub(r"\1", match[1])
    try:
        return unquote(value, errors="strict")
    except UnicodeDecodeError:
        raise UnreadableDelivery("A ce- header holds percent-encoded bytes that are not UTF-8.") from None


def parse_structured(item: Any, received_at: datetime) -> ParsedDelivery:
    """Read one event whose data stands beside the attributes, as JSON or, in data_base64, as bytes."""
    event = as_object(item)
    if event.get("data_base64") is None:
        return parse_cloudevent(event, event.get("data"), received_at)
    if event.get("data") is not None:
        return ParsedDelivery(rejected=("The event has both data and data_base64; only one can count.",))
    if not is_json(media_type_of(as_text(event.get("datacontenttype")))):
        return ParsedDelivery(rejected=("The event has data_base64 without a datacontenttype of JSON.",))
    try:
        data = read_json(base64.b64decode(as_text(event["data_base64"]), validate=True))
    except ValueError:
        return ParsedDelivery(rejected=("The event's data_base64 is not JSON in Base64.",))
    return parse_cloudevent(event, data, received_at)


def parse_cloudevent(event: Mapping[str, Any], data: Any, received_at: datetime) -> ParsedDelivery:
    """Read one event. Its source and id together are the same in every retry and in no other event."""
    missing = [name for name in REQUIRED if not as_text(event.get(name))]
    if missing:
        return ParsedDelivery(rejected=(f"The CloudEvents attribute {missing[0]} is missing.",))
    if event["specversion"] != "1.0":
        return ParsedDelivery(rejected=("This is not CloudEvents 1.0: specversion must be 1.0.",))
    return parse_native(
        data,
        source=NAME,
        kind=event["type"],
        event_id=f"{event['source']}:{event['id']}",
        occurred=event.get("time"),
        received_at=received_at,
        proved=orjson.dumps([event["source"], event["id"], data]),
    )


SOURCE = Source(
    name=NAME,
    auth="bearer",
    verify=verify,
    read=read,
    ids=NATIVE_IDS,
    media_types=("application/json", STRUCTURED, BATCH),
    handshake="cloudevents",
)
