"""Newcomers are written to where they read mail before the first day: sealed on the way, and gone afterwards."""

import asyncio
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from provisioning.address_encryption import AddressSealer, new_key_pair
from provisioning.cli.main import main
from provisioning.errors import ConfigurationError
from provisioning.messages.context import message_context
from provisioning.model.hires import HireEventType
from provisioning.model.ledger import HireRecord
from provisioning.model.messages import HireMessage
from provisioning.model.newcomer_messages import MessageKind
from provisioning.people_settings import PeopleSettings
from tests.integration import webhooks
from tests.integration.conftest import World
from tests.integration.post import MONDAY, Post
from tests.integration.webhooks import content, queued

PUBLIC_KEY, KEY = new_key_pair()
PRIVATE = "mia@home.example"
WORK = "1187@example.com"
FIRST_DAY = date(2026, 12, 14)
OVER = datetime(2026, 12, 15, 12, tzinfo=UTC)  # when the first day has ended everywhere


@pytest.fixture
def at_home(post: Post, monkeypatch: pytest.MonkeyPatch) -> Post:
    """A deployment that writes to private addresses."""
    monkeypatch.setenv("HR_ADDRESS_PUBLIC_KEY", PUBLIC_KEY)
    monkeypatch.setenv("HR_ADDRESS_PRIVATE_KEYS", KEY)
    monkeypatch.setenv("MESSAGES_TO_PRIVATE_ADDRESS", "true")
    return post


async def announce(post: Post, *, account: dict[str, Any] | None = None, **changes: Any) -> str:
    """HR announces a person with a private address, as front puts it on the queue; the product invites them."""
    fields = {"employeeId": "1187", "displayName": "Person 1187", "mail": WORK, **(account or {})}
    object_id = await post.world.add_user(**fields)
    values: dict[str, Any] = {"start": FIRST_DAY, "sealed_private": AddressSealer(PUBLIC_KEY).seal(PRIVATE), **changes}
    await post.world.send_hire("1187", **values)
    await post.world.work()
    return object_id


async def deliver(world: World, data: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """One hire by HR's webhook."""
    monkeypatch.setenv("HR_SECRET_CLOUDEVENTS", "s3cret-of-hr")
    body = json.dumps({"specversion": "1.0", "id": "1", "source": "/hr", "type": "hire", "data": data}).encode()
    headers = {"content-type": "application/cloudevents+json", "authorization": "Bearer s3cret-of-hr"}
    answer = await webhooks.post(world, "cloudevents", body, headers)
    assert content(answer)["queued"] == 1


async def hire_record(world: World) -> HireRecord:
    row = await world.people.hire_record("1187")
    assert row is not None
    return row


async def everything_kept(world: World) -> str:
    """Every row of the tables that hold something of people, as text."""
    storage = world.services.storage
    tables = ("people", "outbox", "inbox", "passes")
    mine = f"PartitionKey eq '{world.tenant_id}'"
    return str([row for name in tables async for row in storage.table(name).query_entities(mine)])


async def test_a_delivery_with_a_private_address_leads_to_one_message_there(
    at_home: Post, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From HR's webhook to the mailbox: the address stands nowhere in plain, and work hears nothing of the same."""
    world = at_home.world
    object_id = await world.add_user(employeeId="1187", displayName="Person 1187", mail=WORK)
    data = {
        "employeeId": "1187",
        "startDate": FIRST_DAY.isoformat(),
        "privateEmail": PRIVATE,
        "siteTimeZone": "W. Europe Standard Time",
    }
    await deliver(world, data, monkeypatch)
    (event,) = await queued(world)
    assert event["sealed_private"]
    assert PRIVATE not in str(event)
    await world.work()
    assert (await hire_record(world)).site_zone == "Europe/Berlin"
    await at_home.run(3, minutes=5)
    assert at_home.lines == [(PRIVATE, "Set up your sign-in at Contoso")]
    assert (await at_home.rows(object_id))[0].zone == "Europe/Berlin"
    assert PRIVATE not in await everything_kept(world)
    assert PRIVATE not in caplog.text


async def test_it_is_erased_when_the_first_day_is_over_and_work_is_written_to_then(at_home: Post) -> None:
    await announce(at_home)
    await at_home.run_until(OVER - timedelta(hours=3))
    assert WORK not in {to for to, _ in at_home.lines}
    await at_home.world.sweep()
    assert (await hire_record(at_home.world)).sealed_private is not None
    at_home.world.clock.moment = OVER
    assert (await at_home.world.sweep())["outcome"] == "done"
    assert (await hire_record(at_home.world)).sealed_private is None
    assert "sealed_private" not in await everything_kept(at_home.world)
    (object_id,) = at_home.world.members()
    await at_home.register(object_id)
    await at_home.run(2, hours=12)
    assert at_home.lines[-1][0] == WORK


async def test_a_delivery_after_the_first_day_does_not_bring_it_back(at_home: Post) -> None:
    await announce(at_home)
    at_home.world.clock.moment = OVER + timedelta(days=200)
    sealed = AddressSealer(PUBLIC_KEY).seal(PRIVATE)
    await at_home.world.send_hire("1187", kind=HireEventType.START_DATE_CHANGED, sealed_private=sealed)
    await at_home.world.work()
    assert (await hire_record(at_home.world)).private_at is None


async def test_a_first_day_that_moves_away_keeps_it_for_longer(at_home: Post) -> None:
    await announce(at_home)
    at_home.world.clock.advance(hours=1)
    await at_home.world.send_hire("1187", kind=HireEventType.START_DATE_CHANGED, start=FIRST_DAY + timedelta(days=7))
    await at_home.world.work()
    at_home.world.clock.moment = OVER
    await at_home.world.sweep()
    assert (await hire_record(at_home.world)).sealed_private is not None
    at_home.world.clock.moment = OVER + timedelta(days=7)
    await at_home.world.sweep()
    assert (await hire_record(at_home.world)).sealed_private is None


@pytest.mark.parametrize("cancelled_first", [False, True])
async def test_a_cancellation_erases_it_in_whatever_order_it_comes(at_home: Post, *, cancelled_first: bool) -> None:
    told_at = at_home.world.clock()
    if cancelled_first:
        later = told_at + timedelta(minutes=1)
        await at_home.world.send_hire("1187", kind=HireEventType.CANCELLED, occurred_at=later)
        await at_home.world.work()
    await announce(at_home, occurred_at=told_at)
    if not cancelled_first:
        at_home.world.clock.advance(minutes=1)
        await at_home.world.send_hire("1187", kind=HireEventType.CANCELLED)
        await at_home.world.work()
    assert "sealed_private" not in await everything_kept(at_home.world)


async def test_people_forget_erases_it(at_home: Post) -> None:
    object_id = await announce(at_home)
    await at_home.register(object_id)
    assert await asyncio.to_thread(main, ["people", "forget", object_id, "--yes"]) == 0
    assert "sealed_private" not in await everything_kept(at_home.world)


async def test_what_is_not_proved_does_not_say_where_mail_goes(at_home: Post) -> None:
    await announce(at_home, unverified=True)
    await at_home.run(2, minutes=5)
    assert "sealed_private" not in await everything_kept(at_home.world)
    assert [to for to, _ in at_home.lines] == [WORK]


async def test_a_private_address_serves_where_there_is_no_mailbox_yet(at_home: Post) -> None:
    await announce(at_home, account={"mail": None})
    await at_home.run()
    assert [to for to, _ in at_home.lines] == [PRIVATE]


async def test_front_keeps_none_where_nobody_is_to_be_written_to_there(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HR_ADDRESS_PUBLIC_KEY", PUBLIC_KEY)
    data = {"employeeId": "1187", "privateEmail": PRIVATE}
    await deliver(post.world, data, monkeypatch)
    (event,) = await queued(post.world)
    assert not [name for name in event if "private" in name]


async def test_switched_off_again_the_account_is_written_to(at_home: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    await announce(at_home)
    monkeypatch.setenv("MESSAGES_TO_PRIVATE_ADDRESS", "false")
    await at_home.run()
    assert [to for to, _ in at_home.lines] == [WORK]


async def test_without_the_key_that_opens_it_nothing_is_sent_and_health_can_say_why(
    at_home: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HR_ADDRESS_PRIVATE_KEYS")
    services = at_home.world.services
    with pytest.raises(ConfigurationError, match="HR_ADDRESS_PRIVATE_KEYS is missing, but messages go to private"):
        message_context(services, client_id=services.settings(PeopleSettings).client_id)


@pytest.mark.parametrize(
    ("zone", "hour"),
    [("Pacific/Auckland", 19), ("New Zealand Standard Time", 19), ("Mars Standard Time", 9), (None, 9)],
    ids=["by its IANA name", "by its Windows name", "unknown", "not told"],
)
async def test_the_sites_clock_says_when_messages_go(
    at_home: Post, zone: str | None, hour: int, caplog: pytest.LogCaptureFixture
) -> None:
    """On Monday at 9:00 UTC it is 22:00 in Auckland, so the message waits until 8:00 there, 19:00 UTC."""
    caplog.set_level("INFO")
    object_id = await announce(at_home, site_zone=zone)
    await at_home.run()
    await at_home.run(12, hours=1)
    sent = at_home.world.tenant.mail[0]["sentDateTime"]
    assert sent.startswith(f"2026-11-30T{hour:02}")
    assert ("site_zone_unknown" in caplog.text) is (zone == "Mars Standard Time")
    assert "Mars" not in caplog.text
    assert await at_home.world.state_of(object_id) is not None, "a zone that nobody knows loses no event"


async def test_a_message_there_holds_what_the_invitation_holds_and_no_more(at_home: Post) -> None:
    object_id = await announce(at_home)
    await at_home.run_until(MONDAY + timedelta(days=12))
    await at_home.register(object_id)
    await at_home.run(4, hours=12)
    private = [message for message in at_home.sent if message["toRecipients"][0]["emailAddress"]["address"] == PRIVATE]
    assert len(private) == 4, [message["subject"] for message in private]
    assert MessageKind.PASS_READY not in {row.kind for row in await at_home.rows(object_id)}
    for message in private:
        assert object_id not in str(message)
        assert WORK not in str(message)
        assert "Person 1187" not in str(message)


def test_a_message_without_new_keys_is_what_older_code_reads() -> None:
    """During a deployment front may run newer code than the app that works on the queue, or older."""
    event = {
        "source": "standard-webhooks",
        "event_id": "e-1",
        "kind": "hire",
        "employee_id": "1187",
        "start_date": None,
        "occurred_at": "2026-11-30T09:00:00Z",
        "unverified": False,
        "sealed": None,
        "vendor_id": "",
        "mark": "",
        "undated": False,
    }
    text = json.dumps({"tenant_id": "0d9f2c1e-6c1f-4f0e-8a53-0f5a7b1c2d3e", "events": [event]})
    message = HireMessage.model_validate_json(text)
    assert json.loads(message.model_dump_json())["events"] == [event], "the keys of the first version, and no other"
