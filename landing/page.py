"""GET / and GET /me: answer at once from the ledger, and ask the people role to look again."""

from collections.abc import Mapping
from uuid import UUID

from landing.remote_logo import page_settings
from landing.rendering import Site, linked_look, open_site, page_response, render
from landing.settings import PageSettings
from landing.states import LASTING, Known, PageState, Visit, decide
from landing.view import page_values, state_values
from landing.visits import read_known, read_visit, visit_number
from provisioning.http import Request, Response, error_response, json_response
from provisioning.services import Services
from provisioning.settings import TenantSettings, load

# Every other state is answered 200: the person is signed in, and this is their page.
STATUS: Mapping[PageState, int] = {PageState.SIGNED_OUT: 401, PageState.WRONG_TENANT: 403}


async def show_page(request: Request, *, services: Services) -> Response:
    """Answer with the page. It never fails because something behind it does, and answers within a second.

    Raises:
        ConfigurationError: A setting is missing or wrong.
    """
    site = open_site(request, await page_settings(services))
    visit = read_visit(request, now=services.now())
    known = await read_known(request, visit, zone=site.brand.zone, services=services)
    return state_page(decide(known, visit), request, site, known, visit, tenant_id=load(TenantSettings).tenant_id)


def state_page(
    state: PageState, request: Request, site: Site, known: Known, visit: Visit, *, tenant_id: UUID
) -> Response:
    """Render the page of a state."""
    look = linked_look(site.settings, scripted=state not in LASTING)
    values = page_values(request, site, known, visit, tenant_id=tenant_id)
    body = render(f"states/{state}.html", site, look=look, values=values | state_values(state))
    status = 503 if known.untrusted else STATUS.get(state, 200)
    return page_response(status, body, site, look=look)


async def get_me(request: Request, *, services: Services) -> Response:
    """Answer what the page's script asks: has the check been made that this visit needs, and what did it find?

    Without `visit` a new visit begins, as when a person comes back to the page.

    Raises:
        ConfigurationError: A setting is missing or wrong.
    """
    site = open_site(request, load(PageSettings))
    visit = read_visit(request, now=services.now())
    known = await read_known(request, visit, zone=site.brand.zone, services=services)
    state = decide(known, visit)
    if known.untrusted:
        return error_response(503, "not_protected", "Sign-in is not set up. The organization's IT has to look at it.")
    if state is PageState.SIGNED_OUT:
        return error_response(401, "signed_out", "Nobody is signed in. Open the page and sign in.")
    if state is PageState.WRONG_TENANT:
        return error_response(403, "wrong_tenant", "This account belongs to another organization. Sign out first.")
    person = known.person
    checked_at = person.checked_at.isoformat() if person and person.checked_at else None
    methods = list(person.methods) if person else []
    content = {"status": str(state), "visit": visit_number(visit), "methods": methods, "checkedAt": checked_at}
    return json_response(200, content)
