"""Standard Webhooks (standardwebhooks.com), the envelope this product asks of senders written for it.

{"type": "hire", "timestamp": "2026-11-20T09:00:00Z", "data": {"employeeId": "1187", "startDate": "2026-12-01"}}
"""

from datetime import datetime

from provisioning.http import Request
from provisioning.webhooks.sources.authentication import STANDARD_ID, check_standard_webhook
from provisioning.webhooks.sources.base import ParsedDelivery, Source
from provisioning.webhooks.sources.body import read_object
from provisioning.webhooks.sources.native_payload import NATIVE_IDS, parse_native

NAME = "standard-webhooks"


def verify(request: Request, secret: str, received_at: datetime) -> None:
    """Check id, time and signature."""
    check_standard_webhook(
        request.headers, request.body, secret, setting="HR_SECRET_STANDARD_WEBHOOKS", now=received_at
    )


def read(request: Request, received_at: datetime) -> ParsedDelivery:
    """Read one event."""
    content = read_object(request.body)
    delivery_id = request.headers.get(STANDARD_ID, "")
    return parse_native(
        content.get("data"),
        source=NAME,
        kind=content.get("type"),
        event_id=delivery_id,
        occurred=content.get("timestamp"),
        received_at=received_at,
        proved=delivery_id.encode(errors="replace") + b"." + request.body,
    )


SOURCE = Source(name=NAME, auth="standard-webhooks", verify=verify, read=read, ids=NATIVE_IDS)
