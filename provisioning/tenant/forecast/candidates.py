"""The people that a forecast is about: a cohort of the ledger, the ids of a file, or everybody enforcement meets."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import quote

from provisioning.graph.accounts import users_with
from provisioning.graph.client import Graph
from provisioning.graph.odata import is_object_id
from provisioning.graph.requests import EVENTUAL
from provisioning.model.ledger import EnrollmentState, HireRecord, Person
from provisioning.store.ledger import Ledger
from provisioning.tenant.context import OperationContext
from provisioning.tenant.forecast.people import Candidate
from provisioning.tenant.preflight.facts import OWN_PEOPLE, TenantFacts

GONE = frozenset({EnrollmentState.LEFT})
PAGE = 999


@dataclass(frozen=True)
class FirstDays:
    """The first days of a cohort.

    Args:
        first, last: Both within it.
    """

    first: date
    last: date

    def holds(self, day: date | None) -> bool:
        """Tell whether a first day is within it."""
        return day is not None and self.first <= day <= self.last


def read_first_days(text: str) -> FirstDays:
    """Parse a day (2026-12-01) or an ISO week (2026-W49).

    Raises:
        ValueError: It is neither.
    """
    year, _, week = text.upper().partition("-W")
    if week:
        monday = date.fromisocalendar(int(year), int(week), 1)
        return FirstDays(monday, monday + timedelta(days=6))
    day = date.fromisoformat(text)
    return FirstDays(day, day)


async def candidates_of_cohort(ledger: Ledger, cohort: FirstDays) -> list[Candidate]:
    """Return who begins in these days and has not left, as HR says, else as Entra did; by employee ID.

    Raises:
        TransientError: The storage account cannot be reached.
    """
    people = {person.object_id.casefold(): person async for person in ledger.all_people()}
    records = [record async for record in ledger.all_hire_records()]
    by_account = {record.object_id.casefold(): record for record in records if record.object_id is not None}
    found = []
    for object_id, person in people.items():
        record = by_account.get(object_id)
        day = record.start_date if record is not None and record.start_date is not None else person.start_date
        if cohort.holds(day) and not is_gone(person, record):
            found.append(of_person(person, record))
    for record in records:
        account = record.object_id.casefold() if record.object_id is not None else None
        if account not in people and cohort.holds(record.start_date) and not is_gone(None, record):
            found.append(Candidate(account, record.employee_id, accounts=0))
    return sorted(found, key=lambda item: (item.employee_id or "", item.object_id or ""))


def is_gone(person: Person | None, record: HireRecord | None) -> bool:
    """Tell whether a person has left or is not coming."""
    ended = record is not None and record.kind.ends
    return ended or (person is not None and person.state in GONE)


def of_person(person: Person, record: HireRecord | None = None) -> Candidate:
    """Return an account of the ledger, with its methods as they were last looked at."""
    employee_id = record.employee_id if record is not None else person.employee_id
    return Candidate(person.object_id.casefold(), employee_id, methods=person.known_methods)


async def candidates_of_file(lines: Iterable[str], *, ledger: Ledger, graph: Graph) -> list[Candidate]:
    """Return the people that the lines of a file name: object IDs, employee IDs or user principal names, one in each.

    Args:
        lines: The first field of a line counts; empty ones and those after # do not.
        ledger: Knows what people have registered.
        graph: Finds the accounts.

    Raises:
        GraphError: Graph refuses to show users.
        TransientError: Graph or the storage account cannot be reached.
    """
    named = {number: value for number, line in enumerate(lines, 1) if (value := first_field(line))}
    names = [value for value in named.values() if "@" in value]
    numbers = [value for value in named.values() if "@" not in value and not is_object_id(value)]
    by_name = await ids_by(graph, "userPrincipalName", names)
    by_number = await ids_by(graph, "employeeId", numbers)
    found: dict[tuple[str | None, str | None, int | None], Candidate] = {}
    for number, value in named.items():
        item = candidate_named(value, line=number, by_name=by_name, by_number=by_number)
        found.setdefault((item.object_id, item.employee_id, item.line), item)
    known = await ledger.persons([item.object_id for item in found.values() if item.object_id is not None])
    return [with_ledger(item, known) for item in found.values()]


def first_field(line: str) -> str:
    """Return the first field of a line of text or of CSV."""
    return line.partition("#")[0].replace(";", ",").partition(",")[0].strip().strip('"').strip()


def candidate_named(
    value: str, *, line: int, by_name: Mapping[str, list[str]], by_number: Mapping[str, list[str]]
) -> Candidate:
    """Return the person that a line names. No name is kept: the line number stands for a person without an account."""
    if is_object_id(value):
        return Candidate(value.casefold())
    ids = (by_name if "@" in value else by_number).get(value.casefold(), [])
    employee_id = None if "@" in value else value
    unnamed = "@" in value and len(ids) != 1
    return Candidate(ids[0] if len(ids) == 1 else None, employee_id, line if unnamed else None, accounts=len(ids))


async def ids_by(graph: Graph, name: str, values: Sequence[str]) -> dict[str, list[str]]:
    """Return the object IDs of the accounts with these values, by the value in one case (`casefold`)."""
    wanted = sorted({value.casefold(): value for value in values}.values())
    found: dict[str, list[str]] = {}
    for item in await users_with(graph, name, wanted):
        found.setdefault(str(item.get(name)).casefold(), []).append(str(item["id"]).casefold())
    return found


def with_ledger(item: Candidate, known: Mapping[str, Person]) -> Candidate:
    """Add what the ledger knows of an account."""
    person = known.get(item.object_id or "")
    if person is None:
        return item
    mine = of_person(person)
    return Candidate(item.object_id, item.employee_id or mine.employee_id, item.line, methods=mine.methods)


async def candidates_of_enforcement(context: OperationContext, read: TenantFacts, *, ledger: Ledger) -> list[Candidate]:
    """Return everybody that the policy covers: not the emergency accounts, and nobody of another organization.

    Args:
        context: Its settings say whether the policy is for the group or for all.
        read: Who is in the group.
        ledger: Knows what people have registered.

    Raises:
        GraphError: Graph refuses to show users.
        TransientError: Graph or the storage account cannot be reached.
    """
    if context.desired.everybody:
        ids = [object_id async for object_id in ids_of_all_members(context.graph)]
    else:
        ids = [str(person.object_id) for person in read.members or () if not person.external]
    spared = {account.object_id for account in read.emergency}
    wanted = [object_id for object_id in ids if object_id not in spared]
    known = await ledger.persons(wanted)
    return [with_ledger(Candidate(object_id), known) for object_id in sorted(wanted)]


async def ids_of_all_members(graph: Graph) -> AsyncIterator[str]:
    """Yield every enabled member account, as the policy for all counts them."""
    link = f"{graph.root}/users?$filter={quote(OWN_PEOPLE)}&$select=id&$top={PAGE}&$count=true"
    async for page in graph.pages(graph.follow(link, headers=EVENTUAL), headers=EVENTUAL):
        for item in page:
            yield str(item["id"]).casefold()
