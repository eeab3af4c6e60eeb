"""GET /start: the public page that an invitation links to. It identifies no visitor, reads nothing and runs no script.

It is an excluded path of Easy Auth, so the sign-in header means nothing here and is never looked at.
"""

from datetime import date
from functools import lru_cache

from landing.brand import load_brand
from landing.languages import load_language
from landing.remote_logo import page_settings
from landing.rendering import Site, enclosed_look, open_site, page_response, render
from landing.settings import PageSettings
from landing.states import Known
from landing.view import START, common_values, own_host, person_page
from provisioning.http import Request, Response
from provisioning.languages import FormOfAddress
from provisioning.services import Services

NOBODY = Known(None, date.min)


async def show_start(request: Request, *, services: Services) -> Response:
    """Answer with the page before the sign-in, or with the one after signing out.

    Raises:
        ConfigurationError: A setting of the page is wrong.
    """
    site = open_site(request, await page_settings(services))
    body = kept_page(site.settings, site.language.tag, own_host(request), left=request.query.get("left") == "1")
    return page_response(200, body, site, look=enclosed_look(site.settings))


@lru_cache(maxsize=64)
def kept_page(settings: PageSettings, tag: str, host: str, *, left: bool) -> bytes:
    """Render the page once for each language: nothing in it changes but with the settings."""
    address = FormOfAddress(settings.address) if settings.address else None
    site = Site(settings, load_brand(settings), load_language(tag, address=address), None)
    return start_page(site, host, left=left)


def start_page(site: Site, host: str, *, left: bool) -> bytes:
    """Render the page.

    Args:
        site: Whose page it is, in which language.
        host: Ours, as the browser shows it.
        left: Whether the person has just signed out.
    """
    values = {
        **common_values(host, path=START),
        "state": "start",
        "left": left,
        "page": person_page(site, NOBODY, tenant_id=None),
    }
    return render("start.html", site, look=enclosed_look(site.settings), values=values)
