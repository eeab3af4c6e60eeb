"""A person is not coming: HR's word is carried out on the account that has the id now.

Ends that one HR system sends within an hour are capped: a stolen secret or a wrong export could take everybody out.
"""

from dataclasses import replace
from datetime import timedelta

from provisioning.graph.accounts import Account
from provisioning.graph.errors import GraphError
from provisioning.graph.members import remove_member
from provisioning.log import EventLog
from provisioning.model.ledger import EnrollmentState, HireRecord, Person
from provisioning.people.context import PeopleContext
from provisioning.people.group_refusals import raise_if_everybody_is_refused
from provisioning.people.hire_lookup import FIRST_LOOK, ambiguous
from provisioning.people.matching import accounts_for
from provisioning.people.person_changes import left, not_removed, removed

log = EventLog(__name__)

HELD = (
    "The HR system ended more people within an hour than HR_MAX_ENDS_PER_HOUR allows, so this person's end is on hold."
)
HELD_REMEDY = (
    "Ask HR whether that is right. Then release them (python -m provisioning sweep --allow N), or let them be "
    "processed hour by hour."
)


async def withdraw(record: HireRecord, *, context: PeopleContext, released: bool = False) -> bool:
    """Take a person out again who is not coming: only out of the group, only if we put them there.

    Args:
        record: HR's word, an end.
        context: What the people role works with.
        released: Whether an admin let the cap be passed.

    Returns:
        False if the end has to wait because of the cap.
    """
    ended = replace(record, state=EnrollmentState.LEFT, reason=None, remedy=None, next_try=None)
    accounts = (await accounts_for([record], context=context))[record.employee_id.casefold()]
    account = the_one(accounts, record)
    if account is None and accounts:
        ended = ambiguous(record, accounts, now=context.now())
    elif account is not None:
        ended = replace(ended, object_id=account.object_id)
        if not (released or await may_end(account.object_id, record, context=context)):
            await context.save(held(record, context))
            log.warning("end_held", source=record.source, hr_event=record.event_id)
            return False
        await take_out(account.object_id, context=context)
    if ended != record:
        await context.save(ended)
    return True


def the_one(accounts: list[Account], record: HireRecord) -> Account | None:
    """Return the account that an end is about: the only one, or of several the one that was matched before."""
    if len(accounts) == 1:
        return accounts[0]
    return next((account for account in accounts if account.object_id == record.object_id), None)


def held(record: HireRecord, context: PeopleContext) -> HireRecord:
    """Return the row of an end that waits."""
    return replace(
        record,
        state=EnrollmentState.PARKED,
        reason=HELD,
        remedy=HELD_REMEDY,
        next_try=context.now() + timedelta(hours=1),
    )


async def may_end(object_id: str, record: HireRecord, *, context: PeopleContext) -> bool:
    """Return whether this source may end one more membership within this hour; only removals are counted."""
    person = await context.ledger.person(object_id)
    if person is None or not (person.added_by_product or person.add_pending):
        return True
    most = context.settings.max_ends_per_hour
    context.check_lease()
    return await context.sweep_state.count_end(record.source, most=most)


async def take_out(object_id: str, *, context: PeopleContext) -> None:
    """Remove a person from the group if we added them, or may be about to.

    A row is written even of a person the ledger does not know, so that a sweep that is about to invite them meets
    it. While a run may be adding them, the last word is not spoken: `evaluate_with_pending` says it when they are
    looked at again.
    """
    person = await context.ledger.person(object_id)
    ours = person is not None and (person.added_by_product or person.add_pending)
    if person is not None and person.state is EnrollmentState.LEFT and not ours:
        return
    gone = left(person or Person(object_id, EnrollmentState.LEFT))
    if person is not None and ours:
        if person.add_pending:
            gone = replace(gone, add_pending=True, next_try=context.now() + FIRST_LOOK)
        gone = await after_removal(gone, known=person, context=context)
    await context.save(gone)
    log.info("person", object=object_id, state=EnrollmentState.LEFT)


async def after_removal(person: Person, *, known: Person | None, context: PeopleContext) -> Person:
    """Take one person out of the group, and return the row that follows from Graph's answer.

    Args:
        person: The row as it was decided.
        known: The row before.
        context: What the people role works with.

    Raises:
        Rejected: The group is protected, or is not ours.
    """
    try:
        was_in = await remove_one(person.object_id, context=context)
    except GraphError as error:
        log.error("not_removed", object=person.object_id, status=error.status)
        return not_removed(person, known=known, text=error.text, now=context.now())
    return removed(person, was_in=was_in, known=known, now=context.now())


async def remove_one(object_id: str, *, context: PeopleContext) -> bool:
    """Remove one person from the group; True if they were in it.

    Raises:
        Rejected: The group is protected, or is not ours.
        GraphError: Graph refuses this person.
    """
    group_id = await context.group_id()
    context.check_lease()
    try:
        return await remove_member(context.graph, group_id, object_id)
    except GraphError as error:
        await raise_if_everybody_is_refused(error, group_id=group_id, graph=context.graph, object_id=object_id)
        raise
