"""The hand-over page: what opens it, what a link alone is good for, and what a stranger can send to it."""

import json
from dataclasses import replace
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from landing.handover.page import show_pass_page
from landing.handover.steps import is_from_our_page, read_step
from landing.rendering import handover_look
from landing.settings import PageSettings
from provisioning.address_encryption import to_base64url
from provisioning.http import Request
from provisioning.passes.sealing import UnusableKey, read_public_key, seal
from provisioning.services import Services
from provisioning.settings import load
from tests.integration.conftest import World
from tests.integration.handover import BROWSER_KEY, STEP_HEADERS, Handover, new_handover

STEPS = ("make", "look", "shown", "unanswered")


@pytest.fixture(autouse=True)
def passes_are_on(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "ready" in request.fixturenames:
        request.getfixturevalue("ready")
    monkeypatch.setenv("PASSES", "true")
    monkeypatch.setenv("WEBSITE_AUTH_ENABLED", "True")


async def test_opening_a_link_uses_nothing_up(ready: World) -> None:
    """Auth0 community 90806: scanners fetch within seconds. GET and HEAD have no effect, from any sender."""
    handover = await new_handover(ready)
    before = await ready.waiting_messages("passes")
    for method in ("GET", "HEAD", "GET"):
        assert (await handover.open(method=method)).status == 200
        assert (await handover.open(method=method, as_id=str(uuid4()))).status == 403
    assert await ready.waiting_messages("passes") == before
    assert handover.passes == []
    assert await handover.receive()
    status, found = await handover.step(step="make", publicKey="AA", identityProof="known")
    assert (status, found["error"]) == (409, "claim_used")


async def test_who_is_not_signed_in_or_of_elsewhere_sees_nothing(ready: World) -> None:
    handover = await new_handover(ready)
    request = handover.request("GET")
    nobody = replace(request, headers={"host": "enroll.example.com"})
    assert (await handover.send(nobody)).status == 401
    elsewhere = Handover(replace(ready, tenant_id=str(uuid4())), handover.person_id, handover.manager_id, handover.code)
    page = await show_pass_page(elsewhere.request("GET"), services=ready.services)
    assert page.status == 401
    assert handover.person_id not in page.body.decode()


@pytest.mark.parametrize("code", ["", "x", "A" * 22, "A" * 23, "../../etc", "Ä" * 22, "A" * 4000])
async def test_a_wrong_code_is_no_link(ready: World, code: str) -> None:
    handover = await new_handover(ready)
    handover.code = code
    assert (await handover.open()).status == 404
    assert (await handover.step(step="make", publicKey="AA", identityProof="known"))[0] == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"x-pass-step": None},
    ],
)
async def test_a_page_of_elsewhere_asks_for_nothing(ready: World, headers: dict[str, str | None]) -> None:
    """Cross-site request forgery: a form cannot send JSON or a header of ours, and a script may not."""
    handover = await new_handover(ready)
    changed = {**STEP_HEADERS, **headers}
    handover.headers = {name: value for name, value in changed.items() if value is not None}
    before = await ready.waiting_messages("passes")
    status, found = await handover.step(step="make", publicKey=BROWSER_KEY.public, identityProof="known")
    assert (status, found["error"]) == (403, "not_from_the_page")
    assert await ready.waiting_messages("passes") == before


async def test_what_became_of_a_request_is_told_to_its_link_alone(ready: World) -> None:
    first, second = await new_handover(ready, "1"), await new_handover(ready, "2")
    request_id = await first.ask()
    await ready.work()
    status, found = await second.step(step="look", request=request_id)
    assert (status, "box" in found) == (404, False)
    assert (await second.step(step="shown", request=request_id))[0] == 404
    assert (await first.look(request_id))["state"] == "made"
    assert await first.look(str(uuid4())) == {"state": "working"}


async def test_a_page_that_waited_in_vain_leaves_a_line_for_an_alert(
    ready: World, caplog: pytest.LogCaptureFixture
) -> None:
    """The passes app cannot say that it does not run; one that is late is told by the request that it drops."""
    handover = await new_handover(ready)
    request_id = await handover.ask()
    assert await handover.step(step="unanswered", request=request_id) == (200, {"state": "working"})
    await ready.work()
    assert (await handover.step(step="unanswered", request=request_id))[1]["state"] == "made", "it came at last"
    told = [record.getMessage() for record in caplog.records if "pass_unanswered" in record.getMessage()]
    (line,) = map(json.loads, told)
    assert line == {"event": "pass_unanswered", "request": request_id, "issuer": handover.manager_id}


async def test_a_key_that_is_none_is_refused_before_entra_is_asked(ready: World) -> None:
    handover = await new_handover(ready)
    assert (await handover.outcome(publicKey="AAAA"))["reason"] == "unusable_key"
    assert handover.passes == []


async def test_the_page_runs_its_own_script_and_nothing_else(ready: World) -> None:
    handover = await new_handover(ready)
    page = await handover.open()
    policy = page.headers["Content-Security-Policy"]
    assert policy == handover_look(load(PageSettings)).policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.body.count(b"<script") == 1


async def test_without_storage_the_page_says_so(world: World, away: Services) -> None:
    request = Handover(world, "", str(uuid4()), "A" * 22).request("GET")
    assert (await show_pass_page(request, services=away)).status == 503


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=200),
        st.recursive(st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=20)), st.lists).map(
            lambda value: json.dumps(value).encode()
        ),
        st.dictionaries(
            st.sampled_from(["step", "request", "publicKey", "identityProof", "replace", "other"]),
            st.one_of(st.text(max_size=30), st.booleans(), st.none(), st.sampled_from(STEPS)),
        ).map(lambda value: json.dumps(value).encode()),
    )
)
def test_no_body_is_an_error(body: bytes) -> None:
    step = read_step(Request(body=body, headers=STEP_HEADERS))
    assert step is None or step.step in STEPS


def test_a_request_of_the_page_is_one() -> None:
    assert is_from_our_page(Request(headers=STEP_HEADERS))
    assert not is_from_our_page(Request())


@given(st.binary(max_size=400))
def test_no_bytes_are_taken_for_a_key(data: bytes) -> None:
    with pytest.raises(UnusableKey):
        read_public_key(to_base64url(data))


@pytest.mark.parametrize("text", ["", "A" * 5000, "*" * 40, "é"])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(UnusableKey):
        read_public_key(text)


def test_a_box_opens_for_its_own_request_alone() -> None:
    box = seal("abcdefgh", BROWSER_KEY.private.public_key(), request_id="r-1")
    assert BROWSER_KEY.open(box, request_id="r-1") == "abcdefgh"
    with pytest.raises(ValueError, match=r"."):
        BROWSER_KEY.open(box, request_id="r-2")
    longer = seal("a" * 48, BROWSER_KEY.private.public_key(), request_id="r-1")
    assert len(box) == len(longer), "the length says nothing of the pass"
