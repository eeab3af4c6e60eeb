"""Standard Webhooks (standardwebhooks.com), the form this product asks of anybody who writes the sender themselves.

{"type": "hire", "timestamp": "2026-11-20T09:00:00Z", "data": {"employeeId": "1187", "startDate": "2026-12-01"}}
"""

from collections.abc import Mapping
from datetime import datetime

from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook, WebhookVerificationError

from provisioning.errors import Misconfigured
from provisioning.people.events import (
    BadEvent,
    HireEvent,
    Kind,
    printable,
    read_employee_id,
    read_instant,
    read_start_date,
)
from provisioning.people.sources import Reading, Source, Unverified
from provisioning.people.sources.body import as_object, as_text, read_object

SETTING = "HR_SECRET_STANDARD_WEBHOOKS"


def verify(headers: Mapping[str, str], body: bytes, secret: str) -> None:
    """Check id, time (five minutes; the sender stamps every attempt anew) and signature.

    The library lets ValueError and its kin out for headers and bodies it cannot decode; to us they are one thing.
    """
    try:
        webhook = Webhook(secret)
    except (ValueError, EmptyWebhookSecretError):
        raise Misconfigured(SETTING, fault="is not base64", remedy="Set it as whsec_ followed by base64.") from None
    try:
        webhook.verify(body, dict(headers), json_parse=False)
    except (WebhookVerificationError, ValueError) as error:
        raise Unverified(type(error).__name__) from error


def read(headers: Mapping[str, str], body: bytes, received_at: datetime) -> Reading:
    """One event; a type the product does not know is ignored."""
    content = read_object(body)
    try:
        kind = Kind(as_text(content.get("type")).removeprefix("employee."))
    except ValueError:
        return Reading(ignored=1)
    data = as_object(content.get("data"))
    try:
        event = HireEvent(
            source=SOURCE.name,
            event_id=printable(headers["webhook-id"], longest=256),
            kind=kind,
            employee_id=read_employee_id(data.get("employeeId")),
            start_date=read_start_date(data.get("startDate")),
            occurred_at=read_instant(content.get("timestamp")) or received_at,
        )
    except BadEvent as error:
        return Reading(rejected=(str(error),))
    return Reading(events=(event,))


SOURCE = Source(name="standard-webhooks", setting=SETTING, verify=verify, read=read)
