"""Shows an operation's progress: a live table on a terminal, a line for each step elsewhere."""

from datetime import datetime
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from provisioning.cli.arguments import clean, print_error
from provisioning.cli.work import Progress
from provisioning.clock import Clock
from provisioning.model.operation import Operation, Step, StepOutcome

LOOKING, WORKING = "Looking at the tenant.", "Working."
STYLES = {
    "created": "green",
    "restored": "green",
    "updated": "yellow",
    "deleted": "red",
    "passed": "green",
    "unchanged": "dim",
    "waiting": "cyan",
    "unproved": "yellow",
    "needs_admin": "yellow",
    "refused": "bold red",
    "failed": "bold red",
}


class Quiet(Progress):
    """Progress for programs: nothing on stdout, and each reason to wait once on stderr."""

    reason = ""

    def waits(self, reason: str, *, seconds: float, until: datetime) -> None:
        """Report what it waits for, unless that was the last thing reported."""
        if reason != self.reason:
            self.reason = reason
            print_error(wait(reason, seconds, until))


class Lines(Progress):
    """Progress for logs: a line for each outcome of a step.

    Args:
        console: Where to.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self.told: dict[str, tuple[str, str | None]] = {}
        self.reason = ""

    def saved(self, operation: Operation, steps: tuple[Step, ...]) -> None:
        """Print what is new. A waiting step is reported by its wait, one that ends the operation by its end."""
        for step in steps:
            news = (step.outcome, step.detail)
            told_elsewhere = step.outcome is StepOutcome.WAITING or (
                operation.state.final and step.detail == operation.detail
            )
            if not told_elsewhere and self.told.get(step.name) != news:
                self.told[step.name] = news
                self.console.print(Text(line(step)))

    def waits(self, reason: str, *, seconds: float, until: datetime) -> None:
        """Report what it waits for, unless that was the last thing reported: an hour has 360 tries."""
        if reason != self.reason:
            self.reason = reason
            self.console.print(Text(clean(wait(reason, seconds, until))))


class LiveTable(Progress):
    """Progress for people: every step, with a spinner at the current one.

    Args:
        console: A terminal.
        now: Clock.
    """

    def __init__(self, console: Console, *, now: Clock) -> None:
        self.now = now
        self.since = now()
        self.operation: Operation | None = None
        self.steps: tuple[Step, ...] = ()
        self.note = LOOKING
        self.spinner = Spinner("dots")
        self.live = Live(console=console, get_renderable=self.render, refresh_per_second=8, vertical_overflow="visible")

    def __enter__(self) -> Self:
        self.operation, self.steps, self.note, self.since = None, (), LOOKING, self.now()
        self.live.start(refresh=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.note = ""
        self.live.transient = not self.steps
        self.live.stop()

    def saved(self, operation: Operation, steps: tuple[Step, ...]) -> None:
        """Show the newest state."""
        self.operation, self.steps, self.since = operation, steps, self.now()
        self.note = "" if operation.state.final else WORKING if operation.admitted else LOOKING
        self.live.refresh()

    def waits(self, reason: str, *, seconds: float, until: datetime) -> None:
        """Show what it waits for, in the one line at the end."""
        self.since = self.now()
        self.note = wait(reason, seconds, until)
        self.live.refresh()

    def render(self) -> RenderableType:
        """Return what the terminal shows now."""
        note = f"{clean(self.note)} ({self.elapsed()} s)" if self.note else ""
        return Group(*([self.table()] if self.steps else []), *([Text(note, style="dim")] if note else []))

    def table(self) -> Table:
        """Return a row for each step."""
        table = Table(box=None, pad_edge=False, header_style="bold")
        for name in ("step", "outcome", "seconds", "detail"):
            table.add_column(name, justify="right" if name == "seconds" else "left", overflow="fold")
        for step in self.steps:
            table.add_row(*row(step))
        for number, name in enumerate(self.pending()):
            at_hand = number == 0 and bool(self.note)
            table.add_row(name, self.spinner if at_hand else "", self.elapsed() if at_hand else "", "")
        return table

    def pending(self) -> list[str]:
        """Return the planned steps without an outcome yet."""
        plan = self.operation.plan if self.operation else None
        if plan is None or self.operation is None or not self.operation.admitted:
            return []
        done = {step.name for step in self.steps}
        return [step.name for step in plan.steps if step.name not in done]

    def elapsed(self) -> str:
        """Return the seconds since the last change."""
        return f"{(self.now() - self.since).total_seconds():.0f}"


def progress_on(console: Console, *, now: Clock, as_json: bool) -> Progress:
    """Choose the progress display that suits the output."""
    if as_json:
        return Quiet()
    return LiveTable(console, now=now) if console.is_terminal and not console.is_dumb_terminal else Lines(console)


def wait(reason: str, seconds: float, until: datetime) -> str:
    """Return what it waits for, and until when."""
    return f"{reason} Looking again every {seconds:.0f} s until {until.astimezone():%H:%M}."


def line(step: Step) -> str:
    """Return a step as a sentence."""
    seconds = f" ({step.seconds:.1f} s)" if step.seconds is not None else ""
    words = f"{step.name}: {step.outcome}{f' {step.object_id}' if step.object_id else ''}{seconds}"
    return clean(f"{words}. {step.detail}" if step.detail else words)


def row(step: Step) -> tuple[Text, ...]:
    """Return a step as a table row."""
    seconds = "" if step.seconds is None else f"{step.seconds:.1f}"
    detail = step.detail or step.object_id or ""
    return (
        Text(step.name),
        Text(step.outcome, style=STYLES.get(step.outcome, "")),
        Text(seconds),
        Text(clean(detail)),
    )
