"""`replay`: put messages the host gave up on back on their queue, count them, or list them and who is parked."""

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from provisioning.cli.arguments import SAME, clean, epilog
from provisioning.cli.credentials import add_credential
from provisioning.cli.session import with_storage

if TYPE_CHECKING:
    from provisioning.cli.arguments import Commands
    from provisioning.store.storage import Storage


def add_parser(commands: "Commands") -> None:
    """Add the sub-command."""
    purpose = "put messages the host gave up on back on their queue"
    end = epilog(
        ("replay --list", "replay hires"),
        exit_codes="0 done; 1 storage is away or refuses it, or there is no such queue",
    )
    parser = commands.add_parser("replay", help=purpose, description=f"{purpose.capitalize()}.", epilog=end)
    parser.add_argument("queues", nargs="*", metavar="QUEUE", help="of hires, seen, tenant; without one, all")
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--dry-run", action="store_true", help="only count them")
    instead.add_argument(
        "--list", action="store_true", help="only show them, what is known of the reason, and who is parked and why"
    )
    parser.set_defaults(run=run, parser=parser)
    add_credential(parser)


async def run(given: argparse.Namespace) -> int:
    """Put messages back, count them or list them.

    Raises:
        ProductError: Storage is away or refuses it, or a setting is missing.
    """
    from provisioning.store.poison import KINDS

    unknown = sorted(set(given.queues) - set(KINDS))
    if unknown:
        given.parser.error(f"there is no queue {', '.join(unknown)}; the queues are {', '.join(KINDS)}")
    queues = given.queues or list(KINDS)
    async with with_storage(given) as services:
        if given.list:
            from provisioning.support.stuck_work import stuck

            async for line in stuck(queues, services=services):
                sys.stdout.write(f"{clean(line)}\n")
        else:
            await replay_all(queues, dry_run=given.dry_run, storage=services.storage)
    sys.stdout.flush()  # a reader that went away is to be met here, not when Python ends
    return SAME


async def replay_all(queues: Sequence[str], *, dry_run: bool, storage: "Storage") -> None:
    """Queue by queue.

    Raises:
        TransientError: Storage is away.
    """
    from provisioning.store.poison import count_poison, replay

    for name in queues:
        if dry_run:
            sys.stdout.write(f"{name}: {await count_poison(storage, name)} in {name}-poison\n")
            continue
        done = await replay(storage, name)
        left = f", {done.unreadable} left: not a message of this product" if done.unreadable else ""
        sys.stdout.write(f"{name}: {done.replayed} put back{left}\n")
