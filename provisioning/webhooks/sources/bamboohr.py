"""BambooHR: event-based webhooks (employee.created ...) and the older field-based ones, as JSON or as a form.

Signature: hex HMAC-SHA256, keyed with the webhook's private key, over the raw body followed by the timestamp header
(documentation.bamboohr.com, "Webhooks"; that the digest is hex is second-hand, and a wrong guess could only refuse).
The timestamp is not checked for age: whether a retry, up to 40 minutes later, carries a new one is not documented, and
repeating a delivery changes nothing.

A form is documented by an example only (documentation.bamboohr.com/docs/field-based-webhooks): a person's fields stand
beside what tells the action and the time, whose names are taken from the JSON form. So its events are hints.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from provisioning.http import Request
from provisioning.model.hires import (
    BadEvent,
    HireEvent,
    HireEventType,
    printable,
    read_address,
    read_employee_id,
    read_occurred,
    read_start_date,
)
from provisioning.webhooks.sources.authentication import check_hmac
from provisioning.webhooks.sources.base import FORM_TYPES, JSON_TYPES, ParsedDelivery, Source, UnreadableDelivery
from provisioning.webhooks.sources.body import as_object, as_text, read_form, read_object

NAME = "bamboohr"
EVENT_KINDS = {"employee.created": HireEventType.HIRE, "employee.deleted": HireEventType.CANCELLED}
ACTION_KINDS = {
    "created": HireEventType.HIRE,
    "updated": HireEventType.START_DATE_CHANGED,
    "deleted": HireEventType.CANCELLED,
}
HIRE_DATE_FIELDS = ("Hire Date", "hireDate")
ADDRESS_FIELDS = ("Work Email", "workEmail")
FORM_FIELD = re.compile(r"employees\[([^\[\]]{1,128})\]\[([^\[\]]{1,128})\]")
DATA_FIELD = re.compile(r"data\[([^\[\]]{1,128})\]")


@dataclass(frozen=True)
class Told:
    """What a delivery says about one person."""

    employee_id: object
    timestamp: object
    hired: object = None
    address: object = None
    unverified: bool = False


def verify(request: Request, secret: str, received_at: datetime) -> None:
    """Check the signature."""
    del received_at
    signed = request.body + request.headers.get("x-bamboohr-timestamp", "").encode()
    signature = request.headers.get("x-bamboohr-signature", "")
    check_hmac(signature, signed, secret, algorithm="sha256", encoding="hex")


def read(request: Request, received_at: datetime) -> ParsedDelivery:
    """One event, or a list of employees of whom a bad one does not hold up the others."""
    is_form = request.headers.get("content-type", "").lower().startswith(FORM_TYPES)
    content = from_form(read_form(request.body)) if is_form else read_object(request.body)
    if isinstance(content.get("employees"), list):
        return read_employees(content["employees"], received_at, unverified=is_form)
    if "type" not in content:
        raise UnreadableDelivery("The body has neither 'type' nor 'employees'.")
    kind = EVENT_KINDS.get(as_text(content["type"]))
    if kind is None:
        type_name = printable(as_text(content["type"]), longest=80)
        return ParsedDelivery(passed_over=(f"The event {type_name!r} says nothing about a start.",))
    told = Told(as_object(content.get("data")).get("employeeId"), content.get("timestamp"), unverified=is_form)
    try:
        return ParsedDelivery(events=(event(kind, told, received_at),))
    except BadEvent as error:
        return ParsedDelivery(rejected=(str(error),))


def from_form(fields: dict[str, str]) -> dict[str, Any]:
    """A form in the shape of the JSON body: employees[12345][Hire Date]=..., or type=...&data[employeeId]=..."""
    employees: dict[str, dict[str, Any]] = {}
    data: dict[str, Any] = {}
    for name, value in fields.items():
        if match := FORM_FIELD.match(name):
            employees.setdefault(match[1], {})[match[2]] = value
        elif match := DATA_FIELD.fullmatch(name):
            data[match[1]] = value
    if employees:
        people = employees.items()
        return {"employees": [{**found, "id": employee_id, "fields": found} for employee_id, found in people]}
    return {**fields, "data": data}


def read_employees(employees: list[Any], received_at: datetime, *, unverified: bool) -> ParsedDelivery:
    """The older form. An update that does not tell a hire date is of no use."""
    events, rejected, passed_over = [], [], []
    for number, item in enumerate(employees, 1):
        employee = as_object(item)
        kind = ACTION_KINDS.get(as_text(employee.get("action")).lower())
        told = told_of(employee, unverified=unverified)
        if kind is None or (kind is HireEventType.START_DATE_CHANGED and told.hired is None):
            passed_over.append(f"Employee {number} of {len(employees)}: no hire, no end and no hire date.")
            continue
        try:
            events.append(event(kind, told, received_at))
        except BadEvent as error:
            rejected.append(f"Employee {number} of {len(employees)}: {error}")
    return ParsedDelivery(events=tuple(events), passed_over=tuple(passed_over), rejected=tuple(rejected))


def told_of(employee: dict[str, Any], *, unverified: bool) -> Told:
    """The fields that matter of one person; the others go no further."""
    fields = as_object(employee.get("fields"))
    hired = next((fields[name] for name in HIRE_DATE_FIELDS if name in fields), None)
    address = next((fields[name] for name in ADDRESS_FIELDS if name in fields), None)
    return Told(employee.get("id"), employee.get("timestamp"), hired, address, unverified)


def event(kind: HireEventType, told: Told, received_at: datetime) -> HireEvent:
    """An event. There is no delivery id, so it is made of what is the same in every retry."""
    known = read_employee_id(told.employee_id)
    stamp = printable(as_text(told.timestamp), longest=64)
    return HireEvent(
        source=NAME,
        event_id=f"{kind}:{known}:{stamp}",
        kind=kind,
        employee_id=known,
        start_date=read_start_date(told.hired),
        occurred_at=read_occurred(stamp, received_at=received_at),
        unverified=told.unverified,
        address=read_address(told.address),
    )


SOURCE = Source(name=NAME, auth="hmac", verify=verify, read=read, media_types=JSON_TYPES + FORM_TYPES)
