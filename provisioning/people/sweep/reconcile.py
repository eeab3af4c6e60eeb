"""Once a day: who is still in the group, and who registered without having opened our page.

The report is asked for many at once. It lags by hours, leaves people out, and needs a license; so it adds to what is
known and takes away only what is older than itself by a day.
"""

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from provisioning.concurrency import each
from provisioning.errors import Conflict
from provisioning.graph.members import member_ids
from provisioning.graph.sign_in_methods import Registration, ReportUnavailable, methods_of_many, registration_report
from provisioning.model.ledger import EnrollmentState, Person
from provisioning.people.context import PeopleContext
from provisioning.people.decision import TAKEN_OUT
from provisioning.people.methods import AGAIN, AGAIN_REMEDY, apply_methods
from provisioning.store.sweep_state import Cursor

log = logging.getLogger(__name__)

MEMBER_LAG = timedelta(hours=1)  # a new member may not be listed yet
REPORT_LAG = timedelta(days=1)
MOST_ASKED = 2000  # people whose methods are asked one by one where there is no report
LARGEST_REPORT = 20_000  # people; five pages of 999 in ten seconds are all that Graph gives, so this takes 40 s
NEVER = datetime.min.replace(tzinfo=UTC)
TAKEN_OUT_REMEDY = "Add the person to the group by hand if that was a mistake; the next reconcile sees it."


async def reconcile(cursor: Cursor, *, context: PeopleContext, group_id: str) -> dict[str, int | str]:
    """Compare the ledger with the group and with what is registered, if that was not done since everybody was read.

    Returns:
        Counts: `outside` were taken out of the group by others, `registered` are new, `unexpected` are suspicious;
        `report` says whether there was one. Empty if nothing was due.
    """
    now = context.now()
    if cursor.reconciled_at is not None and cursor.reconciled_at >= (cursor.full_done_at or now):
        return {}
    rows = {person.object_id: person async for person in context.ledger.all_people()}
    members = await member_ids(context.graph, group_id)
    after = {object_id: check_membership(person, members, now=now) for object_id, person in rows.items()}
    small = cursor.population <= LARGEST_REPORT
    report = await read_report(context, after) if small else {}
    after |= {key: changed for key, row in report.items() if (changed := apply_report(after[key], row)) != after[key]}
    after |= await apply_methods_asked(to_ask(after, report), after, context)
    news = [person for key, person in after.items() if person != rows[key]]
    await each(news, lambda person: keep(person, context))
    await context.sweep_state.move(replace(cursor, reconciled_at=now))
    return {
        "outside": sum(person.reason == TAKEN_OUT for person in news),
        "registered": sum(person.state is EnrollmentState.REGISTERED for person in news),
        "unexpected": sum(person.unexpected is not None for person in after.values()),
        "report": "read" if report else "none",
    }


def check_membership(person: Person, members: frozenset[str], *, now: datetime) -> Person:
    """Somebody whom an admin took out of the group is not put back; somebody whom one put back is in."""
    inside = person.object_id in members
    if person.reason == TAKEN_OUT and inside:
        return replace(person, state=EnrollmentState.INVITED, reason=None, remedy=None)
    settled = person.invited_at is not None and now - person.invited_at > MEMBER_LAG
    if person.state is EnrollmentState.INVITED and settled and not inside:
        log.warning("taken out by somebody else: object=%s", person.object_id)
        return replace(
            person, state=EnrollmentState.PARKED, added_by_product=False, reason=TAKEN_OUT, remedy=TAKEN_OUT_REMEDY
        )
    return person


async def read_report(context: PeopleContext, rows: Mapping[str, Person]) -> dict[str, Registration]:
    """The report's lines about people of the ledger; none where the tenant has no report."""
    try:
        return {
            line.object_id: line
            async for page in registration_report(context.graph)
            for line in page
            if line.object_id in rows
        }
    except ReportUnavailable as error:
        log.warning("registration report: %s", error)
        return {}


def apply_report(person: Person, line: Registration) -> Person:
    """Somebody registered whom the report has long known as not able to use MFA must register again, until it knows
    them as able."""
    if line.capable:
        return replace(person, reregister_after=None)
    if person.state is not EnrollmentState.REGISTERED or line.as_of is None or person.checked_at is None:
        return person
    if line.as_of < person.checked_at + REPORT_LAG:
        return person  # the methods themselves were asked later than the report knows of
    return replace(
        person,
        state=EnrollmentState.INVITED if person.invited_at else person.state,
        registered_at=None,
        methods=(),
        reregister_after=line.as_of,
        reason=AGAIN,
        remedy=AGAIN_REMEDY,
    )


def to_ask(rows: Mapping[str, Person], report: Mapping[str, Registration]) -> list[str]:
    """Whose methods are asked for: who is new in the report, and without a report those who have none."""
    open_ids = [
        key for key, person in rows.items() if person.state in (EnrollmentState.INVITED, EnrollmentState.WAITING)
    ]
    if report:
        return [key for key in open_ids if key in report and report[key].registered]
    open_ids.sort(key=lambda key: rows[key].checked_at or NEVER)
    return open_ids[:MOST_ASKED]


async def apply_methods_asked(ids: list[str], rows: Mapping[str, Person], context: PeopleContext) -> dict[str, Person]:
    """What these people's methods make of them."""
    moment = context.now()
    found = await methods_of_many(context.graph, ids)
    return {
        key: apply_methods(rows[key], methods, moment=moment) for key, methods in found.items() if methods is not None
    }


async def keep(person: Person, context: PeopleContext) -> None:
    """Write a row down; tomorrow is another day for what somebody else wrote meanwhile."""
    try:
        await context.ledger.save(person)
    except Conflict:
        log.info("written by somebody else: object=%s", person.object_id)
