"""What the board's first page says of the last forecasts: numbers and reasons, and how old they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from provisioning.model.finish import Answer
from provisioning.model.finish_reasons import EXPLANATIONS, MISSING_WORDS, Reason
from provisioning.model.forecast_counts import ForecastCounts, ForecastSubject, ReasonCount
from provisioning.services import Services
from provisioning.store.forecasts import KeptForecasts

ANSWER_NAMES: Mapping[Answer, str] = {
    Answer.CAN: "Finish by themselves",
    Answer.WITH_A_PASS: "Need a pass",
    Answer.CANNOT: "Are turned away",
    Answer.UNKNOWN: "Not known",
}
SUBJECTS: Mapping[ForecastSubject, str] = {
    ForecastSubject.COMING: "Whose first day is near",
    ForecastSubject.COHORT: "A cohort",
    ForecastSubject.FILE: "The people of a file",
    ForecastSubject.ENFORCEMENT: "Everybody that the policy covers, once it is in force",
}


@dataclass(frozen=True)
class ForecastLine:
    """A row of the table: an answer, or below it a reason with what helps."""

    people: int
    answer: str
    reason: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class ForecastPanel:
    """One forecast.

    Args:
        title: The people it was about.
        at: When it was made.
        age: How long ago, in words.
        people: How many people it was about.
        lines: What came out.
        refused: Whether What-If was not asked.
    """

    title: str
    at: datetime
    age: str
    people: int
    lines: tuple[ForecastLine, ...]
    refused: bool


async def forecast_panels(services: Services) -> list[ForecastPanel]:
    """Return what is known of forecasts, the newest first; nothing before the first was made.

    Raises:
        TransientError: Storage is unwell.
    """
    kept = KeptForecasts(services.storage.table("board"), tenant_id=services.tenant_id)
    found = sorted(await kept.all(), key=lambda counts: counts.at, reverse=True)
    return [panel_of(counts, now=services.now()) for counts in found]


def panel_of(counts: ForecastCounts, *, now: datetime) -> ForecastPanel:
    """Return one forecast for the page."""
    days = f": first days from {counts.first} to {counts.last}" if counts.first and counts.last else ""
    lines: list[ForecastLine] = []
    for answer, name in ANSWER_NAMES.items():
        lines.append(ForecastLine(counts.answers.get(answer, 0), name))
        lines += [reason_line(item) for item in counts.reasons if item.answer is answer]
    return ForecastPanel(
        f"{SUBJECTS[counts.subject]}{days}",
        counts.at,
        age_in_words(now - counts.at),
        counts.people,
        tuple(lines),
        counts.refused,
    )


def reason_line(item: ReasonCount) -> ForecastLine:
    """Return the row of a reason."""
    if isinstance(item.reason, Reason):
        words = EXPLANATIONS[item.reason]
        return ForecastLine(item.people, "", words.text, words.remedy)
    return ForecastLine(item.people, "", f"It could not be read: {MISSING_WORDS[item.reason]}.")


def age_in_words(age: timedelta) -> str:
    """Return how long ago something was."""
    hours = max(0, int(age.total_seconds() // 3600))
    if hours < 1:
        return "less than an hour ago"
    number, unit = (hours, "hour") if hours < 48 else (hours // 24, "day")
    return f"{number} {unit}{'' if number == 1 else 's'} ago"
