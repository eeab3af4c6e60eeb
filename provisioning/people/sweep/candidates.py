"""The people a sweep looks at: new accounts among the changed ones, rows that are due, and hires without an account."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from provisioning.errors import TransientError
from provisioning.graph.accounts import FIELDS, Account, find_by_object_ids
from provisioning.graph.users_delta import LinkExpired, user_changes
from provisioning.model.ledger import EnrollmentState, HireRecord, Person
from provisioning.people.context import PeopleContext
from provisioning.people.eligibility import is_new, start_of_new
from provisioning.people.matching import accounts_for, may_have_id_of
from provisioning.store.due_notes import DueEntry
from provisioning.store.sweep_state import Cursor

EVERYBODY_EVERY = timedelta(days=1)  # changes can be missed: a live probe did not see one within minutes
MOST_DUE = 2000  # rows a run looks at; the others have their turn in the next one
PROPERTIES = ",".join(FIELDS)


@dataclass
class Changes:
    """What was read of users/delta.

    Attributes:
        cursor: Where the next run goes on.
        accounts: New accounts, by object id.
        others: Changed accounts that are not new, by object id; of interest where the ledger knows them.
        removed: Object ids of accounts that are gone.
        stopped: Why the reading ended before the round did, as a sentence; None if it did not, or its time was over.
    """

    cursor: Cursor
    accounts: dict[str, Account] = field(default_factory=dict)
    others: dict[str, Account] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    stopped: str | None = None

    def take(self, account: Account, *, since: datetime, everybody: bool) -> None:
        """Keep an account that a sweep may have to decide about; the last word on it counts."""
        self.removed.discard(account.object_id)
        if is_new(account, since=since):
            self.accounts[account.object_id] = account
        elif not everybody:
            self.others[account.object_id] = account

    def forget(self, object_ids: tuple[str, ...]) -> None:
        """Note accounts that are gone."""
        for object_id in object_ids:
            self.removed.add(object_id)
            self.accounts.pop(object_id, None)
            self.others.pop(object_id, None)


@dataclass
class Candidates:
    """The accounts and rows to decide about.

    Attributes:
        accounts: By object id.
        people: Rows of the ledger, by object id.
        announced: By employee id in one case: what HR said of it, and which accounts have it.
        by_address: Employee ids of hire records that fit one account alone, by its object id.
        ended: Hire records of people who are not coming and who may not be taken out yet.
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

    def hire_record_for(self, account: Account) -> tuple[HireRecord | None, list[Account]]:
        """Return the account's hire record by its employee id, else by its address; and the accounts the record fits.

        A hire record whose id has moved to another account is not this account's any more.
        """
        known = self.people.get(account.object_id)
        announced_as = known.announced_as if known is not None else None
        for key in (account.employee_id, announced_as, self.by_address.get(account.object_id)):
            row, fitting = self.announced.get(key.casefold(), (None, [])) if key is not None else (None, [])
            if row is not None and (not fitting or account.object_id in {owner.object_id for owner in fitting}):
                return row, fitting
        return None, []


def is_stale(cursor: Cursor, *, now: datetime) -> bool:
    """Return whether all accounts are to be read again."""
    return cursor.full_since is None and (cursor.full_done_at is None or now - cursor.full_done_at >= EVERYBODY_EVERY)


def from_the_beginning(cursor: Cursor, *, now: datetime) -> Cursor:
    """Return the place at which reading everybody begins."""
    return replace(cursor, link=None, fields=PROPERTIES, full_since=now, counted=0)


async def read_directory_changes(cursor: Cursor, *, context: PeopleContext, out_of_time: Callable[[], bool]) -> Changes:
    """Read on until the round ends, the time does, or Graph will not go on; once a day then everybody.

    What changed since the last round is read to its end before everybody is, so that nothing of it is lost. A page that
    is refused ends the reading like the end of the time: what was read counts, and the next run goes on behind it.

    Raises:
        TransientError: Graph is unwell, and not even one page came.
    """
    now = context.now()
    new_since = start_of_new(now, settings=context.settings, decided_at=cursor.decided_at)
    changes = Changes(cursor)
    usable = cursor.link is not None and cursor.fields == PROPERTIES
    if usable:
        try:
            await read_on(changes, context, new_since, out_of_time)
        except LinkExpired:
            usable = False
    if usable and not (is_stale(cursor, now=now) and changes.cursor.full_since is None):
        return changes
    if usable and (changes.stopped or out_of_time()):
        return changes
    kept = changes.cursor
    changes.cursor = from_the_beginning(changes.cursor, now=now)
    try:
        await read_on(changes, context, new_since, out_of_time)
    except TransientError as error:
        if not usable:
            raise
        changes.cursor, changes.stopped = kept, str(error)
    return changes


async def read_on(
    changes: Changes, context: PeopleContext, new_since: datetime, out_of_time: Callable[[], bool]
) -> None:
    """Read from one link to the next, and keep in `changes` what was read and where to go on.

    Raises:
        LinkExpired: The link cannot be used any more.
        TransientError: Graph is unwell, and no page came.
    """
    everybody, pages = changes.cursor.full_since is not None, 0
    partial: set[str] = set()
    try:
        async for page in user_changes(context.graph, changes.cursor.link):
            pages += 1
            for account in page.accounts:
                changes.take(account, since=new_since, everybody=everybody)
            partial.update(page.partial)
            changes.forget(page.removed)
            counted = changes.cursor.counted + len(page.accounts)
            changes.cursor = replace(changes.cursor, link=page.link, counted=counted)
            if page.last and everybody:
                changes.cursor = replace(
                    changes.cursor, full_since=None, full_done_at=context.now(), counted=0, population=counted
                )
            if page.last or out_of_time():
                break
    except LinkExpired:
        raise
    except TransientError as error:
        if not pages:
            raise
        changes.stopped = str(error)
    async for account in find_by_object_ids(context.graph, sorted(partial - changes.removed)):
        changes.take(account, since=new_since, everybody=everybody)


async def load_candidates(changes: Changes, *, context: PeopleContext) -> Candidates:
    """Put together what is needed to decide: rows of the ledger and accounts, each read once."""
    due = await context.sweep_state.due(most=MOST_DUE)
    ripe = await due_rows(due, context)
    accounts, people = await load_people(changes, ripe, context)
    rows = await load_hire_records(accounts, people, ripe, context)
    found = await accounts_for([row for row in rows.values() if not is_settled(row, accounts)], context=context)
    joined = {account.object_id: account for owners in found.values() for account in owners}
    people |= await context.ledger.persons(joined.keys() - people.keys())
    accounts |= joined
    return classify(rows, found, accounts=accounts, people=people, due=due)


async def load_people(
    changes: Changes, ripe: list[Person | HireRecord], context: PeopleContext
) -> tuple[dict[str, Account], dict[str, Person]]:
    """Return the accounts to decide about and the people of the ledger who are concerned, by object id."""
    ids = {row.object_id for row in ripe if isinstance(row, Person)} - changes.accounts.keys()
    ripened = {account.object_id: account async for account in find_by_object_ids(context.graph, sorted(ids))}
    wanted = changes.accounts.keys() | changes.others.keys() | ids | changes.removed
    people = await context.ledger.persons(wanted)
    others = {key: account for key, account in changes.others.items() if key in people}
    return {**others, **changes.accounts, **ripened}, people


async def load_hire_records(
    accounts: dict[str, Account],
    people: dict[str, Person],
    ripe: list[Person | HireRecord],
    context: PeopleContext,
) -> dict[str, HireRecord]:
    """Return what HR said of all of them, by employee id in one case."""
    employee_ids = {account.employee_id for account in accounts.values() if account.employee_id}
    employee_ids |= {person.announced_as for person in people.values() if person.announced_as}
    rows = await context.ledger.hire_records(employee_ids)
    return rows | {row.employee_id.casefold(): row for row in ripe if isinstance(row, HireRecord)}


def classify(
    rows: dict[str, HireRecord],
    found: dict[str, list[Account]],
    *,
    accounts: dict[str, Account],
    people: dict[str, Person],
    due: list[DueEntry],
) -> Candidates:
    """Sort what was read into what is to be done about it."""
    return Candidates(
        accounts,
        people,
        announced={
            key: (row, found.get(key, [accounts[row.object_id]] if row.object_id in accounts else []))
            for key, row in rows.items()
        },
        by_address={owners[0].object_id: key for key, owners in found.items() if len(owners) == 1},
        ended=[row for row in rows.values() if row.kind.ends and row.state is not EnrollmentState.LEFT],
        vanished=[
            row for row in people.values() if row.object_id not in accounts and row.state is not EnrollmentState.LEFT
        ],
        due=due,
    )


def is_settled(row: HireRecord, accounts: dict[str, Account]) -> bool:
    """Return whether the hire record's owner is known: the account it was matched with still has the id."""
    if row.state is not EnrollmentState.MATCHED or row.object_id not in accounts:
        return False
    return may_have_id_of(accounts[row.object_id], row)


async def due_rows(due: list[DueEntry], context: PeopleContext) -> list[Person | HireRecord]:
    """Return the rows that are really due: rows move, and the notes of their old times stay behind."""
    now = context.now()
    rows = await context.ledger.rows_of(sorted({note.of for note in due}))
    return [row for row in rows if row.next_try is not None and row.next_try <= now]
