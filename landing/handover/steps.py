"""What the page's script asks for by POST: make a pass, look whether it is there, say that it was shown or never came.

A page of elsewhere cannot send these: they take JSON and a header of our own, for which a browser first asks this site,
which allows nobody (fetch.spec.whatwg.org, CORS-preflight). Where the browser says where a request comes from, that
must be this site, too.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from landing.handover.admission import Admission
from landing.rendering import Site
from provisioning.http import Request, Response, error_response, json_response
from provisioning.log import EventLog
from provisioning.model.messages import PassMessage
from provisioning.model.passes import (
    LONGEST_KEY,
    SHOWN_FOR,
    IdentityProof,
    PassRefusal,
    PassRequest,
    RequestOutcome,
    RequestState,
)
from provisioning.services import Services
from provisioning.store.queues import send

log = EventLog(__name__)

LARGEST_BODY = 4096
STEP_HEADER = "x-pass-step"  # must be there; its value says nothing
STATUS: Mapping[PassRefusal, int] = {PassRefusal.CLAIM_EXPIRED: 410, PassRefusal.CLAIM_USED: 409}


class PageStep(BaseModel):
    """What the script sends.

    Attributes:
        step: What it asks for.
        request: The id that it got for `make`.
        public_key: Of the browser: SubjectPublicKeyInfo, as base64url.
        identity_proof: What the issuer ticked.
        replace: Whether a pass that is there is to be replaced.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    step: Literal["make", "look", "shown", "unanswered"]
    request: UUID | None = None
    public_key: str = Field(default="", alias="publicKey", max_length=LONGEST_KEY, pattern=r"^[A-Za-z0-9_-]*$")
    identity_proof: IdentityProof | None = Field(default=None, alias="identityProof")
    replace: bool = False


async def take_step(request: Request, found: Admission, *, site: Site, services: Services) -> Response:
    """Answer the page's script.

    Raises:
        TransientError: Storage is unwell.
    """
    if not is_from_our_page(request):
        return error_response(403, "not_from_the_page", "This takes a request of the page itself.")
    step = read_step(request)
    if step is None:
        return error_response(400, "unreadable", "The request is not one that the page sends.")
    if step.step == "make":
        return await ask_for_pass(step, found, services=services)
    outcome = await services.passes.outcome(str(step.request)) if step.request else None
    if outcome is None:
        if step.step == "unanswered":
            log.warning("pass_unanswered", request=str(step.request), issuer=found.issuer_id)
        return json_response(200, {"state": "working"})
    if outcome.claim_key != found.claim.key:
        return error_response(404, "not_found", "There is no such request for this link.")
    if step.step == "shown":
        message = PassMessage.model_validate({"tenant_id": services.tenant_id, "shown": outcome.request_id})
        await send(services.storage, "passes", message)
        return json_response(202, {"state": "shown"})
    return json_response(200, outcome_as_json(outcome, site=site, services=services))


def is_from_our_page(request: Request) -> bool:
    """Tell whether a request cannot come from a page of elsewhere."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    site = request.headers.get("sec-fetch-site", "same-origin")
    return STEP_HEADER in request.headers and media_type == "application/json" and site == "same-origin"


def read_step(request: Request) -> PageStep | None:
    """Parse what the script sends; None if it is something else."""
    if len(request.body) > LARGEST_BODY:
        return None
    try:
        step = PageStep.model_validate(json.loads(request.body))
    except (ValidationError, ValueError, RecursionError):
        return None
    complete = step.public_key and step.identity_proof if step.step == "make" else step.request
    return step if complete else None


async def ask_for_pass(step: PageStep, found: Admission, *, services: Services) -> Response:
    """Put the request for a pass on the queue of the role that makes them."""
    if found.refusal is not None:
        return error_response(STATUS[found.refusal], str(found.refusal), "This link cannot be used any more.")
    wanted = PassRequest(
        request_id=str(UUID(services.new_id())),
        proof=found.proof,
        issuer_id=found.issuer_id,
        as_helpdesk=found.as_helpdesk,
        public_key=step.public_key,
        identity_proof=IdentityProof(step.identity_proof or ""),
        replace=step.replace,
        asked_at=services.now(),
    )
    await send(services.storage, "passes", PassMessage(tenant_id=UUID(services.tenant_id), make=wanted))
    log.info("pass_asked_for", object=found.claim.object_id, request=wanted.request_id, issuer=wanted.issuer_id)
    return json_response(202, {"request": wanted.request_id})


def outcome_as_json(outcome: RequestOutcome, *, site: Site, services: Services) -> dict[str, object]:
    """Return what became of a request, for the script; the box is gone once its time is over."""
    if outcome.state is RequestState.REFUSED:
        return {"state": "refused", "reason": str(outcome.refusal)}
    left = (outcome.at + SHOWN_FOR - services.now()).total_seconds()
    if outcome.box is None or left <= 0:
        return {"state": "lapsed"}
    return {
        "state": "made",
        "box": outcome.box,
        "starts": write_time(outcome.starts_at, site),
        "ends": write_time(outcome.ends_at, site),
        "once": outcome.once,
        "changed": bool(outcome.notes),
    }


def write_time(moment: datetime | None, site: Site) -> str | None:
    """Return day, time and time zone at the organization, as plain text."""
    if moment is None:
        return None
    zone = site.brand.zone
    return f"{site.language.write_moment(moment.astimezone(zone))} ({zone.key.replace('_', ' ')})"
