"""What a holder of Enrollment.Act asks for on the board: decided again by the people role, and for nothing else."""

import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID

import pytest

from landing.board.page import show_board
from provisioning.http import Request, Response
from provisioning.model.board_actions import ACTIONS_PER_HOUR, MOST_RELEASED, registration_digest
from provisioning.model.ledger import EnrollmentState, Person
from provisioning.model.messages import SeenMessage
from provisioning.people.triggers import on_board
from provisioning.services import Services
from tests.integration.conftest import World
from tests.integration.test_board import READER, reader
from tests.integration.test_registration import add_method, taken_over

SITE = "https://enroll.example.com"
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
BOTH = ("Enrollment.Read", "Enrollment.Act")


@pytest.fixture(autouse=True)
def actions_are_on(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BOARD", "BOARD_ACTIONS"):
        monkeypatch.setenv(name, "true")
    monkeypatch.setenv("WEBSITE_AUTH_ENABLED", "True")


async def page(world: World, *roles: str, **query: str) -> str:
    """What such a person reads, after the board was made."""
    await on_board(services=world.services)
    answer = await show_board(reader(world, *(roles or BOTH), **query), services=world.services)
    assert answer.status == 200, answer.body.decode()
    return answer.body.decode()


def form_of(text: str) -> dict[str, str]:
    """The fields of the form of a page, which must be there."""
    assert '<form method="post" action="/board">' in text
    return dict(HIDDEN.findall(text))


async def post(
    world: World,
    form: dict[str, str],
    *roles: str,
    services: Services | None = None,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> Response:
    """Send a form as a browser does."""
    sent = {
        **reader(world, *(roles or BOTH)).headers,
        "origin": SITE,
        "sec-fetch-site": "same-origin",
        "content-type": "application/x-www-form-urlencoded",
        **headers,
    }
    request = Request(headers=sent, body=urlencode(form).encode(), method="POST")
    return await show_board(request, services=services or world.services)


async def person_of(world: World, object_id: str) -> Person:
    person = await world.people.person(object_id)
    assert person is not None
    return person


async def test_an_unexpected_registration_is_acknowledged_from_its_page(
    ready: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    mia = await taken_over(ready)
    answer = await post(ready, form_of(await page(ready, person=mia)))
    address = urlsplit(answer.headers["Location"])
    query = {name: value for name, (value,) in parse_qs(address.query).items()}
    assert (answer.status, address.path, query["person"]) == (303, "/board", mia)
    assert "It takes about a minute" in await page(ready, **query)
    assert await ready.state_of(mia) is EnrollmentState.UNEXPECTED, "it was asked for, not done"
    await ready.work()
    person = await person_of(ready, mia)
    assert (person.state, person.acknowledged_by, person.seen_at is not None) == ("registered", READER, True)
    text = await page(ready, **query)
    assert f"The registration was acknowledged on the board by {READER}" in text
    assert "<form" not in text
    lines = [json.loads(item.message) for item in caplog.records if "registration_acknowledged" in item.message]
    assert [(line["object"], line["actor"]) for line in lines] == [(mia, READER)]


async def test_what_was_asked_for_and_is_not_done_is_said_to_be_so(ready: World) -> None:
    mia = await taken_over(ready)
    answer = await post(ready, form_of(await page(ready, person=mia)))
    query = {name: value for name, (value,) in parse_qs(urlsplit(answer.headers["Location"]).query).items()}
    ready.clock.advance(minutes=4)
    text = await page(ready, **query)
    assert "was not carried out" in text
    assert form_of(text)["person"] == mia


async def test_an_older_form_does_not_acknowledge_another_registration(ready: World) -> None:
    """Seen by front where the ledger knows, and by the people role from what Graph shows at that moment."""
    mia = await taken_over(ready)
    form = form_of(await page(ready, person=mia))
    assert (await post(ready, form)).status == 303
    add_method(ready, mia, "fido2AuthenticationMethod")
    await ready.work()
    assert await ready.state_of(mia) is EnrollmentState.UNEXPECTED
    person = await person_of(ready, mia)
    assert person.acknowledged_at is None
    assert set(person.methods) == {"phone", "fido2"}, "the page shows what is there"
    answer = await post(ready, form)
    assert (answer.status, "has changed since" in answer.body.decode()) == (400, True)
    assert form_of(await page(ready, person=mia))["registration"] != form["registration"]


async def test_a_method_that_is_gone_is_not_acknowledged(ready: World) -> None:
    mia = await taken_over(ready)
    await post(ready, form_of(await page(ready, person=mia)))
    ready.tenant.methods[mia] = []
    await ready.work()
    person = await person_of(ready, mia)
    assert (person.state, person.acknowledged_at) == (EnrollmentState.INVITED, None)


async def test_an_older_digest_is_not_the_newer_ones(ready: World) -> None:
    person = await person_of(ready, await taken_over(ready))
    digest = registration_digest(person)
    add_method(ready, person.object_id, "fido2AuthenticationMethod")
    ready.clock.advance(minutes=5)
    await ready.send_seen(person.object_id)
    await ready.work()
    assert registration_digest(await person_of(ready, person.object_id)) != digest


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example.net"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "http://enroll.example.com"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"content-type": "text/plain"},
    ],
)
async def test_a_form_of_another_site_asks_for_nothing(ready: World, headers: dict[str, str]) -> None:
    mia = await taken_over(ready)
    answer = await post(ready, form_of(await page(ready, person=mia)), headers=headers)
    assert answer.status == 400
    assert await ready.waiting_messages("seen") == 0


async def test_only_a_holder_of_the_role_gets_a_form_and_is_listened_to(
    ready: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    mia = await taken_over(ready)
    form = form_of(await page(ready, person=mia))
    assert form_of(await page(ready, "Enrollment.Act", person=mia)) == form, "who may act may read"
    assert "<form" not in await page(ready, "Enrollment.Read", person=mia)
    answer = await post(ready, form, "Enrollment.Read")
    assert (answer.status, "Enrollment.Act of this enterprise app" in answer.body.decode()) == (403, True)
    monkeypatch.setenv("BOARD_ACTIONS", "false")
    assert "<form" not in await page(ready, person=mia)
    assert (await post(ready, form)).status == 403
    assert await ready.waiting_messages("seen") == 0


async def test_without_storage_nothing_is_said_to_be_asked_for(ready: World, away: Services) -> None:
    answer = await post(ready, {"action": "release"}, services=away)
    assert (answer.status, "Location" in answer.headers) == (503, False)


@pytest.mark.parametrize("form", [{}, {"action": "acknowledge", "person": "x"}, {"action": "forget"}])
async def test_what_no_page_sends_is_refused_in_words(ready: World, form: dict[str, str]) -> None:
    await on_board(services=ready.services)
    answer = await post(ready, form)
    assert (answer.status, "not a form of the board" in answer.body.decode()) == (400, True)


async def ask(world: World, actor: str = READER, **action: object) -> None:
    """Send what a front could send that was taken over."""
    message = {"tenant_id": world.tenant_id, "object_id": actor, "asked_at": world.clock(), **action}
    await world.services.storage.queue("seen").send_message(SeenMessage.model_validate(message).model_dump_json())
    await world.work()


async def test_front_alone_cannot_have_one_acknowledged_that_is_not_there(
    ready: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    mia = await taken_over(ready)
    own = {"object_id": mia, "registration": registration_digest(await person_of(ready, mia))}
    await ask(ready, acknowledge={**own, "registration": "0" * 32})
    await ask(ready, actor=mia, acknowledge=own)
    monkeypatch.setenv("BOARD_ACTIONS", "false")
    await ask(ready, acknowledge=own)
    assert await ready.state_of(mia) is EnrollmentState.UNEXPECTED


async def test_an_hour_takes_no_more_than_so_many_actions(ready: World) -> None:
    mia = await taken_over(ready)
    for _ in range(ACTIONS_PER_HOUR):
        assert await ready.services.sweep_state.count_action(most=ACTIONS_PER_HOUR)
    own = {"object_id": mia, "registration": registration_digest(await person_of(ready, mia))}
    await ask(ready, acknowledge=own)
    assert await ready.state_of(mia) is EnrollmentState.UNEXPECTED
    ready.clock.advance(hours=1)
    await ask(ready, acknowledge=own)
    assert await ready.state_of(mia) is EnrollmentState.REGISTERED


async def test_a_stopped_sweep_is_released_once(stopped: World) -> None:
    form = form_of(await page(stopped))
    assert form["people"] == "3"
    assert "<form" not in await page(stopped, "Enrollment.Read")
    answer = await post(stopped, form)
    assert answer.status == 303
    await stopped.work()
    assert "the next sweep may change up to 3 people" in await page(stopped)
    assert (await post(stopped, form)).status == 400, "it is released already"
    outcome = await stopped.sweep()
    assert (outcome["added"], outcome["released_by"]) == (3, READER)
    for number in range(3, 6):
        await stopped.add_user(employeeId=str(number))
    stopped.clock.advance(minutes=15)
    assert (await stopped.sweep())["outcome"] == "limit_exceeded"


async def test_a_release_is_for_the_stop_that_was_shown(stopped: World) -> None:
    since = str((await stopped.people.last_sweep() or {})["since"])
    for wrong in ({"people": 4, "since": since}, {"people": 3, "since": "2026-01-01T00:00:00Z"}):
        await ask(stopped, release=wrong)
        assert await stopped.services.sweep_state.released() is None
    form = form_of(await page(stopped))
    await stopped.add_user(employeeId="9")
    assert (await stopped.sweep())["would_invite"] == 4
    assert (await post(stopped, form)).status == 400
    await ask(stopped, release={"people": 3, "since": since})
    assert await stopped.services.sweep_state.released() is None


async def test_more_people_than_the_cap_are_left_to_the_command_line(stopped: World) -> None:
    heartbeat = await stopped.people.last_sweep() or {}
    outcome = {name: heartbeat[name] for name in ("outcome", "since", "would_remove")}
    await stopped.people.heartbeat({**outcome, "would_invite": MOST_RELEASED + 1}, at=stopped.clock())
    assert "<form" not in await page(stopped)
    form = {"action": "release", "people": str(MOST_RELEASED + 1), "since": outcome["since"]}
    assert (await post(stopped, form)).status == 400
    with pytest.raises(ValueError, match="less than or equal"):
        SeenMessage.model_validate(
            {
                "tenant_id": UUID(stopped.tenant_id),
                "object_id": READER,
                "release": {"people": MOST_RELEASED + 1, "since": stopped.clock()},
            }
        )


async def test_a_release_of_the_board_lets_no_held_end_pass(stopped: World) -> None:
    """Front has the secrets that sign HR's word: it must not be able to lift the cap of ends, too."""
    state = stopped.services.sweep_state
    assert (await state.release(3, by=READER)).ends == 0
    assert (await state.release(3)).ends == 3


async def test_an_ordinary_message_is_as_an_app_of_before_knows_it(ready: World) -> None:
    message = SeenMessage.model_validate({"tenant_id": ready.tenant_id, "object_id": READER})
    assert set(json.loads(message.model_dump_json())) == {
        "schema_version",
        "tenant_id",
        "attempt",
        "object_id",
        "asked_at",
    }
