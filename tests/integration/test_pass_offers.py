"""Who is offered a pass and when one is taken back: the people role's part, and the command line's."""

import argparse
import re

import pytest

from provisioning.cli.main import new_parser
from provisioning.cli.passes import print_claim
from provisioning.model.hires import HireEventType
from provisioning.model.ledger import EnrollmentState, Person
from provisioning.model.messages import PassMessage
from provisioning.people.triggers import on_sweep
from provisioning.store.tables import key_range
from tests.integration.conftest import LANDING_URL, World
from tests.integration.handover import Handover, invited, new_handover, set_manager
from tests.integration.post import Post


@pytest.fixture(autouse=True)
def passes_are_on(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    request.getfixturevalue("ready")
    monkeypatch.setenv("PASSES", "true")
    monkeypatch.setenv("WEBSITE_AUTH_ENABLED", "True")


async def test_the_manager_of_this_person_is_told_once_and_can_use_the_link(
    ready: World, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """microsoft/coe-starter-kit#9115: B has no manager, a 404 by design, and A's manager hears nothing of B."""
    monkeypatch.setenv("MESSAGES", "pass_ready")
    with_manager, without, later = [
        await invited(ready, str(number), in_days=days) for number, days in enumerate((1, 1, 9))
    ]
    manager_id = await ready.add_user(mail="boss@example.com")
    for person in (with_manager, later):
        await set_manager(ready, person.object_id, manager_id)
    for _ in range(2):
        await on_sweep(services=ready.services)
        await post.run(minutes=5)
    (message,) = post.sent
    assert message["toRecipients"][0]["emailAddress"]["address"] == "boss@example.com"
    (code,) = set(re.findall(rf"{LANDING_URL}/pass/([\w-]+)", message["body"]["content"]))
    assert await Handover(ready, with_manager.object_id, manager_id, code).receive()
    assert await post.rows(without.object_id) == []


@pytest.mark.parametrize(
    ("name", "value"), [("PASSES", "false"), ("MESSAGES", "invitation"), ("MESSAGES_CHANNEL", "off")]
)
async def test_no_claim_is_made_where_nobody_would_be_told(
    ready: World, post: Post, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    person = await invited(ready, "1", in_days=1)
    await set_manager(ready, person.object_id, await ready.add_user())
    monkeypatch.setenv(name, value)
    await on_sweep(services=ready.services)
    assert await claims(ready) == []


async def test_no_claim_is_made_at_night_when_its_message_would_wait(ready: World, post: Post) -> None:
    person = await invited(ready, "1", in_days=1)
    await set_manager(ready, person.object_id, await ready.add_user())
    ready.clock.advance(hours=12)
    await on_sweep(services=ready.services)
    assert await claims(ready) == []
    ready.clock.advance(hours=12)
    await on_sweep(services=ready.services)
    assert len(await claims(ready)) == 1


async def claims(world: World) -> list[str]:
    """The keys of the claims that there are."""
    rows = key_range(world.services.pass_claims.table, world.tenant_id, low="claim.", high="claim/")
    return [row["RowKey"] async for row in rows]


async def test_a_pass_ends_with_a_registration_and_with_a_cancellation(ready: World) -> None:
    first, second = await new_handover(ready, "1"), await new_handover(ready, "2")
    await first.receive()
    await second.receive()
    await ready.control.post("/_local/registrations", json={"userId": first.person_id})
    await ready.send_seen(first.person_id)
    await ready.send_hire("2", kind=HireEventType.CANCELLED)
    await ready.work()
    assert await ready.state_of(first.person_id) is EnrollmentState.REGISTERED
    assert await ready.state_of(second.person_id) is EnrollmentState.LEFT
    await ready.work()
    assert first.passes == []
    assert second.passes == []


async def test_while_passes_are_off_nobody_asks_for_one_to_be_taken_back(
    ready: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSES", "false")
    handover = await new_handover(ready)
    before = await ready.waiting_messages("passes")
    await ready.control.post("/_local/registrations", json={"userId": handover.person_id})
    await ready.send_seen(handover.person_id)
    await ready.work()
    assert await ready.waiting_messages("passes") == before


def parsed(*arguments: str) -> argparse.Namespace:
    return new_parser().parse_args(["passes", "claim", *arguments])


async def test_an_admin_prints_a_link_for_a_manager(ready: World, capsys: pytest.CaptureFixture[str]) -> None:
    handover = await new_handover(ready)
    assert await print_claim(parsed("1187", "--manager", handover.manager_id)) == 0
    shown = capsys.readouterr()
    link = shown.out.strip()
    # All of it, so that a script can take it; a code may well hold the 24 of "24 hours".
    assert re.fullmatch(rf"{re.escape(LANDING_URL)}/pass/[A-Za-z0-9_-]{{22}}\n", shown.out)
    assert "once, and only for its owner after sign-in" in shown.err
    handover.code = link.rpartition("/")[2]
    assert await handover.receive()


async def test_an_admin_prints_no_link_for_who_is_not_invited(ready: World, capsys: pytest.CaptureFixture[str]) -> None:
    await ready.people.save(Person(await ready.add_user(), EnrollmentState.REGISTERED, employee_id="9"))
    for name in ("9", "nobody"):
        assert await print_claim(parsed(name, "--helpdesk")) == 1
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "arguments", [("1187",), ("1187", "--manager", "mia"), ("1187", "--helpdesk", "--manager", "x")]
)
def test_a_claim_names_its_person(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parsed(*arguments)
    assert "passes claim" in capsys.readouterr().err


def test_a_message_asks_for_one_thing() -> None:
    with pytest.raises(ValueError, match="exactly one"):
        PassMessage.model_validate({"tenant_id": "0f5f6c9e-3a1d-4c8e-9b52-6d2f1a7e4b10"})
