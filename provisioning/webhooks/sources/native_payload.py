"""The form this product asks of senders written for it; envelopes differ, what is inside does not.

A type (hire, rehired, start_date_changed, cancelled, terminated; also employee.hire or com.example.hr.hire) and data:
{"employeeId": "1187", "startDate": "2026-12-01", "workEmail": "mia.berg@example.com"}, and for messages "privateEmail"
and "siteTimeZone". Without an employeeId, the work address leads to the account, where addresses are used. What is in
"displayName" is for the board, where names are kept. Names of fields are compared without case and punctuation.
"""

from datetime import datetime

from provisioning.errors import BadEvent
from provisioning.model.hires import (
    HireEvent,
    HireEventType,
    printable,
    read_address,
    read_ids,
    read_name,
    read_zone_name,
)
from provisioning.model.hr_dates import read_start_date, told_instant
from provisioning.webhooks.sources.base import Ids, ParsedDelivery
from provisioning.webhooks.sources.body import as_object, as_text
from provisioning.webhooks.sources.fields import find_field
from provisioning.webhooks.sources.marks import mark_of, short

NATIVE_IDS = Ids(number=True, address=True)


def parse_native(
    data: object, *, source: str, kind: object, event_id: str, occurred: object, received_at: datetime, proved: bytes
) -> ParsedDelivery:
    """Read one event; a type the product does not know is passed over.

    Args:
        data: What the envelope holds.
        source: The source's name.
        kind: The envelope's type; case does not count.
        event_id: The envelope's id, the same in every retry.
        occurred: The envelope's time.
        received_at: The time of receipt.
        proved: What tells this event from any other, as far as it is proved.
    """
    try:
        known = HireEventType(as_text(kind).rpartition(".")[2].strip().casefold())
    except ValueError:
        return ParsedDelivery(passed_over=(f"The type {printable(as_text(kind), longest=80)!r} is unknown.",))
    fields = as_object(data)
    try:
        address = read_address(find_field(fields, ["workEmail"]))
        employee_id, _ = read_ids(find_field(fields, ["employeeId"]), None, address)
        day = None if known.ends else read_start_date(find_field(fields, ["startDate"]), received_at=received_at)
    except BadEvent as error:
        return ParsedDelivery(rejected=(str(error),))
    moment = told_instant(occurred, received_at=received_at)
    event = HireEvent(
        source=source,
        event_id=short(printable(event_id, longest=len(event_id))),
        kind=known,
        employee_id=employee_id,
        start_date=day,
        occurred_at=moment or received_at,
        address=address,
        display_name=read_name(find_field(fields, ["displayName"])),
        mark=mark_of(proved, kind=known, person=employee_id or (address or ""), told=f"{day}:{occurred}"),
        private_address=None if known.ends else read_address(find_field(fields, ["privateEmail"])),
        site_zone=None if known.ends else read_zone_name(find_field(fields, ["siteTimeZone"])),
    )
    return ParsedDelivery(events=(event,))


def combine(readings: list[ParsedDelivery]) -> ParsedDelivery:
    """Several readings as one; what was rejected says which it was."""
    if len(readings) == 1:
        return readings[0]
    count = len(readings)
    return ParsedDelivery(
        events=tuple(event for reading in readings for event in reading.events),
        passed_over=tuple(reason for reading in readings for reason in reading.passed_over),
        rejected=tuple(
            f"Event {number} of {count}: {reason}"
            for number, reading in enumerate(readings, 1)
            for reason in reading.rejected
        ),
    )
