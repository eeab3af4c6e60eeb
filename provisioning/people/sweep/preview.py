"""What the next sweep would do, without doing it: for an admin who decides whether it may pass its limits."""

from collections.abc import Callable
from dataclasses import dataclass

from provisioning.errors import Rejected
from provisioning.model.ledger import Person
from provisioning.people.context import PeopleContext
from provisioning.people.sweep.apply import SweepPlan
from provisioning.people.sweep.candidates import Candidates
from provisioning.people.sweep.limits import check_change_limits
from provisioning.people.sweep.plan import decide_sweep


@dataclass(frozen=True)
class PlannedChange:
    """One person who would be invited or taken out.

    Attributes:
        action: invite or remove.
        person: The row as it would be.
        why: A sentence.
    """

    action: str
    person: Person
    why: str

    def as_row(self) -> dict[str, str]:
        """Return the change for a table; ids only."""
        day = self.person.start_date.isoformat() if self.person.start_date else ""
        return {
            "action": self.action,
            "objectId": self.person.object_id,
            "employeeId": self.person.employee_id or "",
            "startDate": day,
            "why": self.why,
        }


@dataclass(frozen=True)
class Preview:
    """What a sweep would do now.

    Attributes:
        changes: Everybody who would be invited or taken out.
        stopped_by: Why the sweep would stop instead, as a sentence; None if it would not.
    """

    changes: tuple[PlannedChange, ...]
    stopped_by: str | None

    def counts(self) -> dict[str, object]:
        """Return how many, for a program."""
        actions = [change.action for change in self.changes]
        return {"invite": actions.count("invite"), "remove": actions.count("remove"), "stoppedBy": self.stopped_by}

    def summary(self) -> str:
        """Return how many, as a sentence."""
        counts = self.counts()
        total = f"{counts['invite']} to invite, {counts['remove']} to take out."
        return f"{total} {self.stopped_by}" if self.stopped_by else f"{total} The next sweep does it."


async def preview(context: PeopleContext, *, out_of_time: Callable[[], bool] = lambda: False) -> Preview:
    """Read and decide as a sweep does, and write nothing.

    Raises:
        TransientError: Graph or storage is unwell.
        GraphError: Graph refuses to tell.
    """
    decision = await decide_sweep(context, out_of_time=out_of_time)
    stopped_by = None
    try:
        await check_change_limits(decision.plan, decision.changes.cursor, context=context)
    except Rejected as error:
        stopped_by = error.reason
    return Preview(planned_changes(decision.plan, decision.candidates), stopped_by)


def planned_changes(plan: SweepPlan, candidates: Candidates) -> tuple[PlannedChange, ...]:
    """Return everybody who would be invited, then everybody who would be taken out, with the reason."""
    invited = [PlannedChange("invite", person, why_invited(person, candidates)) for person in plan.invite.values()]
    removed = [PlannedChange("remove", person, why_removed(person)) for person in plan.remove.values()]
    return (*invited, *removed)


def why_invited(person: Person, candidates: Candidates) -> str:
    """Say what makes a person a new hire."""
    record, _ = candidates.hire_record_for(candidates.accounts[person.object_id])
    if record is not None:
        return f"HR said '{record.kind}' through {record.source} on {record.occurred_at:%Y-%m-%d}."
    return "The account is new in Entra, but HR announced nobody with its employee ID."


def why_removed(person: Person) -> str:
    """Say why a person would leave the group."""
    words = {
        "left": "HR ended it.",
        "waiting": "The first day was postponed after the invitation.",
        "done": "They registered long ago.",
    }
    return person.reason or words.get(person.state, "They no longer belong in the group.")
