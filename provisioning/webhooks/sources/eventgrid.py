"""Azure Event Grid in its own schema (learn.microsoft.com/azure/event-grid/event-schema).

What an event's data holds is our own form (native_payload.py). Event Grid signs nothing; set the secret as the fixed,
secret delivery property X-Webhook-Secret (learn.microsoft.com/azure/event-grid/delivery-properties). Subscriptions with
the CloudEvents schema go to the source cloudevents. Event Grid never repeats a 400, 401, 403 or 413: give the
subscription a dead-letter destination.
"""

from datetime import datetime

import orjson

from provisioning.http import Request
from provisioning.webhooks.sources.authentication import check_same
from provisioning.webhooks.sources.base import ParsedDelivery, Source, UnreadableDelivery
from provisioning.webhooks.sources.body import as_object, as_text, read_json
from provisioning.webhooks.sources.native_payload import NATIVE_IDS, combine, parse_native

NAME = "eventgrid"


def verify(request: Request, secret: str, received_at: datetime) -> None:
    """Check the delivery property."""
    check_same(request.headers.get("x-webhook-secret", ""), secret)


def read(request: Request, received_at: datetime) -> ParsedDelivery:
    """Read a list of events; a bad one does not hold up the others."""
    content = read_json(request.body)
    if not isinstance(content, list) or not content:
        raise UnreadableDelivery("Event Grid sends a JSON array of at least one event.")
    return combine([parse_eventgrid_event(item, received_at) for item in content])


def parse_eventgrid_event(item: object, received_at: datetime) -> ParsedDelivery:
    """Read one event."""
    event = as_object(item)
    if not as_text(event.get("id")):
        return ParsedDelivery(rejected=("The event has no id.",))
    event_id = f"{as_text(event.get('topic'))}:{event['id']}"
    return parse_native(
        event.get("data"),
        source=NAME,
        kind=event.get("eventType"),
        event_id=event_id,
        occurred=event.get("eventTime"),
        received_at=received_at,
        proved=orjson.dumps([event_id, event.get("data")]),
    )


SOURCE = Source(name=NAME, auth="static-header", verify=verify, read=read, ids=NATIVE_IDS, handshake="eventgrid")
