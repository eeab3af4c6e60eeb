"""GET / and GET /me: answer at once from the ledger, and ask the people role to look again."""

import logging
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from landing.principal import Principal, read_principal
from provisioning.errors import TransientError
from provisioning.http import Request, Response, error_response, json_response
from provisioning.services import Services
from provisioning.settings import PageSettings, TenantSettings, load

if TYPE_CHECKING:
    from jinja2 import Template

    from provisioning.model.ledger import Person

log = logging.getLogger(__name__)

HTML = "text/html; charset=utf-8"
SECURITY_INFO = "https://aka.ms/mysecurityinfo"
SIGN_IN = "/.auth/login/aad?post_login_redirect_uri=/"
# Microsoft-provided SMS and voice calls end then (entra-docs, 2026-06-10); a phone alone is no second factor after it.
PHONE_ENDS = date(2027, 2, 1)
FRESH = timedelta(hours=1)  # how long "registered" is taken for granted before it is checked again

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

METHOD_NAMES = {
    "fido2": "Passkey",
    "microsoftAuthenticator": "Microsoft Authenticator",
    "windowsHelloForBusiness": "Windows Hello for Business",
    "platformCredential": "Platform credential on your Mac",
    "softwareOath": "Code from an authenticator app",
    "hardwareOath": "Hardware token",
    "phone": "Phone (text message or call)",
}


@dataclass(frozen=True)
class View:
    """What the template needs.

    Args:
        status: signed_out, checking, registered, missing or unknown (the ledger could not be read).
    """

    status: str
    organization: str
    help_contact: str | None
    name: str | None = None
    methods: tuple[str, ...] = ()
    phone_only: bool = False
    first_day: date | None = None
    checked_at: datetime | None = None


async def show_page(request: Request, *, services: Services) -> Response:
    """The page. Never fails because something behind it does.

    Raises:
        Misconfigured: A setting is missing.
    """
    settings = load(PageSettings)
    tenant_id = load(TenantSettings).tenant_id
    principal = read_principal(request.headers, auth_enabled=settings.auth_enabled, tenant_id=tenant_id)
    if principal is None:
        view = View("signed_out", settings.organization, settings.help_contact)
        return html(401, view)
    try:
        person = await look_up(principal, tenant_id=tenant_id, services=services)
        status = status_of(person)
    except TransientError as error:
        log.warning("page without ledger: object=%s reason=%s", principal.object_id, error)
        person, status = None, "unknown"
    return html(200, view_of(principal, person, status=status, settings=settings))


async def look_up(principal: Principal, *, tenant_id: UUID, services: Services) -> "Person | None":
    """Read what is known, and have it checked unless that was done lately.

    Raises:
        Retry: Storage is unwell.
    """
    from provisioning.model.ledger import EnrollmentState
    from provisioning.model.messages import SeenMessage
    from provisioning.store.queues import send

    person = await services.ledger.person(principal.object_id)
    fresh = person is not None and person.checked_at is not None and services.now() - person.checked_at < FRESH
    if not (fresh and person is not None and person.state is EnrollmentState.REGISTERED):
        message = SeenMessage(tenant_id=tenant_id, object_id=UUID(principal.object_id))
        await send(services.storage, "seen", message)
    return person


async def get_me(request: Request, *, services: Services) -> Response:
    """What the page's script asks: has the check been done, and what did it find?

    Raises:
        Misconfigured: A setting is missing.
        Retry: Storage is unwell.
    """
    settings = load(PageSettings)
    tenant_id = load(TenantSettings).tenant_id
    principal = read_principal(request.headers, auth_enabled=settings.auth_enabled, tenant_id=tenant_id)
    if principal is None:
        return error_response(401, "signed_out", "Nobody is signed in. Open the page and sign in.")
    person = await services.ledger.person(principal.object_id)
    checked_at = person.checked_at.isoformat() if person and person.checked_at else None
    methods = list(person.methods) if person else []
    return json_response(200, {"status": status_of(person), "methods": methods, "checkedAt": checked_at})


def status_of(person: "Person | None") -> str:
    """Which of the page's faces fits what is known."""
    if person is not None and person.methods:
        return "registered"
    # The daily reconcile may have looked before the first visit, and Entra asked for a method on the way here.
    return "checking" if person is None or person.seen_at is None else "missing"


def view_of(principal: Principal, person: "Person | None", *, status: str, settings: PageSettings) -> View:
    """What the template needs for a person who is signed in."""
    methods = person.methods if person else ()
    return View(
        status,
        settings.organization,
        settings.help_contact,
        name=principal.name,
        methods=tuple(METHOD_NAMES.get(method, "Another method") for method in methods),
        phone_only=methods == ("phone",),
        first_day=person.start_date if person else None,
        checked_at=person.checked_at if person else None,
    )


def html(status: int, view: View) -> Response:
    """Render the page."""
    text = template().render(view=view, security_info=SECURITY_INFO, sign_in=SIGN_IN)
    return Response(status, text.encode(), media_type=HTML, headers=SECURITY_HEADERS)


@cache
def template() -> "Template":
    """The page's template; every value is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html")
