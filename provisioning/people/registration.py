"""Queue `seen`: somebody opened the page, so ask Graph which second factors they have and write it down."""

import logging
from dataclasses import replace

from provisioning.graph.client import Graph
from provisioning.graph.errors import GraphError
from provisioning.graph.registration import kinds, registered_methods
from provisioning.runtime import Clock
from provisioning.store.people import People, Person, State

log = logging.getLogger(__name__)

# Microsoft-provided SMS and voice calls end on 1 February 2027 (entra-docs, 2026-06-10); the page says so.
PHONE_ONLY = frozenset({"phone"})

UNANNOUNCED = "The person opened the page without having been invited, and has no second factor."
UNANNOUNCED_REMEDY = "Nothing needs doing; if they are a new hire, check that HR announced them with an employee id."


async def record(object_id: str, *, graph: Graph, people: People, now: Clock) -> Person | None:
    """Check a person's methods and keep the result.

    Args:
        object_id: The account that signed in.
        graph: As the people identity.
        people: The ledger.
        now: Clock.

    Returns:
        The row as it is now, or None if there is no such account any more.

    Raises:
        Retry: Graph or storage is unwell.
    """
    try:
        methods = kinds(await registered_methods(graph, object_id))
    except GraphError as error:
        if error.status == 404:
            log.warning("account gone: object=%s", object_id)
            return None
        raise
    known = await people.person(object_id)
    person = judged(known or Person(object_id=object_id, state=State.PARKED), methods)
    moment = now()
    person = replace(
        person,
        checked_at=moment,
        seen_at=person.seen_at or moment,
        registered_at=(person.registered_at or moment) if methods else None,
    )
    log.info("registration: object=%s state=%s methods=%d", object_id, person.state, len(methods))
    return await people.save(person)


def judged(person: Person, methods: tuple[str, ...]) -> Person:
    """The state that follows from what is registered; who left stays gone, whatever they have."""
    person = replace(person, methods=methods)
    if person.state is State.LEFT:
        return person
    if methods:
        return replace(person, state=State.REGISTERED, reason=None, remedy=None)
    if person.invited_at is not None:
        return replace(person, state=State.INVITED)
    if person.state is State.WAITING:
        return person
    return replace(
        person,
        state=State.PARKED,
        reason=person.reason or UNANNOUNCED,
        remedy=person.remedy or UNANNOUNCED_REMEDY,
    )
