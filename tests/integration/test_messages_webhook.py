"""Messages to other systems beside the mail, over real HTTPS, and the command line about messages."""

import asyncio
import json

import pytest

from provisioning.cli.main import main
from provisioning.errors import ConfigurationError
from provisioning.messages.settings import MailChannel, MessageSettings
from provisioning.model.newcomer_messages import MessageKind, MessageState, Route
from provisioning.settings import load

from .post import Post
from .test_outgoing import Hook, hook  # noqa: F401 - the fixture


@pytest.mark.pitfall("M8")
async def test_a_webhook_goes_beside_the_mail_and_is_never_the_only_way(
    post: Post,
    hook: Hook,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """louislam/uptime-kuma#4922: Teams' flow took the payload and posted nothing."""
    monkeypatch.setenv("MESSAGES_WEBHOOKS", "hr")
    monkeypatch.setattr("provisioning.people.outgoing.announce", ignore)
    object_id = await post.invite("1187")
    hook.statuses = [500]
    await post.run(4, minutes=5)
    events = [json.loads(body) for _, body in hook.got]
    bodies = [event for event in events if event["type"] == "message.invitation"]
    assert len(bodies) == 2, "the first was not taken"
    assert len({headers["webhook-id"] for headers, _ in hook.got}) == 1
    assert bodies[0]["data"]["objectId"] == object_id
    assert bodies[0]["attachments"][0]["content"]["type"] == "AdaptiveCard"
    assert "Person 1187" not in json.dumps(bodies)
    assert "@example.com" not in json.dumps(bodies)
    routes = {row.route: row.state for row in await post.rows(object_id) if row.kind == "invitation"}
    assert routes == {Route.MAIL: MessageState.ACCEPTED, Route.WEBHOOK: MessageState.ACCEPTED}
    assert len(post.lines) == 1
    monkeypatch.setenv("MESSAGES_CHANNEL", MailChannel.OFF)
    assert not load(MessageSettings).on


async def ignore(*_: object, **__: object) -> None:
    return None


@pytest.mark.parametrize("kind", MessageKind)
async def test_every_message_can_be_previewed(
    post: Post, capsys: pytest.CaptureFixture[str], kind: MessageKind
) -> None:
    assert await asyncio.to_thread(main, ["messages", "show", kind, "--lang", "de"]) == 0
    text = capsys.readouterr().out
    assert "Guten Tag," in text
    assert "%(" not in text
    assert await asyncio.to_thread(main, ["messages", "show", kind, "--lang", "ar", "--html"]) == 0
    assert 'dir="rtl"' in capsys.readouterr().out


async def test_a_language_the_messages_do_not_speak_is_named(post: Post, capsys: pytest.CaptureFixture[str]) -> None:
    assert await asyncio.to_thread(main, ["messages", "show", "invitation", "--lang", "tlh"]) == 1
    assert "not available in tlh" in capsys.readouterr().err


async def test_what_waits_is_listed(post: Post, capsys: pytest.CaptureFixture[str]) -> None:
    object_id = await post.invite("1187", mail=None)
    await post.run()
    assert await asyncio.to_thread(main, ["messages", "list"]) == 0
    text = capsys.readouterr().out
    assert object_id in text
    assert "The account has no mail address yet." in text
    assert await asyncio.to_thread(main, ["messages", "list", "--json", "--state", "planned"]) == 0
    rows = json.loads(capsys.readouterr().out)["messages"]
    assert {row["kind"] for row in rows} == {"invitation", "reminder"}
    assert not {"link", "address", "name"} & rows[0].keys()


async def test_forgetting_a_person_forgets_their_messages(post: Post) -> None:
    object_id = await post.invite("1187")
    await post.run()
    await post.register(object_id)
    assert await post.rows(object_id)
    assert await asyncio.to_thread(main, ["people", "forget", object_id, "--yes"]) == 0
    assert await post.rows(object_id) == []


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("MESSAGES_SENDER", "", "is missing"),
        ("MESSAGES_FROM", "19:00", "is not later"),
        ("MESSAGES_UNTIL", "18:00+02:00", "is not later"),
        ("MESSAGES", "invitation,telegram", "is not usable"),
        ("WORKING_DAYS", "monday", "is not usable"),
    ],
)
def test_settings_that_make_no_sense_are_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, fault: str
) -> None:
    for setting, good in {
        "MESSAGES": "invitation",
        "MESSAGES_CHANNEL": "exchange",
        "MESSAGES_SENDER": "enroll@example.com",
        "LANDING_URL": "https://enroll.example.com",
        name: value,
    }.items():
        monkeypatch.setenv(setting, good)
    with pytest.raises(ConfigurationError) as caught:
        load(MessageSettings)
    assert fault in str(caught.value)
