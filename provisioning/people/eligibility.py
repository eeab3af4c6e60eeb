"""Who may be put into the enrollment group. Everybody else gets a reason.

The worst a forged hire may do is to add an existing, enabled, recently made member account to one fixed group.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from provisioning.graph.accounts import Account
from provisioning.model.ledger import EnrollmentState, Person
from provisioning.people_settings import PeopleSettings, WindowSettings


@dataclass(frozen=True)
class Exclusion:
    """Why not, and what a person can do about it."""

    reason: str
    remedy: str


DISABLED = Exclusion("The account is disabled.", "Enable it; the next sweep looks again.")
EXTERNAL = Exclusion(
    "The account belongs to a person from another organization, who signs in and has their methods there.",
    "Do nothing, or create an internal account if the person is to sign in here.",
)
EMERGENCY = Exclusion(
    "The account is one of the emergency accounts in BREAK_GLASS_USER_IDS, which no policy may ask for anything.",
    "Leave it as it is. If it is not an emergency account, remove it from BREAK_GLASS_USER_IDS and deploy.",
)
GUEST = Exclusion(
    "The account is a guest; a Temporary Access Pass does not work for guests.", "Invite a member account."
)
ADMINISTRATOR = Exclusion(
    "The account holds a directory role, may activate one, or is in a group that does.",
    "Let administrators register under the policy that guards them.",
)
NOT_A_PERSON = Exclusion(
    "The account looks like a shared mailbox, a room, or a service: it was not announced, and it has no employee ID, "
    "no hire date, and no license.",
    "If it belongs to a person, give it an employee ID or a license; the next sweep looks again.",
)
NO_VALUE = "(none)"  # in a list of employee types or departments: accounts without one


@dataclass(frozen=True)
class Rules:
    """What everybody is judged by in one run.

    Args:
        administrators: Object ids that hold a directory role, or may activate one, in lower case.
        now: The time, in UTC.
        settings: How recent is recent, who is in scope, and when the window opens.
        decided_at: When a sweep last decided about everybody who was new by then.
    """

    administrators: frozenset[str]
    now: datetime
    settings: PeopleSettings
    decided_at: datetime | None = None

    @property
    def new_since(self) -> datetime:
        """From when on an account counts as newly made."""
        return start_of_new(self.now, settings=self.settings, decided_at=self.decided_at)

    @property
    def emergency(self) -> frozenset[str]:
        """Object ids of the emergency accounts, in lower case."""
        return frozenset(str(item) for item in self.settings.break_glass_user_ids)


def exclusion(account: Account, *, known: Person | None, announced: bool, rules: Rules) -> Exclusion | None:
    """Return the first rule that keeps this account out, or None.

    Args:
        account: As Entra has it.
        known: What the ledger holds. A person who waits, or one we added before the account was
            deleted and restored, was found to be new then.
        announced: Whether HR announced its employee id.
        rules: What everybody is judged by.
    """
    never = never_a_member(account, rules=rules)
    if never is not None:
        return never
    if not (announced or looks_like_a_persons(account)):
        return NOT_A_PERSON
    waits = known is not None and (known.state is EnrollmentState.WAITING or known.added_by_product)
    outside = out_of_scope(account, settings=rules.settings)
    fresh = waits or is_new(account, since=rules.new_since)
    return outside or (None if fresh else not_new(account, since=rules.new_since))


def never_a_member(account: Account, *, rules: Rules) -> Exclusion | None:
    """Return why this account may never be in the group, however it came there; None if it may.

    Membership of a group that holds a role is asked of Graph by itself: `administrators_among`.
    """
    reasons = (
        (account.object_id.lower() in rules.emergency, EMERGENCY),
        (account.guest, GUEST),
        (account.external, EXTERNAL),
        (not account.enabled, DISABLED),
        (account.object_id.lower() in rules.administrators, ADMINISTRATOR),
    )
    return next((why for applies, why in reasons if applies), None)


def looks_like_a_persons(account: Account) -> bool:
    """Return whether the account looks like a person's. Mailboxes of rooms and teams are accounts too
    (MicrosoftDocs/azure-docs#104680)."""
    return account.licensed or account.employee_id is not None or account.hire_date is not None


def out_of_scope(account: Account, *, settings: PeopleSettings) -> Exclusion | None:
    """Return which setting keeps this account out; an empty list lets in everybody."""
    scopes = (
        ("employee type", account.employee_type, "SCOPE_EMPLOYEE_TYPES", settings.employee_types),
        ("department", account.department, "SCOPE_DEPARTMENTS", settings.departments),
    )
    for what, value, setting, allowed in scopes:
        if not is_listed(value, allowed):
            fault = f"is not listed in {setting}" if value else f"is empty, but {setting} does not list {NO_VALUE}"
            widen = f"add it to {setting}" if value else f"add {NO_VALUE} to {setting}"
            return Exclusion(
                f"The account's {what} {fault}.", f"Correct it in Entra, or {widen}; the next reconcile looks again."
            )
    return None


def is_listed(value: str | None, allowed: tuple[str, ...]) -> bool:
    """Return whether a value is among those allowed, in any case; no value is listed as (none)."""
    name = (value or "").strip().casefold() or NO_VALUE
    return not allowed or name in {item.casefold() for item in allowed}


def not_new(account: Account, *, since: datetime) -> Exclusion:
    """Return the exclusion of an account that is not new, with the dates that it was judged by."""
    made = (
        f"it was created on {account.created.date()}"
        if account.created is not None
        else "it was created at an unknown time"
    )
    first_day = f"its employeeHireDate is {account.hire_date}" if account.hire_date else "it has no employeeHireDate"
    return Exclusion(
        f"The account is not new: {made}, and {first_day}. An account is new if it was created, or its hire date is, "
        f"on {since.date()} or later.",
        "Correct employeeHireDate in Entra if this is a rehire, or add the person to the group by hand.",
    )


def start_of_new(now: datetime, *, settings: PeopleSettings, decided_at: datetime | None) -> datetime:
    """Return from when on an account counts as newly made: what no sweep has decided about yet is new, however old."""
    recent = now - settings.recent
    return min(recent, decided_at) if decided_at is not None else recent


def is_new(account: Account, *, since: datetime) -> bool:
    """Return whether the account was made lately, or Entra itself says that the first day is near or to come.

    HR's word is not asked: a forged event could name a long-standing account. It only decides *when*.
    """
    made_lately = account.created is not None and account.created >= since
    return made_lately or (account.hire_date is not None and account.hire_date >= since.date())


def window_opens(start_date: date | None, *, settings: WindowSettings) -> datetime:
    """Return when to invite a person: some days before the first one, or at once if that day is unknown."""
    if start_date is None:
        return datetime.min.replace(tzinfo=UTC)
    try:
        return datetime(start_date.year, start_date.month, start_date.day, tzinfo=UTC) - settings.window
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)
