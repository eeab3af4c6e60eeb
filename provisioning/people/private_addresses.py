"""What HR says of where and when newcomers are to be written to: checked when it is taken, erased when it is over."""

from dataclasses import replace

from provisioning.concurrency import each
from provisioning.errors import Conflict
from provisioning.log import EventLog
from provisioning.model.hires import HireEvent
from provisioning.model.ledger import HireRecord
from provisioning.model.private_address import with_timely_address
from provisioning.people.context import PeopleContext
from provisioning.store.due_notes import DueEntry
from provisioning.time_zones import zone_named

log = EventLog(__name__)

MOST_ERASED = 1000  # rows in one sweep; the others have their turn in the next one


def with_known_zone(event: HireEvent) -> HireEvent:
    """Return an event whose site's time zone is one that is known, by its IANA name, or none."""
    if event.site_zone is None:
        return event
    zone = zone_named(event.site_zone)
    if zone is None:
        log.info("site_zone_unknown", source=event.source, hr_event=event.event_id)
    return replace(event, site_zone=zone.key if zone is not None else None)


async def erase_private_addresses(context: PeopleContext) -> int:
    """Erase the private addresses whose time is over; returns how many they were.

    Raises:
        TransientError: The storage account cannot be reached.
    """
    notes = context.ledger.erasures

    async def erase(due: DueEntry) -> bool:
        erased = False
        for row in await context.ledger.rows_of([due.of]):
            if isinstance(row, HireRecord) and (kept := with_timely_address(row, now=context.now())) != row:
                try:
                    await context.save(kept)
                except Conflict:
                    return False  # the note stays, and the next sweep comes back to it
                erased = True
        await notes.done(due)
        return erased

    erased = sum(await each(await notes.due(context.now(), most=MOST_ERASED), erase))
    if erased:
        log.info("private_addresses_erased", count=erased)
    return erased
