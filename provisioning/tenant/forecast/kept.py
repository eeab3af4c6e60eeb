"""Keeps a forecast's numbers for the board: who is about to begin, once a day, and what an admin asked for last."""

from datetime import datetime, timedelta

from provisioning.board_settings import BoardSettings
from provisioning.errors import ProductError
from provisioning.log import EventLog
from provisioning.model.finish import count_answers
from provisioning.model.forecast_counts import ForecastCounts, ForecastSubject, ReasonCount
from provisioning.services import Services
from provisioning.store.forecasts import KeptForecasts
from provisioning.tenant.forecast.candidates import FirstDays
from provisioning.tenant.forecast.rehearsal import Rehearsal, rehearse
from provisioning.tenant.forecast.rows import Forecast

log = EventLog(__name__)

AHEAD = timedelta(weeks=4)  # how far a daily forecast looks


async def forecast_for_board(services: Services) -> None:
    """Make the daily forecast where there is a board. If it cannot be made, the one before stays, with its age.

    Raises:
        TransientError: The storage account cannot be reached.
    """
    if not services.settings(BoardSettings).board:
        return
    today = services.now().date()
    asked = Rehearsal(cohort=FirstDays(today, today + AHEAD), quick=True)
    try:
        found = await rehearse(asked, services=services)
    except ProductError as error:
        log.warning("forecast_failed", reason=type(error).__name__)
        return
    await keep_forecast(found, asked, services=services)
    log.info("forecast", people=len(found.rows), kinds=found.kinds, unjudged=found.unjudged)


async def keep_forecast(found: Forecast, asked: Rehearsal, *, services: Services) -> None:
    """Keep the numbers of a forecast, from where the board gets them.

    Raises:
        TransientError: The storage account cannot be reached.
    """
    kept = KeptForecasts(services.storage.table("state"), tenant_id=services.tenant_id)
    await kept.save(counts_of(found, asked, at=services.now()))


def counts_of(found: Forecast, asked: Rehearsal, *, at: datetime) -> ForecastCounts:
    """Return a forecast without the people in it."""
    return ForecastCounts(
        at,
        forecast_subject(asked),
        asked.cohort.first if asked.cohort is not None else None,
        asked.cohort.last if asked.cohort is not None else None,
        len(found.rows),
        count_answers(row.finish for row in found.rows),
        tuple(ReasonCount(answer, reason, people) for (answer, reason), people in found.counts().items()),
        refused=found.refused is not None,
    )


def forecast_subject(asked: Rehearsal) -> ForecastSubject:
    """Return which people a forecast is about."""
    if asked.enforcement:
        return ForecastSubject.ENFORCEMENT
    if asked.cohort is None:
        return ForecastSubject.FILE
    return ForecastSubject.COMING if asked.quick else ForecastSubject.COHORT
