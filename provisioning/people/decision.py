"""Where an account stands now: decided from what Entra, HR and the ledger hold, never from how one came to look.

The webhook and the sweep ask the same question here, so that neither can invite whom the other would not.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from provisioning.graph.accounts import Account
from provisioning.model.ledger import EnrollmentState, HireRecord, Person
from provisioning.people.eligibility import Exclusion, Rules, exclusion, window_opens
from provisioning.people.unmatched import waiting_record

FIRST_LOOK = timedelta(minutes=15)  # until an account that is not there is looked for again; doubled each time
LONGEST_LOOK = timedelta(days=1)
GIVE_UP = timedelta(days=30)  # after the first day, or after 90 days where nobody knows it
GIVE_UP_UNDATED = timedelta(days=90)
DELETED = "The account was deleted."
TAKEN_OUT = "Somebody else took the person out of the enrollment group."


@dataclass(frozen=True)
class Verdict:
    """What should be.

    Args:
        person: The row, as it is to be written unless the person is invited now.
        invite: Whether the person belongs into the group now and is not known to be in it.
        remove: Whether we put the person into the group too early and nobody has noticed yet.
    """

    person: Person
    invite: bool = False
    remove: bool = False


def evaluate_with_pending(
    account: Account, *, known: Person | None, announced: HireRecord | None, rules: Rules
) -> Verdict:
    """As `judge`, for somebody who may be in the group although the row does not say so.

    That is whom a run was about to add that died, or that is still at it and will be told. If they do not belong in,
    they are taken out twice: now, and once more when no such run can be under way any more.
    """
    verdict = evaluate(account, known=known, announced=announced, rules=rules)
    if known is None or not known.add_pending or verdict.invite:
        return verdict
    if known.next_try is None:
        return Verdict(replace(verdict.person, add_pending=True, next_try=rules.now + FIRST_LOOK), remove=True)
    if known.next_try > rules.now:
        return Verdict(replace(verdict.person, add_pending=True, next_try=known.next_try))
    return Verdict(replace(verdict.person, add_pending=False), remove=True)


def evaluate(account: Account, *, known: Person | None, announced: HireRecord | None, rules: Rules) -> Verdict:
    """Whether somebody is parked, waits, is to be invited, or stays as they are.

    Args:
        account: As Entra has it.
        known: The person's row.
        announced: What HR said of the account's employee id, where it is this account's and no other's.
        rules: What everybody is judged by.
    """
    person = replace(
        known or Person(object_id=account.object_id, state=EnrollmentState.WAITING),
        employee_id=account.employee_id,
        announced_as=announced_as(account, known=known, announced=announced),
        start_date=(announced.start_date if announced else None) or account.hire_date,
    )
    if is_gone(known, announced):
        return Verdict(known if known is not None and known.state is not EnrollmentState.LEFT else left(person))
    opens = window_opens(person.start_date, settings=rules.settings)
    if is_in(person) and is_unnoticed(person) and opens > rules.now:
        return Verdict(postponed(person, until=opens), remove=True)
    if is_in(person) or person.reason == TAKEN_OUT:
        return Verdict(person)
    why_not = exclusion(account, known=known, announced=announced is not None, rules=rules)
    if why_not is not None:
        return Verdict(kept_out(person, why_not))
    if opens > rules.now:
        return Verdict(replace(person, state=EnrollmentState.WAITING, reason=None, remedy=None, next_try=opens))
    return Verdict(replace(person, reason=None, remedy=None, next_try=None), invite=True)


def kept_out(person: Person, why_not: Exclusion) -> Person:
    """The row of somebody whom a rule keeps out of the group."""
    state = EnrollmentState.REGISTERED if person.registered_at else EnrollmentState.PARKED
    return replace(person, state=state, reason=why_not.reason, remedy=why_not.remedy, next_try=None)


def announced_as(account: Account, *, known: Person | None, announced: HireRecord | None) -> str | None:
    """Under which other id HR speaks of this person, if it was matched by address."""
    if announced is None:
        return known.announced_as if known is not None else None
    same = announced.employee_id.casefold() == (account.employee_id or "").casefold()
    return None if same else announced.employee_id


def is_gone(known: Person | None, announced: HireRecord | None) -> bool:
    """Whether the person is not coming: HR's last word, or ours where HR said nothing since.

    Somebody who left because the account was deleted is looked at like anybody else: it is there again.
    """
    if announced is not None:
        return announced.kind.ends
    return known is not None and known.state is EnrollmentState.LEFT and known.reason != DELETED


def is_in(person: Person) -> bool:
    """Whether somebody was invited; an account that ages does not change it."""
    return person.invited_at is not None and person.state in (EnrollmentState.INVITED, EnrollmentState.REGISTERED)


def is_unnoticed(person: Person) -> bool:
    """Whether an invitation can be taken back as if it had never been: ours, and nobody came because of it."""
    return person.state is EnrollmentState.INVITED and person.added_by_product and person.seen_at is None


def postponed(person: Person, *, until: datetime) -> Person:
    """The row of somebody whose first day moved away after the invitation, or became known only then."""
    return replace(
        person,
        state=EnrollmentState.WAITING,
        invited_at=None,
        added_by_product=False,
        add_pending=False,
        next_try=until,
    )


def about_to_add(person: Person) -> Person:
    """The row of somebody who is put into the group next."""
    return replace(person, state=EnrollmentState.WAITING, add_pending=True)


def invited(person: Person, *, added: bool, tried: bool, now: datetime) -> Person:
    """The row of somebody who is in the group now.

    Args:
        person: The row so far.
        added: Whether they were not in it before.
        tried: Whether we were about to add them before: then who is in already is in because of us.
        now: The time.
    """
    state = EnrollmentState.REGISTERED if person.registered_at else EnrollmentState.INVITED
    ours = person.added_by_product or added or tried
    return replace(person, state=state, invited_at=now, added_by_product=ours, add_pending=False, next_try=None)


def left(person: Person, *, reason: str | None = None) -> Person:
    """The row of somebody who is not coming, or whose account is gone."""
    return replace(
        person,
        state=EnrollmentState.LEFT,
        add_pending=False,
        added_by_product=False,
        invited_at=None,
        reason=reason,
        remedy=None,
        next_try=None,
    )


def match_record(announcement: HireRecord, accounts: list[Account], *, now: datetime) -> HireRecord:
    """The announcement once its accounts were looked for: tied to one, parked between several, or put off."""
    if len(accounts) == 1:
        return matched(announcement, accounts[0])
    if not accounts and (waiting := waiting_record(announcement, now=now)) is not None:
        return waiting
    return ambiguous(announcement, accounts, now=now) if accounts else not_found(announcement, now=now)


def matched(announcement: HireRecord, account: Account) -> HireRecord:
    """The announcement, tied to its account."""
    return replace(
        announcement,
        state=EnrollmentState.MATCHED,
        object_id=account.object_id,
        reason=None,
        remedy=None,
        tries=0,
        next_try=None,
    )


def ambiguous(announcement: HireRecord, accounts: Collection[Account], *, now: datetime) -> HireRecord:
    """The announcement, parked: the product does not guess whose it is."""
    ids = ", ".join(sorted(account.object_id for account in accounts))
    return replace(
        announcement,
        state=EnrollmentState.PARKED,
        reason=f"Several accounts have this employee id: {ids}.",
        remedy="Leave the id on one of them; it is looked for again every day.",
        next_try=now + LONGEST_LOOK,
    )


def not_found(announcement: HireRecord, *, now: datetime) -> HireRecord:
    """The announcement, with the time of its next look-up: after 15 minutes, then ever more rarely, up to daily.

    "Not found" is not an error for somebody who is to come (Azure/azure-powershell#6493), but not for ever either.
    """
    if now > gives_up(announcement):
        return replace(
            announcement,
            state=EnrollmentState.PARKED,
            reason="No account has this employee id, though the first day is long past.",
            remedy="Give the account its employee id in Entra, then let HR send the person again.",
            next_try=None,
        )
    wait = min(FIRST_LOOK * 2 ** min(announcement.tries, 10), LONGEST_LOOK)
    return replace(
        announcement,
        state=EnrollmentState.PENDING,
        object_id=None,
        reason=None,
        remedy=None,
        tries=announcement.tries + 1,
        next_try=now + wait,
    )


def gives_up(announcement: HireRecord) -> datetime:
    """Until when the account is looked for."""
    said = announcement.occurred_at
    if announcement.start_date is None:
        return said + GIVE_UP_UNDATED
    try:
        first_day = datetime(*announcement.start_date.timetuple()[:3], tzinfo=said.tzinfo)
        return max(said, first_day) + GIVE_UP
    except OverflowError:
        return datetime.max.replace(tzinfo=said.tzinfo)
