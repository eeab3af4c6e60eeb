"""The models of the answers of /api/*, made from the product's types; a test parses real answers with them."""

from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from functools import cache, reduce
from operator import or_
from typing import Any, Literal, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, create_model

from provisioning.model.deadline import Timeliness
from provisioning.model.finish import Answer
from provisioning.model.finish_reasons import Missing, Reason, Who
from provisioning.model.hires import HireEventType
from provisioning.model.ledger import EnrollmentState
from provisioning.model.newcomer_messages import Audience, MessageKind, MessageState, Route
from provisioning.model.operation import Mode, OperationError, OperationState, Step
from provisioning.model.person_status import GuardEffect, PolicyEffect
from provisioning.model.plan import Plan
from provisioning.model.public_json import camel_case


class Wire(BaseModel):
    """Base: names in camelCase, and nothing that is not named."""

    model_config = ConfigDict(extra="forbid", alias_generator=camel_case)


@cache
def wire(kind: type) -> type[Wire]:
    """Make the model of a dataclass as public JSON has it; inner dataclasses, too."""
    hints = get_type_hints(kind)
    given: dict[str, Any] = {}
    for item in fields(kind):
        optional = item.default is not MISSING or item.default_factory is not MISSING
        given[item.name] = (converted(hints[item.name]), Field(default=None) if optional else Field())
    return create_model(kind.__name__, __base__=Wire, __doc__=(kind.__doc__ or "").splitlines()[0], **given)


def converted(hint: Any) -> Any:
    """A type with the models of dataclasses in their places."""
    if isinstance(hint, type) and is_dataclass(hint):
        return wire(hint)
    inner = tuple(converted(part) for part in get_args(hint))
    if inner == get_args(hint) or get_origin(hint) is Literal:
        return hint
    return tuple.__class_getitem__(inner) if get_origin(hint) is tuple else reduce(or_, inner)


class ErrorAnswer(Wire):
    """Why a request was not done."""

    error: str = Field(description="stable, for programs")
    message: str = Field(description="whole sentences with the reason and the remedy")


class DeliveryAnswer(Wire):
    """What became of a delivery."""

    status: Literal["queued", "ignored", "unusable"]
    queued: int = Field(description="how many events were kept")
    ignored: int = Field(description="how many events are of no interest")
    rejected: list[str] = Field(default=[], description="why events were not kept")


PlanAnswer = create_model(
    "PlanAnswer", __base__=wire(Plan), __doc__="What an operation would do.", plan_id=(str, ...), changes=(bool, ...)
)
OPERATION: dict[str, Any] = {
    "operation": (str, ...),
    "mode": (Mode, ...),
    "planned_mode": (Mode | None, Field(default=None, alias="for", description="of a plan: the mode it is a plan of")),
    "state": (OperationState, ...),
    "created_at": (datetime, ...),
    "updated_at": (datetime, ...),
    "deadline": (datetime | None, Field(default=None, description="when an operation that waits gives up")),
    "steps": (tuple[wire(Step), ...], ...),  # type: ignore[misc]  # made at run time
    "error": (wire(OperationError) | None, None),
    "plan": (PlanAnswer | None, None),
}
OperationAnswer = create_model(
    "OperationAnswer", __base__=Wire, __doc__="An operation, as far as it has come.", **OPERATION
)


class NextStepAnswer(Wire):
    """Who can take the next step."""

    who: Who
    what: str
    at: datetime | None


class HrAnswer(Wire):
    """What HR said last."""

    kind: HireEventType
    source: str
    event_id: str
    at: datetime


class WindowAnswer(Wire):
    """When the invitation opens."""

    start_date: date | None
    opens_at: datetime | None
    open: bool


class DeadlineAnswer(Wire):
    """Until when a person is to register. Nobody is blocked when that has passed."""

    day: date | None
    timeliness: Timeliness


class MessageAnswer(Wire):
    """A message about a person. `accepted` means handed over, which says nothing about its arrival."""

    kind: MessageKind
    audience: Audience
    route: Route
    state: MessageState
    due: datetime
    settled_at: datetime | None
    reason: str | None


class GroupAnswer(Wire):
    """The enrollment group."""

    id: str | None
    member: bool | None


class FinishAnswer(Wire):
    """Whether the person can finish from a phone at home."""

    answer: Answer
    reasons: list[Reason]
    who: Who
    policy_ids: list[str] = Field(description="the policies that stand in the way")
    missing: list[Missing] = Field(description="what could not be read and would decide")
    at_worst: Answer = Field(description="the answer if what is missing is bad")


class PersonAnswer(Wire):
    """Why a person is not done; null is what is not known."""

    object_id: str | None
    employee_id: str | None
    state: EnrollmentState
    why: str
    next: NextStepAnswer
    reason: str | None
    remedy: str | None
    hr: HrAnswer | None
    window: WindowAnswer
    deadline: DeadlineAnswer
    messages: list[MessageAnswer]
    group: GroupAnswer
    assigned: bool | None
    policy: PolicyEffect | None
    registration: GuardEffect | None
    finish: FinishAnswer | None = Field(default=None, description="asked of people who have not finished")
    unexpected: str | None
    methods: list[str] | None
    unknown_methods: list[str] | None = Field(
        default=None, description="types of methods that this product does not know"
    )
    checked_at: datetime | None
    invited_at: datetime | None
    taken_out_at: datetime | None
    seen_at: datetime | None
    registered_at: datetime | None
    accounts: list[str] = Field(description="object IDs, where several accounts carry this employee ID")
    not_asked: dict[str, str] = Field(description="which parts could not be asked for, and why")
    asked_at: datetime


class CheckAnswer(Wire):
    """One thing that was looked at; figures of the check follow under names of their own."""

    model_config = ConfigDict(extra="allow", alias_generator=camel_case)

    name: str
    healthy: bool
    detail: str
    remedy: str = ""


class HealthAnswer(Wire):
    """Whether anything is stuck."""

    status: Literal["healthy", "unhealthy"]
    checked_at: datetime
    checks: list[CheckAnswer]
