"""From when, how long and how often a pass works: the settings, within what the tenant's policy allows."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from provisioning.graph.temporary_access_pass import TenantPassPolicy
from provisioning.model.passes import PassNote
from provisioning.passes.settings import PassMakingSettings, ValidFrom


@dataclass(frozen=True)
class Validity:
    """What a pass is asked for with.

    Attributes:
        starts: In UTC; None for at once.
        minutes: Its lifetime.
        once: Whether it opens one sign-in only.
        notes: What the policy made of the settings.
    """

    starts: datetime | None
    minutes: int
    once: bool
    notes: tuple[PassNote, ...]


def plan_validity(
    settings: PassMakingSettings,
    policy: TenantPassPolicy,
    *,
    first_day: date | None,
    now: datetime,
    zone: ZoneInfo | None = None,
) -> Validity:
    """Return what to ask for.

    A policy of one-time passes makes every pass one, and refuses one that was made for several sign-ins before.

    Args:
        settings: Of this deployment.
        policy: The tenant's.
        first_day: Of work, if it is known.
        now: The time.
        zone: The time zone of the place of work; None for the organization's.
    """
    minutes = min(max(settings.minutes, policy.shortest), policy.longest)
    notes = []
    if minutes != settings.minutes:
        notes.append(PassNote.SHORTER if minutes < settings.minutes else PassNote.LONGER)
    if policy.once and not settings.once:
        notes.append(PassNote.ONCE_BY_POLICY)
    starts = None
    if settings.valid_from is ValidFrom.FIRST_DAY and first_day is not None:
        starts = start_of(first_day, hour=settings.first_hour, zone=zone or settings.zone, now=now)
    return Validity(starts, minutes, settings.once or policy.once, tuple(notes))


def start_of(day: date, *, hour: int, zone: ZoneInfo, now: datetime) -> datetime | None:
    """Return an hour of a day in a time zone, in UTC; None if it is past, which Graph would refuse."""
    starts = datetime.combine(day, time(hour), tzinfo=zone).astimezone(UTC)
    return starts if starts > now else None
