"""BambooHR: event-based webhooks (employee.created ...) and the older field-based ones, as JSON or as a form.

Pages: documentation.bamboohr.com/docs/event-based-webhooks, /docs/field-based-webhooks, /docs/global-webhooks, and
specs/public.yaml of BambooHR/bhr-api-php.

Signature: lower-case hex HMAC-SHA256, keyed with the webhook's private key, over the raw body followed at once by the
timestamp header (a recorded delivery with its key, in fusebit/integrations, proves it). The timestamp must be a time,
since otherwise bytes could be moved from the body's end into it. Its age is not checked: retries come up to 155 minutes
later, and whether one carries a new time is not documented.

`id` and `employeeId` are BambooHR's own and short: one can equal another person's number. The company's number is the
field "Employee #", which an admin can add to a field-based webhook. A created or deleted record carries no fields, and
a deletion may be a correction: both are only hints.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from provisioning.errors import BadEvent
from provisioning.hr_settings import field_aliases, id_attribute, plain_name
from provisioning.http import Request
from provisioning.model.hires import HireEvent, HireEventType, printable, read_address, read_ids, read_name
from provisioning.model.hr_dates import read_instant, read_start_date, told_instant
from provisioning.webhooks.sources.authentication import check_hmac
from provisioning.webhooks.sources.base import (
    FORM_TYPES,
    JSON_TYPES,
    AuthenticationFailed,
    AuthFault,
    Ids,
    ParsedDelivery,
    Source,
    UnreadableDelivery,
)
from provisioning.webhooks.sources.body import as_object, as_text, media_type_of, read_form, read_object
from provisioning.webhooks.sources.fields import find_field
from provisioning.webhooks.sources.marks import mark_of, short

NAME = "bamboohr"
SIGNATURE, TIMESTAMP = "x-bamboohr-signature", "x-bamboohr-timestamp"
CREATED, UPDATED, DELETED = "created", "updated", "deleted"
EVENT = re.compile(r"employee(?:_with_fields)?\.(created|updated|update|deleted)")
NUMBER_FIELDS = ["Employee #", "employeeNumber", "Employee Number"]
HIRE_DATE_FIELDS = ["Hire Date"]
NAME_FIELDS = ["First Name", "Last Name"]
ADDRESS_FIELDS = ["Work Email"]
PRIVATE_ADDRESS_FIELDS = ["Home Email"]
STATUS_FIELDS = ["Status", "Employment Status"]
GONE = frozenset({"inactive", "terminated"})
OF_INTEREST = frozenset(
    {"hiredate", "status", "employmentstatus", "terminationdate", "workemail", "employeenumber", "employee"}
)
FORM_FIELD = re.compile(r"employees\[([^\[\]]{1,128})\]\[([^\[\]]{1,128})\](\[\d{0,4}\])?")
DATA_FIELD = re.compile(r"data\[([^\[\]]{1,128})\](\[\d{0,4}\])?")


@dataclass(frozen=True)
class BambooDelivery:
    """What all people of a delivery have in common: the digest of its body, its times, and two settings."""

    proved: bytes
    sent_at: datetime
    received_at: datetime
    aliases: dict[str, str]
    vouched: bool


@dataclass(frozen=True)
class EmployeeChange:
    """What a delivery says about one person."""

    action: str
    own_id: object
    timestamp: object
    changed: frozenset[str]
    fields: dict[str, Any]


def verify(request: Request, secret: str, received_at: datetime) -> None:
    """Check the signature, and that what is signed beside the body is a time."""
    stamp = request.headers.get(TIMESTAMP, "")
    signed = request.body + stamp.encode(errors="replace")
    check_hmac(request.headers.get(SIGNATURE, ""), signed, secret, algorithm="sha256", encoding="hex")
    if read_instant(stamp) is None:
        raise AuthenticationFailed(AuthFault.CLOCK, "the header X-BambooHR-Timestamp is missing, or is no time")


def read(request: Request, received_at: datetime) -> ParsedDelivery:
    """Read one event, or a list of employees; a bad one does not hold up the others."""
    is_form = media_type_of(request.headers.get("content-type", "")) in FORM_TYPES
    content = from_form(read_form(request.body)) if is_form else read_object(request.body)
    delivery = BambooDelivery(
        proved=sha256(request.body).digest(),
        sent_at=told_instant(request.headers.get(TIMESTAMP), received_at=received_at) or received_at,
        received_at=received_at,
        aliases=field_aliases(NAME),
        vouched=id_attribute(NAME) is not None,
    )
    if isinstance(content.get("employees"), list):
        return read_employees([change_of(as_object(item), delivery) for item in content["employees"]], delivery)
    if "type" not in content:
        raise UnreadableDelivery("The body has neither 'type' nor 'employees'.")
    type_name = as_text(content["type"])
    match = EVENT.fullmatch(type_name.strip().casefold())
    if match is None:
        said = f"The event {printable(type_name, longest=80)!r} does not concern a start of employment."
        return ParsedDelivery(passed_over=(said,))
    data = as_object(content.get("data"))
    action = UPDATED if match[1].startswith("update") else match[1]
    changed = names_in(data.get("changedFields"), delivery)
    return read_employees(
        [EmployeeChange(action, data.get("employeeId"), content.get("timestamp"), changed, {})], delivery
    )


def from_form(fields: dict[str, str]) -> dict[str, Any]:
    """Return a form in the shape of the JSON body.

    employees[1187][changedFields][0]=Hire Date&employees[1187][Hire Date]=..., or type=...&data[employeeId]=...
    """
    employees: dict[str, dict[str, Any]] = {}
    data: dict[str, Any] = {}
    for name, value in fields.items():
        if match := FORM_FIELD.fullmatch(name):
            put_field(employees.setdefault(match[1], {}), match[2], value, listed=bool(match[3]))
        elif match := DATA_FIELD.fullmatch(name):
            put_field(data, match[1], value, listed=bool(match[2]))
    if employees:
        people = employees.items()
        return {"employees": [{**found, "id": employee_id, "fields": found} for employee_id, found in people]}
    return {**fields, "data": data}


def put_field(holder: dict[str, Any], name: str, value: str, *, listed: bool) -> None:
    """Put a form's field where it belongs: into a list, or by itself."""
    if listed:
        holder.setdefault(name, []).append(value)
    else:
        holder[name] = value


def names_in(changed: object, delivery: BambooDelivery) -> frozenset[str]:
    """Return the fields that changed, by the names the product knows."""
    plain = [plain_name(name) for name in changed if isinstance(name, str)] if isinstance(changed, list) else []
    return frozenset(delivery.aliases.get(name, name) for name in plain)


def change_of(employee: dict[str, Any], delivery: BambooDelivery) -> EmployeeChange:
    """Read an entry of the field-based form. A value is a text, or an object that holds one in older deliveries."""
    action = as_text(employee.get("action")).strip().casefold() or UPDATED
    fields = {
        name: value.get("value") if isinstance(value, dict) else value
        for name, value in as_object(employee.get("fields")).items()
    }
    return EmployeeChange(
        action=action,
        own_id=employee.get("id"),
        timestamp=employee.get("timestamp"),
        changed=names_in(employee.get("changedFields"), delivery),
        fields=fields,
    )


def read_employees(changes: list[EmployeeChange], delivery: BambooDelivery) -> ParsedDelivery:
    """Read what is said of each person."""
    events, rejected, passed_over = [], [], []
    for number, change in enumerate(changes, 1):
        prefix = f"Employee {number} of {len(changes)}: " if len(changes) > 1 else ""
        kind = kind_of(change, delivery)
        if kind is None:
            passed_over.append(
                f"{prefix}There is no hire, no end, no hire date, and no number that identifies the person."
            )
            continue
        try:
            events.append(employee_event(kind, change, delivery))
        except BadEvent as error:
            rejected.append(prefix + str(error))
    return ParsedDelivery(events=tuple(events), passed_over=tuple(passed_over), rejected=tuple(rejected))


def kind_of(change: EmployeeChange, delivery: BambooDelivery) -> HireEventType | None:
    """Return what happened, or None where it says nothing about a start."""
    if change.action == CREATED:
        return HireEventType.HIRE
    if change.action == DELETED:
        return HireEventType.CANCELLED
    if change.action != UPDATED:
        return None
    if says_gone(change, delivery):
        return HireEventType.TERMINATED
    names = change.changed or names_in(list(change.fields), delivery)
    return HireEventType.START_DATE_CHANGED if names & OF_INTEREST else None


def says_gone(change: EmployeeChange, delivery: BambooDelivery) -> bool:
    """Return whether an update says that the person has left."""
    status = find_field(change.fields, STATUS_FIELDS, delivery.aliases)
    return isinstance(status, str) and status.strip().casefold() in GONE


def employee_event(kind: HireEventType, change: EmployeeChange, delivery: BambooDelivery) -> HireEvent:
    """Return an event. There is no delivery id, so it is made of what is the same in every retry.

    Raises:
        BadEvent: The person has no id, or the hire date cannot be read.
    """
    address = read_address(find_field(change.fields, ADDRESS_FIELDS, delivery.aliases))
    number, own_id = read_ids(find_field(change.fields, NUMBER_FIELDS, delivery.aliases), change.own_id, address)
    hired = find_field(change.fields, HIRE_DATE_FIELDS, delivery.aliases)
    day = None if kind.ends else read_start_date(hired, received_at=delivery.received_at)
    moment = told_instant(change.timestamp, received_at=delivery.received_at)
    stamp = printable(as_text(change.timestamp), longest=64)
    person = number or own_id or (address or "")
    return HireEvent(
        source=NAME,
        event_id=short(f"{kind}:{number or own_id}:{stamp}"),
        kind=kind,
        employee_id=number,
        start_date=day,
        occurred_at=moment or delivery.sent_at,
        unverified=kind.ends or not (number or delivery.vouched),
        address=address,
        display_name=read_name(*(find_field(change.fields, [part], delivery.aliases) for part in NAME_FIELDS)),
        vendor_id=own_id,
        mark=mark_of(delivery.proved, kind=kind, person=person, told=f"{day}:{stamp}"),
        private_address=(
            None if kind.ends else read_address(find_field(change.fields, PRIVATE_ADDRESS_FIELDS, delivery.aliases))
        ),
    )


SOURCE = Source(
    name=NAME,
    auth="hmac",
    verify=verify,
    read=read,
    ids=Ids(number=True, vendor=True, address=True),
    media_types=JSON_TYPES + FORM_TYPES,
)
