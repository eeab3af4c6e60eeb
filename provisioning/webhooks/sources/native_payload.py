"""The form this product asks of anybody who writes the sender themselves; envelopes differ, what is inside does not.

A type (hire, rehired, start_date_changed, cancelled, terminated; also employee.hire or com.example.hr.hire) and data:
{"employeeId": "1187", "startDate": "2026-12-01", "workEmail": "mia.berg@example.com"}, of which the id must be there.
"""

from datetime import datetime

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
from provisioning.webhooks.sources.base import ParsedDelivery
from provisioning.webhooks.sources.body import as_object, as_text

LONGEST_EVENT_ID = 256


def parse_native(
    data: object, *, source: str, kind: object, event_id: str, occurred: object, received_at: datetime
) -> ParsedDelivery:
    """One event; a type the product does not know is passed over.

    Args:
        data: What the envelope holds.
        source: The source's name.
        kind: The envelope's type.
        event_id: The envelope's id, the same in every retry.
        occurred: The envelope's time.
        received_at: The time of receipt.
    """
    try:
        known = HireEventType(as_text(kind).rpartition(".")[2])
    except ValueError:
        return ParsedDelivery(passed_over=(f"The type {printable(as_text(kind), longest=80)!r} is none of ours.",))
    fields = as_object(data)
    try:
        event = HireEvent(
            source=source,
            event_id=printable(event_id, longest=LONGEST_EVENT_ID),
            kind=known,
            employee_id=read_employee_id(fields.get("employeeId")),
            start_date=read_start_date(fields.get("startDate")),
            occurred_at=read_occurred(occurred, received_at=received_at),
            address=read_address(fields.get("workEmail")),
        )
    except BadEvent as error:
        return ParsedDelivery(rejected=(str(error),))
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
