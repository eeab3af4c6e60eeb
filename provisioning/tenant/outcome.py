"""What the steps and the errors of an operation make of it."""

from dataclasses import dataclass, replace
from datetime import datetime

from provisioning.errors import ConfigurationError, NotReady, ProductError, Rejected, TransientError
from provisioning.graph.errors import GraphError, PermissionDenied
from provisioning.log import EventLog
from provisioning.model.operation import ErrorCode, Mode, Operation, OperationError, OperationState, Step, StepOutcome
from provisioning.tenant.context import MayPass
from provisioning.tenant.resources.policy_errors import NotAsWritten

log = EventLog(__name__)

MOST_TRIES = 4  # of a write that Graph refuses in words which are true of new objects only, where none is new
GRANT = (
    "Give this identity the permissions that docs/permissions.md lists: python -m provisioning bootstrap. A managed "
    "identity's token keeps the roles it was issued with for up to 24 hours, and restarting the app does not change "
    "that (azure-sdk-for-net#27019); to continue right away, run the command line with --credential."
)
GO_ON = "Fix the cause and run the command again; it continues where this run stopped."


@dataclass(frozen=True)
class OperationVerdict:
    """What an error makes of an operation.

    Attributes:
        outcome: Of the step.
        state: Of the operation.
        error: For the caller.
        tries: How often the step was refused for a reason that may pass.
    """

    outcome: StepOutcome
    state: OperationState
    error: OperationError
    tries: int = 0


def add_step(operation: Operation, step: Step) -> Operation:
    """Return the operation with what became of a step, and tell the log."""
    identity = {"operation": operation.operation_id, "step": step.name, "object": step.object_id}
    log.info("step", **identity, outcome=step.outcome)
    tries = 0 if step.outcome.changed else operation.tries  # a run that resumes passes what is done already
    return replace(operation.with_step(step), tries=tries)


def conclusion(operation: Operation) -> OperationState:
    """Return how an operation ended whose steps were all taken."""
    outcomes = {step.outcome for step in operation.steps}
    for outcome, state in (
        (StepOutcome.FAILED, OperationState.FAILED),
        (StepOutcome.UNPROVED, OperationState.UNPROVED),
        (StepOutcome.NEEDS_ADMIN, OperationState.NEEDS_ADMIN),
    ):
        if outcome in outcomes:
            return state
    return OperationState.SUCCEEDED


def verdict(operation: Operation, error: ProductError, *, now: datetime) -> OperationVerdict:
    """Return what an error makes of the step at hand and of the operation."""
    if isinstance(error, MayPass) and operation.tries + 1 >= MOST_TRIES:
        message = f"{error.error.in_full} The request refers to {error.what}."
        if isinstance(error.error, PermissionDenied):
            return needs_a_person(OperationError(ErrorCode.PERMISSION_DENIED, message, GRANT))
        return failed(OperationError(ErrorCode.GRAPH_ERROR, message, GO_ON))
    if isinstance(error, NotReady | TransientError):
        code = ErrorCode.NOT_READY if isinstance(error, NotReady) else ErrorCode.UNAVAILABLE
        if now > operation.deadline:
            return failed(OperationError(ErrorCode.TIMED_OUT, f"{error} This took too long.", try_again(operation)))
        tries = operation.tries + isinstance(error, MayPass)
        return OperationVerdict(StepOutcome.WAITING, OperationState.WAITING, OperationError(code, str(error)), tries)
    if isinstance(error, Rejected):
        code = ErrorCode.MISCONFIGURED if isinstance(error, ConfigurationError) else ErrorCode.REJECTED
        return needs_a_person(OperationError(code, error.reason, error.remedy))
    if isinstance(error, PermissionDenied):
        return needs_a_person(OperationError(ErrorCode.PERMISSION_DENIED, error.in_full, GRANT))
    if isinstance(error, NotAsWritten):
        return failed(OperationError(ErrorCode.NOT_AS_WRITTEN, error.fault, error.remedy))
    code = ErrorCode.GRAPH_ERROR if isinstance(error, GraphError) else ErrorCode.INTERNAL
    return failed(OperationError(code, error.in_full, GO_ON))


def failed(error: OperationError) -> OperationVerdict:
    """Return the verdict on work that did not succeed and will not by itself."""
    return OperationVerdict(StepOutcome.FAILED, OperationState.FAILED, error)


def needs_a_person(error: OperationError) -> OperationVerdict:
    """Return the verdict on work that a person has to make possible."""
    return OperationVerdict(StepOutcome.REFUSED, OperationState.REFUSED, error)


def try_again(operation: Operation) -> str:
    """Return what to do about an operation that waited too long."""
    if operation.mode is Mode.REMOVE:
        return "Run remove again: what is deleted stays deleted, and the work continues at this step."
    return f"Run {operation.mode} again once it is visible; the work continues at this step."
