"""POST /api/hires/{source}: genuine deliveries are queued, everything else gets an answer that says why."""

import json
import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.signing import bamboohr_delivery, standard_webhook
from provisioning.errors import ConfigurationError, TransientError
from provisioning.http import Request, Response
from provisioning.log import quiet
from provisioning.services import Services
from provisioning.webhooks.webhook import LARGEST_BODY, receive
from tests.integration.conftest import World
from tests.integration.webhooks import content, post, queued

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BAMBOO_SECRET = "4b1f0e9c2d7a"
HIRE = {"type": "hire", "timestamp": "2026-11-20T09:00:00Z", "data": {"employeeId": "1187", "startDate": "2026-12-01"}}


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HR_SECRET_STANDARD_WEBHOOKS", SECRET)
    monkeypatch.setenv("HR_SECRET_BAMBOOHR", BAMBOO_SECRET)


async def post_standard(world: World, event: dict[str, Any], *, secret: str = SECRET) -> Response:
    body, headers = standard_webhook(event, secret=secret, delivery_id="msg_1")
    return await post(world, "standard-webhooks", body, headers)


async def post_bamboo(world: World, event: dict[str, Any], *, secret: str = BAMBOO_SECRET) -> Response:
    body, headers = bamboohr_delivery(event, secret=secret)
    return await post(world, "bamboohr", body, headers)


async def test_a_signed_hire_is_queued_as_ids_only(world: World) -> None:
    answer = await post_standard(world, {**HIRE, "data": {**HIRE["data"], "name": "Mia Berg", "mail": "m@example.com"}})  # type: ignore[dict-item]
    assert (answer.status, content(answer)) == (200, {"status": "queued", "queued": 1, "ignored": 0})
    (message,) = await queued(world)
    assert (message["employee_id"], message["start_date"], message["kind"]) == ("1187", "2026-12-01", "hire")
    assert "Mia" not in json.dumps(message)
    assert "@" not in json.dumps(message)


@pytest.mark.pitfall("G3")
async def test_the_queue_message_is_small_whatever_was_sent(world: World) -> None:
    """onefuzz#1900: 413 RequestBodyTooLarge, because the whole payload went to the queue."""
    answer = await post_standard(world, {**HIRE, "cv": "x" * 120_000})
    assert answer.status == 200
    (message,) = await queued(world)
    assert len(json.dumps(message)) < 2048


async def test_bamboohr_event(world: World) -> None:
    event = {"type": "employee.created", "timestamp": "2026-11-20T09:00:00+0000", "data": {"employeeId": 1187}}
    assert (await post_bamboo(world, event)).status == 200
    (message,) = await queued(world)
    assert (message["source"], message["employee_id"], message["vendor_id"]) == ("bamboohr", "", "1187")
    assert message["unverified"] is True, "the id is BambooHR's own, and may be another person's number"
    assert message["event_id"] == "hire:1187:2026-11-20T09:00:00+0000"


async def test_bamboohr_fields_with_one_bad_employee(world: World) -> None:
    good = {
        "id": "1",
        "action": "Created",
        "timestamp": "2026-11-20T09:00:00+0000",
        "fields": {"Hire Date": "2026-12-01"},
    }
    bad = {**good, "id": "2", "fields": {"Hire Date": "01/12/2026"}}
    other = {**good, "id": "3", "action": "Updated", "fields": {"Home Email": "x@example.com"}}
    answer = await post_bamboo(world, {"employees": [good, bad, other]})
    assert answer.status == 200
    assert (content(answer)["queued"], content(answer)["ignored"]) == (1, 1)
    assert "Employee 2 of 3" in content(answer)["rejected"][0]
    assert [message["vendor_id"] for message in await queued(world)] == ["1"]


@pytest.mark.pitfall("K5")
@pytest.mark.parametrize("kind", ["candidate_stage_change", "employee.updated", ""])
async def test_an_unknown_event_is_answered_200(world: World, kind: str) -> None:
    """Greenhouse counts anything but 200 as failed and comes back for 15 hours (grnhse/greenhouse-api-docs)."""
    answer = await post_standard(world, {**HIRE, "type": kind})
    assert (answer.status, content(answer)["status"]) == (200, "ignored")
    assert await queued(world) == []


@pytest.mark.pitfall("K2")
@pytest.mark.parametrize(
    "signature", ["garbage", "v1,a,b", "v1,  x", "  ", "v1,\u00e9", "", "v1,", "v2,abc", "v1a,abc v1,@@"]
)
async def test_a_malformed_signature_is_401(world: World, signature: str) -> None:
    """standardwebhooks 1.1.0 lets ValueError and binascii.Error out."""
    body, headers = standard_webhook(HIRE, secret=SECRET, delivery_id="msg_1")
    answer = await post(world, "standard-webhooks", body, {**headers, "webhook-signature": signature})
    assert (answer.status, content(answer)["error"]) == (401, "not_verified")


@pytest.mark.pitfall("K2")
async def test_a_body_that_is_not_utf8_is_401(world: World) -> None:
    """standardwebhooks 1.1.0 lets UnicodeDecodeError out."""
    _, headers = standard_webhook(HIRE, secret=SECRET, delivery_id="msg_1")
    assert (await post(world, "standard-webhooks", b"\xff\xfe", headers)).status == 401


async def test_a_batch_that_fills_the_body_is_queued_whole(world: World) -> None:
    people = [{"id": str(number), "action": "Created", "timestamp": "t", "fields": {}} for number in range(300)]
    answer = await post_bamboo(world, {"employees": people})
    assert (answer.status, content(answer)["queued"]) == (200, 300)
    assert len({message["vendor_id"] for message in await queued(world)}) == 300


@pytest.mark.parametrize("source", ["standard-webhooks", "bamboohr"])
async def test_unsigned_and_wrongly_signed_deliveries_are_401(world: World, source: str) -> None:
    assert (await post(world, source, json.dumps(HIRE).encode(), {})).status == 401
    other = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldY"
    assert (await post_standard(world, HIRE, secret=other)).status == 401
    assert (await post_bamboo(world, HIRE, secret="other")).status == 401
    assert await queued(world) == []


@pytest.mark.parametrize("body", [b"not json", b"[]", b'"x"', b"{}", b"null", b"[" * 5000, b"\xff\xfe"])
async def test_a_genuine_delivery_that_cannot_be_read_is_400(world: World, body: bytes) -> None:
    import hashlib
    import hmac

    signature = hmac.new(BAMBOO_SECRET.encode(), body + b"1795338000", hashlib.sha256).hexdigest()
    headers = {"x-bamboohr-signature": signature, "x-bamboohr-timestamp": "1795338000"}
    answer = await post(world, "bamboohr", body, headers)
    assert (answer.status, content(answer)["error"]) == (400, "unreadable")


async def test_a_replay_outside_the_time_window_is_401(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    body, headers = standard_webhook(HIRE, secret=SECRET, delivery_id="msg_1")
    old = str(int((datetime.now(UTC) - timedelta(minutes=6)).timestamp()))
    answer = await post(world, "standard-webhooks", body, {**headers, "webhook-timestamp": old})
    assert answer.status == 401


async def test_during_a_rotation_both_secrets_are_valid(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A 401 is final for several HR systems, so a rotation must not lose a hire."""
    other = "whsec_QUJDREVGR0hJSktMTU5PUFFSU1RVVldY"
    monkeypatch.setenv("HR_SECRET_STANDARD_WEBHOOKS", f"{other}, {SECRET}")
    assert (await post_standard(world, HIRE)).status == 200
    assert (await post_standard(world, HIRE, secret=other)).status == 200


@pytest.mark.parametrize(
    "source", ["", "dayforce", "../tenant", "BambooHR", "../profiles/deel", "deel.toml", "a" * 300]
)
async def test_an_unknown_source_is_404(world: World, source: str) -> None:
    answer = await post(world, source, b"{}", {})
    assert (answer.status, content(answer)["error"]) == (404, "unknown_source")


async def test_an_oversized_body_is_413_before_anything_is_computed(world: World) -> None:
    answer = await post(world, "bamboohr", b"x" * (LARGEST_BODY + 1), {})
    assert answer.status == 413
    assert "256 KiB" in content(answer)["message"]


async def test_a_source_without_a_secret_lets_nobody_in(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HR_SECRET_BAMBOOHR")
    with pytest.raises(ConfigurationError, match="The setting HR_SECRET_BAMBOOHR is missing"):
        await post_bamboo(world, HIRE)


async def test_a_secret_that_is_not_base64_is_the_admins_fault_not_the_senders(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HR_SECRET_STANDARD_WEBHOOKS", "whsec_not base64 at all")
    with pytest.raises(ConfigurationError, match="is not Base64"):
        await post_standard(world, HIRE)


async def test_storage_away_is_try_again_within_the_senders_patience(away: Services) -> None:
    started = time.monotonic()
    body, headers = standard_webhook(HIRE, secret=SECRET, delivery_id="msg_1")
    with pytest.raises(TransientError, match="could not be reached"):
        await receive(Request(headers=headers, body=body, route={"source": "standard-webhooks"}), services=away)
    assert time.monotonic() - started < 3


async def test_storage_that_refuses_us_is_the_admins_fault(
    world: World, azurite: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a missing role assignment looks like."""
    monkeypatch.setenv("AzureWebJobsStorage", re.sub("AccountKey=[^;]*", "AccountKey=d3Jvbmc=", azurite))
    refused = Services()
    body, headers = standard_webhook(HIRE, secret=SECRET, delivery_id="msg_1")
    with pytest.raises(ConfigurationError, match="refuses this app for queue hires"):
        await receive(Request(headers=headers, body=body, route={"source": "standard-webhooks"}), services=refused)
    await refused.close()


async def test_a_line_break_in_a_delivery_cannot_forge_a_log_line(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    quiet()  # as function_app.py does when it is loaded
    stamp = "x\r\n2026-11-25 ERROR admin deleted"
    await post_bamboo(world, {"type": "employee.created", "timestamp": stamp, "data": {"employeeId": "1"}})
    assert "\n" not in caplog.text.strip()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=st.sampled_from(["hire", "employee.created", "cancelled"]), data=JSON, employees=JSON, stamp=JSON)
async def test_whatever_a_signed_body_holds_the_answer_is_200_or_400(
    world: World, kind: str, data: object, employees: object, stamp: object
) -> None:
    event = {"type": kind, "timestamp": stamp, "data": data}
    for answer in (
        await post_standard(world, event),
        await post_bamboo(world, event),
        await post_bamboo(world, {"employees": employees}),
        await post_bamboo(
            world, {"employees": [{"id": data, "action": "Created", "fields": employees, "timestamp": stamp}]}
        ),
    ):
        assert answer.status in (200, 400)
        assert content(answer)
