"""`redrive`: put messages the host gave up on back on their queue, or count them."""

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from provisioning.command.arguments import SAME

if TYPE_CHECKING:
    from provisioning.command.arguments import Commands


def add_parser(commands: "Commands") -> None:
    """Add the sub-command."""
    parser = commands.add_parser("redrive", help="put messages the host gave up on back on their queue")
    parser.add_argument("queues", nargs="*", metavar="QUEUE", help="of hires, seen, tenant; without one, all")
    parser.add_argument("--dry-run", action="store_true", help="only count them")
    parser.set_defaults(run=run, parser=parser)


async def run(given: argparse.Namespace) -> int:
    """Put back, or only count, and say so."""
    from provisioning.store.poison import KINDS

    unknown = sorted(set(given.queues) - set(KINDS))
    if unknown:
        given.parser.error(f"there is no queue {', '.join(unknown)}; the queues are {', '.join(KINDS)}")
    await redrive_all(given.queues or list(KINDS), dry_run=given.dry_run)
    return SAME


async def redrive_all(queues: Sequence[str], *, dry_run: bool) -> None:
    """Queue by queue.

    Raises:
        Retry: Storage is away.
    """
    from provisioning.runtime import Services
    from provisioning.store.poison import count, redrive

    services = Services()
    try:
        for name in queues:
            if dry_run:
                sys.stdout.write(f"{name}: {await count(services.storage, name)} in {name}-poison\n")
                continue
            done = await redrive(services.storage, name)
            left = f", {done.unreadable} left: not a message of this product" if done.unreadable else ""
            sys.stdout.write(f"{name}: {done.replayed} put back{left}\n")
    finally:
        await services.close()
