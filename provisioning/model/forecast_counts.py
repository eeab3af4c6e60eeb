"""The numbers of a forecast, kept for the board: how many can finish and how many cannot, and nobody's id."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from provisioning.model.finish import Answer
from provisioning.model.finish_reasons import Missing, Reason


class ForecastSubject(StrEnum):
    """The people that a forecast was about."""

    COMING = "coming"  # whose first day is near; made every day
    COHORT = "cohort"
    FILE = "file"
    ENFORCEMENT = "enforcement"


@dataclass(frozen=True)
class ReasonCount:
    """How many people have an answer for one first reason, or for one fact that was not read."""

    answer: Answer
    reason: Reason | Missing
    people: int


@dataclass(frozen=True)
class ForecastCounts:
    """What came out.

    Attributes:
        at: When it was made.
        subject: The people it was about.
        first: The first of their first days, where it was about some days.
        last: The last of them.
        people: How many.
        answers: How many have which answer.
        reasons: The same by first reason, most people first.
        refused: Whether What-If was not asked, since Graph did not let this identity.
    """

    at: datetime
    subject: ForecastSubject
    first: date | None
    last: date | None
    people: int
    answers: dict[Answer, int]
    reasons: tuple[ReasonCount, ...]
    refused: bool = False

    @property
    def slot(self) -> str:
        """Which of those kept before it takes the place of: what is made every day takes not that of what was asked."""
        return "coming" if self.subject is ForecastSubject.COMING else "asked"
