"""Nothing that HR said is lost before the queue, in a batch, or between two roles; and nothing counts twice."""

import asyncio
import hashlib
import hmac
import json
import time
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from local.signing import standard_webhook
from provisioning.errors import ConfigurationError, TransientError
from provisioning.http import Request, Response
from provisioning.model.hires import HireEvent, HireEventType
from provisioning.model.messages import HireMessage
from provisioning.services import Services
from provisioning.store.inbox import Inbox
from provisioning.webhooks import outbox
from provisioning.webhooks.webhook import MOST_PEOPLE, receive
from tests.integration.conftest import World
from tests.integration.webhooks import content, post, queued

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BAMBOO = "4b1f0e9c2d7a6358"
FEW_SECONDS = 2.0


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HR_PROFILES_DIR", raising=False)
    monkeypatch.setenv("HR_SECRET_STANDARD_WEBHOOKS", SECRET)
    monkeypatch.setenv("HR_SECRET_BAMBOOHR", BAMBOO)
    monkeypatch.setenv("HR_SECRET_GREENHOUSE", BAMBOO)
    monkeypatch.setenv("HR_SECRET_WORKDAY", "hires:4b1f0e9c")


def inbox(world: World) -> Inbox:
    return Inbox(world.services.storage, tenant_id=world.tenant_id)


async def kept(world: World) -> list[str]:
    """The keys of the rows in the inbox."""
    rows = inbox(world).left_behind(now=world.clock() + timedelta(days=1), after=timedelta(0))
    return [row.key async for row in rows]


async def swallow(world: World) -> None:
    """The platform loses every message."""
    await world.services.storage.queue("hires").clear_messages()


async def tell(world: World, kind: str, **data: Any) -> Response:
    event = {"type": kind, "timestamp": world.clock().isoformat(), "data": data}
    body, headers = standard_webhook(event, secret=SECRET, delivery_id=uuid4().hex)
    return await post(world, "standard-webhooks", body, headers)


async def bamboo(world: World, employees: list[dict[str, Any]]) -> Response:
    body, stamp = json.dumps({"employees": employees}, separators=(",", ":")).encode(), "1795338000"
    signature = hmac.new(BAMBOO.encode(), body + stamp.encode(), hashlib.sha256).hexdigest()
    return await post(world, "bamboohr", body, {"x-bamboohr-timestamp": stamp, "x-bamboohr-signature": signature})


def employee(number: int, **fields: str) -> dict[str, Any]:
    return {
        "id": str(number),
        "action": "Updated",
        "timestamp": "2026-11-20T09:00:00Z",
        "changedFields": ["Hire Date"],
        "fields": {"Employee #": f"E{number}", "Hire Date": "2026-12-01", **fields},
    }


async def test_a_row_stands_before_the_message_is_worked_on_and_goes_with_it(ready: World) -> None:
    mia = await ready.add_user(employeeId="1187")
    assert (await tell(ready, "hire", employeeId="1187")).status == 200
    assert len(await kept(ready)) == 1
    await ready.work()
    assert (ready.members(), await kept(ready)) == ({mia}, [])


@pytest.mark.parametrize("kind", ["cancelled", "terminated"])
async def test_an_end_whose_message_was_swallowed_is_found_by_the_sweep(ready: World, kind: str) -> None:
    """What only HR says is in no report of Entra's: no sweep would ever find it by itself."""
    mia = await ready.add_user(employeeId="1187")
    await tell(ready, "hire", employeeId="1187")
    await ready.work()
    ready.clock.advance(minutes=1)
    await tell(ready, kind, employeeId="1187")
    await swallow(ready)
    ready.clock.advance(minutes=5)
    await ready.sweep()
    assert ready.members() == {mia}, "it may still be on its way"
    ready.clock.advance(minutes=15)
    assert (await ready.sweep())["sent_again"] == 1
    await ready.work()
    assert (ready.members(), await kept(ready)) == (set(), [])


async def test_what_is_lost_again_and_again_is_not_sent_for_ever(ready: World) -> None:
    await tell(ready, "hire", employeeId="1187")
    for _ in range(6):
        await swallow(ready)
        ready.clock.advance(minutes=15)
        await ready.sweep()
    assert await ready.waiting_messages("hires") == 0
    assert len(await kept(ready)) == 1, "it is kept for a person to look at"


async def test_a_message_that_is_put_off_is_not_sent_again_beside_itself(ready: World) -> None:
    """An outage of a day must not make a hundred messages of one."""
    await ready.add_user(employeeId="1187")
    await tell(ready, "hire", employeeId="1187")
    await ready.fault(method="GET", path="/users", status=503, times=50)
    await ready.work()
    for _ in range(2):
        ready.clock.advance(minutes=11)
        assert await ready.waiting_messages("hires") == 1
        await ready.fault(method="GET", path="/users", status=503, times=50)
        with pytest.raises(TransientError):
            await ready.sweep()
        assert await ready.waiting_messages("hires") == 1


@pytest.mark.parametrize("gone", ["QueueEndpoint", "TableEndpoint"])
async def test_either_place_is_enough(world: World, azurite: str, monkeypatch: pytest.MonkeyPatch, gone: str) -> None:
    parts = [part for part in azurite.split(";") if part and not part.startswith(gone)]
    monkeypatch.setenv("AzureWebJobsStorage", ";".join([*parts, f"{gone}=http://127.0.0.1:9/devstoreaccount1"]) + ";")
    half = Services(now=world.clock)
    body, headers = standard_webhook({"type": "hire", "data": {"employeeId": "1"}}, secret=SECRET, delivery_id="m")
    answer = await receive(Request(headers=headers, body=body, route={"source": "standard-webhooks"}), services=half)
    await half.close()
    assert answer.status == 200
    assert (len(await queued(world)), len(await kept(world))) == ((0, 1) if gone == "QueueEndpoint" else (1, 0))


async def test_with_storage_hanging_the_answer_comes_within_two_and_a_half_seconds(
    hanging: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Personio and Okta wait three seconds; a 503 brings them back."""
    monkeypatch.setattr(outbox, "SECONDS", 2.0)
    body, headers = standard_webhook({"type": "hire", "data": {"employeeId": "1"}}, secret=SECRET, delivery_id="m")
    started = time.perf_counter()
    with pytest.raises(TransientError, match="did not answer in time"):
        await receive(Request(headers=headers, body=body, route={"source": "standard-webhooks"}), services=hanging)
    assert time.perf_counter() - started < 2.5


async def test_1200_equal_entries_are_one_message(world: World) -> None:
    answer = await bamboo(world, [employee(11), *[employee(12)] * 1200, employee(11)])
    assert (answer.status, content(answer)["queued"]) == (200, 2)
    assert [event["employee_id"] for event in await queued(world)] == ["E11", "E12"]


async def test_1500_people_in_one_delivery_are_kept_in_time(world: World) -> None:
    """The strictest senders wait three seconds (Personio, Okta), and send all again when that is over."""
    await tell(world, "hire", employeeId="warm")
    await swallow(world)
    started = time.perf_counter()
    answer = await bamboo(world, [employee(number) for number in range(1500)])
    taken = time.perf_counter() - started
    assert (answer.status, content(answer)["queued"]) == (200, 1500)
    assert len({event["employee_id"] for event in await queued(world)}) == 1500
    assert taken < FEW_SECONDS, f"{taken:.1f} s"


async def test_more_people_than_can_be_kept_in_time_are_413(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("provisioning.webhooks.webhook.MOST_PEOPLE", 3)
    answer = await bamboo(world, [employee(number) for number in range(4)])
    assert (answer.status, content(answer)["error"]) == (413, "too_large")
    assert "more than 3" in content(answer)["message"]
    assert MOST_PEOPLE >= 1500


async def test_one_bad_item_costs_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address of 241 characters may be of 700 bytes, and its sealed form too long for a message."""
    from provisioning.address_encryption import new_key_pair

    monkeypatch.setenv("HR_ADDRESS_PUBLIC_KEY", new_key_pair()[0])
    long = "\u4e2d" * 241 + "@example.com"
    people = [
        employee(1, **{"Work Email": long}),
        employee(2, **{"Hire Date": "31/31/2026"}),
        employee(3, **{"Employee #": "x" * 129}),
        employee(4, **{"Work Email": "mia.berg@example.com"}),
    ]
    answer = await bamboo(world, people)
    assert (answer.status, content(answer)["queued"], len(content(answer)["rejected"])) == (200, 2, 2)
    assert [event["employee_id"] for event in await queued(world)] == ["E1", "E4"]


async def test_one_that_must_wait_goes_back_alone(ready: World) -> None:
    mia = await ready.add_user(employeeId="E1")
    await ready.add_user(employeeId="E2")
    await bamboo(ready, [employee(1), employee(2)])
    leases = ready.services.sweep_state.leases
    from provisioning.model.ledger import employee_key

    async with leases.hold(employee_key("E2"), holder="another worker", seconds=120):
        await ready.work()
    assert ready.members() == {mia}
    (left,) = await queued_soon(ready)
    assert left.employee_id == "E2"
    assert len(await kept(ready)) == 1


async def queued_soon(world: World) -> list[HireEvent]:
    """The events on the queue, those included that are not to be seen yet."""
    for _ in range(100):
        messages = await world.services.storage.queue("hires").peek_messages(max_messages=32)
        if messages:
            return [event for item in messages for event in HireMessage.model_validate_json(item.content).events]
        await asyncio.sleep(0.2)
    raise AssertionError("There is no message.")


async def test_hired_and_gone_in_one_delivery_both_count(
    ready: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / "acme.toml").write_text(ACME.replace('"body.id"', '"item.id"').replace('"body.what"', '"item.what"'))
    monkeypatch.setenv("HR_PROFILES_DIR", str(tmp_path))
    monkeypatch.setenv("HR_SECRET_ACME", BAMBOO)
    await ready.add_user(employeeId="77")
    body = json.dumps({"people": [{"id": 77, "what": "hired"}, {"id": 77, "what": "gone"}]}).encode()
    text = (tmp_path / "acme.toml").read_text()
    (tmp_path / "acme.toml").write_text(text.replace("[signature]", 'items = "body.people"\n\n[signature]'))
    signature = hmac.new(BAMBOO.encode(), body, hashlib.sha256).hexdigest()
    answer = await post(ready, "acme", body, {"x-signature": signature, "x-delivery": "D1"})
    assert content(answer)["queued"] == 2
    await ready.work()
    assert ready.members() == set()


ACME = """\
title = "Acme"
confirmed = true
auth = "hmac"
event = "body.what"

[signature]
header = "X-Signature"

[events]
hired = "hire"
moved = "start_date_changed"
gone = "cancelled"

[map]
employee_id = "body.id"
start_date = "body.day"
"""


async def acme(world: World, **body: Any) -> None:
    raw = json.dumps(body).encode()
    signature = hmac.new(BAMBOO.encode(), raw, hashlib.sha256).hexdigest()
    assert (await post(world, "acme", raw, {"x-signature": signature})).status == 200
    await world.work()
    world.clock.advance(minutes=1)


@pytest.fixture
def described(ready: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> World:
    """A customer's source whose deliveries have neither an id nor a time."""
    (tmp_path / "acme.toml").write_text(ACME)
    monkeypatch.setenv("HR_PROFILES_DIR", str(tmp_path))
    monkeypatch.setenv("HR_SECRET_ACME", BAMBOO)
    return ready


async def test_created_moved_and_moved_again_without_time_or_id_all_count(described: World) -> None:
    mia = await described.add_user(employeeId="1187")
    today = described.clock().date()
    await acme(described, what="hired", id=1187, day=str(today + timedelta(days=60)))
    await acme(described, what="moved", id=1187, day=str(today + timedelta(days=50)))
    assert described.members() == set()
    await acme(described, what="moved", id=1187, day=str(today + timedelta(days=5)))
    assert described.members() == {mia}


async def test_created_withdrawn_and_created_again_without_time_or_id_all_count(described: World) -> None:
    mia = await described.add_user(employeeId="1187")
    for what, members in (("hired", {mia}), ("gone", set()), ("hired", {mia}), ("hired", {mia}), ("gone", set())):
        await acme(described, what=what, id=1187)
        assert described.members() == members


async def test_an_unsigned_header_decides_nothing(ready: World) -> None:
    """grnhse/greenhouse-api-docs: Greenhouse-Event-ID is not signed. Who has seen an old hire could send it again under
    another id, or under none, and overrule the cancellation."""
    await ready.add_user(employeeId="21457")
    application = {"candidate": {"id": 358}, "custom_fields": {"employee_number": {"value": "21457"}}}
    number = {"hire_candidate": 1, "unhire_candidate": 2}

    async def greenhouse(action: str, event_id: str | None) -> None:
        body = json.dumps({"action": action, "payload": {"application": application}}).encode()
        signature = hmac.new(BAMBOO.encode(), body, hashlib.sha256).hexdigest()
        headers = {"signature": f"sha256 {signature}"} | ({"greenhouse-event-id": event_id} if event_id else {})
        assert (await post(ready, "greenhouse", body, headers)).status == 200
        await ready.work()
        ready.clock.advance(minutes=number[action])

    await greenhouse("hire_candidate", "evt-1")
    row = await ready.people.hire_record("21457")
    assert row is not None
    known = row.delivered
    for event_id in ("evt-2", None):
        await greenhouse("hire_candidate", event_id)
        row = await ready.people.hire_record("21457")
        assert row is not None
        assert row.delivered == known


async def test_workdays_rescinded_with_the_hires_own_event_id_counts(ready: World) -> None:
    await ready.add_user(employeeId="21457")
    for event in ("hire", "rescinded"):
        body = json.dumps({"event": event, "eventId": "WD-000123", "workerId": "21457"}).encode()
        headers = {"authorization": "Basic aGlyZXM6NGIxZjBlOWM="}
        assert (await post(ready, "workday", body, headers)).status == 200
        await ready.work()
    assert ready.members() == set()


async def test_an_unverified_hire_never_beats_a_proved_end(ready: World) -> None:
    mia = await ready.add_user(employeeId="1187")
    await ready.send_hire("1187")
    await ready.work()
    ready.clock.advance(minutes=1)
    await ready.send_hire("1187", kind=HireEventType.CANCELLED)
    await ready.work()
    for source, claimed in (("lever", False), ("nobody-knows", False), ("standard-webhooks", True)):
        ready.clock.advance(minutes=1)
        await ready.send_hire("1187", source=source, unverified=claimed)
        await ready.work()
        assert ready.members() == set(), "whatever the message says of its own source"
    ready.clock.advance(minutes=1)
    await ready.send_hire("1187", kind=HireEventType.REHIRED)
    await ready.work()
    assert ready.members() == {mia}


async def test_an_unproved_source_that_says_it_is_proved_ends_nothing(ready: World) -> None:
    mia = await ready.add_user(employeeId="1187")
    await ready.send_hire("1187")
    await ready.work()
    ready.clock.advance(minutes=1)
    await ready.send_hire("1187", kind=HireEventType.CANCELLED, source="lever", unverified=False)
    await ready.work()
    assert ready.members() == {mia}


async def test_a_table_that_was_not_deployed_is_said(world: World) -> None:
    rows = inbox(world)
    rows.table = world.services.storage.table("nowhere")
    with pytest.raises(ConfigurationError, match="no table nowhere"):
        await rows.add("key", "text")
