"""One person's page on the board, as the ledger has them now."""

from collections.abc import Mapping
from uuid import UUID

from landing.board.view import timeline
from provisioning.errors import Rejected
from provisioning.model.board_actions import registration_digest
from provisioning.model.ledger import EnrollmentState, HireRecord, Person
from provisioning.name_encryption import NameKeys
from provisioning.store.ledger import Ledger


async def person_values(ledger: Ledger, name: str, *, names: NameKeys | None) -> Mapping[str, object]:
    """Return what the page of one person needs.

    Args:
        ledger: Where they are looked up.
        name: An object id or an employee id.
        names: Opens the name that HR sent.

    Raises:
        Rejected: The ledger does not know them.
    """
    person, record = await find_rows(ledger, name)
    row: Person | HireRecord | None = person or record
    if row is None:
        raise Rejected(
            "There is no such person in the ledger.", remedy="Look in the directory, or ask an identity admin."
        )
    unexpected = person is not None and person.state is EnrollmentState.UNEXPECTED
    return {
        "person": row,
        "name": names.open(record.sealed_name) if names and record else None,
        "methods": person.methods if person else (),
        "department": person.department if person else None,
        "reason": person.unexpected if person and unexpected else row.reason,
        "registration": registration_digest(person) if person and unexpected else None,
        "events": timeline(person, record),
    }


async def find_rows(ledger: Ledger, name: str) -> tuple[Person | None, HireRecord | None]:
    """Return the rows of an object id or an employee id, as far as they are there."""
    try:
        person = await ledger.person(str(UUID(name)))
    except ValueError:
        record = await ledger.hire_record(name[:200])
        return (await ledger.person(record.object_id) if record and record.object_id else None), record
    return person, await ledger.announcement_of(person) if person is not None else None
