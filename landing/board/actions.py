"""What a holder of the app role Enrollment.Act asks for on the board: passed on to the people role, which decides.

Front may not write the ledger. A form names what was on the page; the answer leads back there, and says that it was
asked for, not that it was done.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

from landing.principal import Principal
from landing.view import own_host
from provisioning.board_settings import BoardSettings
from provisioning.errors import Rejected
from provisioning.http import LOOPBACK, Request, Response
from provisioning.log import EventLog
from provisioning.model.board_actions import ACTOR, MOST_RELEASED, Acknowledgment, BrakeRelease, registration_digest
from provisioning.model.messages import SeenMessage
from provisioning.model.sweep import Brake, brake_of
from provisioning.services import Services
from provisioning.store.queues import send
from provisioning.store.sweep_state import Release

log = EventLog(__name__)

LARGEST_FORM = 4096  # bytes
MOST_FIELDS = 8
FORM = "application/x-www-form-urlencoded"
SECONDS = re.compile(r"\d{1,12}")
UNDER_WAY = timedelta(minutes=3)  # a queue is looked at every ten seconds, and an app may have to start first
REMEMBERED = timedelta(hours=1)
CHANGED = "What you saw has changed since the page was made, so nothing was requested."
LOOK_AGAIN = "Open the page again and look at what it says now."


@dataclass(frozen=True)
class BrakePanel:
    """What the board's first page says of a sweep that its limits stopped.

    Attributes:
        brake: What the last sweep would have done.
        released: The release that the next one will use, if it is enough.
        too_many: Whether they are more than can be released here.
    """

    brake: Brake
    released: Release | None
    too_many: bool


@dataclass(frozen=True)
class ActionAsked:
    """That something was asked for, as the address says that the form led to.

    Attributes:
        at: When.
        under_way: Whether it may still be done; else it would have been by now.
    """

    at: datetime
    under_way: bool


def may_act(principal: Principal, *, services: Services) -> bool:
    """Tell whether a person may ask for anything on the board."""
    allowed = services.settings(BoardSettings).takes_actions
    return allowed and ACTOR in principal.roles and not principal.external


async def brake_panel(services: Services) -> BrakePanel | None:
    """Return what is known of a sweep that its limits stopped; None if none did.

    Raises:
        TransientError: Storage is unwell.
    """
    brake = brake_of(await services.ledger.last_sweep())
    if brake is None:
        return None
    release = await services.sweep_state.released()
    enough = release is not None and release.number >= brake.people
    return BrakePanel(brake, release if enough else None, too_many=brake.people > MOST_RELEASED)


def read_asked(request: Request, *, now: datetime) -> ActionAsked | None:
    """Return what the address says was asked for lately."""
    text = request.query.get("asked", "")
    if not SECONDS.fullmatch(text):
        return None
    age = now - datetime.fromtimestamp(int(text), UTC)
    return ActionAsked(now - age, under_way=age < UNDER_WAY) if timedelta() <= age < REMEMBERED else None


async def take_action(request: Request, principal: Principal, *, services: Services) -> Response:
    """Pass on what a form asks for, and lead back to the page it was on.

    Raises:
        Rejected: It is no form of the board, or what it names is not there any more.
        TransientError: Storage is unwell.
    """
    if not is_from_our_form(request):
        raise Rejected("This was not sent by a form of the board.", remedy="Open the board and use the form there.")
    form = read_action_form(request)
    wanted: Acknowledgment | BrakeRelease
    if form.get("action") == "acknowledge":
        wanted, back = await shown_registration(form, principal, services=services)
    else:
        wanted, back = await shown_brake(form, services=services), {}
    now = services.now()
    asked = {"tenant_id": services.tenant_id, "object_id": principal.object_id, "asked_at": now}
    name = "acknowledge" if isinstance(wanted, Acknowledgment) else "release"
    await send(services.storage, "seen", SeenMessage.model_validate({**asked, name: wanted}))
    log.info("board_action_asked_for", actor=principal.object_id, action=name, object=back.get("person"))
    address = f"/board?{urlencode({**back, 'asked': int(now.timestamp())})}"
    return Response(303, b"", media_type="text/plain", headers={"Location": address, "Cache-Control": "no-store"})


async def shown_registration(
    form: Mapping[str, str], principal: Principal, *, services: Services
) -> tuple[Acknowledgment, dict[str, str]]:
    """Return the registration that a form names, if it is still the one in the ledger."""
    try:
        object_id = UUID(form.get("person", ""))
    except ValueError:
        raise unreadable() from None
    if str(object_id) == principal.object_id:
        raise Rejected("You cannot acknowledge your own registration.", remedy="Ask another person who holds the role.")
    person = await services.ledger.person(str(object_id))
    digest = form.get("registration", "")
    if person is None or person.unexpected is None or registration_digest(person) != digest:
        raise Rejected(CHANGED, remedy=LOOK_AGAIN)
    return Acknowledgment(object_id, digest), {"person": str(object_id)}


async def shown_brake(form: Mapping[str, str], *, services: Services) -> BrakeRelease:
    """Return the stop of the sweep that a form names, if it is still the last one."""
    if form.get("action") != "release":
        raise unreadable()
    panel = await brake_panel(services)
    if panel is None or panel.released is not None:
        raise Rejected(CHANGED, remedy=LOOK_AGAIN)
    brake = panel.brake
    if (form.get("people"), form.get("since")) != (str(brake.people), brake.since.isoformat()):
        raise Rejected(CHANGED, remedy=LOOK_AGAIN)
    if panel.too_many:
        reason = f"More than {MOST_RELEASED} people cannot be released here."
        raise Rejected(reason, remedy="Ask an identity admin to do it on the command line.")
    return BrakeRelease(brake.people, brake.since)


def is_from_our_form(request: Request) -> bool:
    """Tell whether a form was sent by a page of this site: every browser says so of a POST, and no page can lie.

    The session's cookie alone would also come with a form of elsewhere (owasp.org, Cross-Site Request Forgery
    Prevention: verifying origin with standard headers). Easy Auth looks, too (app-service/overview-authentication-
    authorization, Cross-site request forgery mitigation).
    """
    origin, host = urlsplit(request.headers.get("origin", "")), own_host(request)
    schemes = ("https", "http") if host.partition(":")[0] in LOOPBACK else ("https",)
    same = bool(host) and origin.netloc.lower() == host.lower() and origin.scheme in schemes
    return same and request.headers.get("sec-fetch-site", "same-origin") == "same-origin"


def read_action_form(request: Request) -> dict[str, str]:
    """Return the fields of a form.

    Raises:
        Rejected: It is none.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != FORM or len(request.body) > LARGEST_FORM:
        raise unreadable()
    try:
        return dict(parse_qsl(request.body.decode("ascii"), max_num_fields=MOST_FIELDS))
    except ValueError:
        raise unreadable() from None


def unreadable() -> Rejected:
    """Return the refusal of what no page of ours sends."""
    return Rejected("This is not a form of the board.", remedy="Open the board and use the form there.")
