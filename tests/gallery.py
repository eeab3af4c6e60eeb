"""Every state of the page as a person would meet it: what is known, and the page that follows from it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from landing.brand import load_brand
from landing.handover.admission import Admission
from landing.handover.letter import CodeForm
from landing.handover.page import form, letter_form, show_refusal
from landing.languages import load_language
from landing.page import state_page
from landing.principal import ForeignPrincipal, Principal
from landing.rendering import Site, enclosed_look, page_response
from landing.settings import PageSettings
from landing.start import start_page
from landing.states import Known, PageState, Visit, decide
from provisioning.http import Request, Response
from provisioning.languages import FormOfAddress
from provisioning.model.ledger import EnrollmentState, Person
from provisioning.model.passes import Claim, PassRefusal
from tests.support import TENANT_ID

NOW = datetime(2026, 11, 27, 8, 5, tzinfo=UTC)
PHONE_ENDS = date(2027, 2, 1)
MIA = Principal("3f1d1f6e-0f0a-4c60-9d0e-6a2f8b1c9d11", name="Mia Berg", sign_in_name="mia.berg@example.com")
ROW = Person(
    MIA.object_id,
    EnrollmentState.INVITED,
    employee_id="1187",
    start_date=date(2026, 11, 30),
    invited_at=NOW - timedelta(days=3),
    seen_at=NOW - timedelta(minutes=5),
    checked_at=NOW,
)
READY = replace(ROW, state=EnrollmentState.REGISTERED, methods=("fido2", "microsoftAuthenticator"), registered_at=NOW)
PHONE = replace(READY, methods=("phone",))
VISIT = Visit(began=NOW, now=NOW)
KNOWN = Known(MIA, NOW.date(), ROW, phone_ends=PHONE_ENDS)
# What must be known, and when, for each state to be the true one.
CASES: Mapping[PageState, tuple[Known, Visit]] = {
    PageState.SIGNED_OUT: (replace(KNOWN, principal=None), VISIT),
    PageState.WRONG_TENANT: (replace(KNOWN, principal=ForeignPrincipal("mia@other.example")), VISIT),
    PageState.EXTERNAL: (replace(KNOWN, principal=replace(MIA, external=True)), VISIT),
    PageState.TROUBLE: (replace(KNOWN, person=None, reached=False), VISIT),
    PageState.CHECKING: (replace(KNOWN, person=replace(ROW, checked_at=NOW - timedelta(hours=1))), VISIT),
    PageState.SLOW: (
        replace(KNOWN, person=replace(READY, checked_at=NOW - timedelta(hours=1))),
        Visit(began=NOW - timedelta(seconds=31), now=NOW),
    ),
    PageState.READY: (replace(KNOWN, person=READY), VISIT),
    PageState.READY_PHONE: (replace(KNOWN, person=PHONE), VISIT),
    PageState.PHONE_ENDED: (replace(KNOWN, person=PHONE, today=PHONE_ENDS), VISIT),
    PageState.MISSING: (KNOWN, VISIT),
    PageState.MISSING_PASS: (replace(KNOWN, person=replace(ROW, pass_ends=NOW + timedelta(hours=9))), VISIT),
    PageState.MISSING_PASS_ONCE: (
        replace(KNOWN, person=replace(ROW, pass_ends=NOW + timedelta(hours=1), pass_once=True)),
        VISIT,
    ),
    PageState.UNEXPECTED: (
        replace(KNOWN, person=replace(PHONE, unexpected="A second factor was registered before the invitation.")),
        VISIT,
    ),
    PageState.TOO_EARLY: (
        replace(KNOWN, person=replace(ROW, state=EnrollmentState.WAITING, invited_at=None)),
        VISIT,
    ),
    PageState.NOT_INVITED: (
        replace(KNOWN, person=replace(ROW, state=EnrollmentState.PARKED, invited_at=None)),
        VISIT,
    ),
}


def site_in(tag: str, *, settings: PageSettings, address: FormOfAddress | None = None) -> Site:
    """The site in one language."""
    return Site(settings, load_brand(settings), load_language(tag, address=address), None)


def page_of(state: PageState, site: Site) -> Response:
    """The page of a state, which must be what the rules decide."""
    known, visit = CASES[state]
    assert decide(known, visit) is state
    request = Request(headers={"host": "enroll.example.com"})
    return state_page(state, request, site, known, visit, tenant_id=UUID(TENANT_ID))


def start_of(site: Site, *, left: bool = False) -> Response:
    """The public page, before the sign-in or after signing out."""
    look = enclosed_look(site.settings)
    return page_response(200, start_page(site, "enroll.example.com", left=left), site, look=look)


CLAIM = Claim(
    "0" * 64,
    MIA.object_id,
    "9c1e7a8b-2f3d-4e5f-8a6b-7c8d9e0f1a2b",
    NOW,
    NOW + timedelta(hours=24),
    employee_id="1187",
    first_day=date(2026, 11, 30),
)
ADMISSION = Admission(CLAIM, "", CLAIM.manager_id or "", as_helpdesk=False, used_up=False, expired=False)
ROUTE = {"claim": "A" * 22}


def handover_of(site: Site) -> Response:
    """The page on which a manager has a pass made."""
    request = Request(headers={"host": "enroll.example.com"}, route=ROUTE, method="GET")
    return form(request, ADMISSION, site, who=MIA)


def handover_refused(site: Site) -> Response:
    """The same page for who may not."""
    request = Request(headers={"host": "enroll.example.com"}, route=ROUTE, method="GET")
    return show_refusal(PassRefusal.CLAIM_EXPIRED, request, site, who=MIA)


def letter_of(site: Site) -> Response:
    """The form that takes the code of a letter, after something was typed that is none."""
    request = Request(headers={"host": "enroll.example.com"}, route={"claim": "letter"}, method="GET")
    return letter_form(request, CodeForm(wrong=True), site, who=MIA)


HANDOVERS: Mapping[str, Callable[[Site], Response]] = {
    "handover": handover_of,
    "handover_refused": handover_refused,
    "handover_letter": letter_of,
}
# Every page, by what a file of it would be called.
PAGES = ("start", "start_left", *HANDOVERS, *(str(state) for state in PageState))


def page_named(name: str, site: Site) -> Response:
    """One of PAGES."""
    if name in HANDOVERS:
        return HANDOVERS[name](site)
    if name in ("start", "start_left"):
        return start_of(site, left=name == "start_left")
    return page_of(PageState(name), site)
