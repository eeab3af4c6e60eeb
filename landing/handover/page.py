"""GET and POST /pass/{claim}. A GET has no effect, since scanners of mail open every link; a POST asks for the pass.

The page's script makes a key pair in the browser. Front forwards the public key and hands back what the passes role
sealed to it: it never sees a pass.
"""

from collections.abc import Mapping

from landing.handover.admission import Admission, admit_issuer
from landing.handover.letter import HELPDESK_ONLY, LETTER, CodeForm, ask_for_code
from landing.handover.steps import take_step
from landing.principal import Principal, visitor_of
from landing.remote_logo import page_settings
from landing.rendering import Site, handover_look, letter_look, open_site, page_response, render
from landing.view import common_values, own_host, who_is
from provisioning.errors import TransientError
from provisioning.http import Request, Response, error_response
from provisioning.log import EventLog
from provisioning.model.passes import IdentityProof, PassRefusal
from provisioning.services import Services

log = EventLog(__name__)

SIGNED_OUT, TROUBLE = "signed_out", "trouble"  # why there is nothing to see, besides a refusal
STATUS: Mapping[str, int] = {
    SIGNED_OUT: 401,
    TROUBLE: 503,
    PassRefusal.CLAIM_UNKNOWN: 404,
    PassRefusal.WRONG_ISSUER: 403,
    HELPDESK_ONLY: 403,
    PassRefusal.CLAIM_EXPIRED: 410,
    PassRefusal.CLAIM_USED: 409,
}


async def show_pass_page(request: Request, *, services: Services) -> Response:
    """Answer with the page, or take the step that its script asks for.

    Raises:
        ConfigurationError: A setting is missing or wrong.
    """
    site = open_site(request, await page_settings(services))
    principal = visitor_of(request, site.settings)
    if not isinstance(principal, Principal):
        return show_refusal(SIGNED_OUT, request, site, who=None)
    try:
        if request.route.get("claim") == LETTER:
            return show_letter(request, site, who=principal, services=services)
        found = await admit_issuer(request, principal, services=services)
        if isinstance(found, PassRefusal):
            log.warning("pass_link_refused", issuer=principal.object_id, reason=found)
            return show_refusal(found, request, site, who=principal)
        if request.method == "POST":
            return await take_step(request, found, site=site, services=services)
    except TransientError as error:
        log.warning("pass_page_without_storage", issuer=principal.object_id, reason=error)
        return show_refusal(TROUBLE, request, site, who=principal)
    if found.refusal is not None:
        return show_refusal(found.refusal, request, site, who=principal)
    return form(request, found, site, who=principal)


def show_letter(request: Request, site: Site, *, who: Principal, services: Services) -> Response:
    """Answer with the form that takes the code of a letter, or lead on to the claim that the code finds."""
    found = ask_for_code(request, who, services=services)
    if isinstance(found, str):
        return show_refusal(found, request, site, who=who)
    if found.code is not None:
        return Response(303, b"", headers={"Location": f"/pass/{found.code}", "Cache-Control": "no-store"})
    return letter_form(request, found, site, who=who)


def letter_form(request: Request, found: CodeForm, site: Site, *, who: Principal) -> Response:
    """Render the form that takes the code of a letter."""
    look = letter_look(site.settings)
    values = {**shared_values(request, who=who), "wrong": found.wrong, "state": "letter"}
    return page_response(200, render("handover/letter.html", site, look=look, values=values), site, look=look)


def form(request: Request, found: Admission, site: Site, *, who: Principal) -> Response:
    """Render the page on which a pass is asked for."""
    look = handover_look(site.settings)
    claim = found.claim
    values = {
        **shared_values(request, who=who),
        "claim": claim,
        "first_day": site.language.write_day(claim.first_day) if claim.first_day else None,
        "proofs": [str(item) for item in IdentityProof],
        "state": "handover",
    }
    return page_response(200, render("handover/form.html", site, look=look, values=values), site, look=look)


def show_refusal(reason: str, request: Request, site: Site, *, who: Principal | None) -> Response:
    """Answer why there is nothing to ask for: a page, or for the page's script the reason alone."""
    if request.method == "POST":
        return error_response(STATUS[reason], str(reason), "This link cannot be used.")
    look = handover_look(site.settings, scripted=False)
    values = {**shared_values(request, who=who), "reason": str(reason), "state": "refused"}
    body = render("handover/refused.html", site, look=look, values=values)
    return page_response(STATUS[reason], body, site, look=look)


def shared_values(request: Request, *, who: Principal | None) -> dict[str, object]:
    """Return what both pages' layout needs."""
    path = f"/pass/{request.route.get('claim', '')}"
    return {**common_values(own_host(request), path=path), "who": who_is(who)}
