"""Runs `plan`, `apply` and the other modes after the sign-in: show, ask, work, conclude."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Mapping

import orjson
from rich.console import Console

from provisioning.cli.arguments import CHANGES, FAULT, SAME, print_error
from provisioning.cli.outcome import conclude, exit_code, present
from provisioning.cli.progress import line, progress_on
from provisioning.cli.show import terminal
from provisioning.cli.work import LocalRunner, resumption
from provisioning.errors import ProductError
from provisioning.model.operation import WRITING, Mode, Operation
from provisioning.model.public_json import public_json
from provisioning.services import Services
from provisioning.tenant.settings import TenantIdentitySettings
from provisioning.tenant.switch_off import turn_off

QUESTIONS: Mapping[Mode, str] = {
    Mode.REMOVE: "Remove everything listed above?",
    Mode.ENABLE: "Turn this on?",
}


async def disable_now(given: argparse.Namespace, *, services: Services) -> int:
    """Turn our policies back to report-only in this process, at once, and return the exit code.

    Args:
        given: The parsed arguments.
        services: Graph, storage, ids.
    """
    objects = await services.tenant_objects.objects()
    if objects is None:
        print_error("Nothing has been applied here, so there is nothing to turn off.")
        return SAME
    graph = services.graph(services.settings(TenantIdentitySettings).client_id)
    steps, failure = await turn_off(graph, objects)
    if given.json:
        sys.stdout.write(orjson.dumps(public_json(steps), option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        sys.stdout.writelines(f"{line(step)}\n" for step in steps)
    if failure is not None:
        print_error(f"The {failure[0]} could not be turned off: {failure[1].in_full}")
        return FAULT
    return CHANGES if any(step.outcome.changed for step in steps) else SAME


async def run_from_terminal(given: argparse.Namespace, *, services: Services) -> int:
    """Run the operation that the arguments name, show it, and return the exit code.

    Args:
        given: The parsed arguments.
        services: Graph, storage, clock, ids, sleep.
    """
    console = terminal()
    work = LocalRunner(services, progress=progress_on(console, now=services.now, as_json=given.json))
    try:
        operation, code = await execute(given, work, console)
    except (asyncio.CancelledError, ProductError):
        left = work.unfinished
        if left is not None and left.mode in WRITING:
            print_error(f"The operation {left.operation_id} has not ended. Continue it: {resumption(left)}")
        raise
    return await conclude(given, operation, work=work, console=console) if code is None else code


async def execute(given: argparse.Namespace, work: LocalRunner, console: Console) -> tuple[Operation, int | None]:
    """Run the operation. A removal is shown first, and on a terminal also what turning a policy on means for people.

    Returns:
        The operation, and the exit code if that operation was shown and nothing more is to be done.
    """
    held = given.plan_id
    asks = given.mode == "remove" or (given.mode == "enable" and (given.yes or may_ask(given)))
    if asks and given.resume is None and held is None:
        shown, code = await show_first(given, work, console)
        if code is not None or shown.plan is None:
            return shown, code
        held = shown.plan.plan_id
    with work.progress:
        if given.resume is not None:
            return await work.resume(given.resume, mode=Mode(given.mode)), None
        return await work.begin(Mode(given.mode), planned_mode=Mode(given.of), plan_id=held), None


async def show_first(given: argparse.Namespace, work: LocalRunner, console: Console) -> tuple[Operation, int | None]:
    """Show what the operation would do, and ask.

    Returns:
        The plan's operation, and the exit code where nothing more is to be done.
    """
    with work.progress:
        shown = await work.begin(Mode.PLAN, planned_mode=Mode(given.mode))
    code = exit_code(shown, changed=False)
    if code == FAULT or not (given.yes or may_ask(given)):
        return shown, await conclude(given, shown, work=work, console=console)
    if not given.json:
        await present(shown, console, work=work)
    if given.yes:
        return shown, None
    if code == SAME:
        return shown, SAME
    if agreed(QUESTIONS[Mode(given.mode)]):
        return shown, None
    print_error("Nothing was written.")
    return shown, CHANGES


def may_ask(given: argparse.Namespace) -> bool:
    """Return whether a person can answer a question."""
    return not given.json and sys.stdin.isatty() and sys.stdout.isatty()


def agreed(question: str) -> bool:
    """Ask. Ctrl-C must end the question at once, which asyncio's own handler would not let it."""
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return input(f"{question} Type yes: ").strip().casefold() == "yes"
    except EOFError:
        return False
    finally:
        signal.signal(signal.SIGINT, handler)
