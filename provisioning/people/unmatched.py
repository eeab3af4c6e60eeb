"""Hire records that no account can have by their id: said at once, instead of looking for weeks."""

from dataclasses import replace
from datetime import datetime, timedelta

from provisioning.hr_settings import EMPLOYEE_ID, id_attribute, source_setting
from provisioning.model.hires import BY_ADDRESS, LONGEST_EMPLOYEE_ID, is_number
from provisioning.model.ledger import EnrollmentState, HireRecord

DAY = timedelta(days=1)  # until it is judged again, in case a setting was made meanwhile
WAITS_FOR = timedelta(days=90)  # for a delivery with the number, or for the setting


def waiting_record(record: HireRecord, *, now: datetime) -> HireRecord | None:
    """Return the record of a person no id can lead to yet, with the reason; None if a look-up can find one."""
    reference = record.employee_id
    if record.sealed is not None or reference.startswith(BY_ADDRESS):
        return None
    length = len(own_id(reference))
    if is_number(reference):
        return too_long(record, length) if length > LONGEST_EMPLOYEE_ID else None
    attribute = id_attribute(record.source)
    if attribute is None:
        return unknown_id(record, length, now=now)
    return too_long(record, length) if attribute == EMPLOYEE_ID and length > LONGEST_EMPLOYEE_ID else None


def own_id(reference: str) -> str:
    """Return the id in a reference, without what tells whose id it is."""
    return reference if is_number(reference) else reference.partition(":")[2]


def remedy_for(source: str) -> str:
    """Return what a person can do."""
    setting = source_setting("HR_ID_ATTRIBUTE", source)
    return (
        f"Have HR also send the company's number or the work address, or set {setting} to the Entra property that "
        "holds this ID."
    )


def too_long(record: HireRecord, length: int) -> HireRecord:
    """Return the record, parked: Entra's employeeId cannot hold the id."""
    return replace(
        record,
        state=EnrollmentState.PARKED,
        reason=(
            f"The ID has {length} characters, but Entra's employeeId holds {LONGEST_EMPLOYEE_ID}, so no account can "
            "have it."
        ),
        remedy=remedy_for(record.source),
        next_try=None,
    )


def unknown_id(record: HireRecord, length: int, *, now: datetime) -> HireRecord:
    """Return the record of a person known only by the HR system's own id, which Entra does not know."""
    long = length > LONGEST_EMPLOYEE_ID
    fits = f", and its {length} characters do not fit into employeeId" if long else ""
    return replace(
        record,
        state=EnrollmentState.PARKED if long else EnrollmentState.PENDING,
        object_id=None,
        reason=f"{record.source} sent only its own ID for the person, which Entra does not hold{fits}.",
        remedy=remedy_for(record.source),
        next_try=now + DAY if now < record.occurred_at + WAITS_FOR else None,
    )
