"""What becomes of a hire record once its accounts were looked for: tied to one, parked between several, or put off."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from provisioning.graph.accounts import Account
from provisioning.model.ledger import EnrollmentState, HireRecord
from provisioning.people.unmatched import waiting_record

FIRST_LOOK = timedelta(minutes=15)  # until an account that is not there is looked for again; doubled each time
LONGEST_LOOK = timedelta(days=1)
GIVE_UP = timedelta(days=30)  # after the first day, or after 90 days where nobody knows it
GIVE_UP_UNDATED = timedelta(days=90)


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
        reason=f"Several accounts have this employee ID: {ids}.",
        remedy="Leave the ID on only one of them; the account is looked up again every day.",
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
            reason=f"No account has this employee ID, although {how_long(record)}.",
            remedy="Give the account its employee ID in Entra, and then have HR send the person again.",
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
        return f"it has been looked for since HR's message of {record.occurred_at.date()}"
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
