"""Where an account stands now: decided from what Entra, HR and the ledger hold, never from how one came to look.

The webhook and the sweep ask the same question here, so that neither invites a person the other would not.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from provisioning.graph.accounts import Account
from provisioning.model.ledger import EnrollmentState, HireRecord, Person
from provisioning.people.eligibility import Rules, exclusion, never_a_member, window_opens
from provisioning.people.hire_lookup import FIRST_LOOK
from provisioning.people.person_changes import expelled, finished, kept_out, left, postponed, still_in, taken_out

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
    known = as_it_stands(known)
    person = replace(
        known or Person(object_id=account.object_id, state=EnrollmentState.WAITING),
        employee_id=account.employee_id,
        department=(account.department or "").strip() or None,
        announced_as=announced_as(account, known=known, announced=announced),
        start_date=(announced.start_date if announced else None) or account.hire_date,
        account_deleted=False,
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


def as_it_stands(known: Person | None) -> Person | None:
    """Return the row as what is so: in the group still, or out of it by an admin's hand before the account was deleted.

    Args:
        known: The row of an account that is there.
    """
    if known is not None and known.removal_refused:
        return still_in(known)
    if known is not None and known.account_deleted and known.taken_out_at is not None:
        return taken_out(known, now=known.taken_out_at)
    return known


def gone(person: Person, *, known: Person | None) -> Verdict:
    """Return what becomes of a person who is not coming: taken out if we added them, whatever the row says."""
    if person.added_by_product:
        return Verdict(left(person), Action.REMOVE)
    return Verdict(known if known is not None and known.state is EnrollmentState.LEFT else left(person))


def is_finished(person: Person, *, rules: Rules) -> bool:
    """Return whether a person we added registered so long ago that they no longer need the group."""
    span = rules.settings.membership
    if span is None or person.state is not EnrollmentState.REGISTERED or not person.added_by_product:
        return False
    moments = [moment for moment in (person.registered_at, person.invited_at) if moment is not None]
    return bool(person.registered_at and rules.now - max(moments) >= span)


def stays_out(person: Person) -> bool:
    """Return whether a person stays out of the group until an admin or HR says something new."""
    return person.taken_out_at is not None or person.state in (EnrollmentState.UNEXPECTED, EnrollmentState.DONE)


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
    return known is not None and known.state is EnrollmentState.LEFT and not known.account_deleted


def is_in(person: Person) -> bool:
    """Return whether a person was invited; an account that ages does not change it."""
    return person.invited_at is not None and person.taken_out_at is None and person.state in MEMBERS


def is_unnoticed(person: Person) -> bool:
    """Return whether an invitation can be taken back without a trace: it is ours, and the person has not come."""
    return person.state is EnrollmentState.INVITED and person.added_by_product and person.seen_at is None
