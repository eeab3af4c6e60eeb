"""`people`: who the product knows, and why a person is not done."""

import argparse
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from provisioning.cli.arguments import FAULT, SAME, as_sentence, clean, epilog, print_error, print_json, print_text
from provisioning.cli.credentials import add_credential
from provisioning.cli.people_forget import add_forget
from provisioning.cli.person import add_person_action, person_named
from provisioning.cli.session import signed_in, with_storage

if TYPE_CHECKING:
    from provisioning.cli.arguments import Commands
    from provisioning.model.ledger import HireRecord, Person
    from provisioning.services import Services

# Not taken from the enum EnrollmentState: `--help` imports as little as it can. A test compares them.
STATES = ("pending", "waiting", "invited", "registered", "unexpected", "done", "left", "parked")
COLUMNS = {"state": 10, "employeeId": 12, "objectId": 36, "startDate": 10}  # and their widths in characters


def add_parser(commands: "Commands") -> None:
    """Add the sub-command with its own: list, show, acknowledge, forget."""
    purpose = "list people, show why a person is not done, acknowledge a registration, or forget a person"
    parser = commands.add_parser("people", help=purpose, description=as_sentence(purpose))
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add_list(actions)
    add_show(actions)
    add_acknowledge(actions)
    add_forget(actions)


def add_list(actions: "Commands") -> None:
    """Add `people list`."""
    purpose = "list people with their state, by ID"
    parser = actions.add_parser(
        "list",
        help=purpose,
        description=as_sentence(purpose),
        epilog=epilog(("people list --state parked",)),
    )
    parser.add_argument("--state", choices=STATES, help="only people in this state")
    parser.add_argument("--json", action="store_true", help="as one JSON document on stdout")
    parser.set_defaults(run=list_people, parser=parser)
    add_credential(parser)


def add_show(actions: "Commands") -> None:
    """Add `people show`."""
    purpose = "show why a person is not done, and who can take the next step"
    codes = "0 a person is known under this ID, whatever their state; 1 nobody is, or it could not be determined"
    parser = add_person_action(actions, "show", purpose, exit_codes=codes, run=show_person)
    parser.add_argument("--json", action="store_true", help="as one JSON document on stdout")


def add_acknowledge(actions: "Commands") -> None:
    """Add `people acknowledge`."""
    purpose = "confirm that an unexpected registration is the person's own"
    codes = "0 done, or nothing to acknowledge; 1 nobody is known under this ID, or it could not be written"
    add_person_action(actions, "acknowledge", purpose, exit_codes=codes, run=acknowledge_person)


async def list_people(given: argparse.Namespace) -> int:
    """List people, and count them by state.

    Raises:
        ProductError: Storage is away, or a setting is missing.
    """
    async with with_storage(given) as services:
        rows = [row async for row in known_people(services, state=given.state)]
    if given.json:
        print_json(rows)
        return SAME
    lines = ["  ".join(f"{row.get(name, '-'):<{width}}" for name, width in COLUMNS.items()).rstrip() for row in rows]
    counts = {state: sum(row["state"] == state for row in rows) for state in STATES}
    words = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    print_text("\n".join([*lines, words or "Nobody."]))
    return SAME


async def known_people(services: "Services", *, state: str | None) -> AsyncIterator[dict[str, Any]]:
    """Return the accounts the product knows, and the hires that have none yet."""
    async for person in services.ledger.all_people():
        if state in (None, person.state):
            yield as_row(person)
    async for record in services.ledger.all_hire_records():
        if record.state != "matched" and state in (None, record.state):
            yield as_row(record)


def as_row(row: "Person | HireRecord") -> dict[str, Any]:
    """Return one person without unknown values, by ids only."""
    day = row.start_date.isoformat() if row.start_date else None
    values = {
        "state": str(row.state),
        "employeeId": row.employee_id,
        "objectId": row.object_id,
        "startDate": day,
        "reason": row.reason,
        "remedy": row.remedy,
    }
    return {name: value for name, value in values.items() if value is not None}


async def show_person(given: argparse.Namespace) -> int:
    """Show where a person stands, and who can take the next step.

    Raises:
        ProductError: It could not be asked.
    """
    from provisioning.support.explanation import explain
    from provisioning.support.explanation_json import as_json
    from provisioning.support.person_status import get_status, unknown_person

    name = person_named(given)
    async with signed_in(given) as services:
        facts = await get_status(name, services=services)
        sweep = await services.ledger.last_sweep() if facts is None else None
    if facts is None:
        print_error(unknown_person(name, sweep=sweep))
        return FAULT
    if given.json:
        print_json(as_json(facts))
    else:
        print_text(clean(explain(facts)))
    return SAME


async def acknowledge_person(given: argparse.Namespace) -> int:
    """Write down that a registration is the person's own.

    Raises:
        ProductError: Storage is away or refuses it, or the row was written meanwhile.
    """
    from provisioning.people.methods import acknowledged
    from provisioning.people.outgoing import announcing_ledger
    from provisioning.support.person_status import find_person

    name = person_named(given)
    async with with_storage(given) as services:
        person = await find_person(services.ledger, name)
        if person is None:
            print_error(f"The ledger holds no account, or several accounts, under the ID {name}; give an object ID.")
            return FAULT
        if person.unexpected is None:
            print_text(f"Object {person.object_id} has no unexpected registration, so there is nothing to acknowledge.")
            return SAME
        saved = await announcing_ledger(services).save(acknowledged(person, now=services.now()))
    print_text(f"Object {saved.object_id} is {saved.state}: everything registered so far counts as the person's own.")
    return SAME
