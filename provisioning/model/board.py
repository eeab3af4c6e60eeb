"""What the board shows, made from the ledger's rows: cohorts by first week, who is left out and why, and a funnel."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from provisioning.model.deadline import DeadlineRules
from provisioning.model.ledger import EnrollmentState, HireRecord, Person

READER = "Enrollment.Read"  # the app role that opens the board
NO_WEEK = "unknown"  # of a person whose first day nobody told
NO_SOURCE = "directory"  # of a person that no HR system announced
OPEN = frozenset({EnrollmentState.PENDING, EnrollmentState.WAITING, EnrollmentState.INVITED})
LEFT_OUT = frozenset({EnrollmentState.PARKED, EnrollmentState.UNEXPECTED})
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\b\S*\d\S*\b", re.IGNORECASE)


@dataclass(frozen=True)
class BoardEntry:
    """A person as the board lists them. Ids, and a name only sealed.

    Args:
        employee_id: As HR and the directory have it.
        object_id: Of the account; None where there is none yet.
        state: Of the ledger.
        first_day: As HR told it.
        source: The HR system that announced them, or `directory`.
        invited: The day of the invitation.
        registered: The day of the registration.
        soon: From when on they are due soon.
        deadline: The last day on which their registration is in time.
        reason: Why a person must decide, as a sentence.
        department: As Entra has it; None where it has none, or there is no account yet.
        sealed_name: As HR sent it, to be opened where it is shown.
    """

    employee_id: str | None
    object_id: str | None
    state: EnrollmentState
    first_day: date | None
    source: str
    invited: date | None = None
    registered: date | None = None
    seen: bool = False
    reason: str | None = None
    soon: date | None = None
    deadline: date | None = None
    department: str | None = None
    sealed_name: str | None = field(default=None, repr=False)

    @property
    def week(self) -> str:
        """The cohort: the ISO week of the first day."""
        return week_of(self.first_day) if self.first_day else NO_WEEK

    def overdue(self, today: date) -> bool:
        """Tell whether the deadline has passed without a registration."""
        return self.state in OPEN and self.deadline is not None and self.deadline < today

    def due_soon(self, today: date) -> bool:
        """Tell whether the deadline is near and there is no registration."""
        near = self.soon is not None and self.deadline is not None and self.soon <= today <= self.deadline
        return self.state in OPEN and near


@dataclass(frozen=True)
class Count:
    """How many people of a cohort and a source are in a state; `overdue` of them are late, others due soon."""

    week: str
    source: str
    state: EnrollmentState
    people: int
    overdue: int
    due_soon: int = 0


@dataclass(frozen=True)
class Summary:
    """The board's first page.

    Args:
        at: When the ledger was read.
        counts: By cohort, source and state.
        reasons: How many people are left out for each reason, ids taken out of it.
        registrations: How many people registered, by ISO week.
        funnel: How many people were announced, have an account, were invited, opened the page, registered.
        departments: How many people each department has.
    """

    at: datetime
    counts: tuple[Count, ...] = ()
    reasons: dict[str, int] = field(default_factory=dict)
    registrations: dict[str, int] = field(default_factory=dict)
    funnel: dict[str, int] = field(default_factory=dict)
    departments: dict[str, int] = field(default_factory=dict)


STAGES = ("announced", "account", "invited", "opened", "registered")


def week_of(day: date) -> str:
    """Return the ISO week of a day, such as 2026-W49."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


def entry_of_person(person: Person, record: HireRecord | None, *, rules: DeadlineRules) -> BoardEntry:
    """Return the entry of an account.

    Args:
        person: Its row.
        record: What HR said of the same person.
        rules: Give the deadline.
    """
    deadline = rules.deadline(person.start_date)
    return BoardEntry(
        employee_id=person.employee_id or person.announced_as,
        object_id=person.object_id,
        state=person.state,
        first_day=person.start_date,
        source=record.source if record is not None else NO_SOURCE,
        invited=person.invited_at.date() if person.invited_at else None,
        registered=person.registered_at.date() if person.registered_at else None,
        seen=person.seen_at is not None,
        reason=person.unexpected if person.state is EnrollmentState.UNEXPECTED else person.reason,
        soon=rules.soon_from(deadline),
        deadline=deadline,
        department=person.department,
        sealed_name=record.sealed_name if record is not None else None,
    )


def entry_of_record(record: HireRecord, *, rules: DeadlineRules) -> BoardEntry:
    """Return the entry of a hire record that has no account yet."""
    deadline = rules.deadline(record.start_date)
    return BoardEntry(
        employee_id=record.employee_id,
        object_id=record.object_id,
        state=record.state,
        first_day=record.start_date,
        source=record.source,
        reason=record.reason,
        soon=rules.soon_from(deadline),
        deadline=deadline,
        sealed_name=record.sealed_name,
    )


def general_reason(reason: str | None) -> str:
    """Return a reason without the ids in it, so that people with the same one are counted together."""
    return ID.sub("…", reason) if reason else "No reason was noted."


def summarize(entries: Iterable[BoardEntry], *, at: datetime) -> Summary:
    """Count the entries."""
    people: Counter[tuple[str, str, EnrollmentState]] = Counter()
    overdue: Counter[tuple[str, str, EnrollmentState]] = Counter()
    due_soon: Counter[tuple[str, str, EnrollmentState]] = Counter()
    reasons: Counter[str] = Counter()
    registrations: Counter[str] = Counter()
    funnel: Counter[str] = Counter()
    departments: Counter[str] = Counter()
    for entry in entries:
        key = (entry.week, entry.source, entry.state)
        people[key] += 1
        overdue[key] += entry.overdue(at.date())
        due_soon[key] += entry.due_soon(at.date())
        funnel.update(stages_of(entry))
        if entry.state in LEFT_OUT:
            reasons[general_reason(entry.reason)] += 1
        if entry.department is not None:
            departments[entry.department] += 1
        if entry.registered is not None:
            registrations[week_of(entry.registered)] += 1
    counts = tuple(Count(*key, people[key], overdue[key], due_soon[key]) for key in sorted(people))
    return Summary(
        at,
        counts,
        dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))),
        dict(sorted(registrations.items())),
        {stage: funnel[stage] for stage in STAGES},
        dict(sorted(departments.items(), key=lambda item: item[0].casefold())),
    )


def stages_of(entry: BoardEntry) -> tuple[str, ...]:
    """Return the stages that a person has reached. Who left before being invited was announced, and no more."""
    reached = (
        True,
        entry.object_id is not None,
        entry.invited is not None,
        entry.seen,
        entry.registered is not None and entry.state is not EnrollmentState.UNEXPECTED,
    )
    return tuple(stage for stage, there in zip(STAGES, reached, strict=True) if there)
