"""Runs `plan`, `apply` and the other modes after the sign-in: show, ask, work, conclude."""

import argparse
import asyncio
import signal
import sys

from rich.console import Console

from provisioning.cli.arguments import CHANGES, FAULT, SAME, print_error
from provisioning.cli.outcome import conclude, exit_code, present
from provisioning.cli.progress import progress_on
from provisioning.cli.show import terminal
from provisioning.cli.work import LocalRunner, resumption
from provisioning.errors import ProductError
from provisioning.model.operation import WRITING, Mode, Operation
from provisioning.services import Services


async def run_from_terminal(given: argparse.Namespace, *, services: Services) -> int:
    """Run the operation that the arguments name, show it, and return the exit code.

    Args:
        given: The parsed arguments.
        services: Graph, storage, clock, ids, sleep.
    """
    console = terminal()
    work = LocalRunner(services, progress=progress_on(console, now=services.now, as_json=given.json))
    try:
        operation, code = await work_on(given, work, console)
    except (asyncio.CancelledError, ProductError):
        left = work.unfinished
        if left is not None and left.mode in WRITING:
            print_error(f"The operation {left.operation_id} has not ended. Go on with it: {resumption(left)}")
        raise
    return await conclude(given, operation, work=work, console=console) if code is None else code


async def work_on(given: argparse.Namespace, work: LocalRunner, console: Console) -> tuple[Operation, int | None]:
    """Run the operation; a removal is shown first.

    Returns:
        The operation, and the exit code if that operation was shown and nothing more is to be done.
    """
    held = given.plan_id
    if given.mode == "remove" and given.resume is None and held is None:
        shown, code = await show_removal(given, work, console)
        if code is not None or shown.plan is None:
            return shown, code
        held = shown.plan.plan_id
    with work.progress:
        if given.resume is not None:
            return await work.resume(given.resume, mode=Mode(given.mode)), None
        return await work.begin(Mode(given.mode), planned_mode=Mode(given.of), plan_id=held), None


async def show_removal(given: argparse.Namespace, work: LocalRunner, console: Console) -> tuple[Operation, int | None]:
    """Show what a removal deletes, and ask.

    Returns:
        The plan's operation, and the exit code where nothing more is to be done.
    """
    with work.progress:
        shown = await work.begin(Mode.PLAN, planned_mode=Mode.REMOVE)
    code = exit_code(shown, changed=False)
    if code == FAULT or not (given.yes or may_ask(given)):
        return shown, await conclude(given, shown, work=work, console=console)
    if not given.json:
        await present(shown, console, work=work)
    if given.yes:
        return shown, None
    if code == SAME:
        return shown, SAME
    if agreed():
        return shown, None
    print_error("Nothing was written.")
    return shown, CHANGES


def may_ask(given: argparse.Namespace) -> bool:
    """Return whether a person can answer a question."""
    return not given.json and sys.stdin.isatty() and sys.stdout.isatty()


def agreed() -> bool:
    """Ask. Ctrl-C must end the question at once, which asyncio's own handler would not let it."""
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return input("Remove all of this? Type yes: ").strip().casefold() == "yes"
    except EOFError:
        return False
    finally:
        signal.signal(signal.SIGINT, handler)
