"""Once and only once: runs that overlap, die or lose an answer; channels with a key and without; the pace."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from local import identities
from provisioning.errors import TransientError
from provisioning.model.newcomer_messages import MessageState, OutboxMessage
from provisioning.store.outbox import Outbox
from provisioning.support.message_health import of_messages

from .in_process import InProcess
from .post import Post
from .test_crash_points import Killed

SEND = "POST /users/{user}/sendMail"
SENDING = r"/sendMail$"


async def of_kind(post: Post, object_id: str, kind: str = "invitation") -> OutboxMessage:
    (found,) = [row for row in await post.rows(object_id) if row.kind == kind]
    return found


async def sent_requests(post: Post) -> int:
    return (await post.world.requests("POST")).count(SEND)


async def test_runs_that_overlap_send_once(post: Post) -> None:
    ids = [await post.invite(str(number)) for number in range(6)]
    with suppress(TransientError):
        await asyncio.gather(*(post.run() for _ in range(4)))
    await post.run(minutes=5)
    assert len(post.lines) == len(set(post.lines)) == len(ids)


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("call", [1, 2, 3])
async def test_a_run_that_dies_at_a_graph_call_sends_at_most_once(
    post: Post, dead_hands: None, call: int, moment: str
) -> None:
    """The run reads the account, finds the mailbox, and sends."""
    object_id = await post.invite("1187")
    transport = post.world.services.graphs[identities.PEOPLE.client_id].transport
    assert isinstance(transport, InProcess)
    transport.calls = 0

    def watch(number: int, now: str) -> None:
        if (number, now) == (call, moment):
            raise Killed

    transport.watch = watch
    with suppress(Killed):
        await post.run()
    transport.watch = None
    await post.run(8, minutes=5)
    left = (call, moment) == (3, "after")
    asked = call == 3
    assert len(post.lines) == (1 if left or not asked else 0)
    state = (await of_kind(post, object_id)).state
    assert state is (MessageState.UNKNOWN if asked else MessageState.ACCEPTED)


@pytest.mark.parametrize("after", [False, True], ids=["before it is written", "after it is written"])
@pytest.mark.parametrize("write", range(1, 4))
async def test_a_run_that_dies_at_a_write_sends_at_most_once(
    post: Post, dead_hands: None, monkeypatch: pytest.MonkeyPatch, write: int, after: bool
) -> None:
    """Write 1 claims the message, 2 plans the next one, 3 settles it."""
    object_id = await post.invite("1187")
    await post.outbox.notes.done((await post.outbox.notes.due(post.world.clock() + timedelta(days=30), most=9))[-1])
    counted = 0

    def dying(method: Callable[..., Any]) -> Callable[..., Any]:
        async def call(self: Outbox, message: OutboxMessage) -> Any:
            nonlocal counted
            counted += 1
            if counted == write and not after:
                raise Killed
            result = await method(self, message)
            if counted == write:
                raise Killed
            return result

        return call

    with monkeypatch.context() as patch:
        patch.setattr(Outbox, "save", dying(Outbox.save))
        with suppress(Killed):
            await post.run()
    await post.run(8, minutes=5)
    invitation = await of_kind(post, object_id)
    assert len([line for line in post.lines if "Set up" in line[1]]) <= 1
    assert invitation.state in (MessageState.ACCEPTED, MessageState.UNKNOWN)
    assert len(post.lines) == 1 or invitation.state is MessageState.UNKNOWN


@pytest.mark.pitfall("M5")
@pytest.mark.parametrize("fault", [{"status": 504}, {"status": 503}, {"drop": "after"}], ids=str)
async def test_a_lost_answer_is_one_request_and_unknown(post: Post, fault: dict[str, Any]) -> None:
    """Microsoft Q&A 2286986: four copies of a message after 504 and three retries."""
    object_id = await post.invite("1187")
    await post.world.fault(path=SENDING, method="POST", **({"takesEffect": True} if "status" in fault else {}), **fault)
    await post.run(6, minutes=10)
    assert len(post.sent) == 1
    assert await sent_requests(post) == 1
    assert (await of_kind(post, object_id)).state is MessageState.UNKNOWN
    assert (await of_kind(post, object_id, "reminder")).state is MessageState.PLANNED, "the next one comes all the same"


async def test_a_throttled_mailbox_pauses_the_run(post: Post) -> None:
    ids = [await post.invite(str(number)) for number in range(8)]
    await post.world.fault(path=SENDING, method="POST", status=429, headers={"Retry-After": "600"}, times=1)
    await post.run()
    assert len(post.lines) < len(ids)
    assert {(await of_kind(post, object_id)).state for object_id in ids} <= {
        MessageState.PLANNED,
        MessageState.ACCEPTED,
    }
    await post.run(4, minutes=5)
    assert len(post.lines) == len(set(post.lines)) == len(ids)


async def test_a_mailbox_that_may_not_be_used_loses_no_message(post: Post) -> None:
    object_id = await post.invite("1187")
    await post.world.control.patch("/_local/settings", json={"mailRbacClient": ""})
    await post.run(2, minutes=5)
    assert post.sent == []
    check = await of_messages(post.outbox)
    assert not check.healthy
    assert "ErrorAccessDenied" in check.detail
    await post.world.control.patch("/_local/settings", json={"mailRbacClient": identities.PEOPLE.client_id})
    await post.run(4, minutes=15)
    assert len(post.lines) == 1
    assert (await of_kind(post, object_id)).state is MessageState.ACCEPTED
    assert (await of_messages(post.outbox)).healthy


async def test_a_tenant_wide_permission_to_send_is_a_fault(post: Post) -> None:
    """It makes the scope of Exchange's RBAC for Applications void (Test-ServicePrincipalAuthorization page)."""
    await post.world.control.patch("/_local/settings", json={"mailRbacClient": ""})
    held = [*identities.PEOPLE.roles, "Mail.Send"]
    await post.world.control.put("/_local/roles", json={identities.PEOPLE.client_id: held})
    await post.invite("1187")
    await post.run()
    assert len(post.lines) == 1
    check = await of_messages(post.outbox)
    assert not check.healthy
    assert "Mail.Send" in check.detail


async def test_a_recipient_that_exchange_refuses_is_failed(post: Post) -> None:
    object_id = await post.invite("1187", mail="nobody-at-all")
    await post.invite("1188")
    await post.run(2, minutes=5)
    assert (await of_kind(post, object_id)).state is MessageState.FAILED
    assert len(post.lines) == 1, "and holds nobody else up"


@pytest.mark.pitfall("M4")
async def test_a_mailbox_that_refuses_its_settings_holds_nobody_up(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """microsoftgraph/msgraph-sdk-dotnet#2141: 403 "The process failed to get the correct properties." for some only."""
    monkeypatch.setenv("MESSAGES_MAILBOX_SETTINGS", "true")
    ids = [await post.invite(str(number), usageLocation="JP" if number == 0 else "DE") for number in range(4)]
    body = {"error": {"code": "ErrorAccessDenied", "message": "The process failed to get the correct properties."}}
    await post.world.fault(path=f"{ids[1]}/mailboxSettings", status=403, body=body)
    for number, zone in ((2, "W. Europe Standard Time"), (3, "Customized Time Zone")):
        await post.world.control.patch(f"/_local/mailboxes/{ids[number]}", json={"timeZone": zone})
    await post.run()
    zones = [(await of_kind(post, object_id)).zone for object_id in ids]
    assert zones == ["Asia/Tokyo", "Europe/Berlin", "Europe/Berlin", "Europe/Berlin"]
    assert len(post.lines) == 3, "it is 18:00 in Tokyo"
    assert (await of_messages(post.outbox)).healthy


async def test_the_clock_of_the_manager_counts_for_a_newcomer_without_one(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MESSAGES_MAILBOX_SETTINGS", "true")
    object_id = await post.invite("1187", usageLocation="DE")
    manager = await post.manage(object_id, mail="boss@example.com")
    await post.world.control.patch(f"/_local/mailboxes/{manager}", json={"timeZone": "Tokyo Standard Time"})
    await post.run()
    invitation = await of_kind(post, object_id)
    assert (invitation.state, invitation.zone) == (MessageState.PLANNED, "Asia/Tokyo")
    assert invitation.due.isoformat() == "2026-11-30T23:00:00+00:00", "08:00 on Tuesday in Tokyo"


@pytest.fixture
def communication(post: Post, monkeypatch: pytest.MonkeyPatch) -> Post:
    """Mail goes by Communication Services."""
    for name, value in {
        "MESSAGES_CHANNEL": "communication-services",
        "MESSAGES_SENDER": "enroll@mail.example.com",
        "MESSAGES_ENDPOINT": "https://contoso.communication.azure.com",
    }.items():
        monkeypatch.setenv(name, value)
    post.world.services.transport = post.world.graph.transport
    return post


@pytest.mark.pitfall("M6")
async def test_communication_services_is_asked_nothing_afterwards(communication: Post) -> None:
    """Azure/azure-sdk-for-python#35849: the poller said "not found" of a mail that had arrived."""
    post = communication
    object_id = await post.invite("1187")
    await post.world.fault(path="/emails/operations", status=404)
    await post.run(3, minutes=5)
    assert [item["operation"] for item in post.world.tenant.mail] == [(await of_kind(post, object_id)).operation_id]
    assert (await of_kind(post, object_id)).state is MessageState.ACCEPTED
    assert post.sent[0]["text"].startswith("Hello,")


@pytest.mark.parametrize("fault", [{"status": 504}, {"drop": "before"}, {"drop": "after"}], ids=str)
async def test_a_channel_with_a_key_tries_a_lost_answer_again(communication: Post, fault: dict[str, Any]) -> None:
    post = communication
    object_id = await post.invite("1187")
    await post.world.fault(path="/emails:send", times=2, **fault)
    await post.run(8, minutes=5)
    assert len(post.sent) == 1
    invitation = await of_kind(post, object_id)
    assert (invitation.state, invitation.tries) == (MessageState.ACCEPTED, 3)


@pytest.mark.pitfall("M7")
async def test_a_cohort_goes_at_the_pace_of_the_service(communication: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """Azure/azure-sdk-for-js#32328: the sender hung under throttling. 30 a minute and 100 an hour are the limits."""
    post = communication
    monkeypatch.setenv("SWEEP_MAX_PERCENT", "100")
    users = [{"displayName": f"New {number}", "employeeId": str(number)} for number in range(104)]
    ids = (await post.world.control.post("/_local/users", json=users)).json()["ids"]
    await post.world.sweep()
    post.world.sleeps.asked.clear()
    started = post.world.clock()
    await post.run(11, minutes=5)
    assert len(post.sent) == 100
    last = await post.outbox.last_run()
    assert last is not None
    assert last["next_at"] == (started + timedelta(hours=1, minutes=5)).isoformat()
    assert (await post.world.requests("POST")).count("POST /emails:send") == 100, "the service never had to refuse"
    await post.run(4, minutes=5)
    assert len(post.sent) == len(set(post.lines)) == len(ids)
    assert post.world.sleeps.asked == []


async def test_a_missing_setting_stops_messages_and_nothing_else(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MESSAGES_SENDER", "")
    object_id = await post.invite("1187")
    assert object_id in post.world.members()
    await post.run()
    check = await of_messages(post.outbox)
    assert not check.healthy
    assert "MESSAGES_SENDER" in check.detail


async def test_no_log_line_holds_a_name_an_address_or_a_link(post: Post, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    object_id = await post.invite("1187")
    await post.manage(object_id, mail="boss@example.com")
    await post.run(2, minutes=5)
    assert post.lines
    text = "\n".join(caplog.messages)
    assert object_id in text
    for secret in ("@example.com", "Person 1187", "Contoso", "/start"):
        assert secret not in text, secret
