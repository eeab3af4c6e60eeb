"""Whom a sweep looks at: new accounts among what changed, what has ripened, and whom HR announced in vain so far."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from provisioning.graph.accounts import FIELDS, Account, find_by_object_ids
from provisioning.graph.users_delta import LinkExpired, user_changes
from provisioning.model.ledger import EnrollmentState, HireRecord, Person
from provisioning.people.context import PeopleContext
from provisioning.people.eligibility import is_new
from provisioning.people.matching import accounts_for
from provisioning.store.sweep_state import Cursor, DueEntry

EVERYBODY_EVERY = timedelta(days=1)  # changes can be missed: a live probe did not see one within minutes
MOST_DUE = 2000  # rows a run looks at; the others have their turn in the next one
PROPERTIES = ",".join(FIELDS)


@dataclass
class Changes:
    """What was read of users/delta.

    Args:
        cursor: Where the next run goes on.
        accounts: New accounts, by object id.
        removed: Object ids of accounts that are gone.
    """

    cursor: Cursor
    accounts: dict[str, Account] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)


@dataclass
class Candidates:
    """Whom to decide about.

    Args:
        accounts: By object id.
        people: Rows of the ledger, by object id.
        announced: By employee id in one case: what HR said of it, and which accounts have it.
        by_address: Employee ids of announcements that fit one account alone, by its object id.
        ended: Announcements of people who are not coming and who may not be taken out yet.
        vanished: People whose account is gone.
        due: The notes that led here.
    """

    accounts: dict[str, Account]
    people: dict[str, Person]
    announced: dict[str, tuple[HireRecord, list[Account]]]
    by_address: dict[str, str]
    ended: list[HireRecord]
    vanished: list[Person]
    due: list[DueEntry]

    def said_of(self, account: Account) -> tuple[HireRecord | None, list[Account]]:
        """What HR said of the account by its employee id, else by what its address led to; and whom that fits."""
        known = self.people.get(account.object_id)
        announced_as = known.announced_as if known is not None else None
        for key in (account.employee_id, announced_as, self.by_address.get(account.object_id)):
            if key is not None and key.casefold() in self.announced:
                return self.announced[key.casefold()]
        return None, []


def starting_point(cursor: Cursor, *, now: datetime) -> Cursor:
    """Where this run begins to read: where the last one stopped, or with everybody once a day."""
    stale = cursor.full_since is None and (cursor.full_done_at is None or now - cursor.full_done_at >= EVERYBODY_EVERY)
    if stale or cursor.link is None or cursor.fields != PROPERTIES:
        return replace(cursor, link=None, fields=PROPERTIES, full_since=now, counted=0)
    return cursor


async def read_changes(cursor: Cursor, *, context: PeopleContext, out_of_time: Callable[[], bool]) -> Changes:
    """Read on until the round ends or the time does.

    Raises:
        Retry: Graph is unwell; nothing was written, the next run reads the same again.
    """
    try:
        return await read_on(starting_point(cursor, now=context.now()), context, out_of_time)
    except LinkExpired:
        anew = starting_point(replace(cursor, link=None), now=context.now())
        return await read_on(anew, context, out_of_time)


async def read_on(cursor: Cursor, context: PeopleContext, out_of_time: Callable[[], bool]) -> Changes:
    """From one link to the next."""
    changes = Changes(cursor)
    now = context.now()
    partial: list[str] = []

    def take(account: Account) -> None:
        if is_new(account, now=now, settings=context.settings):
            changes.accounts[account.object_id] = account

    async for page in user_changes(context.graph, cursor.link):
        for account in page.accounts:
            take(account)
        partial += page.partial
        changes.removed += page.removed
        counted = changes.cursor.counted + len(page.accounts)
        changes.cursor = replace(changes.cursor, link=page.link, counted=counted)
        if page.last and cursor.full_since is not None:
            changes.cursor = replace(changes.cursor, full_since=None, full_done_at=now, counted=0, population=counted)
        if page.last or out_of_time():
            break
    async for account in find_by_object_ids(context.graph, sorted(set(partial))):
        take(account)
    return changes


async def load_candidates(changes: Changes, *, context: PeopleContext) -> Candidates:
    """Put together what is needed to decide: rows of the ledger and accounts, each read once."""
    ledger = context.ledger
    due = await context.sweep_state.due(most=MOST_DUE)
    ripe = await due_rows(due, context)
    ids = {row.object_id for row in ripe if isinstance(row, Person)} - changes.accounts.keys()
    accounts = {
        **changes.accounts,
        **{account.object_id: account async for account in find_by_object_ids(context.graph, sorted(ids))},
    }
    known = await ledger.persons(accounts.keys() | ids | set(changes.removed))
    employee_ids = {account.employee_id for account in accounts.values() if account.employee_id}
    employee_ids |= {person.announced_as for person in known.values() if person.announced_as}
    rows = await ledger.hire_records(employee_ids)
    rows |= {row.employee_id.casefold(): row for row in ripe if isinstance(row, HireRecord)}
    ended = [row for row in rows.values() if row.kind.ends and row.state is not EnrollmentState.LEFT]
    found = await accounts_for([row for row in rows.values() if not settled(row, accounts)], context=context)
    joined = {account.object_id: account for owners in found.values() for account in owners}
    known |= await ledger.persons(joined.keys() - known.keys())
    accounts |= joined
    vanished = [
        row for row in known.values() if row.object_id not in accounts and row.state is not EnrollmentState.LEFT
    ]
    announced = {
        key: (row, found.get(key, [accounts[row.object_id]] if row.object_id in accounts else []))
        for key, row in rows.items()
    }
    by_address = {owners[0].object_id: key for key, owners in found.items() if len(owners) == 1}
    return Candidates(accounts, known, announced, by_address, ended, vanished, due)


def settled(row: HireRecord, accounts: dict[str, Account]) -> bool:
    """Whether it is known whose announcement this is, or it matters no more."""
    return row.kind.ends or (row.state is EnrollmentState.MATCHED and row.object_id in accounts)


async def due_rows(due: list[DueEntry], context: PeopleContext) -> list[Person | HireRecord]:
    """The rows that the notes are about, as far as their time has really come: rows move, and notes stay behind."""
    now = context.now()
    rows = await context.ledger.rows_of(sorted({note.of for note in due}))
    return [row for row in rows if row.next_try is not None and row.next_try <= now]
