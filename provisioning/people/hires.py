"""Queue `hires`: keep what HR said, find the account, invite its owner when the time has come.

Everything is decided from state, so a delivery that comes twice, late or out of order changes nothing it should not.
What has to wait is a row with a time, not a message: the sweep looks at it then.
"""

from dataclasses import replace

from provisioning.errors import NotReady, TransientError
from provisioning.graph.accounts import Account, find_by_object_ids
from provisioning.graph.errors import GraphError, PermissionDenied
from provisioning.graph.members import add_member
from provisioning.log import EventLog
from provisioning.model.hires import HireEvent
from provisioning.model.ledger import EnrollmentState, HireRecord, Person, employee_key
from provisioning.model.private_address import with_timely_address
from provisioning.people.context import PeopleContext, administrators_among
from provisioning.people.decision import Action, Verdict, evaluate_with_pending
from provisioning.people.eligibility import ADMINISTRATOR
from provisioning.people.group_refusals import raise_if_everybody_is_refused
from provisioning.people.hire_lookup import FIRST_LOOK, match_record, not_looked_up
from provisioning.people.matching import accounts_for
from provisioning.people.merge_events import merge
from provisioning.people.person_changes import about_to_add, invited, kept_out, not_added
from provisioning.people.private_addresses import with_known_zone
from provisioning.people.withdrawals import after_removal, take_out, withdraw

log = EventLog(__name__)


async def handle_event(event: HireEvent, *, context: PeopleContext) -> None:
    """Act on one event.

    Raises:
        NotReady: The account or the tenant is not ready yet, or another event of the person is being worked on.
        TransientError: Graph or storage is unwell.
    """
    if event.unverified and event.kind.ends:
        await handle_unverified_end(event, context=context)
        return
    holder = f"event {event.event_id}"
    async with context.sweep_state.leases.hold(employee_key(event.employee_id), holder=holder) as lease:
        context = replace(context, lease=lease)
        known = await context.ledger.hire_record(event.employee_id)
        record = merge(known, with_known_zone(event))
        if record is not known:
            record = with_timely_address(record, now=context.now())
            # The sweep comes back to it, should this message be lost half-way.
            record = replace(record, next_try=context.now() + FIRST_LOOK)
            record = await context.save(record)
            log.info("announced", source=event.source, hr_event=event.event_id, kind=event.kind)
        # Also where the event says nothing new: it comes again because its first run died half-way.
        await process(record, context=context)


async def process(record: HireRecord, *, context: PeopleContext) -> None:
    """Do what follows from a hire record as it stands."""
    if record.kind.ends:
        await withdraw(record, context=context)
        return
    try:
        accounts = await accounts_of(record, context=context)
    except (TransientError, PermissionDenied) as error:
        await context.save(not_looked_up(record, why=reason_of(error), now=context.now()))
        raise
    await match(record, accounts, context=context)


def reason_of(error: TransientError | PermissionDenied) -> str:
    """Return why Graph did not tell, without Graph's own text, which may hold a name."""
    if isinstance(error, PermissionDenied):
        return f"Microsoft Graph answers {error.status} {error.code}."
    return str(error).replace("Microsoft Graph answered", "Microsoft Graph answers")


async def accounts_of(record: HireRecord, *, context: PeopleContext) -> list[Account]:
    """Return the accounts that fit one hire record."""
    return (await accounts_for([record], context=context))[record.employee_id.casefold()]


async def match(record: HireRecord, accounts: list[Account], *, context: PeopleContext) -> None:
    """Tie a hire record to its account, and invite its owner if it is time."""
    if len(accounts) == 1:
        await decide_account(accounts[0], announced=record, context=context)
    outcome = match_record(record, accounts, now=context.now())
    if len(accounts) > 1:
        log.warning("parked", hr_event=record.event_id, reason="several accounts")
    elif not accounts:
        log.info("no_account_yet", hr_event=record.event_id, tries=outcome.tries)
    if outcome != record:
        await context.save(outcome)


async def decide_account(account: Account, *, announced: HireRecord | None, context: PeopleContext) -> Person:
    """Decide where this account stands now, act on it, and write it down."""
    known = await context.ledger.person(account.object_id)
    verdict = evaluate_with_pending(account, known=known, announced=announced, rules=await context.rules())
    if verdict.action is Action.INVITE and await administrators_among([account.object_id], context=context):
        verdict = Verdict(kept_out(verdict.person, ADMINISTRATOR))
    if verdict.action is Action.INVITE:
        return await invite_account(verdict.person, account, known=known, context=context)
    person = verdict.person
    if verdict.action is Action.REMOVE:
        person = await after_removal(person, known=known, context=context)
    if person != known:
        await context.save(person)
        log.info("person", object=account.object_id, state=person.state)
    return person


async def invite_account(person: Person, account: Account, *, known: Person | None, context: PeopleContext) -> Person:
    """Put a person into the group, with a row that says so before and after."""
    group_id = await context.group_id()
    tried = known is not None and known.add_pending
    person = await context.save(about_to_add(person))
    try:
        added = await add_account(person, group_id=group_id, context=context)
    except GraphError as error:
        return await keep_refusal(person, account, error, context=context)
    person = await context.save(invited(person, added=added, tried=tried, now=context.now()))
    log.info("person", object=person.object_id, state=person.state)
    return person


async def add_account(person: Person, *, group_id: str, context: PeopleContext) -> bool:
    """Put one person into the group.

    Raises:
        GraphError: Graph refuses this person.
        Rejected: Graph refuses everybody: the group is protected, or is not ours.
    """
    context.check_lease()
    try:
        return await add_member(context.graph, group_id, person.object_id)
    except GraphError as error:
        await raise_if_everybody_is_refused(error, group_id=group_id, graph=context.graph, object_id=person.object_id)
        raise


async def keep_refusal(person: Person, account: Account, error: GraphError, *, context: PeopleContext) -> Person:
    """Write down that Graph would not add this person.

    Raises:
        NotReady: The account was made moments ago and is not known everywhere (pulumi-azuread#2014).
    """
    text = None if error.status == 404 else error.text
    outcome = not_added(person, account, text=text, now=context.now())
    log.warning("not_added", object=person.object_id, status=error.status, tries=outcome.tries)
    await context.save(outcome)
    if outcome.state is not EnrollmentState.PARKED and outcome.tries == 0:
        raise NotReady(f"account {person.object_id} to be visible everywhere in Entra", after=30) from error
    return outcome


async def handle_unverified_end(event: HireEvent, *, context: PeopleContext) -> None:
    """Believe an unproved end only as far as Entra bears it out: the account is disabled or gone."""
    record = await context.ledger.hire_record(event.employee_id)
    accounts = await accounts_of(record or merge(None, event), context=context)
    object_id = accounts[0].object_id if len(accounts) == 1 else None
    if not accounts and record is not None and record.object_id is not None:
        claimed = [item async for item in find_by_object_ids(context.graph, [record.object_id])]
        object_id = None if claimed else record.object_id
    if object_id is None:
        return
    if any(account.enabled for account in accounts):
        log.info("unverified_end_ignored", source=event.source, hr_event=event.event_id)
        return
    await take_out(object_id, context=context)
