"""App settings of the role people: when a new hire is invited, who counts as one, and what stops a sweep."""

from datetime import timedelta

from pydantic import Field

from provisioning.settings import AppSettings, BreakGlassSettings, Separated


class WindowSettings(AppSettings):
    """When a new hire is invited. Two roles read it: one invites, the other reports when that will be."""

    enroll_days_before_start: int = Field(
        default=14,
        ge=0,
        le=90,
        validation_alias="ENROLL_DAYS_BEFORE_START",
        description="the number of days before the first working day on which a new hire is invited",
    )

    @property
    def window(self) -> timedelta:
        """How long before the first day a person is invited."""
        return timedelta(days=self.enroll_days_before_start)


class PeopleSettings(WindowSettings, BreakGlassSettings):
    """Who counts as a new hire, and what stops a sweep that looks wrong."""

    client_id: str = Field(
        validation_alias="PEOPLE_CLIENT_ID", description="the client ID of the people role's managed identity"
    )
    recent_days: int = Field(
        default=30,
        ge=1,
        le=365,
        validation_alias="RECENT_DAYS",
        description="the number of days for which a new account or a past first day still counts as a new hire",
    )
    employee_types: Separated[str] = Field(
        default=(),
        validation_alias="SCOPE_EMPLOYEE_TYPES",
        description="the employeeType values whose people are invited, separated by commas, with (none) for people "
        "without one; empty invites all",
    )
    departments: Separated[str] = Field(
        default=(),
        validation_alias="SCOPE_DEPARTMENTS",
        description="the departments whose people are invited, separated by commas, with (none) for people "
        "without one; empty invites all",
    )
    max_changes: int = Field(
        default=500,
        ge=1,
        validation_alias="SWEEP_MAX_CHANGES",
        description="the number of people above which a sweep stops before it invites or removes anyone",
    )
    max_percent: int = Field(
        default=20,
        ge=1,
        le=100,
        validation_alias="SWEEP_MAX_PERCENT",
        description=(
            "the percentage of all accounts above which a sweep also stops before it invites or removes anyone; 50 "
            "people are always let through"
        ),
    )
    membership_days: int = Field(
        default=30,
        ge=0,
        le=3650,
        validation_alias="MEMBERSHIP_DAYS_AFTER_REGISTRATION",
        description="the number of days after which a person who registered is taken out of the group again; 0 never",
    )
    max_ends_per_hour: int = Field(
        default=50,
        ge=1,
        validation_alias="HR_MAX_ENDS_PER_HOUR",
        description="the number of people that one HR system may have taken out of the group within an hour; the "
        "others wait for the next hour",
    )
    sweep_seconds: int = Field(
        default=240,
        ge=10,
        le=1500,
        validation_alias="SWEEP_SECONDS",
        description="the number of seconds after which a sweep stops; the next one goes on where it stopped",
    )

    @property
    def membership(self) -> timedelta | None:
        """How long a person who registered stays in the group; None for as long as they are in Entra."""
        return timedelta(days=self.membership_days) if self.membership_days else None

    @property
    def recent(self) -> timedelta:
        """How long ago an account may have been made, or a first day may lie, to count as a new hire."""
        return timedelta(days=self.recent_days)
