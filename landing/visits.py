"""A visit: since when it lasts, what the ledger knows of the person, and a check of their methods when one is due."""

import asyncio
from collections import OrderedDict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from landing.principal import Principal, visitor_of
from landing.settings import PageSettings
from landing.states import Known, Visit, is_checked
from provisioning.easy_auth import HEADER
from provisioning.errors import TransientError
from provisioning.http import Request
from provisioning.log import EventLog
from provisioning.services import Services
from provisioning.settings import TenantSettings, load

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from provisioning.model.ledger import Person

log = EventLog(__name__)

UNDER_WAY = timedelta(seconds=30)  # how long a check that was asked for may take before it is asked for again
LONGEST_VISIT = timedelta(hours=1)
STORAGE_SECONDS = 0.8  # of the second in which the page answers
MOST_REMEMBERED = 5000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class RequestedChecks:
    """When each person's check was asked for last, by this process.

    Front may not write the ledger, so this is kept in memory: another instance may ask once more, which costs a few
    requests to Graph. Thirty reloads of one page cost one check.
    """

    def __init__(self) -> None:
        self.asked: OrderedDict[str, datetime] = OrderedDict()

    def is_under_way(self, object_id: str, *, person: "Person | None", now: datetime) -> bool:
        """Tell whether a check was asked for that has not been made yet and still may be."""
        asked = self.asked.get(object_id)
        if asked is None or now - asked >= UNDER_WAY:
            return False
        return person is None or person.checked_at is None or person.checked_at < asked

    def note(self, object_id: str, *, now: datetime) -> None:
        """Remember that a check was asked for; the oldest is forgotten when there are too many."""
        self.asked[object_id] = now
        self.asked.move_to_end(object_id)
        if len(self.asked) > MOST_REMEMBERED:
            self.asked.popitem(last=False)

    def forget(self, object_id: str) -> None:
        """Take back what was noted, where the request did not get through."""
        self.asked.pop(object_id, None)


def read_visit(request: Request, *, now: datetime) -> Visit:
    """Return the visit that the request belongs to: the one it names, or a new one."""
    text = request.query.get("visit", "")
    if not (text.isascii() and text.isdigit() and len(text) < 15):
        return Visit(began=now, now=now)
    began = EPOCH + timedelta(milliseconds=int(text))
    return Visit(began=began if now - LONGEST_VISIT <= began <= now else now, now=now)


def visit_number(visit: Visit) -> int:
    """Return what names a visit in an address: milliseconds since 1970, rounded up.

    Up, so that a check of before the visit never counts as newer.
    """
    return -((EPOCH - visit.began) // timedelta(milliseconds=1))


async def read_known(request: Request, visit: Visit, *, zone: "ZoneInfo", services: Services) -> Known:
    """Gather what is known about the visitor, and have their methods checked if this visit needs it.

    Args:
        request: With the sign-in header.
        visit: Since when.
        zone: Where the organization is.
        services: Storage, clock.

    Raises:
        ConfigurationError: A setting is missing or wrong.
    """
    settings = load(PageSettings)
    principal = visitor_of(request, settings)
    known = Known(principal, visit.now.astimezone(zone).date(), phone_ends=settings.phone_ends)
    if not settings.auth_enabled and request.headers.get(HEADER):
        log.error("sign_in_not_trusted", reason="the platform does not say that Easy Auth is on (WEBSITE_AUTH_ENABLED)")
        return replace(known, untrusted=True)
    if not isinstance(principal, Principal) or principal.external:
        return known
    try:
        return await look_up(
            principal.object_id, known, visit, tenant_id=load(TenantSettings).tenant_id, services=services
        )
    except (TransientError, TimeoutError) as error:
        reason = str(error) or f"no answer within {STORAGE_SECONDS} s"
        log.warning("page_without_ledger", object=principal.object_id, reason=reason)
        return replace(known, reached=False)


async def look_up(object_id: str, known: Known, visit: Visit, *, tenant_id: UUID, services: Services) -> Known:
    """Read the person's row, and ask for a check unless one is under way or the last one will do.

    Raises:
        TransientError: Storage is unwell.
        TimeoutError: Storage does not answer.
    """
    # Imported before the time starts to run: on a cold start this alone takes a good part of a second.
    from provisioning.model.messages import SeenMessage
    from provisioning.store.ledger import Ledger
    from provisioning.store.queues import send

    checks = services.cached(RequestedChecks, RequestedChecks)
    async with asyncio.timeout(STORAGE_SECONDS):
        person = await Ledger(services.storage, tenant_id=str(tenant_id)).person(object_id)
        found = replace(known, person=person)
        if not is_checked(found, visit) and not checks.is_under_way(object_id, person=person, now=visit.now):
            checks.note(object_id, now=visit.now)
            try:
                message = SeenMessage(tenant_id=tenant_id, object_id=UUID(object_id), asked_at=visit.now)
                await send(services.storage, "seen", message)
            except (TransientError, asyncio.CancelledError):
                checks.forget(object_id)
                raise
    return found
