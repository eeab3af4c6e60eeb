"""Queue `hires`: keep what HR said, find the account, invite its owner when the time has come.

Everything is decided from state, so a delivery that comes twice, late or out of order changes nothing it should not.
What has to wait is a row with a time, not a message: the sweep looks at it then.
"""

import logging
from dataclasses import replace

from provisioning.errors import Waiting
from provisioning.graph.accounts import Account, find_by_object_ids
from provisioning.graph.errors import GraphError
from provisioning.graph.members import add_member, remove_member
from provisioning.model.hires import HireEvent
from provisioning.model.ledger import employee_key
from provisioning.people.context import Enrollment, administrators_among, not_owner
from provisioning.people.decision import (
    FIRST_LOOK,
    Verdict,
    about_to_add,
    decide,
    invited,
    kept_out,
    left,
    owned,
    several,
)
from provisioning.people.eligibility import ADMINISTRATOR
from provisioning.people.matching import accounts_for
from provisioning.people.merge_events import first, merge
from provisioning.store.ledger import Announcement, Person, State

log = logging.getLogger(__name__)

LEASE_SECONDS = 120.0  # of two events of one person at once, one waits; a worker that died holds the other up so long


async def handle(event: HireEvent, *, enrollment: Enrollment) -> None:
    """Act on one event.

    Raises:
        Waiting: The account or the tenant is not ready yet.
        Retry: Graph or storage is unwell.
    """
    if event.hint and event.kind.ends:
        await doubt(event, enrollment=enrollment)
        return
    holder = f"event {event.event_id}"
    async with enrollment.schedule.leases.hold(employee_key(event.employee_id), holder=holder, seconds=LEASE_SECONDS):
        known = await enrollment.people.announcement(event.employee_id)
        announcement = merge(known, event)
        if announcement is not known:
            # The sweep comes back to it, should this message be lost half-way.
            announcement = replace(announcement, next_try=enrollment.now() + FIRST_LOOK)
            announcement = await enrollment.people.save(announcement)
            log.info("announced: source=%s event=%s kind=%s", event.source, event.event_id, event.kind)
        # Also where the event says nothing new: it comes again because its first run died half-way.
        await act(announcement, enrollment=enrollment)


async def act(announcement: Announcement, *, enrollment: Enrollment) -> None:
    """Do what follows from an announcement as it stands."""
    if announcement.kind.ends:
        await withdraw(announcement, enrollment=enrollment)
        return
    accounts = await accounts_of(announcement, enrollment=enrollment)
    await match(announcement, accounts, enrollment=enrollment)


async def accounts_of(announcement: Announcement, *, enrollment: Enrollment) -> list[Account]:
    """The accounts that fit one announcement."""
    return (await accounts_for([announcement], enrollment=enrollment))[announcement.employee_id.casefold()]


async def match(announcement: Announcement, accounts: list[Account], *, enrollment: Enrollment) -> None:
    """Tie an announcement to its account, and invite its owner if it is time."""
    if len(accounts) == 1:
        await settle(accounts[0], announced=announcement, enrollment=enrollment)
    outcome = owned(announcement, accounts, now=enrollment.now())
    if len(accounts) > 1:
        log.warning("parked: event=%s reason=several accounts", announcement.event_id)
    elif not accounts:
        log.info("no account yet: event=%s tries=%d", announcement.event_id, outcome.tries)
    if outcome != announcement:
        await enrollment.people.save(outcome)


async def settle(account: Account, *, announced: Announcement | None, enrollment: Enrollment) -> Person:
    """Decide where this account stands now, act on it, and write it down."""
    known = await enrollment.people.person(account.object_id)
    verdict = decide(account, known=known, announced=announced, rules=await enrollment.rules())
    if verdict.invite and await administrators_among([account.object_id], enrollment=enrollment):
        verdict = Verdict(kept_out(verdict.person, ADMINISTRATOR))
    if verdict.invite:
        return await invite(verdict.person, known=known, enrollment=enrollment)
    if verdict.remove:
        await remove_member(enrollment.graph, await enrollment.group_id(), account.object_id)
    if verdict.person != known:
        await enrollment.people.save(verdict.person)
        log.info("person: object=%s state=%s", account.object_id, verdict.person.state)
    return verdict.person


async def invite(person: Person, *, known: Person | None, enrollment: Enrollment) -> Person:
    """Put somebody into the group, with a row that says so before and after."""
    group_id = await enrollment.group_id()
    tried = known is not None and known.adding
    person = await enrollment.people.save(about_to_add(person))
    added = await add(person, group_id=group_id, enrollment=enrollment)
    person = await enrollment.people.save(invited(person, added=added, tried=tried, now=enrollment.now()))
    log.info("person: object=%s state=%s", person.object_id, person.state)
    return person


async def add(person: Person, *, group_id: str, enrollment: Enrollment) -> bool:
    """Put one person into the group.

    Raises:
        Waiting: The account was found but cannot be added yet, which is replication (pulumi-azuread#2014).
        Misconfigured: We are not the group's owner.
    """
    try:
        return await add_member(enrollment.graph, group_id, person.object_id)
    except GraphError as error:
        if error.status == 404 and person.object_id.casefold() in error.text.casefold():
            raise Waiting(f"account {person.object_id} to be known everywhere", after=30) from error
        if error.status == 403:
            raise not_owner(group_id) from error
        raise


async def withdraw(announcement: Announcement, *, enrollment: Enrollment) -> None:
    """Take a person out again who is not coming: only out of the group, only if we put them there."""
    ended = replace(announcement, state=State.LEFT, reason=None, remedy=None, next_try=None)
    if announcement.object_id is None:
        # Never announced to us before, but the sweep may have found the account.
        accounts = await accounts_of(announcement, enrollment=enrollment)
        if len(accounts) > 1:
            ended = several(announcement, accounts, now=enrollment.now())
        elif accounts:
            ended = replace(ended, object_id=accounts[0].object_id)
    if ended.object_id is not None:
        await take_out(ended.object_id, enrollment=enrollment)
    if ended != announcement:
        await enrollment.people.save(ended)


async def take_out(object_id: str, *, enrollment: Enrollment) -> None:
    """Remove a person from the group if we added them, or may be about to.

    A row is written even of somebody whom the ledger does not know, so that a sweep that is about to invite them meets
    it. While one may be adding them, the last word is not spoken: `decide` says it when they are looked at again.
    """
    person = await enrollment.people.person(object_id)
    if person is not None and person.state is State.LEFT:
        return
    gone = left(person or Person(object_id, State.LEFT))
    if person is not None and (person.added_by_us or person.adding):
        await remove_member(enrollment.graph, await enrollment.group_id(), object_id)
        if person.adding:
            gone = replace(gone, adding=True, next_try=enrollment.now() + FIRST_LOOK)
    await enrollment.people.save(gone)
    log.info("person: object=%s state=%s", object_id, State.LEFT)


async def doubt(event: HireEvent, *, enrollment: Enrollment) -> None:
    """An end that nobody proved is believed as far as Entra bears it out: the account is disabled or gone."""
    announcement = await enrollment.people.announcement(event.employee_id)
    accounts = await accounts_of(announcement or first(event), enrollment=enrollment)
    object_id = announcement.object_id if announcement else None
    if object_id is None and len(accounts) == 1:
        object_id = accounts[0].object_id
    if object_id is None:
        return
    found = [account async for account in find_by_object_ids(enrollment.graph, [object_id])]
    if any(account.enabled for account in found):
        log.info("hint not borne out: source=%s event=%s", event.source, event.event_id)
        return
    await take_out(object_id, enrollment=enrollment)
