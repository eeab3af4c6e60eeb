"""How long a hire record may know where the person reads mail before the first day: as long as a message may use it.

It is kept for one purpose, a message before there is a mailbox. A person who was called off has no use for it, and a
delivery that tells it again later must not bring it back. Pure.
"""

from dataclasses import replace
from datetime import date, datetime

from provisioning.model.ledger import HireRecord, Person, end_of_day


def with_timely_address(record: HireRecord, *, now: datetime) -> HireRecord:
    """Return a hire record as it may be kept: without a private address whose time is over."""
    until = record.private_until
    return replace(record, sealed_private=None, private_at=None) if until is not None and until <= now else record


def sealed_address_for(person: Person, record: HireRecord | None, *, now: datetime) -> str | None:
    """Return the private address that a message to a person may use, sealed; None where there is none.

    Args:
        person: The ledger's row. The first day that Entra knows ends it as well.
        record: What HR said, of this person and no other.
        now: The time.
    """
    if record is None or record.object_id != person.object_id or record.kind.ends:
        return None
    if is_over(person.start_date, now=now):
        return None
    return with_timely_address(record, now=now).sealed_private


def is_over(day: date | None, *, now: datetime) -> bool:
    """Return whether a day has ended everywhere; False where none is known."""
    return day is not None and end_of_day(day) <= now
