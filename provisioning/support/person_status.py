"""Why is a person not done? What the ledger and the tenant say of one person, gathered for GET /api/people/{person}."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from provisioning.errors import ConfigurationError
from provisioning.graph.odata import is_object_id
from provisioning.http import Request, Response, error_response, json_response
from provisioning.model.deadline import UNFINISHED
from provisioning.model.hires import LONGEST_ID
from provisioning.model.ledger import HireRecord, Person
from provisioning.model.person_status import PersonInEntra, PersonStatus, Unavailable
from provisioning.model.sweep import SweepOutcome
from provisioning.model.tenant_objects import TenantObjects
from provisioning.organization_settings import DeadlineSettings
from provisioning.people.eligibility import window_opens
from provisioning.people_settings import WindowSettings
from provisioning.services import Services
from provisioning.store.ledger import Ledger
from provisioning.store.outbox import Outbox
from provisioning.support.explanation import start_date
from provisioning.support.explanation_json import as_json
from provisioning.support.person_in_entra import read_person
from provisioning.tenant.settings import TenantObjectSettings

MOST_NAMESAKES = 10


@dataclass(frozen=True)
class LedgerEntry:
    """What the ledger holds under an id."""

    person: Person | None = None
    hire_record: HireRecord | None = None
    namesakes: tuple[str, ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether the id is unknown."""
        return self.person is None and self.hire_record is None and not self.namesakes


async def get_person_status(request: Request, *, services: Services) -> Response:
    """Answer why a person is not done.

    Args:
        request: Its route names the person, by object id or by employee id.
        services: Graph, storage, clock.

    Raises:
        TransientError: The storage account cannot be reached.
        ConfigurationError: A setting without which nothing can be answered is missing.
    """
    # ASP.NET decodes a route's values but leaves this one escape as it came, so that a slash parts nothing.
    name = request.route.get("person", "").replace("%2F", "/").replace("%2f", "/").strip()
    if not is_usable(name):
        return error_response(400, "bad_request", unusable())
    facts = await get_status(name, services=services)
    if facts is None:
        return error_response(404, "unknown_person", unknown_person(name, sweep=await services.ledger.last_sweep()))
    return json_response(200, as_json(facts))


def is_usable(name: str) -> bool:
    """Return whether a text may be an id at all, and stand in an answer."""
    return 0 < len(name) <= LONGEST_ID and name.isprintable()


def unusable() -> str:
    """Return the error for a text that is no id."""
    return f"This is not an ID: give an employee ID of at most {LONGEST_ID} printable characters, or an object ID."


def unknown_person(name: str, *, sweep: Mapping[str, Any] | None = None) -> str:
    """Say that the ledger does not hold an id, and what the last sweep can have found.

    Args:
        name: An object id or an employee id.
        sweep: The last sweep's heartbeat.
    """
    last = describe_last_sweep(sweep)
    if is_object_id(name):
        return (
            f"The ledger holds no account with the object ID {name}, and no hire with that employee ID. Check the ID "
            f"in Entra. {last} A new hire's account appears with the next sweep, or once HR announces its employee ID; "
            "until then, ask by employee ID."
        )
    return (
        f"The ledger holds nobody with the employee ID {name}. Check the ID; if it is right, HR has not announced the "
        f"person, so send the hire again. {last}"
    )


def describe_last_sweep(sweep: Mapping[str, Any] | None) -> str:
    """Say when new accounts were looked for last, and whether that worked."""
    if sweep is None:
        return "No sweep has ended yet, so new accounts have not been looked for."
    at, outcome = datetime.fromisoformat(str(sweep["at"])), str(sweep["outcome"])
    if outcome == SweepOutcome.DONE:
        return f"The last sweep, on {at:%Y-%m-%d %H:%M} UTC, found no new account with this ID."
    reason = f": {sweep['reason']}" if sweep.get("reason") else "."
    return f"The last sweep, on {at:%Y-%m-%d %H:%M} UTC, ended as '{outcome}'{reason}"


async def get_status(name: str, *, services: Services) -> PersonStatus | None:
    """Gather what is known; None for an id that is unknown.

    Args:
        name: A GUID is an object id, anything else an employee id.
        services: Graph, storage, clock.

    Raises:
        TransientError: The storage account cannot be reached.
        ConfigurationError: A setting without which nothing can be answered is missing.
    """
    window, people = services.settings(WindowSettings), services.ledger
    found = await find_entry(people, name)
    if found.nothing:
        return None
    objects = await services.tenant_objects.objects()
    sweep = await people.last_sweep()
    facts = PersonStatus(
        at=services.now(),
        person=found.person,
        hire_record=found.hire_record,
        namesakes=found.namesakes,
        group_id=objects.group_id if objects is not None else None,
        **describe_sweep(sweep or {}),
    )
    facts = replace(facts, opens_at=invite_from(start_date(facts), settings=window))
    facts = await with_deadline(facts, services=services)
    if found.person is None or objects is None:
        return facts
    return replace(facts, standing=await ask(found.person, objects=objects, services=services))


async def with_deadline(facts: PersonStatus, *, services: Services) -> PersonStatus:
    """Add until when the person is to register, and what was said of it."""
    rules = services.settings(DeadlineSettings).deadline_rules
    deadline = rules.deadline(start_date(facts)) if facts.state in UNFINISHED else None
    outbox = Outbox(services.storage, tenant_id=services.tenant_id)
    return replace(
        facts,
        deadline=deadline,
        timeliness=rules.timeliness(deadline, today=facts.at.date()),
        messages=tuple(await outbox.of_person(facts.object_id)) if facts.object_id is not None else (),
    )


def describe_sweep(sweep: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a heartbeat says about the sweeps."""
    if sweep.get("outcome") == SweepOutcome.LIMIT_EXCEEDED:
        return {"sweep_stopped": True}
    if sweep.get("outcome") not in (SweepOutcome.FAILED, SweepOutcome.MISCONFIGURED):
        return {}
    since = datetime.fromisoformat(str(sweep["since"])) if sweep.get("since") else None
    return {"sweep_failing": str(sweep.get("reason") or sweep["outcome"]), "sweep_failing_since": since}


async def find_entry(people: Ledger, name: str) -> LedgerEntry:
    """Return what the ledger holds under an object id or an employee id."""
    found = await entry_by_object_id(people, name) if is_object_id(name) else LedgerEntry()
    # An HR system's own id can look like an object id.
    return await entry_by_employee_id(people, name) if found.nothing else found


async def find_person(people: Ledger, name: str) -> Person | None:
    """Return the one account that an object id or an employee id names; None if there is none, or several."""
    if is_object_id(name):
        found = await people.person(name)
        if found is not None:
            return found
    return (await entry_by_employee_id(people, name)).person


async def entry_by_object_id(people: Ledger, object_id: str) -> LedgerEntry:
    """Return the account's row, and what HR said of its employee id unless that was matched with another account."""
    person = await people.person(object_id)
    return LedgerEntry(person, await people.announcement_of(person)) if person is not None else LedgerEntry(None)


async def entry_by_employee_id(people: Ledger, employee_id: str) -> LedgerEntry:
    """Return what HR said, and the account it was matched with; without a match, the one account that has the id."""
    announced = await people.hire_record(employee_id)
    matched = await people.person(announced.object_id) if announced is not None and announced.object_id else None
    if matched is not None and (matched.employee_id or employee_id).casefold() == employee_id.casefold():
        return LedgerEntry(matched, announced)
    several = await people.persons_with(employee_id, most=MOST_NAMESAKES)
    if len(several) == 1:  # the id has moved to this account
        return LedgerEntry(several[0], announced)
    if matched is not None and not several:
        return LedgerEntry(matched, announced)
    return LedgerEntry(None, announced, tuple(sorted(person.object_id for person in several)))


def invite_from(first_day: date | None, *, settings: WindowSettings) -> datetime | None:
    """When the invitation opens; None if no first day is known, which holds nothing back."""
    return window_opens(first_day, settings=settings) if first_day is not None else None


async def ask(person: Person, *, objects: TenantObjects, services: Services) -> PersonInEntra:
    """Return how the account stands in the tenant; without the settings for that, the ledger must do."""
    try:
        settings = services.settings(TenantObjectSettings)
        graph = services.graph(settings.client_id)
    except ConfigurationError as error:
        missing = Unavailable(str(error))
        return PersonInEntra(missing, missing, missing, missing)
    spared = frozenset(str(item).casefold() for item in settings.break_glass_user_ids)
    return await read_person(person, graph=graph, objects=objects, break_glass=spared)
