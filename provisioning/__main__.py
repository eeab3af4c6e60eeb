"""`python -m provisioning COMMAND`: what an operator does by hand, with the same settings as the app."""

import argparse
import asyncio
import logging
import sys
from collections.abc import Sequence

from provisioning.errors import ProductError
from provisioning.log import quiet
from provisioning.runtime import Services
from provisioning.store.poison import KINDS, count, redrive


def main(argv: Sequence[str]) -> int:
    """Run one command; returns the exit code: 0 done, 1 an error, which is one sentence on stderr."""
    parser = argparse.ArgumentParser(prog="python -m provisioning", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    again = commands.add_parser("redrive", help="put messages the host gave up on back on their queue")
    again.add_argument(
        "queues", nargs="*", default=list(KINDS), metavar="QUEUE", help=f"of {', '.join(KINDS)}; default all"
    )
    again.add_argument("--dry-run", action="store_true", help="only count them")
    given = parser.parse_args(argv)
    unknown = sorted(set(given.queues) - set(KINDS))
    if unknown:
        parser.error(f"there is no queue {', '.join(unknown)}; the queues are {', '.join(KINDS)}")
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    quiet()
    try:
        asyncio.run(redrive_all(given.queues, dry_run=given.dry_run))
    except ProductError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


async def redrive_all(queues: Sequence[str], *, dry_run: bool) -> None:
    """Put back, or only count, and say so."""
    services = Services()
    try:
        for name in queues:
            if dry_run:
                print(f"{name}: {await count(services.storage, name)} in {name}-poison")
                continue
            done = await redrive(services.storage, name)
            left = f", {done.unreadable} left: not a message of this product" if done.unreadable else ""
            print(f"{name}: {done.replayed} put back{left}")
    finally:
        await services.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
