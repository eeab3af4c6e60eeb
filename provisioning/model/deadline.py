"""Until when a new hire should have registered, and how they stand: computed from the ledger's row, stored nowhere."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from provisioning.model.ledger import EnrollmentState, Person
from provisioning.model.working_time import WorkingDays

UNFINISHED = frozenset({EnrollmentState.PENDING, EnrollmentState.WAITING, EnrollmentState.INVITED})


class Timeliness(StrEnum):
    """How a person stands to their deadline."""

    NO_DEADLINE = "no_deadline"  # nobody told the first day, or the person is finished
    IN_TIME = "in_time"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"


@dataclass(frozen=True)
class DeadlineRules:
    """What every deadline is computed by.

    Args:
        days: Which days count.
        after_first_day: How many working days after the first day the deadline is.
        soon: How many working days before the deadline a person is due soon.
    """

    days: WorkingDays
    after_first_day: int = 0
    soon: int = 3

    def deadline(self, first_day: date | None) -> date | None:
        """Return the last day on which a registration is in time; None where nobody told the first day."""
        return self.days.add(first_day, self.after_first_day) if first_day is not None else None

    def soon_from(self, deadline: date | None) -> date | None:
        """Return from when on a person with this deadline is due soon."""
        return self.days.add(deadline, -self.soon) if deadline is not None else None

    def timeliness(self, deadline: date | None, *, today: date) -> Timeliness:
        """Return how a person stands who has not registered."""
        soon = self.soon_from(deadline)
        if deadline is None or soon is None:
            return Timeliness.NO_DEADLINE
        if today > deadline:
            return Timeliness.OVERDUE
        return Timeliness.DUE_SOON if today >= soon else Timeliness.IN_TIME


def deadline_of(person: Person, rules: DeadlineRules) -> date | None:
    """Return a person's deadline; None where there is none, or where they have registered."""
    if person.state not in UNFINISHED:
        return None
    return rules.deadline(person.start_date)
