"""Who may be put into the enrollment group. Everybody else gets a reason.

The worst a forged hire may do is to add an existing, enabled, recently made member account to one fixed group.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from provisioning.graph.accounts import Account
from provisioning.model.ledger import EnrollmentState, Person
from provisioning.settings import PeopleSettings, WindowSettings


@dataclass(frozen=True)
class Exclusion:
    """Why not, and what a person can do about it."""

    reason: str
    remedy: str


DISABLED = Exclusion("The account is disabled.", "Enable it; the next sweep looks again.")
GUEST = Exclusion(
    "The account is a guest; a Temporary Access Pass does not work for guests.", "Invite a member account."
)
ADMINISTRATOR = Exclusion(
    "The account holds a directory role.", "Let administrators register under the policy that guards them."
)
OLD = Exclusion(
    "The account is not new: made long ago, with no first day near.",
    "Correct employeeHireDate in Entra if this is a rehire, or add the person to the group by hand.",
)
NOT_A_PERSON = Exclusion(
    "The account looks like a shared mailbox, a room or a service: nobody announced it, and it has no employee id, no "
    "hire date and no license.",
    "If it is a person's, give it an employee id or a license; the next sweep looks again.",
)
OUT_OF_SCOPE = Exclusion(
    "The account's employee type or department is none of those in SCOPE_EMPLOYEE_TYPES and SCOPE_DEPARTMENTS.",
    "Correct it in Entra, or widen the setting; the next reconcile looks again.",
)


@dataclass(frozen=True)
class Rules:
    """What everybody is judged by in one run.

    Args:
        administrators: Object ids that hold a directory role.
        now: The time, in UTC.
        settings: How recent is recent, who is in scope, and when the window opens.
    """

    administrators: frozenset[str]
    now: datetime
    settings: PeopleSettings


def exclusion(account: Account, *, known: Person | None, announced: bool, rules: Rules) -> Exclusion | None:
    """The first rule that keeps this account out, or None.

    Args:
        account: As Entra has it.
        known: What the ledger holds. Somebody who waits was found to be new when the waiting began.
        announced: Whether HR announced its employee id.
        rules: What everybody is judged by.
    """
    waits = known is not None and known.state is EnrollmentState.WAITING
    reasons = (
        (account.user_type not in ("Member", None), GUEST),
        (not account.enabled, DISABLED),
        (account.object_id in rules.administrators, ADMINISTRATOR),
        (not (announced or is_somebody(account)), NOT_A_PERSON),
        (not in_scope(account, settings=rules.settings), OUT_OF_SCOPE),
        (not (waits or is_new(account, now=rules.now, settings=rules.settings)), OLD),
    )
    return next((why for applies, why in reasons if applies), None)


def is_somebody(account: Account) -> bool:
    """Whether anything about the account tells of a person. Mailboxes of rooms and teams are accounts too
    (MicrosoftDocs/azure-docs#104680)."""
    return account.licensed or account.employee_id is not None or account.hire_date is not None


def in_scope(account: Account, *, settings: PeopleSettings) -> bool:
    """Whether the settings let in people of this employee type and department; an empty list lets in all."""
    return is_listed(account.employee_type, settings.employee_types) and is_listed(
        account.department, settings.departments
    )


def is_listed(value: str | None, allowed: tuple[str, ...]) -> bool:
    """Whether a value is among those allowed, in any case."""
    return not allowed or (value or "").casefold() in {item.casefold() for item in allowed}


def is_new(account: Account, *, now: datetime, settings: PeopleSettings) -> bool:
    """Whether the account was made lately, or Entra itself says that the first day is near or to come.

    HR's word is not asked: a forged event could name a long-standing account. It only decides *when*.
    """
    since = now - settings.recent
    made_lately = account.created is not None and account.created >= since
    return made_lately or (account.hire_date is not None and account.hire_date >= since.date())


def window_opens(start_date: date | None, *, settings: WindowSettings) -> datetime:
    """When a person is invited: some days before the first one, or at once if nobody knows that day."""
    if start_date is None:
        return datetime.min.replace(tzinfo=UTC)
    try:
        return datetime(start_date.year, start_date.month, start_date.day, tzinfo=UTC) - settings.window
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)
