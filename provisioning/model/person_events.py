"""What other systems can be told of a person, and how a row of the ledger tells it."""

from enum import StrEnum
from hashlib import sha256

from provisioning.model.ledger import EnrollmentState, HireRecord, Person


class PersonEvent(StrEnum):
    """The events of the outgoing webhook."""

    INVITED = "person.invited"
    REGISTERED = "person.registered"
    PARKED = "person.parked"
    UNEXPECTED = "person.unexpected"


class PassEvent(StrEnum):
    """The events of the outgoing webhook about a person's Temporary Access Pass."""

    OFFERED = "pass.offered"
    MADE = "pass.made"
    TAKEN_BACK = "pass.taken_back"


EVENTS = {
    EnrollmentState.INVITED: PersonEvent.INVITED,
    EnrollmentState.REGISTERED: PersonEvent.REGISTERED,
    EnrollmentState.PARKED: PersonEvent.PARKED,
    EnrollmentState.UNEXPECTED: PersonEvent.UNEXPECTED,
}


def event_for(row: HireRecord | Person) -> PersonEvent | None:
    """Return the event that a row in this state stands for; None for a state that nobody is told of."""
    return EVENTS.get(row.state)


def event_id(row: HireRecord | Person) -> str:
    """Return the id of the event that a row shows: another one for every new invitation, registration and reason."""
    since = None
    if isinstance(row, Person):
        since = {EnrollmentState.INVITED: row.invited_at, EnrollmentState.REGISTERED: row.registered_at}.get(row.state)
    what = (row.key, row.state, since.isoformat() if since else row.reason or "")
    return f"msg_{sha256('|'.join(what).encode()).hexdigest()[:32]}"


def event_data(row: HireRecord | Person) -> dict[str, str | None]:
    """Return what a receiver is told: ids, the first day, and for a state that needs a person why and what helps."""
    reason = row.unexpected if isinstance(row, Person) and row.state is EnrollmentState.UNEXPECTED else row.reason
    return {
        "objectId": row.object_id,
        "employeeId": row.employee_id,
        "state": str(row.state),
        "firstDay": row.start_date.isoformat() if row.start_date else None,
        "reason": reason,
        "remedy": row.remedy,
    }
