"""The timer: whoever should be in the group by now and is not, gets in. Its cost follows what changed.

It catches what no webhook announced, what a webhook announced before there was an account, and first days that came
nearer. Everything is read and decided before the first write, so that a brake can stop a run that would invite too
many: an HR import or a clock gone wrong looks just like that. Where the next run goes on is kept last; a run that dies
is simply done again.
"""

import logging
from dataclasses import dataclass, field, replace
from datetime import timedelta

from provisioning.concurrency import each
from provisioning.errors import Conflict, Refused, Waiting
from provisioning.graph.bulk_members import Additions, add_members
from provisioning.graph.errors import GraphError
from provisioning.people.candidates import Candidates, gather, read_changes
from provisioning.people.decision import (
    DELETED,
    FIRST_LOOK,
    Verdict,
    about_to_add,
    decide,
    invited,
    left,
    matched,
    not_found,
    several,
)
from provisioning.people.enrol import withdraw
from provisioning.people.enrolment import Enrolment, not_owner
from provisioning.people.reconcile import reconcile
from provisioning.store.people import Announcement, Person, State
from provisioning.store.schedule import Cursor

log = logging.getLogger(__name__)

SMALL_TENANT = 50  # invitations in one run that no percentage stops
GRACE = 120.0  # seconds a run may go on with after its time, before somebody else may take its place

Outcome = dict[str, int | str]


@dataclass(frozen=True)
class Plan:
    """What a run is about to do, by object id and by employee id in one case."""

    invite: dict[str, Person] = field(default_factory=dict)
    write: list[Person] = field(default_factory=list)
    announcements: list[Announcement] = field(default_factory=list)


async def sweep(enrolment: Enrolment) -> Outcome:
    """Run once and note the heartbeat.

    Returns:
        Counts; `outcome` says done, unfinished (its time was over; the next run goes on), braked, busy or not set up.

    Raises:
        Retry: Graph or storage is unwell; the next run starts again where this one did.
    """
    try:
        group_id = await enrolment.group_id()
    except Waiting as error:
        log.warning("sweep: %s", error)
        return await beat({"outcome": "not set up"}, enrolment)
    seconds = enrolment.settings.sweep_seconds + GRACE
    try:
        async with enrolment.schedule.leases.hold("sweep", holder=f"sweep {enrolment.new_id()}", seconds=seconds):
            return await beat(await run(enrolment, group_id), enrolment)
    except Waiting as error:
        log.info("sweep: %s", error)
        return {"outcome": "busy"}  # the other run has a heartbeat of its own
    except Refused as error:
        log.error("sweep stopped: %s", error)
        return await beat({"outcome": "braked", "reason": error.reason, "remedy": error.remedy}, enrolment)


async def beat(outcome: Outcome, enrolment: Enrolment) -> Outcome:
    """Note that a sweep ran, and return what it did."""
    await enrolment.people.heartbeat(outcome, at=enrolment.now())
    return outcome


async def run(enrolment: Enrolment, group_id: str) -> Outcome:
    """One pass over what changed, what has ripened and, once a day, over everybody."""
    until = enrolment.now() + timedelta(seconds=enrolment.settings.sweep_seconds)

    def out_of_time() -> bool:
        return enrolment.now() >= until

    changes = await read_changes(await enrolment.schedule.cursor(), enrolment=enrolment, out_of_time=out_of_time)
    candidates = await gather(changes, enrolment=enrolment)
    plan = await make_plan(candidates, enrolment)
    brake(len(plan.invite), changes.cursor, enrolment)
    added = await carry_out(plan, candidates, group_id=group_id, enrolment=enrolment)
    await enrolment.schedule.move(changes.cursor)
    finished = changes.cursor.full_since is None
    outcome: Outcome = {
        "outcome": "done" if finished else "unfinished",
        "candidates": len(candidates.accounts),
        "added": len(added.added),
        "already": len(added.already),
        "missing": len(added.missing),
        "refused": len(added.refused),
        "waiting": sum(person.state is State.WAITING for person in plan.write),
        "excluded": sum(person.state is State.PARKED for person in plan.write),
        "due": len(candidates.due),
    }
    if finished and not out_of_time():
        outcome |= await reconcile(changes.cursor, enrolment=enrolment, group_id=group_id)
    log.info("sweep: %s", " ".join(f"{name}={value}" for name, value in outcome.items()))
    return outcome


async def make_plan(candidates: Candidates, enrolment: Enrolment) -> Plan:
    """Decide about everybody. Reads the administrators, if there is anybody, and writes nothing."""
    now = enrolment.now()
    admins = await enrolment.administrators.ids() if candidates.accounts else frozenset()
    plan = Plan()
    for account in candidates.accounts.values():
        if candidates.disputed(account):
            continue
        known = candidates.people.get(account.object_id)
        verdict = decide(
            account,
            known=known,
            announced=candidates.announcement_of(account),
            administrators=admins,
            now=now,
            settings=enrolment.settings,
        )
        take(plan, verdict, known=known)
    plan.write.extend(left(person, reason=DELETED) for person in candidates.vanished)
    for announcement, accounts in candidates.announced.values():
        if announcement.kind.ends:
            continue
        if len(accounts) == 1:
            outcome = matched(announcement, accounts[0])
        elif accounts:
            outcome = several(announcement, accounts, now=now)
        else:
            outcome = not_found(announcement, now=now)
        if outcome != announcement:
            plan.announcements.append(outcome)
    return plan


def take(plan: Plan, verdict: Verdict, *, known: Person | None) -> None:
    """Add a verdict to the plan; one that changes nothing is none."""
    if verdict.invite:
        plan.invite[verdict.person.object_id] = verdict.person
    elif verdict.person != known:
        plan.write.append(verdict.person)


def brake(invitations: int, cursor: Cursor, enrolment: Enrolment) -> None:
    """Stop before the first write if the run is out of proportion.

    Raises:
        Refused: It is, in number or in share of all accounts.
    """
    settings = enrolment.settings
    if invitations > settings.max_additions:
        raise Refused(
            f"This run would invite {invitations} people, more than the {settings.max_additions} that "
            "SWEEP_MAX_ADDITIONS allows.",
            remedy="Look at who is new in Entra; if the number is right, raise the setting for one run.",
        )
    population = max(cursor.population, cursor.counted)
    share = max(SMALL_TENANT, population * settings.max_percent // 100)
    if invitations > share:
        raise Refused(
            f"This run would invite {invitations} of {population} people, more than the {settings.max_percent} % that "
            "SWEEP_MAX_PERCENT allows.",
            remedy="Look at who is new in Entra; if the number is right, raise the setting for one run.",
        )


async def carry_out(plan: Plan, candidates: Candidates, *, group_id: str, enrolment: Enrolment) -> Additions:
    """Write: what is about to be done, the group, the ledger; then what led here is forgotten."""

    async def keep(row: Person | Announcement) -> None:
        await keep_row(row, enrolment)

    added = await invite(plan, candidates, group_id=group_id, enrolment=enrolment)
    rows: list[Person | Announcement] = [*plan.write, *plan.announcements]
    await each(rows, keep)
    for announcement in candidates.ended:
        await end(announcement, enrolment)
    await each(candidates.due, enrolment.schedule.done)
    return added


async def invite(plan: Plan, candidates: Candidates, *, group_id: str, enrolment: Enrolment) -> Additions:
    """Put people into the group; who could not be added is looked at again."""
    if not plan.invite:
        return Additions()
    now = enrolment.now()
    rows = await each(plan.invite.values(), lambda person: about_to(person, enrolment))
    wanted = [row.object_id for row in rows if row is not None]
    try:
        added = await add_members(enrolment.graph, group_id, wanted)
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
        await keep_row(row, enrolment)

    await each(rows, conclude)
    return added


async def about_to(person: Person, enrolment: Enrolment) -> Person | None:
    """The row of somebody who is added next, or None where a webhook is at work on the same person."""
    try:
        return await enrolment.people.save(about_to_add(person))
    except Conflict:
        log.info("left to somebody else: object=%s", person.object_id)
        return None


async def end(announcement: Announcement, enrolment: Enrolment) -> None:
    """Somebody is not coming whose message was lost before it was worked on."""
    try:
        await withdraw(announcement, enrolment=enrolment)
    except Conflict:
        log.info("withdrawn by somebody else: event=%s", announcement.event_id)


async def keep_row(row: Person | Announcement, enrolment: Enrolment) -> None:
    """Write a row down, unless somebody else has just done so: theirs is at least as new.

    But that somebody is in the group must be in it, and the page's own check may not have known.
    """
    try:
        await enrolment.people.save(row)
    except Conflict:
        log.info("written by somebody else: row=%s", row.object_id)
        if isinstance(row, Person) and row.invited_at is not None:
            await remember_invitation(row, enrolment)


async def remember_invitation(row: Person, enrolment: Enrolment) -> None:
    """Add to somebody else's row that the person is in the group."""
    fresh = await enrolment.people.person(row.object_id)
    if fresh is None or fresh.invited_at is not None or fresh.state is State.LEFT:
        return
    state = State.REGISTERED if fresh.registered_at else State.INVITED
    kept = replace(fresh, state=state, invited_at=row.invited_at, added_by_us=row.added_by_us, adding=False)
    await enrolment.people.save(replace(kept, reason=None, remedy=None, next_try=None))
