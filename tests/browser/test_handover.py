"""The hand-over page in a real browser: a manager has a pass made, reads it once, and the newcomer signs in with it."""

import os
import re
import subprocess
import sys
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from local.stack import ROOT, StackInfo
from tests import web
from tests.browser.axe import run_axe
from tests.browser.test_newcomer import add_colleague, new_account, sign_in, watched

pytestmark = pytest.mark.browser


def set_manager(stack: StackInfo, person_id: str, manager_id: str) -> None:
    """Make one the manager of the other, as an HR connector does."""
    address = f"{stack.tenant}/_local/users/{person_id}/manager"
    web.put(address, json={"id": manager_id}).raise_for_status()


def make_link(stack: StackInfo, person_id: str, *who: str) -> str:
    """The link, as an admin makes it on the command line."""
    command = [sys.executable, "-m", "provisioning", "passes", "claim", person_id, *who]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **stack.app_settings()}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def new_link(stack: StackInfo) -> tuple[str, str, str]:
    """A link, its manager's user name, and the newcomer's."""
    person_id, newcomer, _ = new_account(stack)
    manager_id, manager = add_colleague(stack)
    set_manager(stack, person_id, manager_id)
    return make_link(stack, person_id, "--manager", manager_id), manager, newcomer


def open_as(page: Page, link: str, name: str) -> None:
    """Open a link and sign in; the page that was asked for is there then."""
    page.goto(link)
    sign_in(page, name)
    page.wait_for_url(link)


def test_a_manager_reads_the_pass_once_and_the_newcomer_signs_in(provisioned: StackInfo, browser: Browser) -> None:
    link, manager, newcomer = new_link(provisioned)
    for _ in range(3):
        assert web.get(link).status_code == 302, "a scanner gets the sign-in"
    context = browser.new_context(locale="en-GB")
    page, faults = watched(context)
    open_as(page, link, manager)
    expect(page.get_by_role("heading", level=1)).to_have_text("Hand over a pass")
    assert run_axe(page).violations == []
    page.get_by_label("I know them, and they are with me.").check()
    page.get_by_role("button", name="Make the pass").click()
    code = page.locator("#code")
    expect(code).to_have_text(re.compile(r"^\w{8,}$"))
    read = code.text_content() or ""
    expect(page.locator("#left")).to_have_text(re.compile(r"5:00|4:5\d"))
    assert run_axe(page).violations == []
    page.get_by_role("button", name="Hide the pass now").click()
    assert read not in page.content()
    log = ROOT / ".local/logs" / f"host-{urlsplit(provisioned.site).port}.log"
    assert "pass_made" in log.read_text(encoding="utf-8")
    assert read not in log.read_text(encoding="utf-8")
    page.goto(link)
    expect(page.get_by_role("main")).to_contain_text("This link was used already.")
    assert run_axe(page).violations == []
    context.close()
    assert [fault for fault in faults if "409" not in fault] == []
    other = browser.new_context(locale="en-GB")
    page = other.new_page()
    page.goto(f"{provisioned.site}/")
    sign_in(page, newcomer, code=read)
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Sign in")
    page.wait_for_url(f"{provisioned.site}/**")
    other.close()


def test_a_manager_who_waited_in_vain_is_told_so_and_so_is_the_log(provisioned: StackInfo, browser: Browser) -> None:
    """The passes app does not answer: the page gives up after two minutes, and front's log says it for an alert."""
    link, manager, _ = new_link(provisioned)
    context = browser.new_context(locale="en-GB")
    page, request_id = context.new_page(), str(uuid4())
    open_as(page, link, manager)
    asked: list[str] = []

    def lose_it(route: Route) -> None:
        """Take the request for the queue's; what the page asks afterwards goes to front."""
        asked.append((route.request.post_data_json or {"step": "open"})["step"])
        if asked[-1] == "make":
            route.fulfill(status=202, json={"request": request_id})
        else:
            route.continue_()

    page.clock.install()
    page.goto(link)
    page.route("**/pass/*", lose_it)
    page.get_by_label("I know them, and they are with me.").check()
    page.get_by_role("button", name="Make the pass").click()
    expect(page.locator("#working")).to_be_visible()
    while asked[-1:] != ["unanswered"] and len(asked) < 200:
        page.clock.run_for(10_000)
    expect(page.locator("#refused")).to_be_visible()
    assert set(asked) == {"make", "look", "unanswered"}
    log = ROOT / ".local/logs" / f"host-{urlsplit(provisioned.site).port}.log"
    (line,) = [line for line in log.read_text(encoding="utf-8").splitlines() if "pass_unanswered" in line]
    assert request_id in line
    context.close()
