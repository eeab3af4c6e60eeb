"""Prints a plan with its reasons and impact, findings, and how an operation ended."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from provisioning.cli.arguments import clean
from provisioning.model.operation import MODES, Mode, Operation, Step, StepOutcome
from provisioning.model.plan import Change, Finding, FinishCount, HeadCount, Plan, PlannedStep

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
# A sign for each action, as terraform shows it: readable without color and in a log.
MARKS = {"create": "+", "restore": "+", "update": "~", "delete": "-", "needs_admin": "!"}
MISSING = object()


def terminal() -> Console:
    """Stdout: in color on a terminal unless NO_COLOR says otherwise, and without breaking lines elsewhere."""
    console = Console(highlight=False, markup=False, emoji=False)
    console.soft_wrap = not console.is_terminal
    return console


def show_plan(
    console: Console, operation: Operation, *, command: str | None, names: Mapping[str, str] | None = None
) -> None:
    """Print what an operation would do.

    Args:
        console: Where to.
        operation: With its plan.
        command: How to do exactly this; None where nothing is to be done.
        names: User names to show beside ids, by id in lower case.
    """
    plan = operation.plan or Plan()
    mode = operation.effective_mode
    console.print(Text(f"Plan {plan.plan_id}: what {mode} would do.", style="bold"))
    for step in plan.steps:
        if not step.does_nothing:
            for text in step_lines(step):
                console.print(text)
    if unchanged := [step.name for step in plan.steps if step.does_nothing]:
        console.print(Text(f"  {len(unchanged)} unchanged: {', '.join(unchanged)}", style="dim"))
    show_findings(console, plan.findings)
    for sentence in heads(plan.head_count, mode=mode, names=names or {}):
        console.print(Text(clean(sentence)))
    if plan.blocking:
        console.print(Text("Nothing can be done until the blocking findings are fixed.", style="bold"))
    elif command is None or not plan.changes_something:
        console.print(Text("Nothing to change.", style="bold"))
    else:
        console.print(Text(f"To do exactly this: {command}", style="bold"))
        console.print(Text(totals(plan), style="bold"))


def totals(plan: Plan) -> str:
    """Return the last line: how many objects the plan creates, changes and deletes."""
    actions = Counter(str(step.action) for step in plan.steps)
    left = f", {actions['needs_admin']} left to an admin" if actions["needs_admin"] else ""
    made = actions["create"] + actions["restore"]
    return f"{made} to create, {actions['update']} to change, {actions['delete']} to delete{left}."


def step_lines(step: PlannedStep) -> Iterator[Text]:
    """Yield a step's action, then each changed field, with the reason once where all share it."""
    identity = f" {step.object_id}" if step.object_id else ""
    mark = f"{MARKS.get(step.action, ' ')} {step.action:<12}"
    yield Text.assemble("  ", (mark, STYLES.get(step.action, "")), f"{step.name}{identity}")
    if step.detail:
        yield Text(f"{'':16}{clean(step.detail)}")
    reasons = {change.reason for change in step.changes}
    for change in step.changes:
        for text in change_lines(change):
            yield Text(f"{'':16}{text}")
        if len(reasons) > 1:
            yield Text(f"{'':18}{clean(change.reason)}", style="dim")
    if len(reasons) == 1:
        yield Text(f"{'':16}{clean(reasons.pop())}", style="dim")


def change_lines(change: Change) -> Iterator[str]:
    """Yield before and after, down to what differs inside an object."""
    for name, before, after in differences(change.field, change.before, change.after):
        yield f"{f'{name}: ' if name else ''}{value(before)} -> {value(after)}"


def differences(name: str, before: Any, after: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield the innermost fields that differ."""
    if not (isinstance(after, dict) and (before is None or isinstance(before, dict))):
        yield name, before, after
        return
    old = before or {}
    for key in sorted({*old, *after}):
        if old.get(key, MISSING) != after.get(key, MISSING):
            yield from differences(f"{name}.{key}" if name else key, old.get(key), after.get(key))


def value(content: Any) -> str:
    """Return a value on one line, without control characters."""
    return "nothing" if content is None else clean(json.dumps(content, ensure_ascii=False))


def show_findings(console: Console, findings: tuple[Finding, ...], *, levels: tuple[str, ...] = LEVELS) -> None:
    """Print what an admin should know, what blocks first, each with its remedy."""
    for level in levels:
        for finding in findings:
            if finding.level == level:
                label = (f"{level}: ", STYLES[level])
                console.print(Text.assemble(label, f"{clean(finding.text)} {clean(finding.remedy)}"))


def heads(count: HeadCount | None, *, mode: Mode, names: Mapping[str, str] | None = None) -> Iterator[str]:
    """Yield what the policy means for people, as sentences."""

    def named(user_id: str) -> str:
        name = (names or {}).get(user_id.casefold())
        return f"{user_id} ({name})" if name else user_id

    if count is None:
        if MODES[mode].may_ask_people:
            yield "The number of people affected was not counted."
        return
    newly = (
        f"{mode} newly asks {people(count.newly_challenged)} for MFA" if count.in_scope else "it asks nobody for MFA"
    )
    yield f"The policy covers {people(count.in_scope)}; {newly}."
    if count.finish is not None:
        yield finish_words(count.finish)
    caught = len(count.administrators)
    if caught:
        holders = "1 administrator" if caught == 1 else f"{caught} administrators"
        yield f"It covers {holders}: {', '.join(map(named, count.administrators))}."
    else:
        yield "It covers no administrator."
    for user_id, by in count.excluded_break_glass.items():
        yield f"The break-glass account {named(user_id)} is excluded by {by}."


def finish_words(count: FinishCount) -> str:
    """Return who of the enrollment group can finish, as a sentence."""
    return (
        f"In the enrollment group, {people(count.can)} can finish by themselves or have finished, "
        f"{people(count.with_pass)} can finish with a pass, {people(count.cannot)} cannot finish, and for "
        f"{people(count.unknown)} it is not known."
    )


def people(number: int) -> str:
    """Return a number of people in words."""
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
        if step.outcome is StepOutcome.NEEDS_ADMIN:
            console.print(Text(f"Left to an admin: {clean(step.detail or step.name)}", style="bold yellow"))
    console.print(Text(closing(operation, steps, changed=changed), style="bold"))


def print_operation(console: Console, operation: Operation) -> None:
    """Print an operation as it stands: a plan as a plan, anything else step by step."""
    if operation.mode is Mode.PLAN and operation.plan is not None:
        show_plan(console, operation, command=None)
    for step in operation.steps:
        words = f"{step.name}: {step.outcome}{f' {step.object_id}' if step.object_id else ''}"
        console.print(Text(clean(f"{words}. {step.detail}" if step.detail else words)))
    detail = f" {operation.detail}" if operation.detail else ""
    words = (
        f"{operation.mode} {operation.operation_id} of {operation.created_at:%Y-%m-%d %H:%M} UTC: {operation.state}."
    )
    console.print(Text(clean(f"{words}{detail}"), style="bold"))


def closing(operation: Operation, steps: tuple[Step, ...], *, changed: bool) -> str:
    """Return the last sentence."""
    name = f"{operation.mode} {operation.operation_id}"
    if operation.mode is Mode.VERIFY:
        unproved = any(step.outcome is StepOutcome.UNPROVED for step in steps)
        return f"{name}: {'nothing speaks against it, but not all could be asked' if unproved else 'verified'}."
    return f"{name}: {'done' if changed else 'done, nothing had to change'}."
