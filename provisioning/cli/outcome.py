"""How an operation ended: for the person, for a program, and as an exit code."""

import argparse
import re

import orjson
from rich.console import Console

from provisioning.cli.arguments import CHANGES, FAULT, SAME, print_error
from provisioning.cli.credentials import AZ, chosen
from provisioning.cli.show import show_end, show_findings, show_plan
from provisioning.cli.work import CHANGED, WRITING, LocalRunner
from provisioning.store.operations import Mode, Operation, OperationState

REFUSED_BY_GRAPH = re.compile(r"answered (401|403) ")


def conclude(given: argparse.Namespace, operation: Operation, *, work: LocalRunner, console: Console) -> int:
    """Show how it ended, say what is wrong on stderr, and return the exit code."""
    changed = has_changed(operation, work=work)
    code = exit_code(operation, changed=changed)
    if given.json:
        console.file.write(orjson.dumps(operation.as_json(), option=orjson.OPT_INDENT_2).decode() + "\n")
        console.file.flush()  # a reader that went away is to be met here, not when Python ends
    elif operation.mode is Mode.PLAN or code == FAULT:
        present(operation, console)
    else:
        show_end(console, operation, work.steps, changed=changed)
    if code == FAULT:
        print_error(complaint(operation, through_az=chosen(given) == AZ))
    return code


def present(operation: Operation, console: Console) -> None:
    """Show a plan: one that was asked for, or the new one where the tenant is not as the caller's plan shows it."""
    plan = operation.plan
    if plan is None:
        return
    planned = operation.mode is Mode.PLAN
    if planned or (operation.plan_id not in (None, plan.plan_id) and not operation.held):
        mode = operation.of if planned else operation.mode
        show_plan(console, operation, command=f"python -m provisioning {mode} --plan-id {plan.plan_id}")
    else:
        show_findings(console, plan.findings)


def has_changed(operation: Operation, *, work: LocalRunner) -> bool:
    """Whether the operation wrote anything, in this process or in one before it."""
    planned = operation.plan is not None and operation.plan.changes_something and operation.held
    return operation.mode in WRITING and (planned or any(step.outcome in CHANGED for step in work.steps))


def exit_code(operation: Operation, *, changed: bool) -> int:
    """What a pipeline is told."""
    if operation.state in (OperationState.FAILED, OperationState.REFUSED):
        return FAULT
    if operation.mode is Mode.PLAN and operation.plan is not None:
        return FAULT if operation.plan.blocking else CHANGES if operation.plan.changes_something else SAME
    open_ended = operation.state in (OperationState.NEEDS_ADMIN, OperationState.UNPROVED)
    return CHANGES if changed or open_ended else SAME


def complaint(operation: Operation, *, through_az: bool) -> str:
    """What is wrong and what to do, in a sentence or two.

    Args:
        operation: That ended badly, or a plan that something blocks.
        through_az: Whether az gave the token. The Azure CLI's own app may not write policies, whoever signs in to
            it (Azure/azure-cli#33062); a service principal that signs in there may.
    """
    blocking = operation.plan.blocking if operation.plan is not None else ()
    if operation.detail is None and blocking:
        return f"{blocking[0].text} {blocking[0].remedy}"
    if operation.detail is None:
        failed = " ".join(step.detail or step.name for step in operation.steps if step.outcome == "failed")
        return f"{failed} Look for what drifted: python -m provisioning plan"
    if REFUSED_BY_GRAPH.search(operation.detail):
        remedy = "Give this identity the permissions that infra/README.md lists, or choose another with --credential."
        az = " A person who signed in to az cannot write policies; use device-code." if through_az else ""
        return f"{operation.detail} {remedy}{az}"
    if operation.detail.startswith("Microsoft Graph answered"):
        return f"{operation.detail} Put that right and run the command again; it goes on where this one stopped."
    return operation.detail
