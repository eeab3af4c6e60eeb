"""The product over real HTTP: host, Easy Auth, queues in Azurite, and the stand-in tenant."""

import asyncio
import importlib.util
import json
import string
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.person import Person
from local.signing import bamboohr_delivery, standard_webhook
from local.stack import ROOT, StackInfo
from tests import web
from tests.running_stack import HostWith, group_with, until

pytestmark = pytest.mark.app

UNKNOWN_ID = "3c1b7a52-8d0e-4f5a-9c36-1e2d7b40a9f8"
NOWHERE = (
    "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=YQ==;"
    "QueueEndpoint=http://127.0.0.1:9/devstoreaccount1;TableEndpoint=http://127.0.0.1:9/devstoreaccount1;"
    "BlobEndpoint=http://127.0.0.1:9/devstoreaccount1;"
)


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    with web.client() as client:
        yield client


def post_hire(stack: StackInfo, http: httpx.Client, employee_id: str) -> httpx.Response:
    content = {"type": "hire", "data": {"employeeId": employee_id}}
    secret = stack.webhook_secrets["standard-webhooks"]
    body, headers = standard_webhook(content, secret=secret, delivery_id=uuid4().hex)
    return http.post(f"{stack.site}/api/hires/standard-webhooks", content=body, headers=headers)


def new_account(stack: StackInfo, http: httpx.Client) -> tuple[str, str, str]:
    """Make an account; returns object id, employee id and user name."""
    employee_id, user_name = uuid4().hex[:10], f"{uuid4().hex[:10]}@example.com"
    account = {"employeeId": employee_id, "userPrincipalName": user_name}
    answer = http.post(f"{stack.tenant}/_local/users", json=[account])
    return answer.json()["ids"][0], employee_id, user_name


@pytest.mark.pitfall("G1")
async def test_from_a_webhook_to_a_registered_newcomer(provisioned: StackInfo, http: httpx.Client) -> None:
    """MicrosoftDocs/azure-docs#90032: what our code puts on a queue, the trigger must be able to read."""
    object_id, employee_id, user_name = new_account(provisioned, http)
    assert post_hire(provisioned, http, employee_id).json() == {"status": "queued", "queued": 1, "ignored": 0}
    until(lambda: group_with(provisioned, object_id))
    async with Person(user_name, registers="fido2") as person:
        assert (await person.open(f"{provisioned.site}/")).text.startswith("We are checking")
        for _ in range(300):
            if (await person.get_json(f"{provisioned.site}/me"))["status"] == "ready":
                break
            await asyncio.sleep(0.1)
        page = await person.open(f"{provisioned.site}/")
        assert page.text.startswith("You are ready")
        assert user_name in str(await person.get_json(f"{provisioned.tenant}/_local/sign-ins"))


@pytest.mark.parametrize("operation", ["none", "..", "%2e%2e", UNKNOWN_ID, "a b"])
def test_an_unknown_operation_is_404_with_a_sentence(stack: StackInfo, http: httpx.Client, operation: str) -> None:
    headers = stack.admin_headers
    answer = http.get(f"{stack.admin}/api/operations/{operation}", headers=headers)
    assert answer.status_code == 404
    assert answer.text == "" or "POST /api/tenant starts one" in answer.text


def test_why_a_person_is_not_done_is_told_over_http(provisioned: StackInfo, http: httpx.Client) -> None:
    object_id, employee_id, _ = new_account(provisioned, http)
    post_hire(provisioned, http, employee_id)
    until(lambda: group_with(provisioned, object_id))
    headers = provisioned.admin_headers
    answer = http.get(f"{provisioned.admin}/api/people/{employee_id}", headers=headers)
    assert (answer.status_code, answer.json()["state"], answer.json()["group"]["member"]) == (200, "invited", True)
    assert f"Object {object_id}, employee {employee_id} is invited" in answer.json()["why"]


def test_health_is_told_over_http(provisioned: StackInfo, http: httpx.Client) -> None:
    started = http.post(
        f"{provisioned.admin}/admin/functions/sweep",
        headers={"x-functions-key": provisioned.master_key},
        json={"input": ""},
    )
    assert started.status_code == 202
    address, key = f"{provisioned.admin}/api/health", provisioned.admin_headers

    def swept() -> dict[str, Any] | None:
        checks = {check["name"]: check for check in http.get(address, headers=key).json()["checks"]}
        return checks if checks["sweep"].get("outcome") == "done" else None

    checks = until(swept)
    assert checks["sweep"]["healthy"]
    assert checks["storage"]["healthy"]
    answer = http.get(address, headers=key)
    assert answer.status_code == (200 if answer.json()["status"] == "healthy" else 503)
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("name", ["4711", "a%2Fb", "..", "%2e%2e", UNKNOWN_ID, "a b", "%00", "%ff", "x" * 200])
def test_why_about_nobody_is_a_4xx(stack: StackInfo, http: httpx.Client, name: str) -> None:
    headers = stack.admin_headers
    answer = http.get(f"{stack.admin}/api/people/{name}", headers=headers)
    assert answer.status_code in (400, 404)
    assert answer.text == "" or len(answer.json()["message"]) > 40


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"mode":"delete"}', b'{"mode":null}', b'{"group":"x"}', b"\xff"])
def test_a_bad_request_for_the_tenant_is_400_and_names_the_modes(
    stack: StackInfo, http: httpx.Client, body: bytes
) -> None:
    headers = stack.admin_headers
    answer = http.post(f"{stack.admin}/api/tenant", content=body, headers=headers)
    assert answer.status_code == 400
    assert "'apply', 'enable', 'disable'" in answer.json()["message"]


@pytest.mark.pitfall("I5")
def test_an_excluded_path_reads_no_principal_and_no_other_path_is_open(
    provisioned: StackInfo, http: httpx.Client
) -> None:
    """azure-sdk-for-net#51569: excludedPaths skips the sign-in, so only exact webhook paths may be in it."""
    forged = {"x-ms-client-principal": "eyJjbGFpbXMiOltdfQ==", "x-ms-client-principal-id": "admin"}
    assert http.post(f"{provisioned.site}/api/hires/bamboohr", headers=forged, content=b"{}").status_code == 401
    for path in (
        "/",
        "/me",
        "/api/hires/bamboohr/",
        "/api/hires/BAMBOOHR",
        "//",
        "/%2e/",
        "/start/",
        "/assets/page.css",
    ):
        answer = http.get(f"{provisioned.site}{path}", headers=forged)
        assert answer.status_code in (302, 401, 404), path
        assert "You are" not in answer.text


def test_the_public_page_needs_no_sign_in_and_says_its_charset_once(provisioned: StackInfo, http: httpx.Client) -> None:
    """The library that answers the host adds a charset of its own to what it takes for a media type."""
    answer = http.get(f"{provisioned.site}/start?lang=ja")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert '<html lang="ja"' in answer.text
    assert answer.headers["set-cookie"].startswith("lang=ja;")
    assert http.get(f"{provisioned.site}/start", headers={"cookie": "lang=pl"}).headers["content-language"] == "pl"


def load_function_app() -> Any:
    """The product's module, whatever app of that name a host of another test has loaded in this process."""
    spec = importlib.util.spec_from_file_location("product_function_app", ROOT / "function_app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.pitfall("J1")
def test_a_handler_works_in_three_loops_of_one_process(
    provisioned: StackInfo, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """msgraph-sdk-python#366: a client that outlives its event loop fails with "Event loop is closed"."""
    import azure.functions as func

    function_app = load_function_app()
    for name, value in provisioned.app_settings().items():
        monkeypatch.setenv(name, value)
    visitors = [new_account(provisioned, http)[0] for _ in range(3)]
    handler = function_app.seen.build().get_user_function()

    async def once(object_id: str) -> None:
        body = json.dumps({"tenant_id": provisioned.tenant_id, "object_id": object_id})
        await handler(func.QueueMessage(body=body.encode()))
        await function_app.runtime.services().close()

    for object_id in visitors:
        asyncio.run(once(object_id))
    requests = http.get(f"{provisioned.tenant}/_local/requests").json()
    looks = [entry for entry in requests if any(object_id in entry["path"] for object_id in visitors)]
    assert [entry["status"] for entry in looks] == [200, 200, 200]


@pytest.mark.pitfall("G5")
def test_graph_down_delays_a_hire_and_loses_nobody(provisioned: StackInfo, http: httpx.Client) -> None:
    """azure-webjobs-sdk#844."""
    object_id, employee_id, _ = new_account(provisioned, http)
    http.post(f"{provisioned.tenant}/_local/faults", json={"path": "/v1.0/users", "status": 503})
    assert post_hire(provisioned, http, employee_id).status_code == 200
    count = f"{provisioned.tenant}/_local/requests?count=1"
    until(lambda: http.get(count).json() if "503" in http.get(f"{provisioned.tenant}/_local/requests").text else None)
    http.delete(f"{provisioned.tenant}/_local/faults")
    until(lambda: group_with(provisioned, object_id))


@pytest.mark.pitfall("F8")
def test_while_graph_hangs_webhooks_are_answered_at_once(provisioned: StackInfo, http: httpx.Client) -> None:
    """Azure/azure-functions-python-worker#675: one call that waits must not hold up the others."""
    object_id, employee_id, _ = new_account(provisioned, http)
    faults = f"{provisioned.tenant}/_local/faults"
    http.post(faults, json={"path": "/v1.0/users", "delay": 10})
    assert post_hire(provisioned, http, employee_id).status_code == 200
    until(lambda: True if any(fault["hits"] for fault in http.get(faults).json()) else None)

    def timed(number: int) -> float:
        started = time.monotonic()
        assert post_hire(provisioned, http, f"{employee_id}-{number}").status_code == 200
        return time.monotonic() - started

    with ThreadPoolExecutor(10) as senders:
        took = list(senders.map(timed, range(10)))
    assert group_with(provisioned, object_id) is None, "Graph still hangs"
    http.delete(faults)
    assert max(took) < 1
    until(lambda: group_with(provisioned, object_id))


def test_storage_away_is_try_again_everywhere(stack: StackInfo, http: httpx.Client, host_with: HostWith) -> None:
    host = host_with({"AzureWebJobsStorage": NOWHERE})
    post_hire(host, http, "1187")  # the first delivery also pays for imports
    started = time.monotonic()
    answer = post_hire(host, http, "1187")
    assert (answer.status_code, answer.json()["error"]) == (503, "try_again")
    assert int(answer.headers["Retry-After"]) > 0
    assert time.monotonic() - started < 3
    key = stack.admin_headers
    for answer in (
        http.post(f"{host.admin}/api/tenant", headers=key),
        http.get(f"{host.admin}/api/people/1187", headers=key),
    ):
        assert (answer.status_code, answer.json()["error"]) == (503, "try_again")
    answer = http.get(f"{host.admin}/api/health", headers=key)
    assert (answer.status_code, answer.json()["status"]) == (503, "unhealthy")
    assert answer.json()["checks"][0]["name"] == "storage"
    assert "Traceback" not in answer.text


@pytest.mark.pitfall("F1")
@pytest.mark.parametrize("setting", ["TENANT_ID", "HR_SECRET_STANDARD_WEBHOOKS", "AzureWebJobsStorage"])
def test_a_missing_setting_is_named_to_the_caller(
    stack: StackInfo, http: httpx.Client, host_with: HostWith, setting: str
) -> None:
    """Azure/azure-functions-python-worker#1338: one missing setting took all functions away, without a word."""
    answer = post_hire(host_with({setting: None}), http, "1187")
    assert (answer.status_code, answer.json()["error"]) == (503, "misconfigured")
    assert f"The setting {setting} is missing" in answer.json()["message"]


HEADERS = ["x-ms-client-principal", "webhook-id", "webhook-signature", "webhook-timestamp", "x-bamboohr-signature"]
PATHS = [
    "/",
    "/me",
    "/start",
    "/start?lang=ar&left=1",
    "/assets/page.css",
    "/api/hires/bamboohr",
    "/api/hires/standard-webhooks",
    "/api/tenant",
]
TEXT = st.text(alphabet=string.printable.replace("\n", "").replace("\r", "").replace("\x0b", "").replace("\x0c", ""))


@settings(max_examples=150)
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD"]),
    path=st.sampled_from(PATHS) | TEXT.map(lambda text: "/" + text.replace("\\", "")),
    headers=st.dictionaries(st.sampled_from(HEADERS), TEXT.map(str.strip), max_size=3),
    body=st.binary(max_size=200),
)
def test_nothing_a_stranger_sends_is_a_5xx(
    stack: StackInfo, http: httpx.Client, method: str, path: str, headers: dict[str, str], body: bytes
) -> None:
    try:
        request = http.build_request(method, stack.site + path, headers=headers, content=body)
    except (httpx.InvalidURL, ValueError):
        return
    answer = http.send(request)
    sign_in_is_missing = answer.status_code == 503 and "POST /api/tenant" in answer.text
    assert answer.status_code < 500 or sign_in_is_missing


@pytest.mark.pitfall("G3")
def test_an_oversized_delivery_is_413(stack: StackInfo, http: httpx.Client) -> None:
    """microsoft/onefuzz#1900."""
    body, headers = bamboohr_delivery({"x": "y" * 300_000}, secret=stack.webhook_secrets["bamboohr"])
    answer = http.post(f"{stack.site}/api/hires/bamboohr", content=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (413, "too_large")
