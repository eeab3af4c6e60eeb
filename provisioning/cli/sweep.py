"""`sweep`: show what the next sweep would do, and let it pass its limits once."""

import argparse
import csv
import sys
from typing import TYPE_CHECKING

from provisioning.cli.arguments import SAME, as_sentence, epilog, print_json, print_text
from provisioning.cli.credentials import add_credential
from provisioning.cli.session import signed_in, with_storage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provisioning.cli.arguments import Commands

COLUMNS = {"action": 8, "objectId": 36, "employeeId": 12, "startDate": 10}  # and their widths in characters
NAMES = (*COLUMNS, "why")


def add_parser(commands: "Commands") -> None:
    """Add the sub-command."""
    purpose = "show the people that the next sweep would invite or remove, or release it once from its limits"
    end = epilog(
        ("sweep --show", "sweep --show --csv > people.csv", "sweep --allow 120"),
        exit_codes="0 done; 1 something could not be read or written",
    )
    parser = commands.add_parser("sweep", help=purpose, description=as_sentence(purpose), epilog=end)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--show", action="store_true", help="show who, and why; asks Entra now and writes nothing")
    what.add_argument(
        "--allow",
        type=people_count,
        metavar="N",
        help="let the next sweep invite up to N people and remove up to N people, once",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="as one JSON document on stdout")
    form.add_argument("--csv", action="store_true", help="as comma-separated values on stdout")
    parser.set_defaults(run=run, parser=parser)
    add_credential(parser)


def people_count(text: str) -> int:
    """Read how many people."""
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise argparse.ArgumentTypeError("give a whole number of people, 1 or more")
    return int(text)


async def run(given: argparse.Namespace) -> int:
    """Show, or write the release.

    Raises:
        ProductError: Graph or storage is away or refuses it, or a setting is missing.
    """
    if given.allow is not None:
        return await allow(given)
    from provisioning.people.sweep.preview import preview
    from provisioning.people.triggers import context

    async with signed_in(given) as services:
        found = await preview(context(services))
    rows = [change.as_row() for change in found.changes]
    if given.json:
        print_json({**found.counts(), "people": rows})
    elif given.csv:
        writer = csv.DictWriter(sys.stdout, NAMES, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        sys.stdout.flush()
    else:
        print_text("\n".join([*map(as_line, rows), found.summary()]))
    return SAME


def as_line(row: "Mapping[str, str]") -> str:
    """Return one person for a terminal."""
    cells = [f"{row[name] or '-':<{width}}" for name, width in COLUMNS.items()]
    return "  ".join([*cells, row["why"]])


async def allow(given: argparse.Namespace) -> int:
    """Let the next sweep change more people than its limits allow."""
    async with with_storage(given) as services:
        await services.sweep_state.release(given.allow)
    people = "person" if given.allow == 1 else "people"
    print_text(f"The next sweep may invite, and may remove, up to {given.allow} {people}. This applies once.")
    return SAME
