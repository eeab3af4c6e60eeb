"""GET /start: the public page that an invitation links to. It knows nobody, reads nothing and runs no script.

It is an excluded path of Easy Auth, so the sign-in header means nothing here and is never looked at.
"""

from datetime import date

from landing.rendering import Site, enclosed_look, open_site, page_response, render
from landing.states import Known
from landing.view import START, common_values, person_page
from provisioning.clock import Clock, utc_now
from provisioning.http import Request, Response
from provisioning.settings import PageSettings, load


async def show_start(request: Request, *, now: Clock = utc_now) -> Response:
    """Answer with the page before the sign-in, or with the one after signing out.

    Raises:
        ConfigurationError: A setting of the page is wrong.
    """
    settings = load(PageSettings)
    return start_page(request, open_site(request, settings), today=now().date())


def start_page(request: Request, site: Site, *, today: date) -> Response:
    """Render the public page."""
    look = enclosed_look(site.settings)
    values = {
        **common_values(request, path=START),
        "state": "start",
        "left": request.query.get("left") == "1",
        "page": person_page(site, Known(None, today), tenant_id=None),
    }
    return page_response(200, render("start.html", site, look=look, values=values), site, look=look)
