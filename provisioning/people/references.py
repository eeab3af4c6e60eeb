"""The person an event is about, and whether to believe it: worked out by the role that acts on it.

Front faces the internet. What its message says of its own source is not taken on trust: whether a source is believed
stands in its profile, and an HR system's own id counts only where something leads from it to a number or an account.
"""

from dataclasses import dataclass, replace

from provisioning.errors import ConfigurationError
from provisioning.hr_profiles import is_believed
from provisioning.hr_settings import EMPLOYEE_ID, id_attribute
from provisioning.model.hires import HireEvent, vendor_reference
from provisioning.model.ledger import EnrollmentState, HireRecord
from provisioning.people.context import PeopleContext
from provisioning.people.merge_events import new_record


@dataclass(frozen=True)
class Resolved:
    """What to do about an event.

    Attributes:
        events: What to handle, each under the reference that its record is kept by.
        link: The record to save afterwards, which leads from the HR system's own id to the number.
    """

    events: tuple[HireEvent, ...]
    link: HireRecord | None = None


async def resolve(event: HireEvent, *, context: PeopleContext) -> Resolved:
    """Find out what an event's person is called here.

    Raises:
        ConfigurationError: Only an address names the person, and no key that is set opens it.
    """
    event = replace(event, unverified=is_unverified(event))
    if not event.vendor_id:
        return Resolved((event if event.employee_id else await named_by_address(event, context=context),))
    if event.employee_id:
        return await named_twice(event, context=context)
    if id_attribute(event.source) == EMPLOYEE_ID:
        return Resolved((replace(event, employee_id=event.vendor_id),))
    reference = vendor_reference(event.source, event.vendor_id)
    row = await context.ledger.hire_record(reference)
    known_as = row.known_as if row is not None else None
    return Resolved((replace(event, employee_id=known_as or reference),))


def is_unverified(event: HireEvent) -> bool:
    """Return whether the event proves too little: by its own word, by its source's profile, or by the id it has."""
    by_own_id_alone = not event.employee_id and bool(event.vendor_id) and id_attribute(event.source) is None
    return event.unverified or by_own_id_alone or not is_believed(event.source)


async def named_by_address(event: HireEvent, *, context: PeopleContext) -> HireEvent:
    """Return the event under a reference that is made of the address; who had one under an older key keeps it."""
    address = context.opener.open(event.sealed) if context.opener and event.sealed else None
    if context.opener is None or address is None:
        raise ConfigurationError(
            "HR_ADDRESS_PRIVATE_KEYS",
            fault="holds no key that opens an announced address",
            remedy="Add the private key that belongs to HR_ADDRESS_PUBLIC_KEY.",
        )
    references = context.opener.references(address)
    for reference in references:
        if await context.ledger.hire_record(reference) is not None:
            return replace(event, employee_id=reference)
    return replace(event, employee_id=references[0])


async def named_twice(event: HireEvent, *, context: PeopleContext) -> Resolved:
    """Return an event with both ids, what waited under the HR system's own, and the link between the two."""
    reference = vendor_reference(event.source, event.vendor_id)
    row = await context.ledger.hire_record(reference)
    if row is not None and row.known_as == event.employee_id:
        return Resolved((event,))
    waiting = (said_before(row, event.employee_id),) if row is not None and row.known_as is None else ()
    base = row or new_record(replace(event, employee_id=reference))
    link = replace(
        base,
        known_as=event.employee_id,
        state=EnrollmentState.MATCHED,
        reason=None,
        remedy=None,
        next_try=None,
        sealed_private=None,
        private_at=None,
    )
    return Resolved((*waiting, event), link)


def said_before(row: HireRecord, employee_id: str) -> HireEvent:
    """Return what was said under the HR system's own id as an event about the number."""
    return HireEvent(
        source=row.source,
        event_id=row.event_id,
        kind=row.kind,
        employee_id=employee_id,
        start_date=row.start_date,
        occurred_at=row.occurred_at,
        unverified=row.unverified,
        sealed=row.sealed,
        sealed_name=row.sealed_name,
        sealed_private=row.sealed_private,
        site_zone=row.site_zone,
    )
