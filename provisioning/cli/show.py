"""What an admin reads: a plan with its reasons, what it means for people, what to know, and how it ended."""

import json
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.text import Text

from provisioning.cli.arguments import clean
from provisioning.model.plan import Change, Finding, HeadCount, Plan, PlannedStep
from provisioning.store.operations import Mode, Operation, Step

LEVELS = ("blocking", "warning", "note")
STYLES = {
    "create": "green",
    "restore": "green",
    "update": "yellow",
    "delete": "red",
    "needs_admin": "yellow",
    "none": "dim",
    "blocking": "bold red",
    "warning": "yellow",
    "note": "cyan",
}
MISSING = object()


def terminal() -> Console:
    """Stdout: in color on a terminal unless NO_COLOR says otherwise, and without breaking lines elsewhere."""
    console = Console(highlight=False, markup=False, emoji=False)
    console.soft_wrap = not console.is_terminal
    return console


def show_plan(console: Console, operation: Operation, *, command: str | None) -> None:
    """Print what an operation would do.

    Args:
        console: Where to.
        operation: With its plan.
        command: How to do exactly this; None where nothing is to be done.
    """
    plan = operation.plan or Plan()
    mode = operation.of if operation.mode is Mode.PLAN else operation.mode
    console.print(Text(f"Plan {plan.plan_id}: what {mode} would do.", style="bold"))
    for step in plan.steps:
        for text in step_lines(step):
            console.print(text)
    show_findings(console, plan.findings)
    for sentence in heads(plan.head_count, mode=mode):
        console.print(Text(clean(sentence)))
    if plan.blocking:
        console.print(Text("Nothing can be done until what blocks it is put right.", style="bold"))
    elif command is None or not plan.changes_something:
        console.print(Text("Nothing to change.", style="bold"))
    else:
        console.print(Text(f"To do exactly this: {command}", style="bold"))


def step_lines(step: PlannedStep) -> Iterator[Text]:
    """A step: what becomes of the object, then field by field, the reason once where all share it."""
    identity = f" {step.object_id}" if step.object_id else ""
    yield Text.assemble("  ", (f"{step.action:<12}", STYLES.get(step.action, "")), f"{step.name}{identity}")
    if step.detail:
        yield Text(f"{'':14}{clean(step.detail)}")
    reasons = {change.reason for change in step.changes}
    for change in step.changes:
        for text in change_lines(change):
            yield Text(f"{'':14}{text}")
        if len(reasons) > 1:
            yield Text(f"{'':16}{clean(change.reason)}", style="dim")
    if len(reasons) == 1:
        yield Text(f"{'':14}{clean(reasons.pop())}", style="dim")


def change_lines(change: Change) -> Iterator[str]:
    """Before and after, down to what differs inside an object."""
    for name, before, after in differences(change.field, change.before, change.after):
        yield f"{f'{name}: ' if name else ''}{value(before)} -> {value(after)}"


def differences(name: str, before: Any, after: Any) -> Iterator[tuple[str, Any, Any]]:
    """The innermost fields that differ."""
    if not (isinstance(after, dict) and (before is None or isinstance(before, dict))):
        yield name, before, after
        return
    old = before or {}
    for key in sorted({*old, *after}):
        if old.get(key, MISSING) != after.get(key, MISSING):
            yield from differences(f"{name}.{key}" if name else key, old.get(key), after.get(key))


def value(content: Any) -> str:
    """One value, on one line, with nothing in it that a terminal would obey."""
    return "nothing" if content is None else clean(json.dumps(content, ensure_ascii=False))


def show_findings(console: Console, findings: tuple[Finding, ...], *, levels: tuple[str, ...] = LEVELS) -> None:
    """Print what an admin should know, what blocks first, each with its remedy."""
    for level in levels:
        for finding in findings:
            if finding.level == level:
                label = (f"{level}: ", STYLES[level])
                console.print(Text.assemble(label, f"{clean(finding.text)} {clean(finding.remedy)}"))


def heads(count: HeadCount | None, *, mode: Mode) -> Iterator[str]:
    """What the policy means for people, in words."""
    if count is None:
        if mode not in (Mode.REMOVE, Mode.DISABLE):
            yield "How many people this concerns was not counted."
        return
    yield f"The policy covers {people(count.in_scope)}; {mode} newly asks {people(count.newly_challenged)} for MFA."
    caught = len(count.administrators)
    if caught:
        whom = "1 administrator" if caught == 1 else f"{caught} administrators"
        yield f"It covers {whom}: {', '.join(count.administrators)}."
    else:
        yield "It covers no administrator."
    for user_id, by in count.excluded_break_glass.items():
        yield f"The break-glass account {user_id} is excluded by {by}."


def people(number: int) -> str:
    """A number of people."""
    return "nobody" if number == 0 else "1 person" if number == 1 else f"{number} people"


def show_end(console: Console, operation: Operation, steps: tuple[Step, ...], *, changed: bool) -> None:
    """Print what came of an operation that ended without an error.

    Args:
        console: Where to.
        operation: As it ended.
        steps: What became of each step.
        changed: Whether anything was written.
    """
    plan = operation.plan or Plan()
    show_findings(console, plan.findings, levels=("warning",))
    if operation.mode is not Mode.VERIFY:
        for sentence in heads(plan.head_count, mode=operation.mode):
            console.print(Text(clean(sentence)))
    for step in steps:
        if step.outcome == "needs_admin":
            console.print(Text(f"Left to an admin: {clean(step.detail or step.name)}", style="bold yellow"))
    console.print(Text(closing(operation, steps, changed=changed), style="bold"))


def closing(operation: Operation, steps: tuple[Step, ...], *, changed: bool) -> str:
    """The last sentence."""
    name = f"{operation.mode} {operation.operation_id}"
    if operation.mode is Mode.VERIFY:
        unproved = any(step.outcome == "unproved" for step in steps)
        return f"{name}: {'nothing speaks against it, but not all could be asked' if unproved else 'verified'}."
    return f"{name}: {'done' if changed else 'done, nothing had to change'}."
