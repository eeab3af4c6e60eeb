"""A newcomer with a real browser: sign-in, registration, the page, and what assistive technology finds there."""

import shutil
from collections.abc import Iterator
from itertools import pairwise
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from local.stack import StackInfo
from tests.running_stack import group_with, until

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
# Without these, Chromium asks its maker's servers for updates at every start.
QUIET = ["--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
PHONE = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("There is no Chromium on the path. On Debian and Ubuntu: apt install chromium")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", *QUIET])
        yield launched
        launched.close()


@pytest.fixture(params=[True, False], ids=["with-script", "without-script"])
def phone(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(viewport=PHONE, java_script_enabled=request.param)  # type: ignore[arg-type]
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    context.close()
    assert faults == [], "the console must stay clean; a refused style or script shows here"


def new_account(stack: StackInfo, *, pass_code: bool = False) -> tuple[str, str]:
    """An account that the sweep has put into the group; returns its user name and perhaps a Temporary Access Pass."""
    name = f"{uuid4().hex[:10]}@example.com"
    account = {"displayName": "Mia Berg", "userPrincipalName": name, "employeeId": uuid4().hex[:8]}
    (object_id,) = httpx.post(f"{stack.tenant}/_local/users", json=[account]).json()["ids"]
    headers = {"x-functions-key": stack.master_key}
    httpx.post(f"{stack.admin}/admin/functions/sweep", json={"input": ""}, headers=headers)
    until(lambda: group_with(stack, object_id))
    if not pass_code:
        return name, ""
    made = httpx.post(f"{stack.tenant}/_local/users/{object_id}/temporary-access-pass", json={"isUsableOnce": False})
    return name, made.json()["temporaryAccessPass"]


def sign_in(page: Page, stack: StackInfo, name: str, *, code: str = "") -> None:
    """Open the page, and sign in where Entra's stand-in asks."""
    page.goto(f"{stack.site}/")
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


def wait_for(page: Page, heading: str) -> None:
    """The page says so by itself, or once it is asked again."""
    for _ in range(30):
        if page.get_by_role("heading", level=1).text_content() == heading:
            return
        page.wait_for_timeout(500)
        again = page.get_by_role("link", name="Check again")
        if again.count():
            again.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)


def check_accessibility(page: Page) -> None:
    """What WCAG 2.2 asks and a program can see: language, title, one h1, names, order, width, target size, contrast."""
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.title()
    assert page.locator("h1").count() == 1
    assert page.locator("main").count() == 1
    for link in page.get_by_role("link").all():
        assert (link.text_content() or "").strip(), "a link without a name"
    levels = [int(tag[1]) for tag in page.locator("h1,h2,h3").evaluate_all("all => all.map(e => e.tagName)")]
    assert all(after - before <= 1 for before, after in pairwise(levels)), "a heading level is left out"
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], "the page scrolls sideways"
    for action in page.locator("a.action").all():
        box = action.bounding_box()
        assert box is not None
        assert box["height"] >= 24, "a target smaller than 24 CSS pixels (2.5.8)"
        assert contrast(action) >= 4.5, "the contrast is below 4.5 to 1 (1.4.3)"
    assert contrast(page.locator("main p").first) >= 4.5


CONTRAST = """element => {
  const light = color => {
    const parts = color.match(/[\\d.]+/g).slice(0, 3).map(Number).map(value => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const ground = node => {
    const color = getComputedStyle(node).backgroundColor;
    return color !== "rgba(0, 0, 0, 0)" || !node.parentElement ? color : ground(node.parentElement);
  };
  const [one, other] = [light(getComputedStyle(element).color), light(ground(element))].sort((a, b) => b - a);
  return (one + 0.05) / (other + 0.05);
}"""


def contrast(locator: object) -> float:
    """The contrast of a text with its ground (WCAG 2.2, 1.4.3)."""
    return float(locator.evaluate(CONTRAST))  # type: ignore[attr-defined]


def test_a_newcomer_registers_a_passkey_and_is_told_so(provisioned: StackInfo, phone: Page) -> None:
    name, _ = new_account(provisioned)
    sign_in(phone, provisioned, name)
    expect(phone.get_by_role("heading", level=1)).to_have_text("More information required")
    phone.locator("input[value=fido2]").check()
    phone.get_by_role("button", name="Register").click()
    back_to_the_page(phone)
    wait_for(phone, "You are ready")
    expect(phone.get_by_role("listitem")).to_have_text(["Passkey"])
    check_accessibility(phone)


def test_a_newcomer_with_a_pass_is_shown_the_missing_step(provisioned: StackInfo, phone: Page) -> None:
    name, code = new_account(provisioned, pass_code=True)
    sign_in(phone, provisioned, name, code=code)
    back_to_the_page(phone)
    wait_for(phone, "One step is missing")
    link = phone.get_by_role("link", name="Add a method now")
    assert link.get_attribute("href") == "https://aka.ms/mysecurityinfo"
    check_accessibility(phone)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_can_be_read_in_both_color_schemes(provisioned: StackInfo, browser: Browser, scheme: str) -> None:
    context = browser.new_context(viewport=PHONE, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    name, code = new_account(provisioned, pass_code=True)
    sign_in(page, provisioned, name, code=code)
    wait_for(page, "One step is missing")
    check_accessibility(page)
    context.close()
