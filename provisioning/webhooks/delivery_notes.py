"""Notes which deliveries were refused, for health: at most one row a minute and source, however many come.

The address is open to the internet, so a stranger must not be able to fill a table. What was refused within a minute of
the last note is counted in memory, and noted with the next one; so the numbers are lower bounds.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from provisioning.errors import ProductError
from provisioning.log import EventLog
from provisioning.services import Services
from provisioning.settings import TenantSettings, load
from provisioning.store.delivery_notes import DeliveryNote, DeliveryNotes
from provisioning.webhooks.refusals import Tally

log = EventLog(__name__)

GOOD_EVERY = timedelta(minutes=5)
SECONDS = 0.4  # a note is worth no more of the three seconds that the strictest senders wait
LONGEST_FAULT = 200  # characters


@dataclass
class Noted:
    """What this process noted of one source.

    Attributes:
        refused: What was refused.
        good_at: When a good delivery was noted last.
    """

    refused: Tally = field(default_factory=Tally)
    good_at: datetime | None = None


@dataclass
class RecentNotes:
    """What this process noted of each source; lives as long as the clients of its event loop."""

    by_source: dict[str, Noted] = field(default_factory=dict)

    def of(self, source: str) -> Noted:
        """Return what was noted of one source; only known sources come here."""
        return self.by_source.setdefault(source, Noted())


async def note_refused(source: str, fault: str, *, services: Services) -> None:
    """Note that a delivery was refused.

    Args:
        source: The HR system.
        fault: What was wrong, without anything of the delivery.
        services: Storage, clock, ids.
    """
    noted, now = services.cached(RecentNotes, RecentNotes).of(source), services.now()
    count = noted.refused.count(now=now)
    if count and not await write_note(DeliveryNote(source, now, count, fault[:LONGEST_FAULT]), services=services):
        noted.refused.untold += count


async def note_good(source: str, *, services: Services) -> None:
    """Note that a delivery was proved genuine: now and then, and at once after a refused one."""
    noted, now = services.cached(RecentNotes, RecentNotes).of(source), services.now()
    refused_at = noted.refused.told_at
    after_refusal = refused_at is not None and (noted.good_at is None or refused_at >= noted.good_at)
    if not after_refusal and noted.good_at is not None and now - noted.good_at < GOOD_EVERY:
        return
    noted.refused, noted.good_at = Tally(), now
    if not await write_note(DeliveryNote(source, now, 0), services=services):
        noted.good_at = None  # the next one tries again


async def write_note(note: DeliveryNote, *, services: Services) -> bool:
    """Write a note; True if it is there. Nothing fails for want of a note."""
    try:
        notes = DeliveryNotes(services.storage, tenant_id=str(load(TenantSettings).tenant_id))
        await asyncio.wait_for(notes.add(note, new_id=services.new_id()), timeout=SECONDS)
    except (ProductError, TimeoutError) as error:
        log.warning("not_noted", source=note.source, refused=note.refused, reason=type(error).__name__)
        return False
    return True
