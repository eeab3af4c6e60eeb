"""`why`: why somebody is not done, and who can do what about it."""

import argparse
import json
import sys
from typing import TYPE_CHECKING

from provisioning.cli.arguments import FAULT, SAME, clean, print_error
from provisioning.cli.credentials import add_credential
from provisioning.cli.session import signed_in

if TYPE_CHECKING:
    from provisioning.cli.arguments import Commands

EPILOG = "Exit codes: 0 somebody is known under this id, whatever their state; 1 nobody is, or it could not be asked."


def add_parser(commands: "Commands") -> None:
    """Add the sub-command."""
    purpose = "tell why somebody is not done, and who can take the next step"
    parser = commands.add_parser("why", help=purpose, description=f"{purpose.capitalize()}.", epilog=EPILOG)
    parser.add_argument("id", metavar="ID", help="an employee id, or the object id of an account (a GUID)")
    parser.add_argument("--json", action="store_true", help="as one JSON document on stdout")
    parser.set_defaults(run=run, parser=parser)
    add_credential(parser)


async def run(given: argparse.Namespace) -> int:
    """Ask and tell.

    Raises:
        ProductError: It could not be asked.
    """
    from provisioning.support.explanation import as_json, explain
    from provisioning.support.person_status import get_status, is_usable, unknown_person, unusable

    name = given.id.strip()
    if not is_usable(name):
        given.parser.error(unusable())
    async with signed_in(given) as services:
        facts = await get_status(name, services=services)
        sweep = await services.ledger.last_sweep() if facts is None else None
    if facts is None:
        print_error(unknown_person(name, sweep=sweep))
        return FAULT
    text = json.dumps(as_json(facts), ensure_ascii=False, indent=2) if given.json else clean(explain(facts))
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()  # a reader that went away is to be met here, not when Python ends
    return SAME
