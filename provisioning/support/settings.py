"""What health counts as late."""

from datetime import timedelta

from pydantic import Field

from provisioning.settings import LOOK_STALE_HOURS, AppSettings


class HealthSettings(AppSettings):
    """When a missing sweep, or a missing look at the tenant, is a fault rather than a pause."""

    sweep_stale_minutes: int = Field(
        default=45,
        ge=1,
        le=7 * 24 * 60,
        validation_alias="SWEEP_STALE_MINUTES",
        description="the number of minutes without a sweep after which health reports a fault",
    )

    watch_stale_hours: int = Field(
        default=LOOK_STALE_HOURS,
        ge=1,
        le=31 * 24,
        validation_alias="WATCH_STALE_HOURS",
        description="the number of hours without a check of the tenant's policies after which health reports a fault",
    )

    @property
    def watch_stale(self) -> timedelta:
        """How old the last look may be: two intervals of the default schedule and an hour."""
        return timedelta(hours=self.watch_stale_hours)

    @property
    def sweep_stale(self) -> timedelta:
        """How old the last sweep may be: three intervals of the default schedule."""
        return timedelta(minutes=self.sweep_stale_minutes)
