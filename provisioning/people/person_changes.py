"""What becomes of a person's row when they are invited, kept out, taken out, or could not be added.

Each function returns the row as it is to be written; `decision.py` says which of them is due.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from provisioning.graph.accounts import Account
from provisioning.model.ledger import EnrollmentState, Person
from provisioning.people.eligibility import Exclusion
from provisioning.people.hire_lookup import FIRST_LOOK, LONGEST_LOOK

MEMBER_LAG = timedelta(hours=1)  # a new member may not be listed yet, nor be removable
REPLICATION = timedelta(hours=1)  # how long Graph may not know an account everywhere; four times the longest reported
NEXT_SWEEP = timedelta(seconds=1)  # behind the note that led here, which ends with this run
MOST_REFUSALS = 5  # attempts to add an account that is old enough to be known everywhere
DELETED = "The account was deleted."
TAKEN_OUT = "The person was taken out of the enrollment group, but not by this product."
TAKEN_OUT_REMEDY = "If that was a mistake, add the person to the group by hand; the next reconcile notices it."
REFUSED_REMEDY = "Fix what Microsoft Graph names, or add the person by hand; the next daily sweep tries once more."
STILL_IN_REMEDY = "Fix what Microsoft Graph names, or take the person out by hand; the next sweep tries again."


def kept_out(person: Person, why_not: Exclusion) -> Person:
    """Return the row of a person that a rule keeps out of the group."""
    state = EnrollmentState.REGISTERED if person.registered_at else EnrollmentState.PARKED
    if person.state is EnrollmentState.UNEXPECTED:
        state = EnrollmentState.UNEXPECTED
    return replace(person, state=state, reason=why_not.reason, remedy=why_not.remedy, next_try=None)


def expelled(person: Person, why_not: Exclusion) -> Person:
    """Return the row of a person we added who may no longer be in the group."""
    state = person.state if person.state is EnrollmentState.UNEXPECTED else EnrollmentState.PARKED
    out = replace(person, state=state, invited_at=None, added_by_product=False, add_pending=False, next_try=None)
    return replace(out, removal_refused=False, reason=why_not.reason, remedy=why_not.remedy)


def finished(person: Person) -> Person:
    """Return the row of a person who is out of the group again; when they were invited stays written down."""
    return replace(
        person,
        state=EnrollmentState.DONE,
        added_by_product=False,
        add_pending=False,
        reason=None,
        remedy=None,
        next_try=None,
    )


def removed(person: Person, *, was_in: bool, known: Person | None, now: datetime) -> Person:
    """Return the row of a person who was to be taken out of the group, once Graph answered.

    Args:
        person: The row as it was decided.
        was_in: Whether they were a member until now.
        known: The row before.
        now: The time.
    """
    long_in = known is not None and known.invited_at is not None and now - known.invited_at > MEMBER_LAG
    if was_in or person.state is not EnrollmentState.WAITING or not long_in or person.add_pending:
        return person
    # The first day moved away, and an admin had taken them out before we could.
    return replace(taken_out(person, now=now), next_try=None, invited_at=None)


def taken_out(person: Person, *, now: datetime) -> Person:
    """Return the row of a person an admin took out of the group."""
    return replace(
        person,
        state=EnrollmentState.PARKED,
        added_by_product=False,
        taken_out_at=now,
        reason=TAKEN_OUT,
        remedy=TAKEN_OUT_REMEDY,
    )


def put_back(person: Person) -> Person:
    """Return the row of a person an admin had taken out of the group, and put back into it."""
    state = EnrollmentState.INVITED if person.state is EnrollmentState.PARKED else person.state
    return replace(person, state=state, taken_out_at=None, reason=None, remedy=None)


def not_removed(person: Person, *, known: Person | None, text: str, now: datetime) -> Person:
    """Return the row of a person Graph would not take out of the group: as it was decided, and due in the next sweep.

    Args:
        person: The row as it was decided.
        known: The row before.
        text: Graph's sentence.
        now: The time.
    """
    return replace(
        person,
        invited_at=known.invited_at if known is not None else None,
        added_by_product=True,
        removal_refused=True,
        reason=f"Microsoft Graph refused to take the person out of the enrollment group: {text}",
        remedy=STILL_IN_REMEDY,
        next_try=person.next_try if person.add_pending else now + NEXT_SWEEP,
    )


def still_in(person: Person) -> Person:
    """Return the row of a person Graph would not take out of the group as that of the member they still are."""
    state = EnrollmentState.REGISTERED if person.registered_at else EnrollmentState.INVITED
    if person.state in (EnrollmentState.UNEXPECTED, EnrollmentState.LEFT):
        state = person.state
    return replace(person, state=state, removal_refused=False, reason=None, remedy=None, next_try=None)


def not_added(person: Person, account: Account | None, *, text: str | None, now: datetime) -> Person:
    """Return the row of a person Graph would not add: tried again, and parked after some tries.

    Graph does not know a new account everywhere at once, so its refusals are not counted at first.

    Args:
        person: The row so far.
        account: As Entra has it, if it was found.
        text: Graph's sentence; None where it says that there is no such account.
        now: The time.
    """
    reason = text or "The account is not yet visible everywhere in Microsoft Graph."
    young = account is not None and account.created is not None and now - account.created < REPLICATION
    tries = person.tries if young else person.tries + 1
    if tries < MOST_REFUSALS:
        wait = min(FIRST_LOOK * 2**tries, LONGEST_LOOK)
        return replace(person, tries=tries, reason=reason, remedy=None, next_try=now + wait)
    return replace(
        person,
        state=EnrollmentState.PARKED,
        add_pending=False,
        tries=tries,
        reason=f"Microsoft Graph refused {tries} times to add the account: {reason}",
        remedy=REFUSED_REMEDY,
        next_try=None,
    )


def postponed(person: Person, *, until: datetime) -> Person:
    """Return the row of a person whose first day moved away after the invitation, or became known only then."""
    return replace(
        person,
        state=EnrollmentState.WAITING,
        invited_at=None,
        added_by_product=False,
        add_pending=False,
        next_try=until,
    )


def about_to_add(person: Person) -> Person:
    """Return the row of a person who is added to the group next."""
    return replace(person, state=EnrollmentState.WAITING, add_pending=True)


def invited(person: Person, *, added: bool, tried: bool, now: datetime) -> Person:
    """Return the row of a person who is in the group now.

    Args:
        person: The row so far.
        added: Whether they were not in it before.
        tried: Whether we were about to add them before: then who is in already is in because of us.
        now: The time.
    """
    state = EnrollmentState.REGISTERED if person.registered_at else EnrollmentState.INVITED
    ours = person.added_by_product or added or tried
    inside = replace(person, state=state, invited_at=now, added_by_product=ours, add_pending=False, next_try=None)
    return replace(inside, tries=0, taken_out_at=None, reason=None, remedy=None)


def left(person: Person, *, account_deleted: bool = False) -> Person:
    """Return the row of a person who is not coming, or whose account is gone.

    Entra gives a restored account its memberships back, so what we added to the group stays ours: a cancellation that
    comes later takes it out. A restored account that an admin had taken out stays out.
    """
    return replace(
        person,
        state=EnrollmentState.LEFT,
        add_pending=False,
        added_by_product=person.added_by_product and account_deleted,
        removal_refused=False,
        taken_out_at=person.taken_out_at if account_deleted else None,
        account_deleted=account_deleted,
        invited_at=None,
        reason=DELETED if account_deleted else None,
        remedy=None,
        next_try=None,
    )
