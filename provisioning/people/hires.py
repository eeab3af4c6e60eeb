"""Queue `hires`: keep what HR said, find the account, invite its owner when the time has come.

Everything is decided from state, so a delivery that comes twice, late or out of order changes nothing it should not.
What has to wait is a row with a time, not a message: the sweep looks at it then.
"""

import logging
from dataclasses import replace

from provisioning.errors import NotReady
from provisioning.graph.accounts import Account, find_by_object_ids
from provisioning.graph.errors import GraphError
from provisioning.graph.members import add_member, remove_member
from provisioning.model.hires import HireEvent
from provisioning.model.ledger import EnrollmentState, HireRecord, Person, employee_key
from provisioning.people.context import PeopleContext, administrators_among, not_owner
from provisioning.people.decision import (
    FIRST_LOOK,
    Verdict,
    about_to_add,
    ambiguous,
    evaluate_with_pending,
    invited,
    kept_out,
    left,
    match_record,
)
from provisioning.people.eligibility import ADMINISTRATOR
from provisioning.people.matching import accounts_for
from provisioning.people.merge_events import merge

log = logging.getLogger(__name__)


async def handle_event(event: HireEvent, *, context: PeopleContext) -> None:
    """Act on one event.

    Raises:
        Waiting: The account or the tenant is not ready yet.
        Retry: Graph or storage is unwell.
    """
    if event.unverified and event.kind.ends:
        await handle_unverified_end(event, context=context)
        return
    holder = f"event {event.event_id}"
    async with context.sweep_state.leases.hold(employee_key(event.employee_id), holder=holder):
        known = await context.ledger.hire_record(event.employee_id)
        announcement = merge(known, event)
        if announcement is not known:
            # The sweep comes back to it, should this message be lost half-way.
            announcement = replace(announcement, next_try=context.now() + FIRST_LOOK)
            announcement = await context.ledger.save(announcement)
            log.info("announced: source=%s event=%s kind=%s", event.source, event.event_id, event.kind)
        # Also where the event says nothing new: it comes again because its first run died half-way.
        await process(announcement, context=context)


async def process(announcement: HireRecord, *, context: PeopleContext) -> None:
    """Do what follows from an announcement as it stands."""
    if announcement.kind.ends:
        await withdraw(announcement, context=context)
        return
    accounts = await accounts_of(announcement, context=context)
    await match(announcement, accounts, context=context)


async def accounts_of(announcement: HireRecord, *, context: PeopleContext) -> list[Account]:
    """The accounts that fit one announcement."""
    return (await accounts_for([announcement], context=context))[announcement.employee_id.casefold()]


async def match(announcement: HireRecord, accounts: list[Account], *, context: PeopleContext) -> None:
    """Tie an announcement to its account, and invite its owner if it is time."""
    if len(accounts) == 1:
        await decide_account(accounts[0], announced=announcement, context=context)
    outcome = match_record(announcement, accounts, now=context.now())
    if len(accounts) > 1:
        log.warning("parked: event=%s reason=several accounts", announcement.event_id)
    elif not accounts:
        log.info("no account yet: event=%s tries=%d", announcement.event_id, outcome.tries)
    if outcome != announcement:
        await context.ledger.save(outcome)


async def decide_account(account: Account, *, announced: HireRecord | None, context: PeopleContext) -> Person:
    """Decide where this account stands now, act on it, and write it down."""
    known = await context.ledger.person(account.object_id)
    verdict = evaluate_with_pending(account, known=known, announced=announced, rules=await context.rules())
    if verdict.invite and await administrators_among([account.object_id], context=context):
        verdict = Verdict(kept_out(verdict.person, ADMINISTRATOR))
    if verdict.invite:
        return await invite_account(verdict.person, known=known, context=context)
    if verdict.remove:
        await remove_member(context.graph, await context.group_id(), account.object_id)
    if verdict.person != known:
        await context.ledger.save(verdict.person)
        log.info("person: object=%s state=%s", account.object_id, verdict.person.state)
    return verdict.person


async def invite_account(person: Person, *, known: Person | None, context: PeopleContext) -> Person:
    """Put somebody into the group, with a row that says so before and after."""
    group_id = await context.group_id()
    tried = known is not None and known.add_pending
    person = await context.ledger.save(about_to_add(person))
    added = await add_account(person, group_id=group_id, context=context)
    person = await context.ledger.save(invited(person, added=added, tried=tried, now=context.now()))
    log.info("person: object=%s state=%s", person.object_id, person.state)
    return person


async def add_account(person: Person, *, group_id: str, context: PeopleContext) -> bool:
    """Put one person into the group.

    Raises:
        Waiting: The account was found but cannot be added yet, which is replication (pulumi-azuread#2014).
        Misconfigured: We are not the group's owner.
    """
    try:
        return await add_member(context.graph, group_id, person.object_id)
    except GraphError as error:
        if error.status == 404 and person.object_id.casefold() in error.text.casefold():
            raise NotReady(f"account {person.object_id} to be known everywhere", after=30) from error
        if error.status == 403:
            raise not_owner(group_id) from error
        raise


async def withdraw(announcement: HireRecord, *, context: PeopleContext) -> None:
    """Take a person out again who is not coming: only out of the group, only if we put them there."""
    ended = replace(announcement, state=EnrollmentState.LEFT, reason=None, remedy=None, next_try=None)
    if announcement.object_id is None:
        # Never announced to us before, but the sweep may have found the account.
        accounts = await accounts_of(announcement, context=context)
        if len(accounts) > 1:
            ended = ambiguous(announcement, accounts, now=context.now())
        elif accounts:
            ended = replace(ended, object_id=accounts[0].object_id)
    if ended.object_id is not None:
        await take_out(ended.object_id, context=context)
    if ended != announcement:
        await context.ledger.save(ended)


async def take_out(object_id: str, *, context: PeopleContext) -> None:
    """Remove a person from the group if we added them, or may be about to.

    A row is written even of somebody whom the ledger does not know, so that a sweep that is about to invite them meets
    it. While one may be adding them, the last word is not spoken: `decide` says it when they are looked at again.
    """
    person = await context.ledger.person(object_id)
    if person is not None and person.state is EnrollmentState.LEFT:
        return
    gone = left(person or Person(object_id, EnrollmentState.LEFT))
    if person is not None and (person.added_by_product or person.add_pending):
        await remove_member(context.graph, await context.group_id(), object_id)
        if person.add_pending:
            gone = replace(gone, add_pending=True, next_try=context.now() + FIRST_LOOK)
    await context.ledger.save(gone)
    log.info("person: object=%s state=%s", object_id, EnrollmentState.LEFT)


async def handle_unverified_end(event: HireEvent, *, context: PeopleContext) -> None:
    """An end that nobody proved is believed as far as Entra bears it out: the account is disabled or gone."""
    announcement = await context.ledger.hire_record(event.employee_id)
    accounts = await accounts_of(announcement or merge(None, event), context=context)
    object_id = announcement.object_id if announcement else None
    if object_id is None and len(accounts) == 1:
        object_id = accounts[0].object_id
    if object_id is None:
        return
    found = [account async for account in find_by_object_ids(context.graph, [object_id])]
    if any(account.enabled for account in found):
        log.info("unverified end not borne out: source=%s event=%s", event.source, event.event_id)
        return
    await take_out(object_id, context=context)
