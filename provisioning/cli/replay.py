"""`replay`: put messages the host gave up on back on their queue, count them, or list them and who is parked."""

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from provisioning.cli.arguments import (
    CHANGES,
    FAULT,
    SAME,
    as_sentence,
    clean,
    confirmed,
    epilog,
    print_error,
    print_text,
)
from provisioning.cli.credentials import add_credential
from provisioning.cli.session import with_storage

if TYPE_CHECKING:
    from provisioning.cli.arguments import Commands
    from provisioning.services import Services


def add_parser(commands: "Commands") -> None:
    """Add the sub-command."""
    purpose = "put messages that the host gave up on back on their queues"
    end = epilog(
        ("replay --list", "replay hires", "replay hires --discard 0c2f5a1e-6c0b-4f36-9a0e-1d2b3c4d5e6f"),
        exit_codes="0 done; 1 storage is unreachable or refuses, or there is no such queue or message; 2 some messages "
        "remain that cannot be put back",
    )
    parser = commands.add_parser("replay", help=purpose, description=as_sentence(purpose), epilog=end)
    parser.add_argument(
        "queues", nargs="*", metavar="QUEUE", help="one of hires, seen, outgoing, passes, tenant; all if you name none"
    )
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--dry-run", action="store_true", help="only count them")
    instead.add_argument(
        "--list",
        action="store_true",
        help="only show the messages, what is known of the reason, and who is parked and why",
    )
    instead.add_argument(
        "--discard", metavar="ID", help="permanently delete one message, by the ID that --list shows; asks first"
    )
    parser.add_argument("--yes", action="store_true", help="discard without asking")
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
            left = 0
        elif given.discard is not None:
            return await discard_one(given, queues, services=services)
        else:
            left = await replay_all(queues, dry_run=given.dry_run, services=services)
    sys.stdout.flush()  # a reader that went away is to be met here, not when Python ends
    return CHANGES if left else SAME


async def discard_one(given: argparse.Namespace, queues: Sequence[str], *, services: "Services") -> int:
    """Delete one message that cannot be handled, after a question; and its row in the inbox, if it has one.

    Raises:
        TransientError: Storage is away.
    """
    from provisioning.model.messages import HireMessage
    from provisioning.store.poison import discard

    if not given.yes and not confirmed(
        f"Permanently delete message {given.discard}? What it asked for will not be done."
    ):
        print_error("Nothing was deleted.")
        return FAULT
    for name in queues:
        found = await discard(services.storage, name, given.discard)
        if found is not None:
            if isinstance(found.work, HireMessage) and found.work.inbox is not None:
                await services.inbox.remove(found.work.inbox)
            print_text(f"{name}: message {given.discard} is deleted.")
            return SAME
    print_error(f"No poison queue of {', '.join(queues)} holds the message {given.discard}; see replay --list.")
    return FAULT


async def replay_all(queues: Sequence[str], *, dry_run: bool, services: "Services") -> int:
    """Queue by queue; returns how many messages are left that cannot be put back.

    What HR said and no message is left of is queued from the inbox.

    Raises:
        TransientError: Storage is away.
    """
    from provisioning.people.inbox import queue_given_up
    from provisioning.store.poison import count_poison, replay

    storage, unreadable = services.storage, 0
    for name in queues:
        if dry_run:
            sys.stdout.write(f"{name}: {await count_poison(storage, name)} in {name}-poison\n")
            continue
        done = await replay(storage, name)
        unreadable += done.unreadable
        left = f", {done.unreadable} left because they are not messages of this product" if done.unreadable else ""
        anew = await queue_given_up(services.inbox, now=services.now()) if name == "hires" else 0
        from_inbox = f", {anew} queued again from the inbox" if anew else ""
        sys.stdout.write(f"{name}: {done.replayed} put back{from_inbox}{left}\n")
    return unreadable
