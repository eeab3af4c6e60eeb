"""The writing half of a sweep: what was decided, done and written down. It can stop anywhere and is done again."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from provisioning.concurrency import each
from provisioning.errors import Conflict
from provisioning.graph.bulk_members import Additions, add_members
from provisioning.graph.errors import GraphError
from provisioning.graph.members import Removals, remove_member, remove_members
from provisioning.log import EventLog
from provisioning.model.ledger import EnrollmentState, HireRecord, Person
from provisioning.people.context import PeopleContext
from provisioning.people.group_refusals import find_protection, raise_if_everybody_is_refused
from provisioning.people.person_changes import about_to_add, invited, not_added, not_removed, removed
from provisioning.people.sweep.candidates import Candidates
from provisioning.people.withdrawals import withdraw

log = EventLog(__name__)


@dataclass(frozen=True)
class SweepPlan:
    """What a run is about to do.

    Attributes:
        invite: The people to add to the group, by object id.
        remove: The people to take out of it, by object id.
        write: Rows of people who only change in the ledger.
        hire_records: Rows of hire records that change.
        held: Ends that have to wait because of their cap; known once the plan was carried out.
    """

    invite: dict[str, Person] = field(default_factory=dict)
    remove: dict[str, Person] = field(default_factory=dict)
    write: list[Person] = field(default_factory=list)
    hire_records: list[HireRecord] = field(default_factory=list)
    held: list[HireRecord] = field(default_factory=list)


async def apply_plan(
    plan: SweepPlan, candidates: Candidates, *, group_id: str, context: PeopleContext, released: int = 0
) -> tuple[Additions, Removals]:
    """Write: what is about to be done, the group, the ledger; then what led here is forgotten.

    Args:
        plan: What was decided.
        candidates: From what.
        group_id: The enrollment group.
        context: What the people role works with.
        released: How many ends an admin lets pass their cap.

    Returns:
        What became of the people who were to be added, and of those who were to be removed.
    """

    async def keep(row: Person | HireRecord) -> None:
        await keep_row(row, context)

    added = await invite_people(plan, candidates, group_id=group_id, context=context)
    removals = await remove_people(plan, group_id=group_id, context=context)
    removed_rows = rows_after(removals, plan, candidates, now=context.now())
    rows: list[Person | HireRecord] = [*removed_rows, *plan.write, *plan.hire_records]
    await each(rows, keep)
    for place, record in enumerate([*candidates.ended, *await ended_meanwhile(plan, context)]):
        if not await withdraw_quietly(record, context, released=place < released):
            plan.held.append(record)
    context.check_lease()
    await each(candidates.due, context.sweep_state.done)
    return added, removals


async def invite_people(plan: SweepPlan, candidates: Candidates, *, group_id: str, context: PeopleContext) -> Additions:
    """Put people into the group; who could not be added is looked at again."""
    if not plan.invite:
        return Additions()
    now = context.now()
    rows = await each(plan.invite.values(), lambda person: mark_pending(person, context))
    wanted = [row.object_id for row in rows if row is not None]
    try:
        added = await add_members(context.graph, group_id, wanted, before_each=context.check_lease)
    except GraphError as error:
        await raise_if_everybody_is_refused(error, group_id=group_id, graph=context.graph)
        raise
    if not (added.added or added.already):
        await raise_if_protected(added.refused, group_id=group_id, context=context)
    new, members = set(added.added), {*added.added, *added.already}

    async def conclude(row: Person | None) -> None:
        if row is None:
            return
        known = candidates.people.get(row.object_id)
        tried = known is not None and known.add_pending
        if row.object_id in members:
            row = invited(row, added=row.object_id in new, tried=tried, now=now)
        else:
            account = candidates.accounts.get(row.object_id)
            row = not_added(row, account, text=added.refused.get(row.object_id), now=now)
        await keep_row(row, context)

    await each(rows, conclude)
    return added


async def raise_if_protected(refused: Mapping[str, str], *, group_id: str, context: PeopleContext) -> None:
    """Raise what keeps the group from being changed, where everybody was refused because of it.

    Args:
        refused: Graph's sentence for each person.
        group_id: The enrollment group.
        context: What the people role works with.

    Raises:
        Rejected: The group is protected.
    """
    for text in list(refused.values())[:1]:
        protected = await find_protection(text, group_id=group_id, graph=context.graph)
        if protected is not None:
            raise protected


async def remove_people(plan: SweepPlan, *, group_id: str, context: PeopleContext) -> Removals:
    """Take people out of the group."""
    if not plan.remove:
        return Removals()
    try:
        removals = await remove_members(context.graph, group_id, plan.remove, before_each=context.check_lease)
    except GraphError as error:
        await raise_if_everybody_is_refused(error, group_id=group_id, graph=context.graph)
        raise
    if not (removals.removed or removals.absent):
        await raise_if_protected(removals.refused, group_id=group_id, context=context)
    return removals


def rows_after(removals: Removals, plan: SweepPlan, candidates: Candidates, *, now: datetime) -> list[Person]:
    """Return the rows of the people who were to be removed; who could not be is looked at again."""
    people = candidates.people
    rows = [
        removed(plan.remove[object_id], was_in=was_in, known=people.get(object_id), now=now)
        for object_ids, was_in in ((removals.removed, True), (removals.absent, False))
        for object_id in object_ids
    ]
    for object_id, text in removals.refused.items():
        log.error("not_removed", object=object_id)
        rows.append(not_removed(plan.remove[object_id], known=people.get(object_id), text=text, now=now))
    return rows


async def mark_pending(person: Person, context: PeopleContext) -> Person | None:
    """Return the row of a person who is added next, or None where a webhook is at work on the same person."""
    try:
        return await context.save(about_to_add(person))
    except Conflict:
        log.info("left_to_another", object=person.object_id)
        return None


async def ended_meanwhile(plan: SweepPlan, context: PeopleContext) -> list[HireRecord]:
    """Return the people this run invited although HR has called them off since it read the hire records."""
    names = {name for person in plan.invite.values() for name in (person.employee_id, person.announced_as) if name}
    rows = await context.ledger.hire_records(names)
    return [row for row in rows.values() if row.kind.ends]


async def withdraw_quietly(record: HireRecord, context: PeopleContext, *, released: bool) -> bool:
    """Carry out an end whose message was lost before it was worked on; False if it has to wait because of its cap."""
    try:
        return await withdraw(record, context=context, released=released)
    except Conflict:
        log.info("withdrawn_by_another_worker", hr_event=record.event_id)
        return True


async def keep_row(row: Person | HireRecord, context: PeopleContext) -> None:
    """Save a row, unless another worker has just done so: theirs is at least as new.

    That the person is in the group must be kept even then, since the page's own check may not have known it.
    """
    try:
        await context.save(row)
    except Conflict:
        log.info("written_by_another", row=row.object_id)
        if isinstance(row, Person) and row.invited_at is not None and not row.removal_refused:
            await remember_invitation(row, context)


async def remember_invitation(row: Person, context: PeopleContext) -> None:
    """Add to another worker's row that the person is in the group; if it decided otherwise, take the person out."""
    fresh = await context.ledger.person(row.object_id)
    if fresh is None or fresh.invited_at is not None:
        return
    if fresh.state is EnrollmentState.LEFT or not fresh.add_pending or fresh.next_try is not None:
        group_id = await context.group_id()
        context.check_lease()
        await remove_member(context.graph, group_id, row.object_id)
        return
    kept = invited(fresh, added=row.added_by_product, tried=False, now=row.invited_at or context.now())
    await context.save(replace(kept, reason=None, remedy=None))
