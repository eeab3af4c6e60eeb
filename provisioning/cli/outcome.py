"""Reports how an operation ended, to a person, to a program and as an exit code."""

import argparse

import orjson
from rich.console import Console

from provisioning.cli.arguments import CHANGES, FAULT, SAME, print_error
from provisioning.cli.credentials import AZ, chosen
from provisioning.cli.names import names_for
from provisioning.cli.show import show_end, show_findings, show_plan
from provisioning.cli.work import LocalRunner
from provisioning.model.operation import WRITING, ErrorCode, Mode, Operation, OperationState, StepOutcome


async def conclude(given: argparse.Namespace, operation: Operation, *, work: LocalRunner, console: Console) -> int:
    """Show how it ended, say what is wrong on stderr, and return the exit code."""
    changed = has_changed(operation, work=work)
    code = exit_code(operation, changed=changed)
    if given.json:
        console.file.write(orjson.dumps(operation.as_json(), option=orjson.OPT_INDENT_2).decode() + "\n")
        console.file.flush()  # a reader that went away is to be met here, not when Python ends
    elif operation.mode is Mode.PLAN or code == FAULT:
        await present(operation, console, work=work)
    else:
        show_end(console, operation, work.steps, changed=changed)
    if code == FAULT:
        print_error(complaint(operation, through_az=chosen(given) == AZ))
    return code


async def present(operation: Operation, console: Console, *, work: LocalRunner) -> None:
    """Show a plan: one that was asked for, or the new one where the tenant is not as the caller's plan shows it."""
    plan = operation.plan
    if plan is None:
        return
    planned = operation.mode is Mode.PLAN
    if planned or (operation.plan_id not in (None, plan.plan_id) and not operation.admitted):
        mode = operation.effective_mode
        names = await names_for(console, plan, graph=work.graph)
        show_plan(console, operation, command=f"python -m provisioning {mode} --plan-id {plan.plan_id}", names=names)
    else:
        show_findings(console, plan.findings)


def has_changed(operation: Operation, *, work: LocalRunner) -> bool:
    """Return whether the operation wrote anything, in this process or in one before it."""
    planned = operation.plan is not None and operation.plan.changes_something and operation.admitted
    return operation.mode in WRITING and (planned or any(step.outcome.changed for step in work.steps))


def exit_code(operation: Operation, *, changed: bool) -> int:
    """Return the exit code."""
    if operation.state in (OperationState.FAILED, OperationState.REFUSED, OperationState.UNPROVED):
        return FAULT
    if operation.mode is Mode.PLAN and operation.plan is not None:
        return FAULT if operation.plan.blocking else CHANGES if operation.plan.changes_something else SAME
    open_ended = operation.state in (OperationState.NEEDS_ADMIN, OperationState.UNPROVED)
    return CHANGES if changed or open_ended else SAME


def complaint(operation: Operation, *, through_az: bool) -> str:
    """Return what is wrong and what to do, in a sentence or two.

    Args:
        operation: That ended badly, or a plan that something blocks.
        through_az: Whether az gave the token. The Azure CLI's own app may not write policies, regardless of who
            signs in to it (Azure/azure-cli#33062); a service principal that signs in there may.
    """
    blocking = operation.plan.blocking if operation.plan is not None else ()
    if operation.detail is None and blocking:
        return f"{blocking[0].text} {blocking[0].remedy}"
    if operation.detail is None:
        wrong = (StepOutcome.FAILED, StepOutcome.UNPROVED)
        failed = " ".join(step.detail or step.name for step in operation.steps if step.outcome in wrong)
        return f"{failed} See what has drifted: python -m provisioning plan"
    if operation.error is not None and operation.error.code is ErrorCode.PERMISSION_DENIED:
        az = " A person who signed in to az cannot write policies; use device-code." if through_az else ""
        return f"{operation.detail}{az}"
    return operation.detail
