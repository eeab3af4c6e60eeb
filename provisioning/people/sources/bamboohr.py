"""BambooHR: event-based webhooks (employee.created ...) and the older field-based ones, as JSON.

Signature: hex HMAC-SHA256, keyed with the webhook's private key, over the raw body followed by the timestamp header
(documentation.bamboohr.com, "Webhooks"). The timestamp is not checked for age: whether a retry, up to 40 minutes
later, carries a new one is not documented, and repeating a delivery changes nothing.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from provisioning.people.events import (
    BadEvent,
    HireEvent,
    Kind,
    printable,
    read_employee_id,
    read_instant,
    read_start_date,
)
from provisioning.people.sources import Reading, Source, Unreadable, Unverified
from provisioning.people.sources.body import as_object, as_text, read_object

EVENT_KINDS = {"employee.created": Kind.HIRE, "employee.deleted": Kind.CANCELLED}
ACTION_KINDS = {"created": Kind.HIRE, "updated": Kind.START_DATE_CHANGED, "deleted": Kind.CANCELLED}
HIRE_DATE_FIELDS = ("Hire Date", "hireDate")


def verify(headers: Mapping[str, str], body: bytes, secret: str) -> None:
    """Check the signature in constant time."""
    given = headers.get("x-bamboohr-signature", "").encode()
    timestamp = headers.get("x-bamboohr-timestamp", "").encode()
    expected = hmac.new(secret.encode(), body + timestamp, hashlib.sha256).hexdigest().encode()
    if not given or not hmac.compare_digest(given.lower(), expected):
        raise Unverified("signature")


def read(headers: Mapping[str, str], body: bytes, received_at: datetime) -> Reading:
    """One event, or a list of employees of whom a bad one does not hold up the others."""
    del headers
    content = read_object(body)
    if isinstance(content.get("employees"), list):
        return read_employees(content["employees"], received_at)
    if "type" not in content:
        raise Unreadable("The body has neither 'type' nor 'employees'.")
    data = as_object(content.get("data"))
    kind = EVENT_KINDS.get(as_text(content["type"]))
    if kind is None:
        return Reading(ignored=1)
    try:
        return Reading(events=(event(kind, data.get("employeeId"), None, content.get("timestamp"), received_at),))
    except BadEvent as error:
        return Reading(rejected=(str(error),))


def read_employees(employees: list[Any], received_at: datetime) -> Reading:
    """The older form. An update that does not tell a hire date is of no use."""
    events, rejected, ignored = [], [], 0
    for number, item in enumerate(employees, 1):
        employee = as_object(item)
        kind = ACTION_KINDS.get(as_text(employee.get("action")).lower())
        fields = as_object(employee.get("fields"))
        hired = next((fields[name] for name in HIRE_DATE_FIELDS if name in fields), None)
        if kind is None or (kind is Kind.START_DATE_CHANGED and hired is None):
            ignored += 1
            continue
        try:
            events.append(event(kind, employee.get("id"), hired, employee.get("timestamp"), received_at))
        except BadEvent as error:
            rejected.append(f"Employee {number} of {len(employees)}: {error}")
    return Reading(events=tuple(events), ignored=ignored, rejected=tuple(rejected))


def event(kind: Kind, employee_id: object, hired: object, timestamp: object, received_at: datetime) -> HireEvent:
    """An event. There is no delivery id, so it is made of what is the same in every retry."""
    known = read_employee_id(employee_id)
    stamp = printable(as_text(timestamp), longest=64)
    return HireEvent(
        source=SOURCE.name,
        event_id=f"{kind}:{known}:{stamp}",
        kind=kind,
        employee_id=known,
        start_date=read_start_date(hired),
        occurred_at=read_instant(stamp) or received_at,
    )


SOURCE = Source(name="bamboohr", setting="HR_SECRET_BAMBOOHR", verify=verify, read=read)
