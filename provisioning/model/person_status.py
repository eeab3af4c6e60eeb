"""What is known of one person when an admin asks why they are not done. Pure data; `inquiry.py` gathers it."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from provisioning.model.deadline import Timeliness
from provisioning.model.finish import Finish
from provisioning.model.ledger import EnrollmentState, HireRecord, Person
from provisioning.model.newcomer_messages import OutboxMessage

# States of an account that stand, whatever became of HR's word.
DECIDED = frozenset(
    {EnrollmentState.INVITED, EnrollmentState.REGISTERED, EnrollmentState.UNEXPECTED, EnrollmentState.DONE}
)


class PolicyEffect(StrEnum):
    """What our policy makes of this person's sign-in at our application."""

    ASKED = "asked"
    ASKED_BY_OTHERS = "asked_by_others"  # ours does not ask, but another enabled policy demands MFA there
    REPORT_ONLY = "report_only"
    OFF = "off"
    BREAK_GLASS = "break_glass"
    EXCLUDED = "excluded"
    NOT_COVERED = "not_covered"
    BLOCKED = "blocked"
    MISSING = "missing"
    GONE = "gone"  # Entra knows no such account any more


class GuardEffect(StrEnum):
    """What the policies in force make of this person's registration of a sign-in method."""

    GUARDED = "guarded"  # more than a password is asked for first
    FREE = "free"  # a password alone is enough
    BLOCKED = "blocked"


@dataclass(frozen=True)
class Unavailable:
    """A part of the answer that could not be asked for, and why, as sentences."""

    reason: str


@dataclass(frozen=True)
class PersonInEntra:
    """A person's standing in the tenant at this moment. None: there is nothing to ask about.

    Args:
        member: Whether they are in the enrollment group.
        assigned: Whether that group is assigned to the application.
        policy: What the policy makes of their sign-in.
        registration: What the policies make of their registration of a method.
        finish: Whether they can finish from a phone at home; only asked where they have not.
    """

    member: bool | Unavailable | None = None
    assigned: bool | Unavailable | None = None
    policy: PolicyEffect | Unavailable | None = None
    registration: GuardEffect | Unavailable | None = None
    finish: Finish | None = None

    @property
    def gone(self) -> bool:
        """Whether the account is not there any more."""
        return self.policy is PolicyEffect.GONE

    @property
    def unasked(self) -> dict[str, str]:
        """Which parts could not be asked for, and why."""
        parts = {
            "group": self.member,
            "assignment": self.assigned,
            "policy": self.policy,
            "registration": self.registration,
        }
        return {name: part.reason for name, part in parts.items() if isinstance(part, Unavailable)}


@dataclass(frozen=True)
class PersonStatus:
    """Everything that is known.

    Args:
        at: When it was asked.
        person: Their row in the ledger, if there is an account.
        hire_record: What HR said of them, if it did.
        namesakes: Object ids, where several accounts in the ledger carry the employee id that was asked for.
        opens_at: When the invitation opens; None if no first day is known.
        group_id: The enrollment group; None before the tenant was set up.
        standing: How they stand in the tenant.
        deadline: The last day on which a registration is in time; None where there is none.
        timeliness: How they stand to it.
        messages: What they and others were told of it.
        sweep_stopped: Whether the last sweep was stopped by its brake.
        sweep_failing: Why the last sweep failed, as a sentence; None if it did not.
        sweep_failing_since: Since when sweeps fail.
    """

    at: datetime
    person: Person | None = None
    hire_record: HireRecord | None = None
    namesakes: tuple[str, ...] = ()
    opens_at: datetime | None = None
    group_id: str | None = None
    standing: PersonInEntra = field(default_factory=PersonInEntra)
    deadline: date | None = None
    timeliness: Timeliness = Timeliness.NO_DEADLINE
    messages: tuple[OutboxMessage, ...] = ()
    sweep_stopped: bool = False
    sweep_failing: str | None = None
    sweep_failing_since: datetime | None = None

    @property
    def state(self) -> EnrollmentState:
        """Where they stand, from both rows: what HR ended is over, whatever else is written down."""
        announced, person = self.hire_record, self.person
        if announced is not None and announced.kind.ends:
            return EnrollmentState.PARKED if announced.state is EnrollmentState.PARKED else EnrollmentState.LEFT
        if person is None:
            return EnrollmentState.PARKED if announced is None or self.namesakes else announced.state
        if person.state in DECIDED:
            return person.state
        if announced is not None and announced.state is EnrollmentState.PARKED:
            return EnrollmentState.PARKED
        if (
            announced is not None
            and announced.state is EnrollmentState.PENDING
            and person.state is EnrollmentState.LEFT
        ):
            return EnrollmentState.PENDING  # announced again, and not matched yet
        return person.state

    @property
    def object_id(self) -> str | None:
        """Of the account."""
        return self.person.object_id if self.person is not None else None

    @property
    def employee_id(self) -> str | None:
        """As HR has it, else as Entra had it."""
        if self.hire_record is not None:
            return self.hire_record.employee_id
        return self.person.employee_id if self.person is not None else None

    @property
    def parked_because(self) -> tuple[str | None, str | None]:
        """The reason and the remedy that are written down, of the row that is parked."""
        if self.hire_record is not None and self.hire_record.state is EnrollmentState.PARKED:
            return self.hire_record.reason, self.hire_record.remedy
        if self.person is not None:
            return self.person.reason, self.person.remedy
        return None, None

    @property
    def has_live_pass(self) -> bool:
        """Whether they had a Temporary Access Pass when their methods were looked at, and it has not ended since."""
        ends = self.person.pass_ends if self.person is not None else None
        return ends is not None and ends > self.at

    @property
    def open(self) -> bool:
        """Whether the invitation may go out by now."""
        return self.opens_at is None or self.opens_at <= self.at
