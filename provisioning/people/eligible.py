"""Who may be put into the enrolment group. Everybody else gets a reason.

The worst a forged hire may do is to add an existing, enabled, recently made member account to one fixed group.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from provisioning.graph.people import Account
from provisioning.settings import PeopleSettings, WindowSettings
from provisioning.store.people import Person, State


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


def exclusion(
    account: Account,
    *,
    known: Person | None,
    administrators: frozenset[str],
    now: datetime,
    settings: PeopleSettings,
) -> Exclusion | None:
    """The first rule that keeps this account out, or None.

    Args:
        account: As Entra has it.
        known: What the ledger holds. Somebody who waits was found to be new when the waiting began.
        administrators: Object ids that hold a directory role.
        now: The time, in UTC.
        settings: How recent is recent.
    """
    if account.user_type not in ("Member", None):
        return GUEST
    if not account.enabled:
        return DISABLED
    if account.object_id in administrators:
        return ADMINISTRATOR
    if known is not None and known.state is State.WAITING:
        return None
    return None if is_new(account, now=now, settings=settings) else OLD


def is_new(account: Account, *, now: datetime, settings: PeopleSettings) -> bool:
    """Whether the account was made lately, or Entra itself says that the first day is near.

    HR's word is not asked: a forged event could name a long-standing account. It only decides *when*.
    """
    made_lately = account.created is not None and account.created >= now - settings.recent
    first_day_near = account.hire_date is not None and account.hire_date >= (now - settings.recent).date()
    return made_lately or first_day_near


def window_opens(start_date: date | None, *, settings: WindowSettings) -> datetime:
    """When a person is invited: some days before the first one, or at once if nobody knows that day."""
    if start_date is None:
        return datetime.min.replace(tzinfo=UTC)
    try:
        return datetime(start_date.year, start_date.month, start_date.day, tzinfo=UTC) - settings.window
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)
