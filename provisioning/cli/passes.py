"""`passes`: make a claim for a pass, for the manager of a person or for a helpdesk."""

import argparse
import os
from typing import TYPE_CHECKING

from provisioning.cli.arguments import FAULT, SAME, as_sentence, object_id, print_error, print_text
from provisioning.cli.person import add_person_action, person_named
from provisioning.cli.session import with_storage

if TYPE_CHECKING:
    from provisioning.cli.arguments import Commands

CODES = "0 the link is printed; 1 nobody with this ID is invited, or the link could not be saved"


def add_parser(commands: "Commands") -> None:
    """Add the sub-command with its own: claim."""
    purpose = "make the link that a manager or a helpdesk uses to have a Temporary Access Pass made"
    parser = commands.add_parser("passes", help=purpose, description=as_sentence(purpose))
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    purpose = "print a link that works once, within 24 hours, and for one person; give it to nobody else"
    claim = add_person_action(actions, "claim", purpose, exit_codes=CODES, run=print_claim)
    who = claim.add_mutually_exclusive_group(required=True)
    who.add_argument(
        "--manager", type=object_id, metavar="ID", help="object ID of the person's manager, as the directory has it"
    )
    who.add_argument(
        "--helpdesk",
        action="store_true",
        help="for a helpdesk that holds the app role Passes.Issue; requires PASS_HELPDESK",
    )


async def print_claim(given: argparse.Namespace) -> int:
    """Keep a claim and print its link.

    Raises:
        ProductError: Storage is away or refuses it, or LANDING_URL is missing.
    """
    from provisioning.errors import ConfigurationError
    from provisioning.model.ledger import EnrollmentState
    from provisioning.people.pass_claims import make_claim
    from provisioning.support.person_status import find_person

    landing_url = os.environ.get("LANDING_URL", "").rstrip("/")
    if not landing_url:
        raise ConfigurationError("LANDING_URL", fault="is missing", remedy="Set it to the address of the page.")
    name = person_named(given)
    async with with_storage(given) as services:
        person = await find_person(services.ledger, name)
        if person is None or person.state is not EnrollmentState.INVITED:
            state = f"is {person.state}" if person is not None else "is not in the ledger"
            print_error(f"The person {name} {state}; a pass is made only for people who are invited.")
            return FAULT
        code, claim = await make_claim(
            person,
            manager_id=given.manager,
            claims=services.pass_claims,
            now=services.now(),
            random_bytes=services.random_bytes,
        )
    print_text(f"{landing_url}/pass/{code}")
    print_error(f"It works until {claim.expires_at:%Y-%m-%d %H:%M} UTC, once, and only for its owner after sign-in.")
    return SAME
