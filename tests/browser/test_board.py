"""The board in a real browser: from the sign-in with an app role to a cohort, a list, a person and a file."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableClient
from azure.storage.queue import QueueClient
from playwright.sync_api import Browser, Page, expect

from local import identities
from local.stack import StackInfo
from provisioning.model.board import READER
from provisioning.model.board_actions import ACTOR
from provisioning.model.finish import Answer
from provisioning.model.finish_reasons import Reason
from provisioning.model.forecast_counts import ForecastCounts, ForecastSubject, ReasonCount
from provisioning.model.messages import SeenMessage
from provisioning.store.board_rows import SUMMARIES, SUMMARY
from provisioning.store.forecasts import FORECASTS
from provisioning.store.rows import join_text
from provisioning.tenant.resources.app_roles import role_id
from tests import web
from tests.browser.axe import run_axe
from tests.browser.test_newcomer import add_account, add_colleague, new_account, sign_in, watched
from tests.running_stack import until

pytestmark = pytest.mark.browser

NARROW = {"width": 320, "height": 640}  # 1280 pixels at 400 % (WCAG 2.2, 1.4.10)


def graph_as_tenant(stack: StackInfo) -> httpx.Client:
    """Graph as the identity that may assign roles."""
    query = {
        "api-version": "2019-08-01",
        "resource": "https://graph.microsoft.com",
        "client_id": identities.TENANT.client_id,
    }
    headers = {"X-IDENTITY-HEADER": stack.identity_header}
    token = web.get(f"{stack.tenant}/msi/token", params=query, headers=headers).json()["access_token"]
    return web.client(base_url=f"{stack.tenant}/v1.0", headers={"Authorization": f"Bearer {token}"})


def add_reader(stack: StackInfo, role: str = READER) -> str:
    """An account that an admin assigned to a role of the board; returns its user name."""
    object_id, name = add_colleague(stack)
    with graph_as_tenant(stack) as graph:
        found = graph.get("/servicePrincipals", params={"$filter": "displayName eq 'MFA Pre-Enrollment'"}).json()
        principal_id = found["value"][0]["id"]
        body = {"principalId": object_id, "resourceId": principal_id, "appRoleId": role_id(role)}
        made = graph.post(f"/servicePrincipals/{principal_id}/appRoleAssignedTo", json=body)
        assert made.status_code == 201, made.text
    return name


def refresh(stack: StackInfo) -> None:
    """Let the people app make the board anew, and wait until it is: a page opened before would be refused."""
    asked_at = datetime.now(UTC)
    headers = {"x-functions-key": stack.master_key}
    started = web.post(f"{stack.admin}/admin/functions/board_refresh", json={"input": ""}, headers=headers)
    assert started.status_code == 202, started.text
    with TableClient.from_connection_string(stack.storage, "board") as table:
        until(lambda: made_since(asked_at, table, stack.tenant_id) or None)


def made_since(moment: datetime, table: TableClient, tenant_id: str) -> bool:
    """Whether the board's counts are of this moment or a later one."""
    with suppress(ResourceNotFoundError):
        row = table.get_entity(tenant_id, SUMMARY)
        return SUMMARIES.validate_json(join_text("text", row)).at >= moment
    return False


def keep_forecast(stack: StackInfo) -> None:
    """Put a forecast where the board has it from; making one takes What-If some seconds."""
    now = datetime.now(UTC)
    reasons = (ReasonCount(Answer.WITH_A_PASS, Reason.REGISTRATION_GUARDED, 3),)
    counts = ForecastCounts(now, ForecastSubject.COMING, now.date(), now.date(), 3, {Answer.WITH_A_PASS: 3}, reasons)
    row = {**FORECASTS.dump(counts), "PartitionKey": stack.tenant_id, "RowKey": f"forecast.{counts.slot}"}
    with TableClient.from_connection_string(stack.storage, "board") as table:
        table.upsert_entity(row)


@pytest.fixture(params=["light", "dark"])
def board(provisioned: StackInfo, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The board's first page, as a reader sees it after the sign-in."""
    new_account(provisioned)
    name = add_reader(provisioned)
    keep_forecast(provisioned)
    refresh(provisioned)
    context = browser.new_context(color_scheme=request.param, locale="en-GB")
    page, faults = watched(context)
    open_board(page, provisioned, name)
    yield page
    context.close()
    assert faults == [], "the console must stay clean; a refused style shows here"


def open_board(page: Page, stack: StackInfo, name: str) -> None:
    """Open the board by a sign-in; its style is there then, which a heading does not wait for."""
    page.goto(f"{stack.site}/board")
    sign_in(page, name)
    expect(page.get_by_role("heading", name="How new hires stand")).to_be_visible()
    page.wait_for_load_state()


def test_every_page_is_accessible_and_leads_on(board: Page) -> None:
    expect(board.get_by_role("heading", name="Who can finish")).to_be_visible()
    assert run_axe(board).violations == []
    board.get_by_role("button", name="Show").click()
    expect(board.get_by_role("main")).to_contain_text("department: ")
    board.go_back()
    board.get_by_role("table").first.get_by_role("link").first.click()
    expect(board.get_by_role("heading", level=1)).to_have_text("People")
    assert run_axe(board).violations == []
    with board.expect_download() as download:
        board.get_by_role("link", name="Save as CSV").click()
    assert download.value.suggested_filename.endswith(".csv")
    board.get_by_role("table").get_by_role("link").first.click()
    expect(board.get_by_role("heading", name="History")).to_be_visible()
    assert run_axe(board).violations == []


def add_unexpected(stack: StackInfo) -> str:
    """A new account that nobody announced and that has a method; returns its object id."""
    object_id, _ = add_account(stack, accountEnabled=False)  # so that no sweep invites it before it has one
    web.post(f"{stack.tenant}/_local/registrations", json={"userId": object_id, "method": "fido2"})
    web.patch(f"{stack.tenant}/_local/users/{object_id}", json={"accountEnabled": True}).raise_for_status()
    message = SeenMessage.model_validate({"tenant_id": stack.tenant_id, "object_id": object_id})
    with QueueClient.from_connection_string(stack.storage, "seen") as queue:
        queue.send_message(message.model_dump_json())
    address = f"{stack.admin}/api/people/{object_id}"
    until(lambda: "unexpected" in web.get(address, headers=stack.admin_headers).text or None)
    return object_id


def test_an_unexpected_registration_is_acknowledged_by_a_form(provisioned: StackInfo, browser: Browser) -> None:
    """The form passes Easy Auth's own check, which a page without a referrer would not."""
    object_id, name = add_unexpected(provisioned), add_reader(provisioned, ACTOR)
    refresh(provisioned)
    context = browser.new_context(locale="en-GB")
    page, faults = watched(context)
    open_board(page, provisioned, name)
    page.goto(f"{provisioned.site}/board?person={object_id}")
    assert run_axe(page).violations == []
    page.get_by_role("button", name="acknowledge").click()
    expect(page.get_by_role("status")).to_contain_text("It takes about a minute")
    until(lambda: (page.reload(), page.get_by_text("acknowledged on the board by").count())[1] or None)
    expect(page.get_by_role("button")).to_have_count(0)
    assert faults == []
    context.close()


def test_the_page_does_not_scroll_sideways_at_four_times_the_size(board: Page) -> None:
    """A wide table scrolls in its own box, which the keyboard reaches."""
    board.set_viewport_size(NARROW)  # type: ignore[arg-type]
    assert board.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    box = board.get_by_role("region", name="By first week")
    for _ in range(5):
        board.keyboard.press("Tab")
        if box.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError("the table's box was not reached")


def test_who_holds_no_role_reads_what_to_ask_for(provisioned: StackInfo, browser: Browser) -> None:
    _, name = add_colleague(provisioned)
    context: Any = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(f"{provisioned.site}/board")
    sign_in(page, name)
    expect(page.get_by_role("heading", level=1)).to_have_text("The board cannot be shown")
    expect(page.get_by_role("main")).to_contain_text("Enrollment.Read")
    assert run_axe(page).violations == []
    context.close()


def test_nobody_sees_it_without_a_sign_in(provisioned: StackInfo) -> None:
    answer = web.get(f"{provisioned.site}/board", headers={"x-ms-client-principal": "e30="})
    assert answer.status_code == 302
    assert uuid4().hex not in answer.text
