"""What people registered: asked of Graph when somebody opens the page (queue `seen`), written down and judged.

The methods themselves are asked, not the report, which lags by hours (microsoft-graph-docs#16867).
"""

import logging
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from provisioning.graph.accounts import find_by_object_ids
from provisioning.graph.errors import GraphError
from provisioning.graph.sign_in_methods import Method, method_kinds, registered_methods
from provisioning.model.ledger import EnrollmentState, Person
from provisioning.people.context import PeopleContext
from provisioning.people.eligibility import is_new

log = logging.getLogger(__name__)

CLOCKS = timedelta(minutes=1)  # Graph's dates have whole seconds, and its clock is not ours
UNANNOUNCED = "The person opened the page without having been invited, and has no second factor."
UNANNOUNCED_REMEDY = "Nothing needs doing; if they are a new hire, check that HR announced them with an employee id."
AGAIN = "The methods are void: an admin or a policy asks the person to register again."
AGAIN_REMEDY = "The person opens the page and registers; a Temporary Access Pass gets them there."
ASK_THEM = (
    "Ask the person, but not by mail. If it was not them, revoke their sessions, remove the method and reset the "
    "password."
)


async def record(object_id: str, *, context: PeopleContext) -> Person | None:
    """Check a person's methods and keep the result.

    Args:
        object_id: The account that signed in.
        enrollment: What the people role works with.

    Returns:
        The row as it is now, or None if there is no such account any more.

    Raises:
        Retry: Graph or storage is unwell.
    """
    # Before Graph is asked: what is registered meanwhile is not in its answer, and the page must look again.
    moment = context.now()
    try:
        methods, temporary_pass = await registered_methods(context.graph, object_id)
    except GraphError as error:
        if error.status == 404:
            log.warning("account gone: object=%s", object_id)
            return None
        raise
    known = await context.ledger.person(object_id)
    stranger = known is None and bool(methods) and await is_a_new_account(object_id, context)
    person = known or Person(object_id=object_id, state=EnrollmentState.PARKED)
    person = replace(
        person,
        seen_at=person.seen_at or moment,
        pass_ends=temporary_pass.ends if temporary_pass else None,
        pass_once=temporary_pass is not None and temporary_pass.once,
    )
    person = apply_methods(person, methods, moment=moment, stranger=stranger)
    log.info("registration: object=%s state=%s methods=%d", object_id, person.state, len(methods))
    return await context.ledger.save(person)


async def is_a_new_account(object_id: str, context: PeopleContext) -> bool:
    """Whether a person whom the ledger does not know has an account that should have been announced."""
    now, settings = context.now(), context.settings
    accounts = [account async for account in find_by_object_ids(context.graph, [object_id])]
    return any(is_new(account, now=now, settings=settings) for account in accounts)


def apply_methods(person: Person, methods: Iterable[Method], *, moment: datetime, stranger: bool = False) -> Person:
    """The row that follows from what is registered; who left stays gone, whatever they have.

    Args:
        person: The row so far.
        methods: Second factors, as Graph has them now.
        moment: When they were asked for.
        stranger: Whether the account is new and nobody announced it.
    """
    valid = [method for method in methods if is_valid(method, person)]
    oldest = min((method.created for method in valid if method.created is not None), default=None)
    registered_at = (oldest or person.registered_at or moment) if valid else None
    person = replace(
        person,
        methods=method_kinds(valid),
        checked_at=moment,
        registered_at=registered_at,
        unexpected=unexpected_reason(person, oldest, stranger=stranger) if valid else None,
    )
    if person.unexpected:
        log.warning("unexpected registration: object=%s", person.object_id)
    if person.state is EnrollmentState.LEFT:
        return person
    if valid:
        return replace(person, state=EnrollmentState.REGISTERED, reason=None, remedy=None)
    return without_methods(person)


def is_valid(method: Method, person: Person) -> bool:
    """Whether a method counts: not if the person had to register again since (MicrosoftDocs/azure-docs#109068)."""
    return person.reregister_after is None or (method.created is not None and method.created > person.reregister_after)


def unexpected_reason(person: Person, oldest: datetime | None, *, stranger: bool) -> str | None:
    """Why a registration may not be the person's own: whoever has a first password can register in their place."""
    if stranger:
        return "The account is new and has a second factor, and nobody announced the person."
    if person.invited_at is None:
        waits = person.state is EnrollmentState.WAITING and not person.add_pending
        return "A second factor was registered before the person was invited." if waits else None
    if oldest is not None and oldest < person.invited_at - CLOCKS:
        return (
            f"A second factor was registered at {oldest:%Y-%m-%d %H:%M} UTC, before the invitation at "
            f"{person.invited_at:%Y-%m-%d %H:%M} UTC."
        )
    return None


def without_methods(person: Person) -> Person:
    """Where somebody stands who has no second factor that counts."""
    if person.invited_at is not None:
        again = person.reregister_after is not None
        return replace(
            person,
            state=EnrollmentState.INVITED,
            reason=AGAIN if again else None,
            remedy=AGAIN_REMEDY if again else None,
        )
    if person.state is EnrollmentState.WAITING:
        return person
    return replace(
        person,
        state=EnrollmentState.PARKED,
        reason=person.reason or UNANNOUNCED,
        remedy=person.remedy or UNANNOUNCED_REMEDY,
    )
