"""An operation on the tenant's objects: what was asked for, and what became of each object."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from provisioning.model.plan import Change, Plan
from provisioning.model.public_json import public_json

DEADLINE = timedelta(hours=1)  # after that an operation that still waits says so and ends; another apply resumes it


class Mode(StrEnum):
    """What an operation does."""

    PLAN = "plan"
    APPLY = "apply"
    ENABLE = "enable"
    DISABLE = "disable"
    VERIFY = "verify"
    REMOVE = "remove"


@dataclass(frozen=True)
class ModeSpec:
    """What is true of every operation of a mode.

    Attributes:
        purpose: For a command line's help, to be read after the mode's name.
        writes: Whether it may change something; such a mode can be planned.
        may_ask_people: Whether people may be asked for MFA once it is done, so that its preflight is the full one.
        needs_settings: Whether it looks at any setting but the tenant's id and its own identity.
    """

    purpose: str
    writes: bool = False
    may_ask_people: bool = False
    needs_settings: bool = True


MODES: Mapping[Mode, ModeSpec] = {
    Mode.PLAN: ModeSpec("show every change, its reason, and what it means for people, without writing anything"),
    Mode.APPLY: ModeSpec(
        "create what is missing and correct drift; new policies start in report-only mode",
        writes=True,
        may_ask_people=True,
    ),
    Mode.VERIFY: ModeSpec("verify with What If which sign-ins the policy applies to, without writing anything"),
    Mode.ENABLE: ModeSpec("turn the policy on", writes=True, may_ask_people=True),
    Mode.DISABLE: ModeSpec("turn the policy back to report-only", writes=True, needs_settings=False),
    Mode.REMOVE: ModeSpec("delete what carries this deployment's mark, after showing it", writes=True),
}
WRITING = frozenset(mode for mode, spec in MODES.items() if spec.writes)
MAY_ASK_PEOPLE = frozenset(mode for mode, spec in MODES.items() if spec.may_ask_people)


class OperationState(StrEnum):
    """Where an operation stands."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    SUCCEEDED = "succeeded"
    NEEDS_ADMIN = "needs_admin"
    UNPROVED = "unproved"
    REFUSED = "refused"
    FAILED = "failed"

    @property
    def final(self) -> bool:
        """Return whether nothing more will happen by itself."""
        return self not in (OperationState.QUEUED, OperationState.RUNNING, OperationState.WAITING)

    @property
    def has_error(self) -> bool:
        """Return whether an error says why the operation stands there."""
        return self in (OperationState.WAITING, OperationState.REFUSED, OperationState.FAILED)


class StepOutcome(StrEnum):
    """What became of one object."""

    CREATED = "created"
    RESTORED = "restored"
    UPDATED = "updated"
    DELETED = "deleted"
    UNCHANGED = "unchanged"
    PASSED = "passed"
    ACCEPTED = "accepted"  # a proof failed, and the settings accept that
    UNPROVED = "unproved"
    NEEDS_ADMIN = "needs_admin"
    WAITING = "waiting"
    REFUSED = "refused"
    FAILED = "failed"

    @property
    def changed(self) -> bool:
        """Return whether something was written."""
        return self.appeared or self in (StepOutcome.UPDATED, StepOutcome.DELETED)

    @property
    def appeared(self) -> bool:
        """Return whether there is an object now where there was none, so that later steps have more to do."""
        return self in (StepOutcome.CREATED, StepOutcome.RESTORED)


class ErrorCode(StrEnum):
    """Why an operation did not end well, for programs."""

    NOT_READY = "not_ready"
    UNAVAILABLE = "unavailable"
    TIMED_OUT = "timed_out"
    REJECTED = "rejected"
    MISCONFIGURED = "misconfigured"
    PERMISSION_DENIED = "permission_denied"
    GRAPH_ERROR = "graph_error"
    NOT_AS_WRITTEN = "not_as_written"
    INTERNAL = "internal"


@dataclass(frozen=True)
class OperationError:
    """Why an operation did not end well.

    Attributes:
        code: For programs.
        message: What is so, as a sentence.
        remedy: What a person can do, as a sentence; empty where only time helps.
    """

    code: ErrorCode
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


@dataclass(frozen=True)
class Step:
    """What became of one object.

    Attributes:
        name: The kind of object.
        outcome: What was done.
        object_id: Its id, once known.
        detail: A sentence, where there is something to say.
        changes: What was written, field by field.
        seconds: How long it took.
    """

    name: str
    outcome: StepOutcome
    object_id: str | None = None
    detail: str | None = None
    changes: tuple[Change, ...] = ()
    seconds: float | None = None


@dataclass(frozen=True)
class Operation:
    """One request of an admin.

    Attributes:
        planned_mode: For a plan: the mode it is a plan of.
        plan_id: The plan that the caller saw and holds the operation to, if any.
        admitted: Whether the tenant was found as that plan shows it; a run that resumes must not ask again.
        plan: What was planned when the operation began.
        error: Why it waits or ended badly.
        tries: How often the step at hand was refused for a reason that may pass.
    """

    operation_id: str
    mode: Mode
    state: OperationState
    created_at: datetime
    updated_at: datetime
    steps: tuple[Step, ...] = ()
    error: OperationError | None = None
    planned_mode: Mode = Mode.APPLY
    plan_id: str | None = None
    admitted: bool = False
    plan: Plan | None = None
    tries: int = 0

    def with_step(self, step: Step) -> "Operation":
        """Return the operation with this step's newest outcome.

        A run that goes on after a wait finds unchanged what the run before it changed; the change is the news.
        """
        before = next((old for old in self.steps if old.name == step.name), None)
        if before is not None and before.outcome.changed and step.outcome is StepOutcome.UNCHANGED:
            step = before
        return replace(self, steps=(*(old for old in self.steps if old.name != step.name), step))

    @property
    def effective_mode(self) -> Mode:
        """Return the mode that is planned or done."""
        return self.planned_mode if self.mode is Mode.PLAN else self.mode

    @property
    def detail(self) -> str | None:
        """Return why it waits or ended badly, as text."""
        return str(self.error) if self.error is not None else None

    @property
    def deadline(self) -> datetime:
        """Return when an operation that waits gives up."""
        return self.created_at + DEADLINE

    def as_json(self) -> dict[str, Any]:
        """Return public JSON, without what is not known."""
        waiting = {"deadline": self.deadline.isoformat()} if self.state is OperationState.WAITING else {}
        steps: list[dict[str, Any]] = public_json(self.steps)
        return {
            "operation": self.operation_id,
            "mode": str(self.mode),
            **({"for": str(self.planned_mode)} if self.mode is Mode.PLAN else {}),
            "state": str(self.state),
            "createdAt": self.created_at.isoformat(),
            "updatedAt": self.updated_at.isoformat(),
            **waiting,
            "steps": [{name: value for name, value in step.items() if value not in (None, [])} for step in steps],
            **({"error": public_json(self.error)} if self.error is not None else {}),
            **({"plan": self.plan.as_json()} if self.plan is not None else {}),
        }


@dataclass(frozen=True)
class OperationSummary:
    """An operation in four words.

    Attributes:
        changed_at: When its row was last written.
    """

    operation_id: str
    mode: Mode
    state: OperationState
    changed_at: datetime
