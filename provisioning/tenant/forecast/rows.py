"""What a forecast is asked, and what it says of each person."""

from collections import Counter
from dataclasses import dataclass

from provisioning.model.finish import Answer, Finish
from provisioning.model.finish_reasons import Missing, Reason
from provisioning.tenant.forecast.people import Candidate
from provisioning.tenant.preflight.methods_policy import Campaign


@dataclass(frozen=True)
class ForecastOptions:
    """How a forecast is made.

    Args:
        coming: Whether our policies count as if they were in force: the day of enforcement.
        invited: Whether people count as if they were in the enrollment group already.
        new_laptop: Whether the set-up of a laptop comes first, and uses up a one-time pass.
        managed: Whether to ask about a managed PC, too.
        most_kinds: About how many kinds of people What-If is asked at most; None for all.
    """

    coming: bool = False
    invited: bool = True
    new_laptop: bool = False
    managed: bool = True
    most_kinds: int | None = None


@dataclass(frozen=True)
class ForecastRow:
    """What came out about one person. Ids only.

    Args:
        candidate: Who.
        finish: The answer.
        methods: What they have registered; None if that is not known.
        licensed: Whether a license is assigned; None if that is not known.
    """

    candidate: Candidate
    finish: Finish
    methods: frozenset[str] | None = None
    licensed: bool | None = None


@dataclass(frozen=True)
class Forecast:
    """What came out.

    Args:
        rows: In the order of the candidates.
        kinds: How many kinds of people What-If was asked about.
        unjudged: How many questions What-If gave no answer to.
        refused: Why What-If was not asked, if Graph did not let this identity.
        campaign: The tenant's own nudge to register; None where it was not shown.
    """

    rows: tuple[ForecastRow, ...]
    kinds: int = 0
    unjudged: int = 0
    refused: str | None = None
    campaign: Campaign | None = None

    def counts(self) -> dict[tuple[Answer, Reason | Missing], int]:
        """Count people by answer and its first reason, or by what is missing first; most people first."""
        found = Counter((row.finish.answer, first_of(row.finish)) for row in self.rows)
        order = list(Answer)
        return dict(sorted(found.items(), key=lambda item: (order.index(item[0][0]), -item[1], item[0][1])))


def first_of(finish: Finish) -> Reason | Missing:
    """Return what an answer is counted under."""
    return finish.missing[0] if finish.answer is Answer.UNKNOWN else finish.reasons[0]
