"""The brake: a sweep that would change more people than its limits allow stops before its first write.

An admin who looked and agrees releases it once (python -m provisioning sweep --allow N).
"""

from provisioning.errors import Rejected
from provisioning.model.ledger import EnrollmentState
from provisioning.model.sweep import WOULD_INVITE, WOULD_REMOVE
from provisioning.people.context import PeopleContext
from provisioning.people.sweep.apply import SweepPlan
from provisioning.store.sweep_state import Cursor, Release

SMALL_TENANT = 50  # people in one run that no percentage stops
LOOK_FIRST = (
    "Check who they are (python -m provisioning sweep --show). If that is right, let the next sweep do it once: python "
    "-m provisioning sweep --allow {number}."
)


class LimitExceeded(Rejected):
    """A sweep would change too many people at once.

    Args:
        reason: Which limit it is, as a sentence.
        remedy: What an admin can do, as a sentence.
        plan: What it was about to do.
    """

    def __init__(self, reason: str, *, remedy: str, plan: SweepPlan) -> None:
        super().__init__(reason, remedy=remedy)
        self.figures = {WOULD_INVITE: len(plan.invite), WOULD_REMOVE: len(plan.remove)}


def keep_within_limits(plan: SweepPlan, cursor: Cursor, *, context: PeopleContext) -> None:
    """Leave people who are merely done in the group for another day where too many have to leave it at once."""
    spare = most_changes(cursor, context) - sum(
        person.state is not EnrollmentState.DONE for person in plan.remove.values()
    )
    done = [key for key, person in plan.remove.items() if person.state is EnrollmentState.DONE]
    for key in done[max(0, spare) :]:
        del plan.remove[key]


def most_changes(cursor: Cursor, context: PeopleContext) -> int:
    """Return how many people one run may change in one way."""
    _, share = population_and_share(cursor, context)
    return min(share, context.settings.max_changes)


def population_and_share(cursor: Cursor, context: PeopleContext) -> tuple[int, int]:
    """Return how many people there are, and how many of them one run may change in one way."""
    population = max(cursor.population, cursor.counted)
    return population, max(SMALL_TENANT, population * context.settings.max_percent // 100)


async def check_change_limits(plan: SweepPlan, cursor: Cursor, *, context: PeopleContext) -> Release | None:
    """Stop a run that is out of proportion, unless an admin released it.

    Returns:
        The release that is to be used up; None if none is there.

    Raises:
        LimitExceeded: It is out of proportion, in number or in share of all accounts.
    """
    release = await context.sweep_state.released()
    for number, doing in ((len(plan.invite), "invite"), (len(plan.remove), "take out")):
        if release is None or number > release.number:
            check_number(number, plan, cursor, context, doing=doing)
    return release


def check_number(number: int, plan: SweepPlan, cursor: Cursor, context: PeopleContext, *, doing: str) -> None:
    """Raise LimitExceeded if that many people are too many."""
    settings = context.settings
    remedy = LOOK_FIRST.format(number=number)
    if number > settings.max_changes:
        raise LimitExceeded(
            f"This run would {doing} {number} people, more than the {settings.max_changes} that "
            "SWEEP_MAX_CHANGES allows.",
            remedy=remedy,
            plan=plan,
        )
    population, share = population_and_share(cursor, context)
    if number > share:
        raise LimitExceeded(
            f"This run would {doing} {number} of {population} people, more than the {settings.max_percent} % that "
            "SWEEP_MAX_PERCENT allows.",
            remedy=remedy,
            plan=plan,
        )
