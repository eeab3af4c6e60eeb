"""A genuine delivery of each HR system, from invented data in the form its documents show, and how it is signed.

The signing here is written from those documents and shares nothing with the product's.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from local.signing import bamboohr_delivery, standard_webhook

Signed = tuple[bytes, dict[str, str]]
JSON = {"content-type": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
ADMIN = "admin@example.com"  # never the hire's


@dataclass(frozen=True)
class Sample:
    """A delivery and what it means.

    Args:
        source: The HR system.
        content: Its body, before it is written as JSON or as a form.
        sign: Makes body and headers of content and a secret.
        event: Kind, employee id and first day of its one event; None where it has none that can be used.
        vendor_id: The HR system's own id in it.
        unverified: Whether the event is only a hint.
        address: The hire's work address, if it names one.
        secret: What the source is set up with.
    """

    source: str
    content: Any
    sign: Callable[[Any, str], Signed]
    event: tuple[str, str, str | None] | None
    unverified: bool = True
    address: str | None = None
    vendor_id: str = ""
    secret: str = field(default="4b1f0e9c2d7a6358", repr=False)


def keyed(secret: str, signed: bytes, algorithm: str = "sha256") -> bytes:
    """A digest."""
    return hmac.new(secret.encode(), signed, getattr(hashlib, algorithm)).digest()


def hexed(
    header: str, *, prefix: str = "", before: bytes = b"", also: Mapping[str, str] = MappingProxyType({})
) -> Callable[[Any, str], Signed]:
    """Signs the body, after `before`, with a hex digest in a header."""

    def sign(content: Any, secret: str) -> Signed:
        body = json.dumps(content).encode()
        return body, {**JSON, header: prefix + keyed(secret, before + body).hex(), **also}

    return sign


def bob(content: Any, secret: str) -> Signed:
    body = json.dumps(content).encode()
    return body, {**JSON, "bob-signature": base64.b64encode(keyed(secret, body, "sha512")).decode()}


def remote(content: Any, secret: str) -> Signed:
    body, stamp = json.dumps(content).encode(), "1764061200000"
    return body, {
        **JSON,
        "x-remote-timestamp": stamp,
        "x-remote-signature": keyed(secret, body + b":" + stamp.encode()).hex(),
    }


def merge(content: Any, secret: str) -> Signed:
    body = json.dumps(content).encode()
    return body, {**JSON, "x-merge-webhook-signature": base64.urlsafe_b64encode(keyed(secret, body)).decode()}


def finch(content: Any, secret: str) -> Signed:
    body, headers = standard_webhook(content, secret=secret, delivery_id="evt_1")
    return body, {
        **JSON,
        "finch-event-id": headers["webhook-id"],
        "finch-timestamp": headers["webhook-timestamp"],
        "finch-signature": headers["webhook-signature"],
    }


def lever(content: Any, secret: str, *, at: datetime | None = None) -> Signed:
    """Token and time are signed; the data beside them is not."""
    token, moment = "6bbb4c5e", int((at or datetime.now(UTC)).timestamp() * 1000)
    signature = keyed(secret, f"{token}{moment}".encode()).hex()
    return json.dumps({**content, "token": token, "triggeredAt": moment, "signature": signature}).encode(), {**JSON}


def with_header(
    name: str, scheme: str = "", *, form: bool = False, encode: bool = False
) -> Callable[[Any, str], Signed]:
    """A fixed header, as bearer tokens, basic credentials and the like."""

    def sign(content: Any, secret: str) -> Signed:
        body = urlencode(content).encode() if form else json.dumps(content).encode()
        value = base64.b64encode(secret.encode()).decode() if encode else secret
        return body, {**(FORM if form else JSON), name: scheme + value}

    return sign


def bamboo(content: Any, secret: str) -> Signed:
    return bamboohr_delivery(content, secret=secret)


def bamboo_form(content: Any, secret: str) -> Signed:
    body, stamp = urlencode(content).encode(), "1763629200"
    return body, {
        **FORM,
        "x-bamboohr-timestamp": stamp,
        "x-bamboohr-signature": keyed(secret, body + stamp.encode()).hex(),
    }


def standard(content: Any, secret: str) -> Signed:
    return standard_webhook(content, secret=secret, delivery_id="msg_1")


def structured(content: Any, secret: str) -> Signed:
    body = json.dumps(content).encode()
    kind = "application/cloudevents-batch+json" if isinstance(content, list) else "application/cloudevents+json"
    return body, {"content-type": f"{kind}; charset=utf-8", "authorization": f"Bearer {secret}"}


OWN: dict[str, Any] = {"employeeId": "1187", "startDate": "2026-12-01", "workEmail": "mia.berg@example.com"}
CLOUD_EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "A234-1234",
    "source": "/hr/example",
    "type": "com.example.hr.hire",
    "time": "2026-11-20T09:00:00Z",
    "data": OWN,
}
GRID_EVENT: dict[str, Any] = {
    "id": "1807",
    "topic": "/subscriptions/5a8b7f0e/topics/hr",
    "subject": "people/1187",
    "eventType": "Example.Hr.hire",
    "eventTime": "2026-11-20T09:00:00Z",
    "data": OWN,
    "dataVersion": "1.0",
}
HIRED: dict[str, Any] = {
    "action": "hire_candidate",
    "payload": {
        "application": {
            "id": 461,
            "status": "hired",
            "candidate": {
                "id": 358,
                "external_id": "an id of another system",
                "email_addresses": [
                    {"value": "mia@personal.example", "type": "personal"},
                    {"value": "mia.berg@previous.example", "type": "work"},
                ],
            },
            "credited_to": {"email": "recruiter@example.com"},
            "offer": {"id": 9, "starts_at": "2026-12-01", "resolved_at": "2026-11-20T14:05:00Z"},
            "custom_fields": {"employee_number": {"name": "Employee number", "type": "short_text", "value": "21457"}},
        }
    },
}
DEEL: dict[str, Any] = {
    "data": {
        "meta": {"event_type": "contract.status.updated", "organization_id": "7", "tracking_id": "t-1"},
        "resource": {
            "id": "m4k9z2p",
            "external_id": "3181",
            "status": "in_progress",
            "client": {"email": ADMIN},
            "worker_email": "mia@personal.example",
            "start_date": "2026-12-01",
        },
    },
    "timestamp": "2026-11-20T09:00:00Z",
}
OKTA: dict[str, Any] = {
    "eventType": "com.okta.event_hook",
    "eventId": "b5a188b9",
    "eventTime": "2026-11-20T09:00:00Z",
    "data": {
        "events": [
            {
                "uuid": "f1d0b993",
                "published": "2026-11-20T09:00:00.001Z",
                "eventType": "user.lifecycle.create",
                "outcome": {"result": "SUCCESS", "reason": None},
                "actor": {"alternateId": ADMIN},
                "target": [
                    {"type": "AppInstance", "alternateId": "app@example.com"},
                    {"type": "User", "alternateId": "mia.berg@example.com"},
                ],
            }
        ]
    },
}
DAY = "2026-12-01"
WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
