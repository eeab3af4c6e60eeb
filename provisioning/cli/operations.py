"""`operations`: what was done to the tenant's objects, by the app or by a command line."""

import argparse
from typing import TYPE_CHECKING

from provisioning.cli.arguments import FAULT, SAME, as_sentence, epilog, print_error, print_json, print_text
from provisioning.cli.credentials import add_credential
from provisioning.cli.session import with_storage
from provisioning.cli.tenant import operation_id

if TYPE_CHECKING:
    from provisioning.cli.arguments import Commands


def add_parser(commands: "Commands") -> None:
    """Add the sub-command with its own: list, show."""
    purpose = "list operations on the tenant's objects, or show one"
    parser = commands.add_parser("operations", help=purpose, description=as_sentence(purpose))
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="list operations, newest first; plans are not listed")
    listing.add_argument("--most", type=int, default=20, metavar="N", help="how many operations to list; 20 by default")
    listing.set_defaults(run=list_operations, parser=listing)
    codes = "0 the operation is shown, however it ended; 1 there is no such operation, or it could not be read"
    showing = actions.add_parser("show", help="show an operation step by step", epilog=epilog(exit_codes=codes))
    showing.add_argument("id", type=operation_id, metavar="ID", help="as `operations list` and health show it")
    showing.set_defaults(run=show_operation, parser=showing)
    for action in (listing, showing):
        action.add_argument("--json", action="store_true", help="as one JSON document on stdout")
        add_credential(action)


async def list_operations(given: argparse.Namespace) -> int:
    """List operations.

    Raises:
        ProductError: Storage is away, or a setting is missing.
    """
    async with with_storage(given) as services:
        newest = await services.operations.newest(most=given.most)
    if given.json:
        rows = [
            {
                "operation": item.operation_id,
                "mode": str(item.mode),
                "state": str(item.state),
                "updatedAt": item.changed_at.isoformat(),
            }
            for item in newest
        ]
        print_json(rows)
        return SAME
    lines = [f"{item.operation_id}  {item.changed_at:%Y-%m-%d %H:%M}Z  {item.mode:<8}  {item.state}" for item in newest]
    print_text("\n".join(lines or ["There are no operations."]))
    return SAME


async def show_operation(given: argparse.Namespace) -> int:
    """Show one operation.

    Raises:
        ProductError: Storage is away, or a setting is missing.
    """
    async with with_storage(given) as services:
        operation = await services.operations.read(given.id)
    if operation is None:
        print_error(f"There is no operation {given.id}. List them: python -m provisioning operations list")
        return FAULT
    if given.json:
        print_json(operation.as_json())
        return SAME
    from provisioning.cli.show import print_operation, terminal

    print_operation(terminal(), operation)
    return SAME
