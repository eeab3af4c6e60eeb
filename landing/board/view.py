"""What the board's templates show: cohorts with the honest denominator, and a chart that needs no script."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from provisioning.model.board import NO_WEEK, Count, Summary
from provisioning.model.ledger import EnrollmentState, HireRecord, Person

BARS = 26  # weeks in the chart: half a year
COLUMNS: Mapping[str, frozenset[EnrollmentState]] = {
    "waiting": frozenset({EnrollmentState.PENDING, EnrollmentState.WAITING}),
    "invited": frozenset({EnrollmentState.INVITED}),
    "registered": frozenset({EnrollmentState.REGISTERED, EnrollmentState.DONE}),
    "needs help": frozenset({EnrollmentState.PARKED, EnrollmentState.UNEXPECTED}),
    "left": frozenset({EnrollmentState.LEFT}),
}
STAGE_NAMES = {
    "announced": "Known to the product",
    "account": "Have an account",
    "invited": "Invited",
    "opened": "Opened the page",
    "registered": "Registered",
}


@dataclass(frozen=True)
class Cohort:
    """People whose first day is in one week.

    Args:
        week: Such as 2026-W49.
        monday: The week's first day; None for people without a first day.
        columns: How many, by column.
        due_soon: How many have their deadline before them, and not far.
        overdue: How many are late.
        expected: How many are to register: everybody but those who left and those who cannot be invited.
        share: How many of a hundred of these have registered; None where nobody is to register.
    """

    week: str
    monday: date | None
    columns: Mapping[str, int]
    due_soon: int
    overdue: int
    expected: int
    share: int | None


@dataclass(frozen=True)
class Bar:
    """A bar of the chart, in units of its drawing."""

    week: str
    people: int
    left: float
    height: float


@dataclass(frozen=True)
class Stage:
    """A stage of the funnel; `width` of a hundred."""

    name: str
    people: int
    width: float


def cohorts_of(counts: Iterable[Count]) -> list[Cohort]:
    """Return the cohorts, the latest first and people without a first day last."""
    by_week: dict[str, list[Count]] = {}
    for count in counts:
        by_week.setdefault(count.week, []).append(count)
    weeks = sorted(by_week, key=lambda week: (week != NO_WEEK, week), reverse=True)
    return [cohort_of(week, by_week[week]) for week in weeks]


def cohort_of(week: str, counts: list[Count]) -> Cohort:
    """Return one cohort."""
    columns = {name: sum(count.people for count in counts if count.state in states) for name, states in COLUMNS.items()}
    expected = columns["waiting"] + columns["invited"] + columns["registered"]
    return Cohort(
        week,
        None if week == NO_WEEK else datetime.strptime(f"{week}-1", "%G-W%V-%u").date(),  # noqa: DTZ007 - a day
        columns,
        sum(count.due_soon for count in counts),
        sum(count.overdue for count in counts),
        expected,
        columns["registered"] * 100 // expected if expected else None,
    )


def bars_of(summary: Summary) -> list[Bar]:
    """Return a bar for each of the last weeks in which anybody registered."""
    weeks = list(summary.registrations.items())[-BARS:]
    most = max((people for _, people in weeks), default=1)
    return [Bar(week, people, index * 10.0, round(people * 60 / most, 1)) for index, (week, people) in enumerate(weeks)]


def stages_of_funnel(summary: Summary) -> list[Stage]:
    """Return the funnel."""
    most = max(summary.funnel.values(), default=0) or 1
    return [Stage(STAGE_NAMES[name], people, round(people * 100 / most, 1)) for name, people in summary.funnel.items()]


def timeline(person: Person | None, record: HireRecord | None) -> list[tuple[str, str]]:
    """Return what happened to a person, in the order of time: the days that the ledger keeps."""
    events: list[tuple[datetime | None, str]] = []
    if record is not None:
        events.append((record.occurred_at, f"{record.source} sent: {record.kind}"))
    if person is not None:
        events += [
            (person.invited_at, "Invited"),
            (person.taken_out_at, "Found taken out of the group by an admin"),
            (person.seen_at, "Opened the page"),
            (person.registered_at, "Registered"),
            (person.acknowledged_at, acknowledged_by(person)),
            (person.checked_at, "Methods last checked"),
        ]
    known = sorted((moment, text) for moment, text in events if moment is not None)
    return [(f"{moment:%Y-%m-%d %H:%M} UTC", text) for moment, text in known]


def acknowledged_by(person: Person) -> str:
    """Return who said that a registration is the person's own."""
    if person.acknowledged_by is None:
        return "The registration was acknowledged on the command line"
    return f"The registration was acknowledged on the board by {person.acknowledged_by}"
