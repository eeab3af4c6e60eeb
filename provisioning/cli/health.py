"""`health`: is anything stuck, and what to do about it."""

import argparse
from typing import TYPE_CHECKING

from provisioning.cli.arguments import FAULT, SAME, as_sentence, epilog, print_json, print_text
from provisioning.cli.credentials import add_credential
from provisioning.cli.session import with_storage

if TYPE_CHECKING:
    from provisioning.cli.arguments import Commands


def add_parser(commands: "Commands") -> None:
    """Add the sub-command."""
    purpose = "report whether anything is stuck, and what to do about it"
    end = epilog(exit_codes="0 healthy; 1 not healthy, or it could not be checked")
    parser = commands.add_parser("health", help=purpose, description=as_sentence(purpose), epilog=end)
    parser.add_argument("--json", action="store_true", help="as one JSON document on stdout")
    parser.set_defaults(run=run, parser=parser)
    add_credential(parser)


async def run(given: argparse.Namespace) -> int:
    """Report what is stuck.

    Raises:
        ProductError: There is no sign-in, or a setting is missing.
    """
    from provisioning.support.health import examine

    async with with_storage(given) as services:
        health = await examine(services=services)
    if given.json:
        print_json(health.as_json())
    else:
        lines = [
            f"{'ok  ' if check.healthy else 'FAIL'} {check.name}: {check.detail} {check.remedy or ''}".rstrip()
            for check in health.checks
        ]
        print_text("\n".join(lines))
    return SAME if health.healthy else FAULT
