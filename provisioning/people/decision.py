"""Where an account stands now: decided from what Entra, HR and the ledger hold, never from how one came to look.

The webhook and the sweep ask the same question here, so that neither invites a person the other would not.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from provisioning.graph.accounts import Account
from provisioning.model.ledger import EnrollmentState, HireRecord, Person
from provisioning.people.eligibility import Exclusion, Rules, exclusion, never_a_member, window_opens
from provisioning.people.unmatched import waiting_record

FIRST_LOOK = timedelta(minutes=15)  # until an account that is not there is looked for again; doubled each time
LONGEST_LOOK = timedelta(days=1)
GIVE_UP = timedelta(days=30)  # after the first day, or after 90 days where nobody knows it
GIVE_UP_UNDATED = timedelta(days=90)
MEMBER_LAG = timedelta(hours=1)  # a new member may not be listed yet, nor be removable
REPLICATION = timedelta(hours=1)  # how long Graph may not know an account everywhere; four times the longest reported
MOST_REFUSALS = 5  # attempts to add an account that is old enough to be known everywhere
DELETED = "The account was deleted."
TAKEN_OUT = "Somebody else took the person out of the enrollment group."
TAKEN_OUT_REMEDY = "Add the person to the group by hand if that was a mistake; the next reconcile sees it."
REFUSED_REMEDY = (
    "Put right what Microsoft Graph names, or add the person by hand; the next daily sweep tries once more."
)
MEMBERS = frozenset({EnrollmentState.INVITED, EnrollmentState.REGISTERED, EnrollmentState.UNEXPECTED})


class Action(StrEnum):
    """What is to be done about the group."""

    NOTHING = "nothing"
    INVITE = "invite"
    REMOVE = "remove"


@dataclass(frozen=True)
class Verdict:
    """What should be.

    Attributes:
        person: The row, as it is to be written unless the person is invited now.
        action: Whether the person belongs into the group now and is not known to be in it, or has to leave it.
    """

    person: Person
    action: Action = Action.NOTHING


def evaluate_with_pending(
    account: Account, *, known: Person | None, announced: HireRecord | None, rules: Rules
) -> Verdict:
    """Decide as `decide_membership` does, also about a person who may be in the group although the row does not say so.

    That is so where a run that was about to add them died, or is still at it. A person who does not belong in the group
    is taken out twice: now, and once more when no such run can be under way any more.
    """
    verdict = decide_membership(account, known=known, announced=announced, rules=rules)
    if known is None or not known.add_pending or verdict.action is Action.INVITE:
        return verdict
    if known.next_try is None:
        again = rules.now + FIRST_LOOK
        return Verdict(replace(verdict.person, add_pending=True, next_try=again), Action.REMOVE)
    if known.next_try > rules.now:
        return Verdict(replace(verdict.person, add_pending=True, next_try=known.next_try), verdict.action)
    return Verdict(replace(verdict.person, add_pending=False), Action.REMOVE)


def decide_membership(account: Account, *, known: Person | None, announced: HireRecord | None, rules: Rules) -> Verdict:
    """Decide whether a person is parked, waits, is to be invited, stays as they are, or has to leave the group.

    Args:
        account: As Entra has it.
        known: The person's row.
        announced: What HR said of the account's employee id, where it is this account's and no other's.
        rules: What everybody is judged by.
    """
    person = replace(
        known or Person(object_id=account.object_id, state=EnrollmentState.WAITING),
        employee_id=account.employee_id,
        department=(account.department or "").strip() or None,
        announced_as=announced_as(account, known=known, announced=announced),
        start_date=(announced.start_date if announced else None) or account.hire_date,
    )
    if is_not_coming(known, announced):
        return gone(person, known=known)
    never = never_a_member(account, rules=rules)
    if never is not None and person.added_by_product:
        return Verdict(expelled(person, never), Action.REMOVE)
    opens = window_opens(person.start_date, settings=rules.settings)
    if is_in(person) and is_unnoticed(person) and opens > rules.now:
        return Verdict(postponed(person, until=opens), Action.REMOVE)
    if is_finished(person, rules=rules):
        return Verdict(finished(person), Action.REMOVE)
    if is_in(person) or stays_out(person):
        return Verdict(person)
    why_not = exclusion(account, known=known, announced=announced is not None, rules=rules)
    if why_not is not None:
        return Verdict(kept_out(person, why_not))
    if opens > rules.now:
        return Verdict(replace(person, state=EnrollmentState.WAITING, reason=None, remedy=None, next_try=opens))
    return Verdict(replace(person, reason=None, remedy=None, next_try=None), Action.INVITE)


def gone(person: Person, *, known: Person | None) -> Verdict:
    """Return what becomes of a person who is not coming: taken out if we added them, whatever the row says."""
    if person.added_by_product:
        return Verdict(left(person), Action.REMOVE)
    return Verdict(known if known is not None and known.state is EnrollmentState.LEFT else left(person))


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
    return replace(out, reason=why_not.reason, remedy=why_not.remedy)


def is_finished(person: Person, *, rules: Rules) -> bool:
    """Return whether a person we added registered so long ago that they no longer need the group."""
    span = rules.settings.membership
    if span is None or person.state is not EnrollmentState.REGISTERED or not person.added_by_product:
        return False
    moments = [moment for moment in (person.registered_at, person.invited_at) if moment is not None]
    return bool(person.registered_at and rules.now - max(moments) >= span)


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
    return replace(
        person, state=EnrollmentState.PARKED, reason=TAKEN_OUT, remedy=TAKEN_OUT_REMEDY, next_try=None, invited_at=None
    )


def not_added(person: Person, account: Account | None, *, text: str | None, now: datetime) -> Person:
    """Return the row of a person Graph would not add: tried again, and parked after some tries.

    Graph does not know a new account everywhere at once, so its refusals are not counted at first.

    Args:
        person: The row so far.
        account: As Entra has it, if it was found.
        text: Graph's sentence; None where it says that there is no such account.
        now: The time.
    """
    reason = text or "Microsoft Graph does not know the account everywhere yet."
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
        reason=f"Microsoft Graph would not add the account {tries} times: {reason}",
        remedy=REFUSED_REMEDY,
        next_try=None,
    )


def stays_out(person: Person) -> bool:
    """Return whether a person stays out of the group until an admin or HR says something new."""
    return person.reason == TAKEN_OUT or person.state in (EnrollmentState.UNEXPECTED, EnrollmentState.DONE)


def announced_as(account: Account, *, known: Person | None, announced: HireRecord | None) -> str | None:
    """Under which other id HR speaks of this person, if it was matched by address."""
    if announced is None:
        return known.announced_as if known is not None else None
    same = announced.employee_id.casefold() == (account.employee_id or "").casefold()
    return None if same else announced.employee_id


def is_not_coming(known: Person | None, announced: HireRecord | None) -> bool:
    """Return whether the person is not coming: HR's last word, or ours where HR said nothing since.

    A person who left because the account was deleted is looked at like any other: the account is there again.
    """
    if announced is not None:
        return announced.kind.ends
    return known is not None and known.state is EnrollmentState.LEFT and known.reason != DELETED


def is_in(person: Person) -> bool:
    """Return whether a person was invited; an account that ages does not change it."""
    return person.invited_at is not None and person.state in MEMBERS


def is_unnoticed(person: Person) -> bool:
    """Return whether an invitation can be taken back without a trace: it is ours, and the person has not come."""
    return person.state is EnrollmentState.INVITED and person.added_by_product and person.seen_at is None


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
    return replace(inside, tries=0, reason=None, remedy=None)


def left(person: Person, *, reason: str | None = None) -> Person:
    """Return the row of a person who is not coming, or whose account is gone.

    Entra gives a restored account its memberships back, so what we added to the group stays ours: a cancellation that
    comes later takes it out.
    """
    return replace(
        person,
        state=EnrollmentState.LEFT,
        add_pending=False,
        added_by_product=person.added_by_product and reason == DELETED,
        invited_at=None,
        reason=reason,
        remedy=None,
        next_try=None,
    )


def match_record(record: HireRecord, accounts: list[Account], *, now: datetime) -> HireRecord:
    """Return the hire record once its accounts were looked for: tied to one, parked between several, or put off."""
    if len(accounts) == 1:
        return matched(record, accounts[0])
    if not accounts and (waiting := waiting_record(record, now=now)) is not None:
        return waiting
    return ambiguous(record, accounts, now=now) if accounts else record_not_found(record, now=now)


def matched(record: HireRecord, account: Account) -> HireRecord:
    """Return the hire record, tied to its account."""
    return replace(
        record,
        state=EnrollmentState.MATCHED,
        object_id=account.object_id,
        reason=None,
        remedy=None,
        tries=0,
        lookup_error=None,
        lookup_failing_since=None,
        next_try=None,
    )


def ambiguous(record: HireRecord, accounts: Collection[Account], *, now: datetime) -> HireRecord:
    """Return the hire record, parked: the product does not guess whose it is."""
    ids = ", ".join(sorted(account.object_id for account in accounts))
    return replace(
        record,
        state=EnrollmentState.PARKED,
        reason=f"Several accounts have this employee id: {ids}.",
        remedy="Leave the id on one of them; it is looked for again every day.",
        lookup_error=None,
        lookup_failing_since=None,
        next_try=now + LONGEST_LOOK,
    )


def record_not_found(record: HireRecord, *, now: datetime) -> HireRecord:
    """Return the hire record, with the time of its next look-up: after 15 minutes, then ever more rarely, up to daily.

    "Not found" is not an error for a person who is to come (Azure/azure-powershell#6493), but not for ever either.
    """
    if now > gives_up(record):
        return replace(
            record,
            state=EnrollmentState.PARKED,
            reason=f"No account has this employee id, though {how_long(record)}.",
            remedy="Give the account its employee id in Entra, then let HR send the person again.",
            lookup_error=None,
            lookup_failing_since=None,
            next_try=None,
        )
    wait = min(FIRST_LOOK * 2 ** min(record.tries, 10), LONGEST_LOOK)
    return replace(
        record,
        state=EnrollmentState.PENDING,
        object_id=None,
        reason=None,
        remedy=None,
        tries=record.tries + 1,
        lookup_error=None,
        lookup_failing_since=None,
        next_try=now + wait,
    )


def not_looked_up(record: HireRecord, *, why: str, now: datetime) -> HireRecord:
    """Return the hire record whose account could not be looked for, so that `people show` can say so."""
    since = record.lookup_failing_since or now
    return replace(record, lookup_error=why, lookup_failing_since=since)


def how_long(record: HireRecord) -> str:
    """Return for how long an account was looked for in vain, as the end of a sentence."""
    if record.start_date is None:
        return f"it was looked for since HR's word of {record.occurred_at.date()}"
    return f"the first day, {record.start_date}, is long past"


def gives_up(record: HireRecord) -> datetime:
    """Until when the account is looked for."""
    said = record.occurred_at
    if record.start_date is None:
        return said + GIVE_UP_UNDATED
    try:
        first_day = datetime(*record.start_date.timetuple()[:3], tzinfo=said.tzinfo)
        return max(said, first_day) + GIVE_UP
    except OverflowError:
        return datetime.max.replace(tzinfo=said.tzinfo)
