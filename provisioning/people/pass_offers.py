"""Offers a pass to the manager of an invited person whose first day is near. Off until there is a way to write to them.

Who sends messages gives `offer_passes` a function that hands a link over. The link's code is a secret: keep it only
where the manager alone can read it. It opens nothing without the manager's sign-in, once, within a day.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from provisioning.clock import RandomBytes
from provisioning.graph.accounts import find_manager
from provisioning.graph.errors import GraphError
from provisioning.log import EventLog
from provisioning.model.ledger import Person
from provisioning.people.context import PeopleContext
from provisioning.people.pass_claims import make_claim
from provisioning.store.pass_claims import PassClaims

log = EventLog(__name__)

BEFORE = timedelta(days=1)  # how long before the first day a pass is offered
AFTERWARDS = timedelta(days=3)  # until when it is offered to who came late


@dataclass(frozen=True)
class PassReady:
    """A pass that a manager can have made.

    Attributes:
        object_id: The person it is for.
        manager_id: Who is to be told, and nobody else.
        occurrence: The same for every try to tell of this offer.
        due: Until when the link works.
        link: Where it is made. It holds a secret.
    """

    object_id: str
    manager_id: str
    occurrence: str
    due: datetime
    link: str = field(repr=False)


HandOver = Callable[[PassReady], Awaitable[None]]


@dataclass(frozen=True)
class PassOffers:
    """What offering takes besides what the people role works with.

    Attributes:
        claims: Where claims are kept.
        random_bytes: Source of secrets.
        landing_url: The address of the page.
        hand_over: Tells the manager. It may be called twice for one offer, with another link.
    """

    claims: PassClaims
    random_bytes: RandomBytes
    landing_url: str
    hand_over: HandOver


async def offer_passes(offers: PassOffers, *, context: PeopleContext) -> int:
    """Offer a pass for everybody who is invited, has no method yet and begins soon; returns how many were offered.

    Raises:
        TransientError: Graph or storage is unwell.
    """
    today, count = context.now().date(), 0
    async for person in context.ledger.invited_people():
        if is_near(person.start_date, today=today) and await offer_pass(person, offers, context=context):
            count += 1
    return count


def is_near(first_day: date | None, *, today: date) -> bool:
    """Tell whether a pass is offered for this first day now."""
    return first_day is not None and first_day - BEFORE <= today <= first_day + AFTERWARDS


async def offer_pass(person: Person, offers: PassOffers, *, context: PeopleContext) -> bool:
    """Offer one pass, unless it was offered before or the person has no manager: then a helpdesk makes a claim."""
    occurrence = f"pass-{person.start_date}"
    if await offers.claims.was_offered(person.object_id, occurrence=occurrence):
        return False
    try:
        manager_id = await find_manager(context.graph, person.object_id)
    except GraphError as error:
        if error.status == 404:
            return False
        raise
    if manager_id is None:
        log.warning("pass_without_manager", object=person.object_id)
        await offers.claims.note_offered(person.object_id, occurrence=occurrence)
        return False
    code, claim = await make_claim(
        person, manager_id=manager_id, claims=offers.claims, now=context.now(), random_bytes=offers.random_bytes
    )
    ready = PassReady(person.object_id, manager_id, occurrence, claim.expires_at, f"{offers.landing_url}/pass/{code}")
    await offers.hand_over(ready)
    await offers.claims.note_offered(person.object_id, occurrence=occurrence)
    log.info("pass_offered", object=person.object_id, manager=manager_id)
    return True
