"""Queue `hires`: keep what HR said, find the account, invite its owner when the time has come.

Everything is decided from state, so a delivery that comes twice, late or out of order changes nothing it should not.
"""

import logging
from dataclasses import dataclass, replace
from datetime import date, datetime

from provisioning.errors import Conflict, Waiting
from provisioning.graph.client import Graph
from provisioning.graph.errors import GraphError
from provisioning.graph.members import add_member, remove_member
from provisioning.graph.people import Account, administrators, find_by_employee_id
from provisioning.people.eligible import Exclusion, exclusion, window_opens
from provisioning.people.events import HireEvent
from provisioning.runtime import Clock
from provisioning.settings import PeopleSettings
from provisioning.store.people import Announcement, People, Person, State
from provisioning.store.state import StateTable

log = logging.getLogger(__name__)

FIRST_LOOK = 15 * 60.0  # seconds until the account is looked for again, doubled each time
LAST_LOOK = 6  # looks of our own, about eight hours; from then on the sweep finds the account


@dataclass(frozen=True)
class Enrolment:
    """Everything the people role works with.

    Args:
        graph: As the people identity.
        people: The ledger.
        state: Ids of the tenant objects.
        settings: Window and rules.
        now: Clock.
    """

    graph: Graph
    people: People
    state: StateTable
    settings: PeopleSettings
    now: Clock

    async def group_id(self) -> str:
        """The enrolment group.

        Raises:
            Waiting: The tenant has not been set up.
        """
        objects = await self.state.objects()
        if objects is None or objects.group_id is None:
            raise Waiting("the tenant to be set up (POST /api/tenant)", after=60)
        return objects.group_id


async def handle(event: HireEvent, *, attempt: int, enrolment: Enrolment) -> None:
    """Act on one event.

    Raises:
        Waiting: There is no account yet; the row is kept as pending.
        Retry: Graph or storage is unwell.
    """
    announcement = await keep(event, people=enrolment.people)
    if announcement is None:
        log.info("older event ignored: source=%s event=%s", event.source, event.event_id)
        return
    if announcement.kind.ends:
        await withdraw(announcement, enrolment=enrolment)
        return
    accounts = await find_by_employee_id(enrolment.graph, announcement.employee_id)
    if accounts:
        admins = await administrators(enrolment.graph)
        await match(announcement, accounts, admins=admins, enrolment=enrolment)
    elif attempt < LAST_LOOK:
        raise Waiting(f"the account of event {event.event_id}", after=FIRST_LOOK * 2.0**attempt)
    else:
        log.info("left to the sweep: source=%s event=%s", event.source, event.event_id)


async def keep(event: HireEvent, *, people: People) -> Announcement | None:
    """Write the event down if it is the newest of its person; None if a newer one is known."""
    known = await people.announcement(event.employee_id)
    if known is not None and known.event_id == event.event_id and known.source == event.source:
        return known
    if known is not None and known.occurred_at > event.occurred_at:
        return None
    announcement = Announcement(
        employee_id=event.employee_id,
        source=event.source,
        event_id=event.event_id,
        kind=event.kind,
        start_date=event.start_date or (known.start_date if known and not known.kind.ends else None),
        occurred_at=event.occurred_at,
        object_id=known.object_id if known else None,
        etag=known.etag if known else None,
    )
    log.info("announced: source=%s event=%s kind=%s", event.source, event.event_id, event.kind)
    return await people.save(announcement)


async def match(
    announcement: Announcement, accounts: list[Account], *, admins: frozenset[str], enrolment: Enrolment
) -> None:
    """Tie an announcement to its account, and invite its owner if it is time."""
    if len(accounts) > 1:
        matched = several(announcement, accounts)
    else:
        account = accounts[0]
        await settle(account, announced=announcement.start_date, admins=admins, enrolment=enrolment)
        matched = replace(announcement, state=State.MATCHED, object_id=account.object_id, reason=None, remedy=None)
    if matched != announcement:
        await enrolment.people.save(matched)


def several(announcement: Announcement, accounts: list[Account]) -> Announcement:
    """The announcement, parked: the product does not guess whose it is."""
    ids = ", ".join(sorted(account.object_id for account in accounts))
    log.warning("parked: event=%s reason=several accounts", announcement.event_id)
    return replace(
        announcement,
        state=State.PARKED,
        reason=f"Several accounts have this employee id: {ids}.",
        remedy="Leave the id on one of them; the next sweep or event looks again.",
    )


async def settle(account: Account, *, announced: date | None, admins: frozenset[str], enrolment: Enrolment) -> Person:
    """Decide where this account stands now, act on it, and write it down."""
    now = enrolment.now()
    known = await enrolment.people.person(account.object_id)
    person = await decide(
        replace(
            known or Person(object_id=account.object_id, state=State.WAITING),
            employee_id=account.employee_id,
            start_date=announced or account.hire_date,
        ),
        why_not=exclusion(account, known=known, administrators=admins, now=now, settings=enrolment.settings),
        now=now,
        enrolment=enrolment,
    )
    if person != known:
        try:
            await enrolment.people.save(person)
        except Conflict:
            await remember_addition(person, enrolment=enrolment)
            raise
        log.info("person: object=%s state=%s", person.object_id, person.state)
    return person


async def remember_addition(person: Person, *, enrolment: Enrolment) -> None:
    """After a lost race for a person's row: keep at least that it was us who put them into the group.

    Otherwise a cancelled hire would stay in it: of two workers who add somebody, only one is told that it did.
    """
    if not person.added_by_us:
        return
    fresh = await enrolment.people.person(person.object_id)
    if fresh is not None and not fresh.added_by_us:
        await enrolment.people.save(replace(fresh, added_by_us=True))


async def decide(person: Person, *, why_not: Exclusion | None, now: datetime, enrolment: Enrolment) -> Person:
    """Parked, waiting or invited; somebody who is in already stays."""
    if person.invited_at is not None and person.state in (State.INVITED, State.REGISTERED):
        return person
    if why_not is not None:
        state = State.REGISTERED if person.registered_at else State.PARKED
        return replace(person, state=state, reason=why_not.reason, remedy=why_not.remedy)
    person = replace(person, reason=None, remedy=None)
    if window_opens(person.start_date, settings=enrolment.settings) > now:
        return replace(person, state=State.WAITING)
    added = await add(person, enrolment=enrolment)
    state = State.REGISTERED if person.registered_at else State.INVITED
    return replace(person, state=state, invited_at=now, added_by_us=person.added_by_us or added)


async def add(person: Person, *, enrolment: Enrolment) -> bool:
    """Put one person into the group.

    Raises:
        Waiting: The account was found but cannot be added yet, which is replication (pulumi-azuread#2014).
    """
    group_id = await enrolment.group_id()
    try:
        return await add_member(enrolment.graph, group_id, person.object_id)
    except GraphError as error:
        if error.status == 404 and person.object_id.casefold() in error.text.casefold():
            raise Waiting(f"account {person.object_id} to be known everywhere", after=30) from error
        raise


async def withdraw(announcement: Announcement, *, enrolment: Enrolment) -> None:
    """Take a person out again who is not coming: only out of the group, only if we put them there."""
    ended = replace(announcement, state=State.LEFT, reason=None, remedy=None)
    if announcement.object_id is None:
        # Never announced to us before, but the sweep may have found the account.
        accounts = await find_by_employee_id(enrolment.graph, announcement.employee_id)
        if len(accounts) > 1:
            ended = several(announcement, accounts)
        elif accounts:
            ended = replace(ended, object_id=accounts[0].object_id)
    if ended.object_id is not None:
        await take_out(ended.object_id, enrolment=enrolment)
    if ended != announcement:
        await enrolment.people.save(ended)


async def take_out(object_id: str, *, enrolment: Enrolment) -> None:
    """Remove a person from the group if we added them; somebody the ledger does not know is none of our business."""
    person = await enrolment.people.person(object_id)
    if person is None or person.state is State.LEFT:
        return
    if person.added_by_us:
        await remove_member(enrolment.graph, await enrolment.group_id(), person.object_id)
    await enrolment.people.save(replace(person, state=State.LEFT, added_by_us=False, invited_at=None))
    log.info("person: object=%s state=%s", person.object_id, State.LEFT)
