"""A newcomer with a real browser, from the invitation's link to "You are ready", and back from Microsoft's page."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from local.stack import StackInfo
from tests import web
from tests.browser.axe import run_axe
from tests.running_stack import group_with, until

pytestmark = pytest.mark.browser

PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 800}
READY_SECONDS = 5.0


@pytest.fixture(
    params=[(PHONE, True), (PHONE, False), (DESKTOP, True)], ids=["phone", "phone-without-script", "desktop"]
)
def visitor(browser: Browser, request: pytest.FixtureRequest) -> Iterator["Visitor"]:
    viewport, scripted = request.param
    context = browser.new_context(viewport=viewport, java_script_enabled=scripted, locale="en-GB")
    opened, faults = watched(context)
    yield Visitor(opened, scripted)
    context.close()
    assert faults == [], "the console must stay clean; a refused style or script shows here"


@dataclass(frozen=True)
class Visitor:
    """A page, and whether it runs scripts."""

    page: Page
    scripted: bool


def watched(context: BrowserContext) -> tuple[Page, list[str]]:
    """A page, and what its console complains of."""
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    return page, faults


def add_account(stack: StackInfo, **properties: object) -> tuple[str, str]:
    """An account, new unless the properties tell otherwise; returns object id and user name."""
    name = f"{uuid4().hex[:10]}@example.com"
    account = {"displayName": "Mia Berg", "userPrincipalName": name, "employeeId": uuid4().hex[:8], **properties}
    (object_id,) = web.post(f"{stack.tenant}/_local/users", json=[account]).json()["ids"]
    return object_id, name


def add_colleague(stack: StackInfo) -> tuple[str, str]:
    """An account of years ago, which no sweep invites whenever it comes; returns object id and user name."""
    return add_account(stack, createdDateTime="2021-03-01T08:00:00Z")


def new_account(stack: StackInfo, *, pass_code: bool = False) -> tuple[str, str, str]:
    """An account, invited by the sweep; returns object id, user name, and perhaps a Temporary Access Pass."""
    object_id, name = add_account(stack)
    headers = {"x-functions-key": stack.master_key}
    web.post(f"{stack.admin}/admin/functions/sweep", json={"input": ""}, headers=headers)
    until(lambda: group_with(stack, object_id))
    if not pass_code:
        return object_id, name, ""
    made = web.post(f"{stack.tenant}/_local/users/{object_id}/temporary-access-pass", json={"isUsableOnce": False})
    return object_id, name, made.json()["temporaryAccessPass"]


def sign_in(page: Page, name: str, *, code: str = "") -> None:
    """Sign in where Entra's stand-in asks."""
    page.get_by_label("User name").fill(name)
    if code:
        page.locator("input[value=temporaryAccessPass]").check()
        page.get_by_label("Temporary Access Pass code").fill(code)
    page.get_by_role("button", name="Next").click()


def back_to_the_page(page: Page) -> None:
    """Without a script the way back is a button; with one it presses itself."""
    button = page.get_by_role("button", name="Continue")
    heading = page.get_by_role("heading", level=1)
    expect(heading).not_to_have_text("More information required")
    if "Back to" in (heading.text_content() or ""):
        button.click()


def wait_for(page: Page, heading: str, *, press: bool = False) -> None:
    """The page says so by itself; where no script runs, the link is pressed as often as a person would."""
    for _ in range(30):
        if page.get_by_role("heading", level=1).text_content() == heading:
            return
        page.wait_for_timeout(300)
        again = page.get_by_role("link", name="Check again")
        if press and again.count():
            again.first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)


def test_from_the_link_to_ready_in_five_seconds(provisioned: StackInfo, visitor: Visitor) -> None:
    """The public page, the sign-in, Entra's own interrupt, and the page again."""
    page = visitor.page
    _, name, _ = new_account(provisioned)
    page.goto(f"{provisioned.site}/start")
    expect(page.get_by_role("heading", level=1)).to_have_text("Set up your sign-in")
    page.get_by_role("link", name="Sign in and begin").click()
    sign_in(page, name)
    expect(page.get_by_role("heading", level=1)).to_have_text("More information required")
    page.locator("input[value=fido2]").check()
    page.get_by_role("button", name="Register").click()
    registered = time.monotonic()
    back_to_the_page(page)
    wait_for(page, "You are ready", press=not visitor.scripted)
    seconds = time.monotonic() - registered
    print(f"on screen {seconds:.1f} s after registering")
    assert seconds < READY_SECONDS
    expect(page.locator(".methods li")).to_contain_text(["Passkey"])
    assert page.title().startswith("You are ready – ")
    if visitor.scripted:  # axe is a script too
        assert run_axe(page).violations == []


def open_with_pass(stack: StackInfo, context: BrowserContext) -> tuple[Page, str, list[str]]:
    """A newcomer who came with a pass, and has read that a step is missing."""
    page, faults = watched(context)
    object_id, name, code = new_account(stack, pass_code=True)
    page.goto(f"{stack.site}/")
    sign_in(page, name, code=code)
    back_to_the_page(page)
    wait_for(page, "One step is missing", press=True)
    page.wait_for_load_state()  # until then the page's script is not there to notice anything
    return page, object_id, faults


def phone_context(browser: Browser, **options: Any) -> BrowserContext:
    return browser.new_context(viewport=PHONE, locale="en-GB", **options)  # type: ignore[arg-type]


def test_back_from_microsofts_page_the_page_looks_again_by_itself(provisioned: StackInfo, browser: Browser) -> None:
    """Kai registered, came back by the tab switcher, and read "Not done yet" until the queue had checked."""
    context = phone_context(browser)
    page, object_id, faults = open_with_pass(provisioned, context)
    link = page.get_by_role("link", name="Open Security info at Microsoft")
    assert f"tenantId={provisioned.tenant_id}&lng=en" in (link.get_attribute("href") or "")
    headings: list[str] = []
    page.expose_function("note", lambda text: headings.append(text))
    page.evaluate(
        "new MutationObserver(() => note(document.querySelector('h1').textContent))"
        ".observe(document.body, { childList: true })"
    )
    web.post(f"{provisioned.tenant}/_local/registrations", json={"userId": object_id, "method": "fido2"})
    returned = time.monotonic()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_role("heading", level=1)).to_have_text("You are ready", timeout=READY_SECONDS * 1000)
    print(f"on screen {time.monotonic() - returned:.1f} s after coming back")
    assert "One step is missing" not in headings
    assert page.title().startswith("You are ready – ")
    assert page.evaluate("document.activeElement.tagName") == "H1", "the focus is on what is new"
    assert page.locator("#announce").text_content() == "You are ready", "and it is said aloud"
    assert run_axe(page).violations == []
    context.close()
    assert faults == []


def test_a_page_from_the_back_button_looks_again(provisioned: StackInfo, browser: Browser) -> None:
    context = phone_context(browser)
    page, object_id, _ = open_with_pass(provisioned, context)
    web.post(f"{provisioned.tenant}/_local/registrations", json={"userId": object_id, "method": "fido2"})
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    expect(page.get_by_role("heading", level=1)).to_have_text("You are ready")
    context.close()


def test_without_a_script_the_way_back_says_what_it_waits_for(provisioned: StackInfo, browser: Browser) -> None:
    context = phone_context(browser, java_script_enabled=False)
    page, object_id, _ = open_with_pass(provisioned, context)
    web.post(f"{provisioned.tenant}/_local/registrations", json={"userId": object_id, "method": "fido2"})
    page.get_by_role("link", name="Check again").click()
    assert page.get_by_role("heading", level=1).text_content() in ("We are checking", "You are ready")
    wait_for(page, "You are ready", press=True)
    context.close()


def test_a_page_that_gets_no_answer_at_all_says_what_to_do_after_half_a_minute(
    provisioned: StackInfo, browser: Browser
) -> None:
    """The network is away, or the session has ended and every request is sent to a sign-in that a script cannot see."""
    context = phone_context(browser)
    page, _, _ = open_with_pass(provisioned, context)
    page.clock.install()
    context.route("**/me*", lambda route: route.abort())
    page.goto(f"{provisioned.site}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("We are checking")
    expect(page.locator("#late")).to_be_hidden()
    page.clock.run_for(35_000)
    expect(page.locator("#late")).to_be_visible()
    expect(page.locator("#announce")).to_contain_text("You need not wait")
    context.close()


def test_who_was_not_invited_is_told_so(provisioned: StackInfo, browser: Browser) -> None:
    context = phone_context(browser)
    page, _ = watched(context)
    _, name = add_colleague(provisioned)
    page.goto(f"{provisioned.site}/")
    sign_in(page, name)
    wait_for(page, "We have no invitation for you")
    context.close()


def test_a_chosen_language_is_kept_and_signing_out_comes_back_to_us(provisioned: StackInfo, browser: Browser) -> None:
    context = phone_context(browser)
    page, faults = watched(context)
    page.goto(f"{provisioned.site}/start")
    page.get_by_text("Language: English").click()
    page.get_by_role("link", name="Deutsch").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Richten Sie Ihre Anmeldung ein")
    _, name, _ = new_account(provisioned)
    page.get_by_role("link", name="Anmelden und beginnen").click()
    sign_in(page, name)
    page.locator("input[value=microsoftAuthenticator]").check()
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sie sind bereit")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    page.get_by_role("link", name="Abmelden", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sie sind abgemeldet")
    page.get_by_role("link", name="Anmelden", exact=True).click()
    expect(page.get_by_label("User name")).to_be_visible()
    context.close()
    assert faults == []


def test_not_you_leads_to_another_account(provisioned: StackInfo, browser: Browser) -> None:
    """The commonest failure on a phone: the browser is signed in with another account."""
    context = phone_context(browser)
    page, _, _ = open_with_pass(provisioned, context)
    page.get_by_role("link", name="Not you? Use another account").click()
    expect(page.get_by_label("User name")).to_be_visible()
    context.close()
