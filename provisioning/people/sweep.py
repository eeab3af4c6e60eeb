"""The timer: whoever should be in the group by now and is not, gets in. Safe to run twice, and twice at once.

It catches what no webhook announced, what a webhook announced before there was an account, and first days that came
nearer. A brake stops a run that would invite too many: an HR import or a clock gone wrong looks just like that.
"""

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from provisioning.errors import Conflict, Refused, Waiting
from provisioning.graph.bulk_members import add_members
from provisioning.graph.members import member_ids
from provisioning.graph.people import Account, administrators, find_by_employee_id, find_by_object_ids, new_accounts
from provisioning.people.eligible import exclusion, window_opens
from provisioning.people.enrol import Enrolment, match, remember_addition
from provisioning.store.people import Announcement, Person, State

log = logging.getLogger(__name__)

LOOKUPS = 200  # announcements without an account looked up in one run; the others had their turn or will have it


@dataclass(frozen=True)
class Ledger:
    """What the ledger knew when the sweep began."""

    people: dict[str, Person]
    announced: dict[str, Announcement]


async def sweep(enrolment: Enrolment) -> dict[str, int | str]:
    """Run once and note the heartbeat.

    Returns:
        Counts: candidates, added, already, missing, refused, waiting, excluded, looked_up; `outcome` says done, braked
        or not set up.

    Raises:
        Retry: Graph or storage is unwell; the next run starts again.
    """
    try:
        group_id = await enrolment.group_id()
    except Waiting as error:
        outcome: dict[str, int | str] = {"outcome": "not set up"}
        log.warning("sweep: %s", error)
    else:
        try:
            outcome = await run(enrolment, group_id)
        except Refused as error:
            outcome = {"outcome": "braked"}
            log.error("sweep stopped: %s", error)
    await enrolment.people.heartbeat(outcome, at=enrolment.now())
    return outcome


async def run(enrolment: Enrolment, group_id: str) -> dict[str, int | str]:
    """One pass over new accounts and over announcements without an account."""
    ledger = await read_ledger(enrolment)
    admins = await administrators(enrolment.graph)
    candidates = await read_candidates(ledger, enrolment)
    members = await member_ids(enrolment.graph, group_id)
    due, waiting, excluded = choose(candidates, ledger, admins=admins, enrolment=enrolment)
    absent = [person for person in due if person.object_id not in members]
    room = brake(len(absent), enrolment)
    result = await add_members(enrolment.graph, group_id, [person.object_id for person in absent])
    added, gone = set(result.added), {*result.missing, *result.refused}
    now = enrolment.now()
    for person in due:
        if person.object_id not in gone:
            await invited(person, added=person.object_id in added, now=now, enrolment=enrolment)
    for person in waiting + excluded:
        if person != ledger.people.get(person.object_id):
            await keep(person, enrolment)
    looked_up = await look_up(ledger, admins=admins, most=min(LOOKUPS, room), enrolment=enrolment)
    counts: dict[str, int | str] = {
        "outcome": "done",
        "candidates": len(candidates),
        "added": len(added),
        "already": len(due) - len(added) - len(gone),
        "missing": len(result.missing),
        "refused": len(result.refused),
        "waiting": len(waiting),
        "excluded": len(excluded),
        "looked_up": looked_up,
    }
    log.info("sweep: %s", " ".join(f"{name}={value}" for name, value in counts.items()))
    return counts


async def read_ledger(enrolment: Enrolment) -> Ledger:
    """Everything the ledger holds."""
    people = {person.object_id: person async for person in enrolment.people.all_people()}
    announced = {row.employee_id.casefold(): row async for row in enrolment.people.all_announcements()}
    return Ledger(people, announced)


async def read_candidates(ledger: Ledger, enrolment: Enrolment) -> dict[str, Account]:
    """By object id: new accounts, those whose first day is near, and those that waited until today.

    The last are asked for by id, because an account may have been new when it was announced and not be any more.
    """
    now, settings = enrolment.now(), enrolment.settings
    pages = new_accounts(
        enrolment.graph,
        created_since=now - settings.recent,
        first_day_from=(now - settings.recent).date(),
        first_day_until=(now + settings.window + timedelta(days=1)).date(),
    )
    candidates = {account.object_id: account async for page in pages for account in page}
    ripe = [
        person.object_id
        for person in ledger.people.values()
        if person.state is State.WAITING
        and person.object_id not in candidates
        and window_opens(person.start_date, settings=settings) <= now
    ]
    async for account in find_by_object_ids(enrolment.graph, ripe):
        candidates[account.object_id] = account
    return candidates


def choose(
    candidates: dict[str, Account], ledger: Ledger, *, admins: frozenset[str], enrolment: Enrolment
) -> tuple[list[Person], list[Person], list[Person]]:
    """Who is due, who waits and who is kept out, by id; who left or is in already is none of them."""
    due: list[Person] = []
    waiting: list[Person] = []
    excluded: list[Person] = []
    now, settings = enrolment.now(), enrolment.settings
    for account in sorted(candidates.values(), key=lambda item: item.object_id):
        announced = ledger.announced.get((account.employee_id or "").casefold())
        known = ledger.people.get(account.object_id)
        if is_settled(account, known=known, announced=announced):
            continue
        person = replace(
            known or Person(object_id=account.object_id, state=State.WAITING),
            employee_id=account.employee_id,
            start_date=(announced.start_date if announced else None) or account.hire_date,
        )
        why_not = exclusion(account, known=known, administrators=admins, now=now, settings=settings)
        if why_not is not None:
            excluded.append(replace(person, state=State.PARKED, reason=why_not.reason, remedy=why_not.remedy))
        elif window_opens(person.start_date, settings=settings) > now:
            waiting.append(replace(person, state=State.WAITING, reason=None, remedy=None))
        else:
            due.append(replace(person, reason=None, remedy=None))
    return due, waiting, excluded


def is_settled(account: Account, *, known: Person | None, announced: Announcement | None) -> bool:
    """Whether the bulk path has nothing to decide: invited before, not coming, or announced and not yet matched.

    The last is left to `look_up`, which makes sure that exactly one account has the employee id.
    """
    if announced is not None and (announced.kind.ends or announced.object_id != account.object_id):
        return True
    return known is not None and (known.state is State.LEFT or known.invited_at is not None)


def brake(additions: int, enrolment: Enrolment) -> int:
    """Stop before the first write if the run is out of proportion; returns how many more it may add."""
    limit = enrolment.settings.max_additions
    if additions > limit:
        raise Refused(
            f"This run would invite {additions} people, more than the {limit} that SWEEP_MAX_ADDITIONS allows.",
            remedy="Look at who is new in Entra; if the number is right, raise the setting for one run.",
        )
    return limit - additions


async def invited(person: Person, *, added: bool, now: datetime, enrolment: Enrolment) -> None:
    """Write down that a person is in the group."""
    state = State.REGISTERED if person.registered_at else State.INVITED
    await keep(replace(person, state=state, invited_at=now, added_by_us=person.added_by_us or added), enrolment)


async def keep(person: Person, enrolment: Enrolment) -> None:
    """Write a row down, unless a webhook or another sweep has just done so: theirs is at least as new."""
    try:
        await enrolment.people.save(person)
    except Conflict:
        log.info("written by somebody else: object=%s", person.object_id)
        await remember_addition(person, enrolment=enrolment)


async def look_up(ledger: Ledger, *, admins: frozenset[str], most: int, enrolment: Enrolment) -> int:
    """Look for the accounts of announcements that have none yet, the newest first; returns how many were looked for."""
    unmatched = [
        row for row in ledger.announced.values() if row.state in (State.PENDING, State.PARKED) and not row.kind.ends
    ]
    newest = sorted(unmatched, key=lambda row: row.occurred_at, reverse=True)[:most]
    for announcement in newest:
        accounts = await find_by_employee_id(enrolment.graph, announcement.employee_id)
        try:
            if accounts:
                await match(announcement, accounts, admins=admins, enrolment=enrolment)
        except Conflict:
            log.info("matched by somebody else: event=%s", announcement.event_id)
    return len(newest)
