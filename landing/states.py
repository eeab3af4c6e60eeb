"""What the page says to a person: one state, decided from what is known and nothing else."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from landing.principal import ForeignPrincipal, Principal
from provisioning.model.ledger import EnrollmentState, Person

FRESH = timedelta(minutes=1)  # how long a finding of methods is shown to a new visit without another look
PATIENCE = timedelta(seconds=30)  # how long a visit waits for its check before the page says what to do instead


class PageState(StrEnum):
    """The page's states. Each has a template of its name in `templates/states/`."""

    SIGNED_OUT = "signed_out"
    WRONG_TENANT = "wrong_tenant"
    EXTERNAL = "external"
    TROUBLE = "trouble"  # storage does not answer, or a sign-in cannot be trusted
    CHECKING = "checking"
    SLOW = "slow"  # no check since this visit began, and it should be there
    READY = "ready"
    READY_PHONE = "ready_phone"  # only a phone number, whose codes end
    PHONE_ENDED = "phone_ended"
    MISSING = "missing"  # no method; nothing is known of a pass
    MISSING_PASS_ONCE = "missing_pass_once"  # noqa: S105 - the name of a state
    MISSING_PASS = "missing_pass"  # noqa: S105
    UNEXPECTED = "unexpected"
    TOO_EARLY = "too_early"
    NOT_INVITED = "not_invited"


# What a new look cannot change while the page is open.
LASTING = frozenset({PageState.SIGNED_OUT, PageState.WRONG_TENANT, PageState.EXTERNAL})
WAITING_FOR_A_CHECK = frozenset({PageState.CHECKING, PageState.SLOW, PageState.TROUBLE})


@dataclass(frozen=True)
class Visit:
    """A look at the page.

    Attributes:
        began: When it was opened, or the person came back to it.
        now: When it is answered.
    """

    began: datetime
    now: datetime


@dataclass(frozen=True)
class Known:
    """What front knows about a visitor.

    Attributes:
        principal: Who is signed in.
        person: Their row of the ledger.
        reached: Whether the ledger could be read at all.
        untrusted: Whether there is a sign-in header although the platform does not say that Easy Auth is on: it may be
            anybody's words, and signing in again would change nothing.
        phone_ends: The day from which Microsoft delivers no codes by text or call; None for never.
        today: The day at the organization.
    """

    principal: Principal | ForeignPrincipal | None
    today: date
    person: Person | None = None
    reached: bool = True
    untrusted: bool = False
    phone_ends: date | None = None


def decide(known: Known, visit: Visit) -> PageState:
    """Decide what the page says. The first rule that applies counts."""
    if known.principal is None:
        return PageState.TROUBLE if known.untrusted else PageState.SIGNED_OUT
    if isinstance(known.principal, ForeignPrincipal):
        return PageState.WRONG_TENANT
    if known.principal.external:
        return PageState.EXTERNAL
    if not known.reached:
        return PageState.TROUBLE
    if is_checked(known, visit):
        return from_ledger(known, visit)
    return PageState.SLOW if visit.now - visit.began >= PATIENCE else PageState.CHECKING


def is_checked(known: Known, visit: Visit) -> bool:
    """Tell whether the ledger's word holds for this visit.

    A person who comes back from registering must never read "not done yet" of a check that was made before. Good news
    that is a minute old need not be asked for again.
    """
    person = known.person
    if person is None or person.checked_at is None:
        return False
    if person.checked_at >= visit.began:
        return True
    return from_ledger(known, visit) is PageState.READY and visit.now - person.checked_at < FRESH


def from_ledger(known: Known, visit: Visit) -> PageState:
    """Decide by the row alone, whenever it was written."""
    person = known.person
    if person is None:
        return PageState.NOT_INVITED
    if person.unexpected:
        return PageState.UNEXPECTED
    if person.methods:
        return state_with_methods(person, known)
    if person.state is EnrollmentState.WAITING:
        return PageState.TOO_EARLY
    if person.state is EnrollmentState.LEFT or person.invited_at is None:
        return PageState.NOT_INVITED
    return state_without_methods(person, visit)


def state_with_methods(person: Person, known: Known) -> PageState:
    """Decide for a person who has a second way to sign in."""
    if not person.phone_only or known.phone_ends is None:
        return PageState.READY
    return PageState.PHONE_ENDED if known.today >= known.phone_ends else PageState.READY_PHONE


def state_without_methods(person: Person, visit: Visit) -> PageState:
    """Decide for an invited person who has none: words of a pass only where there is one."""
    if person.pass_ends is None or person.pass_ends <= visit.now:
        return PageState.MISSING
    return PageState.MISSING_PASS_ONCE if person.pass_once else PageState.MISSING_PASS
