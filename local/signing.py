"""Deliveries as HR systems sign them, for the demo and the tests."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

from standardwebhooks.webhooks import Webhook


def standard_webhook(content: dict[str, Any], *, secret: str, delivery_id: str) -> tuple[bytes, dict[str, str]]:
    """A body and the headers of Standard Webhooks, stamped now."""
    body, moment = json.dumps(content).encode(), datetime.now(UTC)
    signature = Webhook(secret).sign(delivery_id, moment, body.decode())
    return body, {
        "content-type": "application/json",
        "webhook-id": delivery_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": signature,
    }


def bamboohr_delivery(content: dict[str, Any], *, secret: str) -> tuple[bytes, dict[str, str]]:
    """A body and the headers of BambooHR: hex HMAC-SHA256 over body and timestamp."""
    body, stamp = json.dumps(content).encode(), datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")
    signature = hmac.new(secret.encode(), body + stamp.encode(), hashlib.sha256).hexdigest()
    headers = {"x-bamboohr-timestamp": stamp, "x-bamboohr-signature": signature}
    return body, {"content-type": "application/json", **headers}
