"""Once a day: who is still in the group, and who registered without having opened our page.

The report is asked for many at once. It lags by hours, leaves people out, and needs a license; so it adds to what is
known and takes away only what is older than itself by a day.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from provisioning.concurrency import each
from provisioning.errors import Conflict, TransientError
from provisioning.graph.errors import GraphError
from provisioning.graph.members import member_ids
from provisioning.graph.registration_report import Registration, ReportUnavailable, registration_report
from provisioning.graph.sign_in_methods import methods_of_many
from provisioning.log import EventLog
from provisioning.model.ledger import EnrollmentState, Person
from provisioning.model.sweep import Counts
from provisioning.people.context import PeopleContext
from provisioning.people.methods import AGAIN, AGAIN_REMEDY, apply_methods, without_second_factor, without_switched_off
from provisioning.people.person_changes import MEMBER_LAG, put_back, taken_out
from provisioning.store.sweep_state import Cursor

log = EventLog(__name__)

REPORT_LAG = timedelta(days=1)
MOST_ASKED = 2000  # people whose methods are asked one by one where there is no report
LARGEST_REPORT = 20_000  # people; five pages of 999 in ten seconds are all that Graph gives, so this takes 40 s
NEVER = datetime.min.replace(tzinfo=UTC)
TOO_LARGE = f"The tenant has more than {LARGEST_REPORT} people, too many for the report to be read in time."


def is_due(cursor: Cursor, *, now: datetime) -> bool:
    """Return whether all people were read since the last time."""
    if cursor.full_since is not None:
        return False
    return cursor.reconciled_at is None or cursor.reconciled_at < (cursor.full_done_at or now)


async def reconcile(cursor: Cursor, *, context: PeopleContext, group_id: str) -> Counts:
    """Compare the ledger with the group and with what is registered.

    Returns:
        Counts: `outside` were taken out of the group by others, `registered` are new, `unexpected` are suspicious;
        `report` says whether there was one, and `report_reason` and `report_remedy` why not.

    Raises:
        TransientError: Graph or storage is unwell.
        GraphError: Graph refused to show the group's members.
    """
    now = context.now()
    rows = {person.object_id: person async for person in context.ledger.all_people()}
    members = await member_ids(context.graph, group_id)
    after = {object_id: check_membership(person, members, now=now) for object_id, person in rows.items()}
    small = cursor.population <= LARGEST_REPORT
    report, why_not = await read_report(context, after) if small else ({}, {"report_reason": TOO_LARGE})
    after |= {key: changed for key, row in report.items() if (changed := apply_report(after[key], row)) != after[key]}
    off = await context.methods_off()
    after = {key: without_switched_off(person, off=off) for key, person in after.items()}
    unasked: Counts = {}
    try:
        after |= await apply_methods_asked(to_ask(after, report), after, context, off=off)
    except (TransientError, GraphError) as error:
        unasked = {"methods_reason": str(error)}
    news = [person for key, person in after.items() if person != rows[key]]
    await each(news, lambda person: save_or_skip(person, context))
    context.check_lease()
    await context.sweep_state.move(replace(cursor, reconciled_at=now))
    return {
        "outside": sum(person.taken_out_at == now for person in news),
        "registered": sum(person.state is EnrollmentState.REGISTERED for person in news),
        "unexpected": sum(person.state is EnrollmentState.UNEXPECTED for person in after.values()),
        "unknown_methods": sum(bool(person.unknown_methods) for person in after.values()),
        "report": "none" if why_not else "read",
        **why_not,
        **unasked,
    }


def check_membership(person: Person, members: frozenset[str], *, now: datetime) -> Person:
    """A person an admin took out of the group is not put back; a person an admin put back is in."""
    inside = person.object_id in members
    if person.taken_out_at is not None and inside:
        return put_back(person)
    settled = person.invited_at is not None and now - person.invited_at > MEMBER_LAG
    if person.state is EnrollmentState.INVITED and settled and not inside:
        log.warning("taken_out_by_another", object=person.object_id)
        return taken_out(person, now=now)
    return person


async def read_report(
    context: PeopleContext, rows: Mapping[str, Person]
) -> tuple[dict[str, Registration], dict[str, int | str]]:
    """Return the report's lines about people of the ledger, and why there are none where it cannot be had."""
    try:
        lines = {
            line.object_id: line
            async for page in registration_report(context.graph)
            for line in page
            if line.object_id in rows
        }
    except ReportUnavailable as error:
        log.warning("registration_report_failed", reason=error)
        return {}, {"report_reason": error.reason, "report_remedy": error.remedy}
    except (TransientError, GraphError) as error:
        log.warning("registration_report_failed", reason=error)
        return {}, {"report_reason": str(error), "report_remedy": "The next daily sweep asks again by itself."}
    return lines, {}


def apply_report(person: Person, line: Registration) -> Person:
    """A registered person that the report has long known as not able to use MFA must register again, until it knows
    them as able."""
    if line.capable:
        return replace(person, reregister_after=None)
    if person.state is not EnrollmentState.REGISTERED or line.as_of is None or person.checked_at is None:
        return person
    if line.as_of < (person.methods_since or person.checked_at) + REPORT_LAG:
        return person  # the report may not know of the newest method yet
    again = replace(person, registered_at=None, methods=(), methods_since=None, reregister_after=line.as_of)
    return without_second_factor(again) if again.invited_at else replace(again, reason=AGAIN, remedy=AGAIN_REMEDY)


def to_ask(rows: Mapping[str, Person], report: Mapping[str, Registration]) -> list[str]:
    """Whose methods are asked for: who is new in the report, and without a report those who have none."""
    open_ids = [
        key for key, person in rows.items() if person.state in (EnrollmentState.INVITED, EnrollmentState.WAITING)
    ]
    if report:
        return [key for key in open_ids if key in report and report[key].registered]
    open_ids.sort(key=lambda key: rows[key].checked_at or NEVER)
    return open_ids[:MOST_ASKED]


async def apply_methods_asked(
    ids: list[str], rows: Mapping[str, Person], context: PeopleContext, *, off: frozenset[str]
) -> dict[str, Person]:
    """Read these people's methods and return the rows that follow from them."""
    moment = context.now()
    found = await methods_of_many(context.graph, ids)
    return {
        key: apply_methods(rows[key], methods, moment=moment, off=off)
        for key, methods in found.items()
        if methods is not None
    }


async def save_or_skip(person: Person, context: PeopleContext) -> None:
    """Save a row; one that another worker wrote meanwhile is left for tomorrow."""
    try:
        await context.save(person)
    except Conflict:
        log.info("written_by_another", object=person.object_id)
