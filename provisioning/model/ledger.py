"""The rows of table `people` as data: what HR announced of an employee id, and what became of an account."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from hashlib import sha256
from urllib.parse import quote

from provisioning.model.hires import HireEventType

LONGEST_KEY = 256
ANNOUNCED = "employee."
PERSON = "object."
WITHOUT_FIRST_DAY = timedelta(days=90)  # for so long a private address is kept where nobody told the first day
DAY_OVER = time(12, tzinfo=UTC)  # of the next day: then a day has ended everywhere (UTC-12)
NOT_KEPT = {"kept": False}  # metadata of a field that is no property of the row


class EnrollmentState(StrEnum):
    """The states of a person in the ledger."""

    PENDING = "pending"  # announced, no account yet
    WAITING = "waiting"  # has an account, the first day is too far away
    INVITED = "invited"  # in the group
    REGISTERED = "registered"  # has a second factor
    UNEXPECTED = "unexpected"  # has a second factor that looks like another person's, and nobody acknowledged it
    DONE = "done"  # registered long ago, and out of the group again
    LEFT = "left"  # cancelled or gone
    PARKED = "parked"  # a person must decide; reason and remedy say what
    MATCHED = "matched"  # a hire record whose person has a row of its own


@dataclass(frozen=True)
class HireRecord:
    """What HR last said of an employee id.

    Args:
        start_date: The first day, as the newest event that told one has it.
        dated_at: When that event happened.
        ended_at: When the newest event happened that ended everything before it, its first day too.
        unverified: The newest event's source is not proven, so only what Entra knows counts.
        tries: How often the account was looked for in vain.
        lookup_error: Why the account could not be looked for the last time, as a sentence; None if it could.
        lookup_failing_since: Since when that is so.
        next_try: When it is looked for again without another event.
        sealed: The work address, sealed, as the newest event that told one has it, which was at `sealed_at`.
        sealed_name: The name for the board, sealed, as the newest event that told one has it, which was at `named_at`.
        sealed_private: Where the person reads mail before the first day, sealed, as told at `private_at`.
        site_zone: The time zone of the place they will work at, by its IANA name, as told at `zoned_at`.
        delivered: Marks of the deliveries that made it what it is, the last ones.
        known_as: The company's number, where the record is kept under an HR system's own id that leads to it.
        stored_state: The state in the table, as it was read.
    """

    employee_id: str
    source: str
    event_id: str
    kind: HireEventType
    start_date: date | None
    occurred_at: datetime
    dated_at: datetime | None = None
    ended_at: datetime | None = None
    unverified: bool = False
    state: EnrollmentState = EnrollmentState.PENDING
    object_id: str | None = None
    reason: str | None = None
    remedy: str | None = None
    tries: int = 0
    lookup_error: str | None = None
    lookup_failing_since: datetime | None = None
    next_try: datetime | None = None
    sealed: str | None = field(default=None, compare=False)
    sealed_at: datetime | None = None
    sealed_name: str | None = field(default=None, compare=False)
    named_at: datetime | None = None
    delivered: tuple[str, ...] = field(default=(), compare=False)
    known_as: str | None = None
    sealed_private: str | None = field(default=None, compare=False, repr=False)
    private_at: datetime | None = None
    site_zone: str | None = None
    zoned_at: datetime | None = None
    etag: str | None = field(default=None, compare=False, metadata=NOT_KEPT)
    stored_state: EnrollmentState | None = field(default=None, compare=False, metadata=NOT_KEPT)

    @property
    def key(self) -> str:
        """Of its row."""
        return employee_key(self.employee_id)

    @property
    def private_until(self) -> datetime | None:
        """Until when the private address may be kept: the end of the first day. None where there is none."""
        if self.private_at is None:
            return None
        if self.start_date is None:
            return self.private_at + WITHOUT_FIRST_DAY
        return end_of_day(self.start_date)


@dataclass(frozen=True)
class Person:
    """What is known of an account.

    Args:
        announced_as: The employee id of the hire record that is this person's, where it is another than the account's.
        department: As Entra had it when the account was decided about last; None where it has none, or is not kept yet.
        add_pending: The product was about to add them to the group. Written before it is done, so that the next run
            knows after a crash that it was the product that added them.
        added_by_product: Only then a person who is not coming is taken out of the group again.
        removal_refused: Graph would not take them out of the group when it was last asked to, so they are still in it,
            whatever the state says.
        taken_out_at: When an admin was found to have taken them out of the group, which no sweep undoes; None once
            they are in it again, or are not coming.
        account_deleted: They left only because there was no such account, which Entra can restore.
        registered_at: When the oldest second factor was registered, as Graph dates it, else when it was first seen.
        seen_at: When the page was opened first.
        checked_at: When the methods were asked for last.
        reregister_after: An admin or a policy made every method from before this time void; the person must register
            again.
        unexpected: Why a registration looks like another person's, as long as that method is there.
        acknowledged_at: When an admin said that the registration is the person's own.
        acknowledged_by: The object id of who said so on the board; None where it was the command line.
        methods: Kinds of second factor that count.
        unknown_methods: Kinds of method that this version does not know, which do not count.
        method_times: When the newest method of each kind was registered, as far as Graph dates it, such as
            `fido2 2026-11-27T09:00:00+00:00`.
        methods_since: When the newest of the methods was registered, or when they were first seen.
        tries: How often Graph would not add them to the group.
        pass_ends: When the account's Temporary Access Pass ends, as of the last check; None if it has none.
        pass_once: Whether that pass opens one sign-in only.
        next_try: When the account is looked at again without another event.
        stored_state: The state in the table, as it was read.
    """

    object_id: str
    state: EnrollmentState
    employee_id: str | None = None
    announced_as: str | None = None
    department: str | None = None
    start_date: date | None = None
    add_pending: bool = False
    added_by_product: bool = False
    removal_refused: bool = False
    taken_out_at: datetime | None = None
    account_deleted: bool = False
    invited_at: datetime | None = None
    registered_at: datetime | None = None
    seen_at: datetime | None = None
    checked_at: datetime | None = None
    methods: tuple[str, ...] = ()
    unknown_methods: tuple[str, ...] = ()
    method_times: tuple[str, ...] = ()
    methods_since: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    tries: int = 0
    reason: str | None = None
    remedy: str | None = None
    reregister_after: datetime | None = None
    unexpected: str | None = None
    pass_ends: datetime | None = None
    pass_once: bool = False
    next_try: datetime | None = None
    etag: str | None = field(default=None, compare=False, metadata=NOT_KEPT)
    stored_state: EnrollmentState | None = field(default=None, compare=False, metadata=NOT_KEPT)

    @property
    def key(self) -> str:
        """Of its row."""
        return person_key(self.object_id)

    def registered_on(self, kind: str) -> datetime | None:
        """Return when the newest method of a kind was registered, if Graph dated it."""
        times = dict(item.split(" ", 1) for item in self.method_times)
        return datetime.fromisoformat(times[kind]) if kind in times else None

    @property
    def known_methods(self) -> frozenset[str] | None:
        """Return the sign-in methods of the last look; None if nobody looked."""
        return frozenset(self.methods) if self.checked_at is not None else None

    @property
    def phone_only(self) -> bool:
        """Whether the only second factor is a phone number, which Microsoft ends (`settings.PHONE_ENDS`)."""
        return self.methods == ("phone",)


def end_of_day(day: date) -> datetime:
    """Return when a day has ended everywhere; days are within five years of their delivery (`hr_dates`)."""
    return datetime.combine(day + timedelta(days=1), DAY_OVER)


def is_about(record: HireRecord, person: Person) -> bool:
    """Tell whether a hire record with a person's number is theirs: not if it was matched with another account."""
    return (record.object_id or person.object_id).casefold() == person.object_id.casefold()


def employee_key(employee_id: str) -> str:
    """Return the row key of an employee id, which may hold characters a key must not (/ \\ # ?); case does not count.

    A key holds 1 KiB (rest/api/storageservices, table data model), so a long one becomes its digest.
    """
    quoted = quote(employee_id.casefold(), safe="")
    return ANNOUNCED + (quoted if len(quoted) <= LONGEST_KEY else sha256(quoted.encode()).hexdigest())


def person_key(object_id: str) -> str:
    """Return the row key of an object id."""
    return PERSON + object_id.lower()
