"""`plan`, `apply`, `verify`, `enable`, `disable`, `remove`: the tenant's objects, from a command line."""

import argparse
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING
from uuid import UUID

from provisioning.cli.arguments import as_sentence, epilog
from provisioning.cli.credentials import add_credential
from provisioning.cli.session import signed_in
from provisioning.model.operation import MODES, WRITING

if TYPE_CHECKING:
    from provisioning.cli.arguments import Commands

EXIT_CODES = (
    "0 nothing to change, done without a change, or verified; 2 changes: a plan that would change something, or an "
    "operation that did or that leaves a step to an admin; 1 an error, a refusal, a failed verification, or a blocking "
    "finding, with one sentence on stderr."
)


EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "plan": ("plan", "plan --of enable", "plan --json --credential az"),
    "apply": ("apply", "apply --plan-id 0123456789abcdef", "apply --resume 3c1b7a52-8d0e-4f5a-9c36-1e2d7b40a9f8"),
    "enable": ("enable", "enable --yes"),
    "disable": ("disable", "disable --now"),
    "remove": ("remove", "remove --yes"),
}


def add_parser(commands: "Commands") -> None:
    """Add a sub-command for each mode."""
    for mode, spec in MODES.items():
        purpose = spec.purpose
        end = epilog(EXAMPLES.get(mode, ()), exit_codes=EXIT_CODES)
        parser = commands.add_parser(mode, help=purpose, description=as_sentence(purpose), epilog=end)
        parser.set_defaults(run=run, parser=parser, mode=str(mode), of="apply", plan_id=None, yes=False, now=False)
        parser.add_argument("--json", action="store_true", help="the operation as one JSON document on stdout")
        which = parser.add_mutually_exclusive_group()
        which.add_argument(
            "--resume", type=operation_id, metavar="OPERATION", help="resume an operation that did not end"
        )
        if mode == "plan":
            parser.add_argument(
                "--of",
                choices=[str(mode) for mode in MODES if mode in WRITING],
                help="the mode to plan for; apply by default",
            )
        if mode in WRITING:
            which.add_argument(
                "--plan-id", type=plan_id, metavar="ID", help="do exactly what this plan shows, or nothing"
            )
        if mode in ("remove", "enable"):
            which.add_argument("--yes", action="store_true", help="do not ask")
        if mode == "disable":
            which.add_argument(
                "--now", action="store_true", help="turn off right away, using only the policies' IDs or mark"
            )
        add_credential(parser)


def plan_id(text: str) -> str:
    """Parse a plan's id."""
    if not re.fullmatch("[0-9a-f]{16}", text):
        raise argparse.ArgumentTypeError(f"'{text}' is not the ID of a plan; a plan shows its ID in the first line")
    return text


def operation_id(text: str) -> str:
    """Parse an operation's id."""
    try:
        return str(UUID(text))
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not the ID of an operation") from None


async def run(given: argparse.Namespace) -> int:
    """Sign in and run the operation.

    Raises:
        ProductError: It could not be done; the error says what to do about it.
    """
    from provisioning.cli.operate import disable_now, run_from_terminal

    async with signed_in(given) as services:
        if given.now:
            return await disable_now(given, services=services)
        return await run_from_terminal(given, services=services)
