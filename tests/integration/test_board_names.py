"""Names on the board: off by default, sealed from the door to the page, and erased with the person."""

import asyncio
import base64
import csv
import io
import json
import secrets
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from landing.board.page import show_board
from provisioning.cli.main import main
from provisioning.http import Request
from provisioning.model.hires import HireEvent, HireEventType, read_name
from provisioning.model.ledger import Person
from provisioning.model.messages import HireMessage
from provisioning.name_encryption import NameKeys
from provisioning.people.merge_events import merge
from provisioning.people.triggers import on_board
from provisioning.store.storage import TABLES
from provisioning.webhooks.sources.registry import find_source
from tests.integration.conftest import World
from tests.integration.test_board import reader
from tests.integration.webhooks import post

NAME = "Mia Ångström-Berg"
NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
SOME_TENANT = UUID(int=1)
SECRET = "a-secret-of-workday"
BASIC = f"Basic {base64.b64encode(f'hr:{SECRET}'.encode()).decode()}"


def new_key() -> str:
    return f"namekey_{base64.b64encode(secrets.token_bytes(32)).decode()}"


@pytest.fixture
def named(ready: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A deployment whose board shows names."""
    for name, value in {
        "BOARD": "true",
        "BOARD_NAME_KEYS": new_key(),
        "WEBSITE_AUTH_ENABLED": "True",
        "HR_SECRET_WORKDAY": f"hr:{SECRET}",
    }.items():
        monkeypatch.setenv(name, value)
    return ready


async def hire(world: World, **fields: Any) -> None:
    """Take a delivery as HR sends it."""
    item = {"event": "hire", "workerId": "1187", "hireDate": world.clock().date().isoformat(), **fields}
    item.setdefault("occurredAt", world.clock().isoformat())
    headers = {"authorization": BASIC, "content-type": "application/json"}
    answer = await post(world, "workday", json.dumps(item).encode(), headers)
    assert answer.status == 200, answer.body


async def page(world: World, **query: str) -> str:
    await on_board(services=world.services)
    answer = await show_board(reader(world, "Enrollment.Read", **query), services=world.services)
    return answer.body.decode()


async def everything_kept(world: World) -> str:
    """Every row of this tenant, and every message."""
    tables = [world.services.storage.table(name) for name in TABLES]
    query = f"PartitionKey eq '{world.tenant_id}'"
    rows = [dict(row) for table in tables for row in [item async for item in table.query_entities(query)]]
    messages = await world.services.storage.queue("hires").peek_messages(max_messages=32)
    return repr(rows) + repr([message.content for message in messages])


async def test_a_name_is_sealed_from_the_door_on_and_shown_to_readers(
    named: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    mia = await named.add_user(employeeId="1187")
    await hire(named, displayName=NAME)
    assert "ngstr" not in await everything_kept(named)
    await named.work()
    people = await page(named, state="invited")
    assert f"<bdi>{NAME}</bdi>" in people
    assert NAME in await page(named, person=mia)
    answer = await show_board(reader(named, "Enrollment.Read", state="invited", format="csv"), services=named.services)
    assert [row["name"] for row in csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig")))] == [NAME]
    assert "ngstr" not in await everything_kept(named)
    assert "ngstr" not in caplog.text


async def test_a_number_that_moved_brings_nobody_the_name_of_who_had_it(named: World) -> None:
    """The record of a number belongs to the account that it was matched with, not to who has the number by now."""
    mia = await named.add_user(employeeId="1187")
    await hire(named, displayName=NAME)
    await named.work()
    person = await named.people.person(mia)
    assert person is not None
    other = await named.add_user(employeeId="2000")
    await named.people.save(Person(other, person.state, employee_id="1187"))
    await on_board(services=named.services)
    assert NAME not in await page(named, person=other)
    assert (await page(named, state="invited")).count(f"<bdi>{NAME}</bdi>") == 1


async def test_who_has_no_account_yet_is_named_too(named: World) -> None:
    await hire(named, displayName=NAME)
    await named.work()
    assert NAME in await page(named, state="pending")


async def test_without_a_key_names_are_dropped_at_the_door(named: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BOARD_NAME_KEYS")
    await hire(named, displayName=NAME)
    (message,) = await named.services.storage.queue("hires").peek_messages()
    assert "sealed_name" not in message.content, "an app of before knows no such field"
    await named.work()
    record = await named.people.hire_record("1187")
    assert record is not None
    assert (record.sealed_name, record.named_at) == (None, None)
    text = await page(named, state="pending")
    assert "no names" in text
    assert 'scope="col">Name<' not in text


async def test_a_key_that_is_none_holds_up_no_hire_and_the_board_says_so(
    named: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("BOARD_NAME_KEYS", "@Microsoft.KeyVault(SecretUri=https://kv.example.com/secrets/x/)")
    await hire(named, displayName=NAME)
    await named.work()
    assert await named.people.hire_record("1187") is not None
    assert "names_dropped" in caplog.text
    assert "not resolved" in await page(named)
    monkeypatch.setenv("BOARD_NAME_KEYS", "namekey_c2hvcnQ=")
    assert "echo namekey_$(openssl rand -base64 32)" in await page(named)


async def test_a_key_can_be_replaced_and_a_lost_one_shows_no_name(
    named: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = new_key()
    monkeypatch.setenv("BOARD_NAME_KEYS", old)
    await hire(named, displayName=NAME)
    await named.work()
    monkeypatch.setenv("BOARD_NAME_KEYS", f"{new_key()}, {old}")
    assert NAME in await page(named, state="pending")
    monkeypatch.setenv("BOARD_NAME_KEYS", new_key())
    assert "<bdi>–</bdi>" in await page(named, state="pending")


async def test_a_name_is_erased_with_the_person(named: World) -> None:
    await named.add_user(employeeId="1187")
    await hire(named, displayName=NAME)
    await named.work()
    named.clock.advance(minutes=5)
    await hire(named, event="terminated", displayName=NAME)
    await named.work()
    assert await asyncio.to_thread(main, ["people", "forget", "1187", "--yes"]) == 0
    await on_board(services=named.services)
    assert "sealed_name" not in (await everything_kept(named)).replace('"sealed_name":null', "")


def event(minute: int, name: str | None, **fields: Any) -> HireEvent:
    moment = NOW.replace(minute=minute)
    return HireEvent("workday", f"e-{minute}", HireEventType.HIRE, "1187", None, moment, sealed_name=name, **fields)


def test_the_newest_proved_name_counts_in_any_order() -> None:
    record = merge(None, event(5, "new"))
    record = merge(record, event(3, "old"))
    record = merge(record, event(7, None))
    record = merge(record, event(9, "forged", unverified=True))
    assert (record.sealed_name, record.named_at) == ("new", NOW.replace(minute=5))


@pytest.mark.parametrize(
    ("source", "body"),
    [
        ("workday", {"event": "hire", "workerId": "1", "hireDate": "2026-12-01", "displayName": " Mia \u00a0 Berg "}),
        (
            "successfactors",
            {"event": "hire", "personIdExternal": "1", "employeeFirstName": "Mia", "employeeLastName": "Berg"},
        ),
        ("standard-webhooks", {"type": "hire", "data": {"employeeId": "1", "displayName": "Mia Berg"}}),
        (
            "bamboohr",
            {
                "type": "employee.created",
                "employees": [
                    {
                        "action": "Created",
                        "id": "7",
                        "changedFields": ["Hire Date"],
                        "fields": {"Employee #": "1", "First Name": "Mia", "Last Name": "Berg"},
                    }
                ],
            },
        ),
    ],
)
def test_a_delivery_is_read_with_its_name(source: str, body: dict[str, Any]) -> None:
    found = find_source(source)
    assert found is not None
    headers = {"content-type": "application/json", "webhook-id": "m-1", "webhook-timestamp": str(int(NOW.timestamp()))}
    (read,) = found.read(Request(headers, json.dumps(body).encode(), {"source": source}), NOW).events
    assert read.display_name == "Mia Berg"
    assert "Mia" not in repr(read)
    assert "Mia" not in HireMessage.of(read, tenant_id=SOME_TENANT).model_dump_json()


@pytest.mark.parametrize("value", [None, 7, "", "  ", "a\u0000b", "x" * 129, ["Mia"]])
def test_what_is_no_name_is_none_and_never_a_refusal(value: object) -> None:
    assert read_name(value) is None


def test_a_sealed_name_that_was_changed_is_not_opened() -> None:
    keys = NameKeys([new_key()])
    sealed = keys.seal(NAME)
    assert keys.open(sealed) == NAME
    assert keys.seal(NAME) != sealed
    assert [keys.open(text) for text in (sealed[:-2] + "AA", sealed[:10], "ä", "", None)] == [None] * 5
