"""The forecast on the board: made where Graph may be asked, brought over by who may, and shown with its age."""

import re
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import pytest

from landing.board.page import show_board
from provisioning.cli.main import new_parser
from provisioning.people.triggers import on_board
from provisioning.store.forecasts import KeptForecasts
from provisioning.tenant.watch import on_watch
from tests.integration.conftest import World
from tests.integration.findings import add_policy, writes
from tests.integration.test_board import reader
from tests.integration.test_forecast import GUARD, hire
from tests.integration.test_registration import seen

ROW = re.compile(r"<tr><td>(\d+)</td><th scope=\"row\">(.+?)</th>")


@pytest.fixture
async def cohort(ready: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A tenant that guards registration: one newcomer was looked at, one has no account, one starts much later."""
    monkeypatch.setenv("BOARD", "true")
    monkeypatch.setenv("WEBSITE_AUTH_ENABLED", "True")
    await add_policy(ready, **GUARD)
    day = ready.clock().date() + timedelta(days=5)
    await seen(ready, await hire(ready, "1", day))
    await ready.send_hire("2", start=day)
    await ready.send_hire("3", start=day + timedelta(days=40))
    await ready.work()
    await ready.forget_requests()
    return ready


async def page(world: World) -> str:
    """The board's first page, once it was made anew."""
    await on_board(services=world.services)
    answer = await show_board(reader(world, "Enrollment.Read"), services=world.services)
    assert answer.status == 200, answer.body.decode()
    return answer.body.decode()


async def test_the_daily_look_makes_one_that_the_board_shows_with_its_age(cohort: World) -> None:
    assert "Who can finish" not in await page(cohort), "there is none yet"
    await on_watch(services=cohort.services)
    assert writes(await cohort.requests()) == []
    cohort.clock.advance(days=3)
    text = await page(cohort)
    assert ROW.findall(text) == [
        ("0", "Finish by themselves"),
        ("1", "Need a pass"),
        ("1", "Are turned away"),
        ("0", "Not known"),
    ]
    assert "2 people, as of" in text
    assert "3 days ago" in text
    assert "Give them a Temporary Access Pass" in text
    assert "No account of theirs was found." in text


async def test_the_kept_numbers_name_nobody(cohort: World) -> None:
    mia = await cohort.add_user(employeeId="7", displayName="Mia Berg")
    await cohort.send_hire("7", start=cohort.clock().date())
    await cohort.work()
    await on_watch(services=cohort.services)
    await on_board(services=cohort.services)
    for table in ("state", "board"):
        kept = KeptForecasts(cohort.services.storage.table(table), tenant_id=cohort.tenant_id)
        (counts,) = await kept.all()
        assert counts.people == 3
        assert mia not in repr(counts)


async def test_without_a_board_none_is_made(cohort: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOARD", "false")
    await on_watch(services=cohort.services)
    kept = KeptForecasts(cohort.services.storage.table("state"), tenant_id=cohort.tenant_id)
    assert await kept.all() == []


async def test_one_that_cannot_be_made_leaves_the_one_before(cohort: World, caplog: pytest.LogCaptureFixture) -> None:
    await on_watch(services=cohort.services)
    kept = KeptForecasts(cohort.services.storage.table("state"), tenant_id=cohort.tenant_id)
    before = await kept.all()
    cohort.clock.advance(days=1)
    await cohort.fault(method="GET", path="/users", status=503, times=1000)
    await on_watch(services=cohort.services)
    assert "forecast_failed" in caplog.text
    assert await kept.all() == before


async def test_what_an_admin_asked_for_stands_beside_the_daily_one(
    cohort: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    await on_watch(services=cohort.services)
    cohort.clock.advance(hours=2)
    monkeypatch.setattr("provisioning.cli.forecast.signed_in", lambda given: nullcontext(cohort.services))
    monkeypatch.setattr("provisioning.cli.forecast.methods_graph", lambda given, services: cohort.graph)

    async def forecast(*arguments: Any) -> None:
        given = new_parser().parse_args(["forecast", "--enforce", *arguments])
        await given.run(given)

    await forecast()
    assert (await page(cohort)).count("Who can finish") == 1, "it was not to be shown"
    await forecast("--board")
    capsys.readouterr()
    text = await page(cohort)
    assert text.index("Everybody that the policy covers") < text.index("Whose first day is near")
    await on_watch(services=cohort.services)
    assert "Everybody that the policy covers" in await page(cohort)
