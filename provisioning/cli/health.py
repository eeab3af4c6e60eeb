"""`health`: is anything stuck, and what to do about it."""

import argparse
import json
import sys
from typing import TYPE_CHECKING

from provisioning.cli.arguments import FAULT, SAME, clean
from provisioning.cli.credentials import add_credential
from provisioning.cli.session import with_storage

if TYPE_CHECKING:
    from provisioning.cli.arguments import Commands


def add_parser(commands: "Commands") -> None:
    """Add the sub-command."""
    purpose = "tell whether anything is stuck, and what to do about it"
    epilog = "Exit codes: 0 healthy; 1 not, or it could not be looked at."
    parser = commands.add_parser("health", help=purpose, description=f"{purpose.capitalize()}.", epilog=epilog)
    parser.add_argument("--json", action="store_true", help="as one JSON document on stdout")
    parser.set_defaults(run=run, parser=parser)
    add_credential(parser)


async def run(given: argparse.Namespace) -> int:
    """Look and tell.

    Raises:
        ProductError: Nobody is signed in, or a setting is missing.
    """
    from provisioning.support.health import examine

    async with with_storage(given) as services:
        health = await examine(services=services)
    if given.json:
        text = json.dumps(health.as_json(), ensure_ascii=False, indent=2)
    else:
        lines = [
            f"{'ok  ' if check.healthy else 'FAIL'} {check.name}: {check.detail} {check.remedy or ''}".rstrip()
            for check in health.checks
        ]
        text = clean("\n".join(lines))
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()  # a reader that went away is to be met here, not when Python ends
    return SAME if health.healthy else FAULT
