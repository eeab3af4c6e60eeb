"""What people registered: asked of Graph when a person opens the page (queue `seen`), written down and judged.

The methods themselves are asked, not the report, which lags by hours (microsoft-graph-docs#16867).
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from provisioning.graph.accounts import find_by_object_ids
from provisioning.graph.errors import GraphError
from provisioning.graph.sign_in_methods import Method, method_kinds, newest_times, registered_methods
from provisioning.log import EventLog
from provisioning.model.ledger import EnrollmentState, Person, employee_key, person_key
from provisioning.people.context import PeopleContext
from provisioning.people.eligibility import is_new

log = EventLog(__name__)

CLOCKS = timedelta(minutes=1)  # Graph's dates have whole seconds, and its clock is not ours
LOOKED_JUST_NOW = timedelta(seconds=30)  # a page that is reloaded asks again and again
NEVER = datetime.min.replace(tzinfo=UTC)
UNANNOUNCED = "The person opened the page without an invitation and has no second factor."
UNANNOUNCED_REMEDY = "Do nothing, unless they are a new hire: then check that HR announced them with an employee ID."
AGAIN = "The person's methods are no longer valid: an admin or a policy asks the person to register again."
AGAIN_REMEDY = "Have the person open the page and register; a Temporary Access Pass lets them in."
SWITCHED_OFF = "The person has registered only methods that the authentication methods policy allows for nobody."
SWITCHED_OFF_REMEDY = (
    "Have the person open the page and register another method. If the policy is wrong, allow the method again; the "
    "next check notices it."
)
ASK_THEM = (
    "Ask the person, but not by mail. If it was not them, revoke their sessions, remove the method, and reset the "
    "password. If it was, confirm it: python -m provisioning people acknowledge ID."
)


async def record(object_id: str, *, asked_at: datetime | None = None, context: PeopleContext) -> Person | None:
    """Check a person's methods and keep the result.

    Args:
        object_id: The account that signed in.
        asked_at: When the page asked for the check; None for what asked without saying when.
        context: What the people role works with.

    Returns:
        The row as it is now, or None if there is no such account any more.

    Raises:
        NotReady: An event of the same person is being worked on.
        TransientError: Graph or storage is unwell.
    """
    known = await context.ledger.person(object_id)
    name = employee_key(known.employee_id) if known is not None and known.employee_id else person_key(object_id)
    async with context.sweep_state.leases.hold(name, holder=f"page of {object_id}") as lease:
        context = replace(context, lease=lease)
        known = await context.ledger.person(object_id)
        if known is not None and known.seen_at is not None and is_checked_since(known, asked_at, now=context.now()):
            return known
        return await look(object_id, known=known, context=context, opened=True)


def is_checked_since(person: Person, asked_at: datetime | None, *, now: datetime) -> bool:
    """Return whether another message's check has answered this one, so that Graph need not be asked again."""
    if person.checked_at is None:
        return False
    since = asked_at or now - LOOKED_JUST_NOW
    return since < person.checked_at <= now


async def look(object_id: str, *, known: Person | None, context: PeopleContext, opened: bool = False) -> Person | None:
    """Ask for the methods and write down what they make of the person.

    Args:
        object_id: The account.
        known: Their row.
        context: What the people role works with.
        opened: Whether it is asked because the person opened the page.

    Returns:
        The row as it is now, or None if there is no such account any more.
    """
    # Before Graph is asked: what is registered meanwhile is not in its answer, and the page must look again.
    moment = context.now()
    try:
        methods, temporary_pass = await registered_methods(context.graph, object_id)
    except GraphError as error:
        if error.status == 404:
            log.warning("account_gone", object=object_id)
            return None
        raise
    stranger = known is None and bool(methods) and await is_a_new_account(object_id, context)
    person = known or Person(object_id=object_id, state=EnrollmentState.PARKED)
    person = replace(
        person,
        seen_at=person.seen_at or (moment if opened else None),
        pass_ends=temporary_pass.ends if temporary_pass else None,
        pass_once=temporary_pass is not None and temporary_pass.once,
    )
    off = await context.methods_off()
    person = apply_methods(person, methods, moment=moment, stranger=stranger, off=off)
    log.info("registration", object=object_id, state=person.state, methods=len(person.methods))
    return await context.save(person)


async def is_a_new_account(object_id: str, context: PeopleContext) -> bool:
    """Return whether a person the ledger does not know has an account that HR should have announced."""
    since = (await context.rules()).new_since
    accounts = [account async for account in find_by_object_ids(context.graph, [object_id])]
    return any(is_new(account, since=since) for account in accounts)


def apply_methods(
    person: Person,
    methods: Iterable[Method],
    *,
    moment: datetime,
    stranger: bool = False,
    off: frozenset[str] = frozenset(),
) -> Person:
    """Return the row that follows from what is registered; a person who left stays gone, whatever they have.

    Args:
        person: The row so far.
        methods: As Graph has them now.
        moment: When they were asked for.
        stranger: Whether the account is new and HR has not announced it.
        off: Kinds that nobody may use.
    """
    found = list(methods)
    usable = [method for method in found if method.known and is_valid(method, person)]
    valid = [method for method in usable if method.kind not in off]
    dates = [method.created for method in valid if method.created is not None]
    oldest = min(dates, default=None)
    registered_at = (oldest or person.registered_at or moment) if valid else None
    person = replace(
        person,
        methods=method_kinds(valid),
        unknown_methods=method_kinds(method for method in found if not method.known),
        method_times=newest_times(valid),
        methods_since=since_when(person, valid, moment=moment),
        checked_at=moment,
        registered_at=registered_at,
        unexpected=unexpected_reason(person, oldest, stranger=stranger) if valid else None,
    )
    if person.unexpected:
        log.warning("unexpected_registration", object=person.object_id)
    if person.state in (EnrollmentState.LEFT, EnrollmentState.DONE):
        return person
    if valid:
        state = EnrollmentState.UNEXPECTED if person.unexpected else EnrollmentState.REGISTERED
        settled = replace(person, state=state)
        return settled if person.taken_out_at is not None else replace(settled, reason=None, remedy=None)
    return without_second_factor(person, switched_off=bool(usable))


def without_switched_off(person: Person, *, off: frozenset[str]) -> Person:
    """Return the row of a person whose every method was switched off by policy since they registered."""
    registered = person.state is EnrollmentState.REGISTERED and person.invited_at is not None
    if not (registered and person.methods and off.issuperset(person.methods)):
        return person
    open_again = replace(person, methods=(), methods_since=None, registered_at=None)
    return without_second_factor(open_again, switched_off=True)


def since_when(person: Person, valid: list[Method], *, moment: datetime) -> datetime | None:
    """Return when the newest method came: as Graph dates it, else when it was first seen; None without a method.

    It does not move with every look: the report is compared with it, and must be able to become newer.
    """
    if not valid:
        return None
    newest = max((method.created for method in valid if method.created is not None), default=NEVER)
    before = person.methods_since or (person.checked_at if person.methods else None)
    seen_before = before is not None and set(method_kinds(valid)) <= set(person.methods)
    return max(newest, before) if before is not None and seen_before else moment


def is_valid(method: Method, person: Person) -> bool:
    """Return whether a method counts: not if it had to be registered again (MicrosoftDocs/azure-docs#109068)."""
    return person.reregister_after is None or (method.created is not None and method.created > person.reregister_after)


def unexpected_reason(person: Person, oldest: datetime | None, *, stranger: bool) -> str | None:
    """Return why a registration may not be the person's own: a first password is enough to register in their place.

    An admin's acknowledgment covers what was registered until then.
    """
    until = person.acknowledged_at
    if until is not None and (oldest is None or oldest <= until):
        return None
    if stranger:
        return "The account is new and has a second factor, but nobody announced the person."
    if person.invited_at is None:
        waits = person.state is EnrollmentState.WAITING and not person.add_pending
        return "A second factor was registered before the person was invited." if waits else person.unexpected
    if oldest is not None and oldest < person.invited_at - CLOCKS:
        return (
            f"A second factor was registered at {oldest:%Y-%m-%d %H:%M} UTC, before the invitation at "
            f"{person.invited_at:%Y-%m-%d %H:%M} UTC."
        )
    return None


def acknowledged(person: Person, *, now: datetime, by: str | None = None) -> Person:
    """Return the row of a person whose registration an admin says is their own.

    Args:
        person: The row so far.
        now: Until when what was registered counts as their own.
        by: The object id of who said so on the board.
    """
    state = EnrollmentState.REGISTERED if person.state is EnrollmentState.UNEXPECTED else person.state
    return replace(person, state=state, acknowledged_at=now, acknowledged_by=by, unexpected=None, next_try=now)


def without_second_factor(person: Person, *, switched_off: bool = False) -> Person:
    """Return where a person stands who has no second factor that counts.

    Args:
        person: The row so far.
        switched_off: Whether they have one that policy has switched off.
    """
    if person.taken_out_at is not None:
        return replace(person, state=EnrollmentState.PARKED)
    if person.invited_at is not None:
        reason, remedy = None, None
        if switched_off:
            reason, remedy = SWITCHED_OFF, SWITCHED_OFF_REMEDY
        elif person.reregister_after is not None:
            reason, remedy = AGAIN, AGAIN_REMEDY
        return replace(person, state=EnrollmentState.INVITED, reason=reason, remedy=remedy)
    if person.state is EnrollmentState.WAITING:
        return person
    if person.state is EnrollmentState.UNEXPECTED:
        # The method is gone, and a sweep may decide about them as about any person who waits.
        return replace(person, state=EnrollmentState.WAITING, next_try=person.checked_at)
    return replace(
        person,
        state=EnrollmentState.PARKED,
        reason=person.reason or UNANNOUNCED,
        remedy=person.remedy or UNANNOUNCED_REMEDY,
    )
