"""The writing half of a sweep: what was decided, done and written down. It can stop anywhere and is done again."""

import logging
from dataclasses import dataclass, field, replace

from provisioning.concurrency import each
from provisioning.errors import Conflict
from provisioning.graph.bulk_members import Additions, add_members
from provisioning.graph.errors import GraphError
from provisioning.graph.members import remove_member, remove_members
from provisioning.people.context import Enrollment, not_owner
from provisioning.people.decision import FIRST_LOOK, about_to_add, invited
from provisioning.people.hires import withdraw
from provisioning.people.sweep.candidates import Candidates
from provisioning.store.ledger import Announcement, Person, State

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Plan:
    """What a run is about to do, by object id and by employee id in one case."""

    invite: dict[str, Person] = field(default_factory=dict)
    remove: dict[str, Person] = field(default_factory=dict)
    write: list[Person] = field(default_factory=list)
    announcements: list[Announcement] = field(default_factory=list)


async def carry_out(plan: Plan, candidates: Candidates, *, group_id: str, enrollment: Enrollment) -> Additions:
    """Write: what is about to be done, the group, the ledger; then what led here is forgotten."""

    async def keep(row: Person | Announcement) -> None:
        await keep_row(row, enrollment)

    added = await invite(plan, candidates, group_id=group_id, enrollment=enrollment)
    removed = await remove(plan, group_id=group_id, enrollment=enrollment)
    rows: list[Person | Announcement] = [*removed, *plan.write, *plan.announcements]
    await each(rows, keep)
    for announcement in [*candidates.ended, *await ended_meanwhile(plan, enrollment)]:
        await end(announcement, enrollment)
    await each(candidates.due, enrollment.schedule.done)
    return added


async def invite(plan: Plan, candidates: Candidates, *, group_id: str, enrollment: Enrollment) -> Additions:
    """Put people into the group; who could not be added is looked at again."""
    if not plan.invite:
        return Additions()
    now = enrollment.now()
    rows = await each(plan.invite.values(), lambda person: about_to(person, enrollment))
    wanted = [row.object_id for row in rows if row is not None]
    try:
        added = await add_members(enrollment.graph, group_id, wanted)
    except GraphError as error:
        if error.status == 403:
            raise not_owner(group_id) from error
        raise
    new, members = set(added.added), {*added.added, *added.already}

    async def conclude(row: Person | None) -> None:
        if row is None:
            return
        known = candidates.people.get(row.object_id)
        tried = known is not None and known.adding
        if row.object_id in members:
            row = invited(row, added=row.object_id in new, tried=tried, now=now)
        else:
            row = replace(row, reason=added.refused.get(row.object_id), next_try=now + FIRST_LOOK)
        await keep_row(row, enrollment)

    await each(rows, conclude)
    return added


async def remove(plan: Plan, *, group_id: str, enrollment: Enrollment) -> list[Person]:
    """Take people out of the group; returns the rows of those who are out."""
    if not plan.remove:
        return []
    removed = await remove_members(enrollment.graph, group_id, plan.remove)
    return [plan.remove[object_id] for object_id in (*removed.removed, *removed.absent)]


async def about_to(person: Person, enrollment: Enrollment) -> Person | None:
    """The row of somebody who is added next, or None where a webhook is at work on the same person."""
    try:
        return await enrollment.people.save(about_to_add(person))
    except Conflict:
        log.info("left to somebody else: object=%s", person.object_id)
        return None


async def ended_meanwhile(plan: Plan, enrollment: Enrollment) -> list[Announcement]:
    """Who was invited by this run and called off by HR since it read what HR had said."""
    names = {name for person in plan.invite.values() for name in (person.employee_id, person.announced_as) if name}
    rows = await enrollment.people.announcements(names)
    return [row for row in rows.values() if row.kind.ends]


async def end(announcement: Announcement, enrollment: Enrollment) -> None:
    """Somebody is not coming whose message was lost before it was worked on."""
    try:
        await withdraw(announcement, enrollment=enrollment)
    except Conflict:
        log.info("withdrawn by somebody else: event=%s", announcement.event_id)


async def keep_row(row: Person | Announcement, enrollment: Enrollment) -> None:
    """Write a row down, unless somebody else has just done so: theirs is at least as new.

    But that somebody is in the group must be in it, and the page's own check may not have known.
    """
    try:
        await enrollment.people.save(row)
    except Conflict:
        log.info("written by somebody else: row=%s", row.object_id)
        if isinstance(row, Person) and row.invited_at is not None:
            await remember_invitation(row, enrollment)


async def remember_invitation(row: Person, enrollment: Enrollment) -> None:
    """Add to somebody else's row that the person is in the group; if they decided otherwise, take the person out."""
    fresh = await enrollment.people.person(row.object_id)
    if fresh is None or fresh.invited_at is not None:
        return
    if fresh.state is State.LEFT or not fresh.adding or fresh.next_try is not None:
        await remove_member(enrollment.graph, await enrollment.group_id(), row.object_id)
        return
    kept = invited(fresh, added=row.added_by_us, tried=False, now=row.invited_at or enrollment.now())
    await enrollment.people.save(replace(kept, reason=None, remedy=None))
