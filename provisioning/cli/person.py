"""What the sub-commands of `people` about one person share: how they name the person."""

import argparse
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from provisioning.cli.arguments import as_sentence, epilog
from provisioning.cli.credentials import add_credential

if TYPE_CHECKING:
    from provisioning.cli.arguments import Commands, Parser

Run = Callable[[argparse.Namespace], Awaitable[int]]


def add_person_action(actions: "Commands", name: str, purpose: str, *, exit_codes: str, run: Run) -> "Parser":
    """Add a sub-command about one person; returns its parser, for what it takes besides.

    Args:
        actions: Of `people`.
        name: The sub-command's.
        purpose: What it does, as the end of "It can ...".
        exit_codes: What they mean.
        run: Does it.
    """
    described = as_sentence(purpose)
    parser = actions.add_parser(name, help=purpose, description=described, epilog=epilog(exit_codes=exit_codes))
    parser.add_argument("id", metavar="ID", help="an employee ID, or the object ID of an account (a GUID)")
    parser.set_defaults(run=run, parser=parser)
    add_credential(parser)
    return parser


def person_named(given: argparse.Namespace) -> str:
    """Return the id that was given; what can be none ends the command as a bad argument."""
    from provisioning.support.person_status import is_usable, unusable

    name: str = given.id.strip()
    if not is_usable(name):
        given.parser.error(unusable())
    return name
