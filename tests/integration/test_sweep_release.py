"""What stopped a sweep is shown, and an admin lets it pass once."""

import csv
import io
import json
from contextlib import nullcontext

import pytest

from provisioning.cli.arguments import SAME
from provisioning.cli.main import new_parser
from provisioning.model.hires import HireEventType
from provisioning.people.sweep.preview import preview
from provisioning.people.triggers import context
from provisioning.support.health import get_health
from tests.integration.conftest import World


async def allow(number: int) -> None:
    given = new_parser().parse_args(["sweep", "--allow", str(number)])
    assert await given.run(given) == SAME


async def test_a_release_is_used_once(stopped: World) -> None:
    await allow(3)
    assert (await stopped.sweep())["added"] == 3
    for number in range(3, 6):
        await stopped.add_user(employeeId=str(number))
    stopped.clock.advance(minutes=15)
    assert (await stopped.sweep())["outcome"] == "limit_exceeded"


async def test_a_release_of_fewer_people_is_not_enough_and_stays(stopped: World) -> None:
    await allow(2)
    assert (await stopped.sweep())["outcome"] == "limit_exceeded"
    assert await stopped.services.sweep_state.released() is not None


async def test_a_preview_names_everybody_and_writes_nothing(stopped: World) -> None:
    await stopped.send_hire("0")
    await stopped.services.ledger.hire_record("0")
    await stopped.forget_requests()
    found = await preview(context(stopped.services))
    assert found.counts() == {"invite": 3, "remove": 0, "stoppedBy": found.stopped_by}
    assert "SWEEP_MAX_CHANGES" in (found.stopped_by or "")
    assert {row["employeeId"] for row in (change.as_row() for change in found.changes)} == {"0", "1", "2"}
    assert all("new in Entra" in change.why for change in found.changes)
    assert [item for item in await stopped.requests() if not item.startswith("GET") and "$batch" not in item] == []
    assert stopped.members() == set()


async def show(world: World, capsys: pytest.CaptureFixture[str], *form: str) -> str:
    """What `sweep --show` prints."""
    given = new_parser().parse_args(["sweep", "--show", *form])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("provisioning.cli.sweep.signed_in", lambda given: nullcontext(world.services))
        assert await given.run(given) == SAME
    return capsys.readouterr().out


async def test_show_prints_a_table_a_csv_and_json_of_the_same(
    stopped: World, capsys: pytest.CaptureFixture[str]
) -> None:
    *lines, last = (await show(stopped, capsys)).splitlines()
    rows = list(csv.DictReader(io.StringIO(await show(stopped, capsys, "--csv"))))
    document = json.loads(await show(stopped, capsys, "--json"))
    assert document["people"] == rows
    assert {row["employeeId"] for row in rows} == {"0", "1", "2"}
    assert [line.split()[:3] for line in lines] == [[row["action"], row["objectId"], row["employeeId"]] for row in rows]
    assert all(
        line.endswith("The account is new in Entra, but HR announced nobody with its employee ID.") for line in lines
    )
    assert last.startswith("3 to invite, 0 to take out. This run would invite 3 people, more than the 2 that")
    assert (document["invite"], document["stoppedBy"] in last) == (3, True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--allow", "0"], "give a whole number of people, 1 or more"),
        (["--allow", "²"], "give a whole number of people, 1 or more"),
        (["--allow", "3", "--show"], "not allowed with argument"),
        (["--show", "--csv", "--json"], "not allowed with argument"),
        ([], "one of the arguments --show --allow is required"),
    ],
)
def test_what_is_no_wish_is_refused(capsys: pytest.CaptureFixture[str], arguments: list[str], words: str) -> None:
    with pytest.raises(SystemExit):
        new_parser().parse_args(["sweep", *arguments])
    assert words in capsys.readouterr().err


async def test_a_preview_says_why_people_leave(ready: World) -> None:
    mia = await ready.add_user(employeeId="1")
    await ready.send_hire("1")
    await ready.work()
    await ready.control.patch(f"/_local/users/{mia}", json={"accountEnabled": False})
    ready.clock.advance(days=1, minutes=1)
    (change,) = (await preview(context(ready.services))).changes
    assert (change.action, change.why) == ("remove", "The account is disabled.")
    assert ready.members() == {mia}


async def test_health_names_the_command(stopped: World) -> None:
    answer = await get_health(services=stopped.services)
    (check,) = [item for item in json.loads(answer.body)["checks"] if item["name"] == "sweep"]
    assert "sweep --allow 3" in check["remedy"]


async def test_an_end_that_is_held_shows_in_health(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HR_MAX_ENDS_PER_HOUR", "1")
    for number in range(3):
        await ready.add_user(employeeId=str(number))
    await ready.sweep()
    ready.clock.advance(minutes=1)
    for number in range(3):
        await ready.send_hire(str(number), kind=HireEventType.CANCELLED)
    await ready.work()
    ready.clock.advance(hours=1, minutes=1)
    await ready.sweep()
    assert len(ready.members()) == 1
    answer = await get_health(services=ready.services)
    (check,) = [item for item in json.loads(answer.body)["checks"] if item["name"] == "people"]
    assert (check["healthy"], check["held"]) == (False, 1)
