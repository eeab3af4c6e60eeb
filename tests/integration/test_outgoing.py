"""What other systems are told of a person, over real HTTPS: signed, repeated until it is taken, and never wrong."""

import logging
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from standardwebhooks import Webhook

from provisioning.model.ledger import EnrollmentState, Person
from provisioning.model.messages import OutgoingMessage
from provisioning.people import outgoing
from provisioning.people.outgoing import DELAYS, announce
from provisioning.people.triggers import context, on_outgoing
from provisioning.signed_posts import signed_headers
from provisioning.store.poison import count_poison, peek_poison

from .conftest import World

SECRET = "whsec_" + "QUJD" * 8
OTHER_SECRET = "whsec_" + "REVG" * 8


@dataclass
class Hook:
    """A system that takes events.

    Args:
        statuses: What it answers, one after the other; then 204.
    """

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.got.append((headers, await request.read()))
        return web.Response(status=self.statuses.pop(0) if self.statuses else 204, headers={"Location": "/elsewhere"})

    @property
    def events(self) -> list[dict[str, Any]]:
        """What it was told, each delivery checked as a receiver does."""
        return [Webhook(SECRET).verify(body.decode(), headers) for headers, body in self.got]


def certificate_for(address: str, folder: Path, *, now: datetime) -> tuple[Path, Path]:
    """Files with a certificate that signs itself, and its key."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, address)])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))])
    made = builder.add_extension(alternative, critical=False).sign(key, hashes.SHA256())
    public, private = folder / "hook.pem", folder / "hook.key"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, plain)
    )
    return public, private


@pytest.fixture
async def hook(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hook]:
    """A receiver that the product is told of and whose certificate the machine trusts."""
    public, private = certificate_for("127.0.0.1", tmp_path, now=datetime.now(UTC))
    secured = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secured.load_cert_chain(public, private)
    hook = Hook()
    app = web.Application()
    app.router.add_post("/{tail:.*}", hook.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=secured)
    await site.start()
    hook.url = f"https://127.0.0.1:{runner.addresses[0][1]}/hooks/people"
    monkeypatch.setattr(outgoing, "SETTLED", 0)
    for name, value in {
        "SSL_CERT_FILE": str(public),
        "OUTGOING_WEBHOOKS": "hr",
        "OUTGOING_URL_HR": hook.url,
        "OUTGOING_SECRET_HR": SECRET,
    }.items():
        monkeypatch.setenv(name, value)
    yield hook
    await runner.cleanup()


def person(world: World, state: EnrollmentState, **fields: Any) -> Person:
    return Person(object_id="0d9f2c1e-6c1f-4f0e-8a53-0f5a7b1c2d3e", state=state, employee_id="1187", **fields)


async def save(world: World, row: Person) -> Person:
    """Write a row as the people role does."""
    return await context(world.services).ledger.save(row)


async def queued(world: World) -> OutgoingMessage:
    """The one message that waits, taken off the queue."""
    queue = world.services.storage.queue("outgoing")
    (message,) = [message async for message in queue.receive_messages()]
    await queue.delete_message(message)
    return OutgoingMessage.model_validate_json(message.content)


async def test_a_system_is_told_that_a_person_was_invited(ready: World, hook: Hook) -> None:
    object_id = await ready.add_user(employeeId="1187", employeeHireDate=ready.clock().isoformat())
    await ready.send_hire("1187", start=ready.clock().date())
    await ready.work()
    (event,) = hook.events
    assert (event["type"], event["timestamp"]) == ("person.invited", ready.clock().isoformat())
    assert event["data"] == {
        "objectId": object_id,
        "employeeId": "1187",
        "state": "invited",
        "firstDay": ready.clock().date().isoformat(),
        "reason": None,
        "remedy": None,
    }


async def test_parked_without_an_account_is_told_with_reason_and_remedy(ready: World, hook: Hook) -> None:
    for _ in range(2):
        await ready.add_user(employeeId="1187")
    await ready.send_hire("1187", start=ready.clock().date())
    await ready.work()
    (event,) = hook.events
    assert (event["type"], event["data"]["objectId"], event["data"]["employeeId"]) == ("person.parked", None, "1187")
    assert event["data"]["reason"]
    assert event["data"]["remedy"]


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        (EnrollmentState.REGISTERED, "person.registered"),
        (EnrollmentState.UNEXPECTED, "person.unexpected"),
        (EnrollmentState.WAITING, None),
        (EnrollmentState.LEFT, None),
        (EnrollmentState.DONE, None),
    ],
)
async def test_four_states_are_told(world: World, hook: Hook, state: EnrollmentState, kind: str | None) -> None:
    await save(world, person(world, state))
    await world.work()
    assert [event["type"] for event in hook.events] == ([kind] if kind else [])


async def test_a_row_that_is_written_again_in_the_same_state_is_not_told_again(world: World, hook: Hook) -> None:
    row = await save(world, person(world, EnrollmentState.INVITED, invited_at=world.clock()))
    await save(world, replace(row, seen_at=world.clock()))
    read = await world.people.person(row.object_id)
    assert read is not None
    await save(world, replace(read, checked_at=world.clock()))
    await world.work()
    assert len(hook.got) == 1


async def test_an_event_whose_row_was_never_written_is_not_told(
    world: World, hook: Hook, caplog: pytest.LogCaptureFixture
) -> None:
    """The run died between the queue and the table, or another run wrote the row first."""
    await announce(person(world, EnrollmentState.REGISTERED), services=world.services)
    message = await queued(world)
    await on_outgoing(message.model_dump_json(), services=world.services)
    assert await world.waiting_messages("outgoing") == 1, "the row may still be written"
    world.clock.advance(seconds=121)
    caplog.set_level(logging.INFO)
    await on_outgoing(message.model_dump_json(), services=world.services)
    assert '"reason": "overtaken"' in caplog.text
    assert hook.got == []


async def test_an_event_that_is_told_twice_has_one_id(world: World, hook: Hook) -> None:
    await save(world, person(world, EnrollmentState.REGISTERED, registered_at=world.clock()))
    message = await queued(world)
    for _ in range(2):
        await on_outgoing(message.model_dump_json(), services=world.services)
    first, second = (headers["webhook-id"] for headers, _ in hook.got)
    assert first == second


async def test_a_new_registration_is_a_new_event(world: World, hook: Hook) -> None:
    row = await save(world, person(world, EnrollmentState.REGISTERED, registered_at=world.clock()))
    await world.work()
    row = await save(world, replace(row, state=EnrollmentState.INVITED, invited_at=world.clock()))
    await world.work()
    world.clock.advance(seconds=60)
    await save(world, replace(row, state=EnrollmentState.REGISTERED, registered_at=world.clock()))
    await world.work()
    assert [event["type"] for event in hook.events] == ["person.registered", "person.invited", "person.registered"]
    assert len({headers["webhook-id"] for headers, _ in hook.got}) == 3


@pytest.mark.parametrize("status", [302, 400, 401, 404, 429, 500, 503])
async def test_what_a_receiver_does_not_take_is_sent_again_later(
    world: World, hook: Hook, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    """A redirect is not followed: it would let the receiver point us at any host."""
    hook.statuses.append(status)
    await save(world, person(world, EnrollmentState.REGISTERED))
    await world.work()
    assert len(hook.got) == 1
    assert f"the receiver hr answered {status}" in caplog.text
    assert '"attempt": 0, "delay": 5' in caplog.text
    assert await world.waiting_messages("outgoing") == 1


async def test_a_receiver_that_says_gone_is_not_asked_again(world: World, hook: Hook) -> None:
    hook.statuses.append(410)
    await save(world, person(world, EnrollmentState.REGISTERED))
    await world.work()
    assert await world.waiting_messages("outgoing") == 0
    assert await count_poison(world.services.storage, "outgoing") == 0


async def test_after_three_days_an_event_is_kept_for_an_admin(
    world: World, hook: Hook, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OUTGOING_URL_HR", "https://127.0.0.1:9/nobody")
    assert 2.5 * 86400 < sum(DELAYS) < 4 * 86400
    await save(world, person(world, EnrollmentState.REGISTERED))
    message = (await queued(world)).model_copy(update={"attempt": len(DELAYS)})
    await on_outgoing(message.model_dump_json(), services=world.services)
    assert await world.waiting_messages("outgoing") == 0
    (kept,) = await peek_poison(world.services.storage, "outgoing")
    assert kept.work == message
    assert f'"event": "given_up", "hr_event": "{message.event_id}"' in caplog.text


async def test_a_certificate_nobody_vouches_for_is_not_trusted(
    world: World, hook: Hook, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    await save(world, person(world, EnrollmentState.REGISTERED))
    await world.work()
    assert hook.got == []
    assert '"event": "no_answer", "receiver": "hr", "error": "ConnectError"' in caplog.text


@pytest.mark.parametrize(
    ("setting", "value", "fault"),
    [
        ("OUTGOING_URL_HR", "", "is missing"),
        ("OUTGOING_URL_HR", "http://hr.example.com/hook", "is not an https address"),
        ("OUTGOING_URL_HR", "https://user:word@hr.example.com/hook", "is not an https address"),
        ("OUTGOING_URL_HR", "https://hr.example.com:port/hook", "is not an https address"),
        ("OUTGOING_URL_HR", "file:///etc/passwd", "is not an https address"),
        ("OUTGOING_URL_HR", "https://", "is not an https address"),
        ("OUTGOING_SECRET_HR", "", "is missing"),
        ("OUTGOING_SECRET_HR", "whsec_not base64", "is not Base64"),
        ("OUTGOING_SECRET_HR", "whsec_QUJD", "holds a secret that is too short"),
        ("OUTGOING_SECRET_HR", "@Microsoft.KeyVault(SecretName=x)", "was not resolved"),
    ],
)
async def test_a_wrong_setting_keeps_the_event_and_says_what_is_wrong(
    world: World,
    hook: Hook,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    setting: str,
    value: str,
    fault: str,
) -> None:
    monkeypatch.setenv(setting, value)
    await save(world, person(world, EnrollmentState.REGISTERED))
    await world.work()
    assert (setting in caplog.text, fault in caplog.text) == (True, True)
    assert len(value) < 10 or value not in caplog.text
    assert await world.waiting_messages("outgoing") == 1


async def test_a_receiver_that_was_removed_is_not_told_what_waits(
    world: World, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    await save(world, person(world, EnrollmentState.REGISTERED))
    monkeypatch.delenv("OUTGOING_WEBHOOKS")
    await world.work()
    assert hook.got == []
    assert await world.waiting_messages("outgoing") == 0


async def test_each_receiver_has_a_message_of_its_own(
    world: World, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that does not answer does not make the other one hear an event twice."""
    monkeypatch.setenv("OUTGOING_WEBHOOKS", "hr, teams, HR")
    monkeypatch.setenv("OUTGOING_URL_TEAMS", "https://127.0.0.1:9/nobody")
    monkeypatch.setenv("OUTGOING_SECRET_TEAMS", OTHER_SECRET)
    await save(world, person(world, EnrollmentState.REGISTERED))
    await world.work()
    assert len(hook.got) == 1
    assert await world.waiting_messages("outgoing") == 1


async def test_nothing_is_queued_where_no_system_is_named(world: World) -> None:
    await save(world, person(world, EnrollmentState.REGISTERED))
    assert await world.waiting_messages("outgoing") == 0


def test_while_a_secret_is_replaced_both_sign() -> None:
    now = datetime.now(UTC)
    headers = signed_headers("msg_1", int(now.timestamp()), b"{}", (b"A" * 24, b"B" * 24))
    signatures = headers["webhook-signature"].split()
    assert signatures == [Webhook(key).sign("msg_1", now, "{}") for key in (b"A" * 24, b"B" * 24)]
