"""Log lines: one JSON object each, with the fields that the alerts' queries read."""

import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from provisioning.log import EventLog
from provisioning.people.triggers import on_sweep
from provisioning.store.queues import send_text
from provisioning.tenant.watch import on_watch
from provisioning.webhooks.refusals import INTERVAL, Refusals
from tests.infra.test_queries import MESSAGE_RUN_FIELDS, SWEEP_FIELDS

from .conftest import World
from .post import Post
from .samples import SAMPLES
from .webhooks import post as post_delivery


def lines(caplog: pytest.LogCaptureFixture, event: str) -> list[dict[str, Any]]:
    """The lines of one event."""
    ours = [record for record in caplog.records if record.name.startswith(("provisioning", "landing"))]
    found = [json.loads(record.getMessage()) for record in ours]
    return [line for line in found if line["event"] == event]


def test_a_line_is_one_json_object_whatever_stands_in_it(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    log = EventLog("provisioning.example")
    log.info("quoted", reason='a "b"\nc %s', days=timedelta(days=1), error=ValueError("é"), codes=["a"])
    text = caplog.records[0].getMessage()
    assert "\n" not in text
    assert json.loads(text) == {
        "event": "quoted",
        "reason": 'a "b"\nc %s',
        "days": "1 day, 0:00:00",
        "error": "é",
        "codes": ["a"],
    }
    assert caplog.records[0].filename == "test_log_lines.py"


async def test_every_sweep_writes_one_line_with_what_the_queries_read(
    ready: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await on_sweep(services=ready.services)
    (line,) = lines(caplog, "sweep")
    assert line["outcome"] == "done"
    assert SWEEP_FIELDS - {"reason", "since"} <= set(line)


async def test_a_sweep_that_finds_no_set_up_writes_its_line_too(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    await on_sweep(services=world.services)
    (line,) = lines(caplog, "sweep")
    assert line["outcome"] == "not_set_up"
    assert "since" in line


async def test_what_was_given_up_is_counted_in_a_line(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    await on_sweep(services=world.services)
    await send_text(world.services.storage, "hires-poison", "{}")
    await on_sweep(services=world.services)
    before, after = [line["poison"] for line in lines(caplog, "queue") if line["queue"] == "hires"]
    assert after == before + 1
    await world.services.storage.queue("hires-poison").clear_messages()


async def test_the_daily_look_writes_its_line(ready: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    await on_watch(services=ready.services)
    (line,) = lines(caplog, "watch")
    assert set(line) == {"event", "set_up", "alarms", "failed"}
    assert line["failed"] is False
    assert {line["queue"] for line in lines(caplog, "queue")} == {"tenant"}


async def test_every_run_that_sends_messages_writes_one_line_with_what_the_queries_read(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await post.run()
    await post.invite("1187")
    await post.run(minutes=1)
    idle, busy = lines(caplog, "messages")
    assert "accepted" not in idle
    assert busy["accepted"] == 1
    assert set(busy) - {"event"} <= MESSAGE_RUN_FIELDS
    (line,) = lines(caplog, "message")
    assert (line["state"], line["kind"], line["reason"]) == ("accepted", "invitation", None)


async def test_refused_deliveries_fill_no_log(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Anybody can send them: a line a minute for a source and a fault, and it says how many there were."""
    sample = SAMPLES["greenhouse"]
    monkeypatch.setenv("HR_SECRET_GREENHOUSE", sample.secret)
    body, headers = sample.sign(sample.content, "another secret altogether")
    for _ in range(30):
        assert (await post_delivery(world, "greenhouse", body, headers)).status == 401
    world.clock.advance(seconds=61)
    assert (await post_delivery(world, "greenhouse", body, headers)).status == 401
    first, second = lines(caplog, "webhook_refused")
    assert (first["source"], first["count"], second["count"]) == ("greenhouse", 1, 30)


def test_sources_and_faults_are_counted_apart() -> None:
    refusals, now = Refusals(), datetime(2026, 11, 27, tzinfo=UTC)
    assert refusals.count("a", "signature", now=now) == 1
    assert refusals.count("a", "clock", now=now) == 1
    assert refusals.count("b", "signature", now=now) == 1
    assert refusals.count("a", "signature", now=now + INTERVAL - timedelta(seconds=1)) == 0
    assert refusals.count("a", "signature", now=now + INTERVAL) == 2
