"""People are told what concerns them: planned with the row that calls for it, sent once, and never when it is over."""

from datetime import UTC, date, datetime, timedelta

import pytest

from provisioning.messages.planning import plan_message
from provisioning.model.hires import HireEventType
from provisioning.model.newcomer_messages import MessageKind, MessageState

from .conftest import OLD
from .post import MONDAY, Post

ACCEPTED, DROPPED, FAILED, PLANNED, UNKNOWN = (
    MessageState.ACCEPTED,
    MessageState.DROPPED,
    MessageState.FAILED,
    MessageState.PLANNED,
    MessageState.UNKNOWN,
)
INVITATION = "Set up your sign-in at Contoso"
REMINDER = f"Reminder: {INVITATION[0].lower()}{INVITATION[1:]}"
LAST = f"Last {REMINDER[0].lower()}{REMINDER[1:]}"
THANKS = "Your sign-in at Contoso is set up"
ADA = "1187@example.com"


async def test_an_invited_person_is_told_once(post: Post) -> None:
    object_id = await post.invite("1187")
    assert post.sent == [], "nothing leaves before the timer"
    await post.run(3, minutes=5)
    assert post.lines == [(ADA, INVITATION)]
    (message,) = post.sent
    assert "https://enroll.example.com/start" in message["body"]["content"]
    assert "+1 555 0100" in message["body"]["content"]
    assert await post.states(object_id) == [("invitation", ACCEPTED), ("reminder", PLANNED)]
    (mark,) = message["internetMessageHeaders"]
    assert mark["name"].startswith("x-")


async def test_nothing_is_sent_or_planned_where_messages_are_off(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MESSAGES", "")
    object_id = await post.invite("1187")
    await post.run(3, minutes=5)
    assert post.sent == []
    assert await post.rows(object_id) == []


async def test_the_way_from_invitation_to_escalation(post: Post) -> None:
    object_id = await post.invite("1187", start=date(2026, 12, 14))
    await post.manage(object_id, mail="boss@example.com", createdDateTime=OLD)
    await post.run_until(MONDAY + timedelta(days=24))
    late = "Person 1187 has not set up their sign-in"
    assert post.lines == [
        (ADA, INVITATION),
        (ADA, REMINDER),  # five working days later
        (ADA, LAST),  # on the working day before the deadline
        ("boss@example.com", late),  # on the working day after it
        ("helpdesk@example.com", late),  # and two working days later
    ]
    times = [item["sentDateTime"][:10] for item in post.world.tenant.mail]
    assert times == ["2026-11-30", "2026-12-07", "2026-12-11", "2026-12-15", "2026-12-17"]
    assert all(state is ACCEPTED for _, state in await post.states(object_id))


async def test_a_registration_ends_it_with_thanks(post: Post) -> None:
    object_id = await post.invite("1187", start=date(2026, 12, 14))
    await post.run()
    await post.register(object_id)
    await post.run_until(MONDAY + timedelta(days=24))
    assert post.lines == [(ADA, INVITATION), (ADA, THANKS)]
    assert await post.states(object_id) == [("invitation", ACCEPTED), ("thank_you", ACCEPTED), ("reminder", DROPPED)]


async def test_a_cancelled_person_hears_nothing_more(post: Post) -> None:
    object_id = await post.invite("1187")
    await post.world.send_hire("1187", kind=HireEventType.CANCELLED)
    await post.world.work()
    await post.run_until(MONDAY + timedelta(days=24))
    assert post.sent == []
    assert {state for _, state in await post.states(object_id)} == {DROPPED}


async def test_a_first_day_that_moves_away_moves_the_messages(post: Post) -> None:
    await post.invite("1187", start=date(2026, 12, 4))
    await post.run()
    post.world.clock.advance(minutes=1)
    object_id = await seen(post)
    await post.world.send_hire("1187", kind=HireEventType.START_DATE_CHANGED, start=date(2026, 12, 11))
    await post.world.work()
    await post.run_until(datetime(2026, 12, 11, 18, tzinfo=UTC))
    assert [subject for _, subject in post.lines] == [INVITATION, REMINDER, LAST]
    assert post.world.tenant.mail[-1]["sentDateTime"][:10] == "2026-12-10"
    assert MessageState.DROPPED in [state for _, state in await post.states(object_id)], "that of the old deadline"


async def seen(post: Post) -> str:
    """The one newcomer opens the page, so that a later first day does not take the invitation back."""
    (object_id,) = post.world.members()
    await post.world.send_seen(object_id)
    await post.world.work()
    return object_id


async def test_a_first_day_that_moves_nearer_wakes_the_messages(post: Post) -> None:
    await post.invite("1187", start=date(2026, 12, 14))
    await post.run()
    post.world.clock.advance(minutes=1)
    await seen(post)
    await post.world.send_hire("1187", kind=HireEventType.START_DATE_CHANGED, start=date(2026, 12, 3))
    await post.world.work()
    await post.run_until(datetime(2026, 12, 4, 18, tzinfo=UTC))
    assert [(item["sentDateTime"][:10], item["message"]["subject"]) for item in post.world.tenant.mail][1:] == [
        ("2026-12-02", LAST),
        ("2026-12-04", "Person 1187 has not set up their sign-in"),
    ]


async def test_messages_switched_on_later_reach_people_invited_before(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MESSAGES", "")
    await post.invite("1187", start=date(2026, 12, 14))
    await post.run_until(MONDAY + timedelta(days=8))
    monkeypatch.setenv("MESSAGES", ",".join(MessageKind))
    await post.run(8, hours=1)
    assert post.lines == [(ADA, INVITATION)], "what was missed meanwhile is not made up for"


async def test_an_unexpected_registration_is_told_the_helpdesk(post: Post) -> None:
    object_id = await post.world.add_user(employeeId="9", displayName="Eve", mail="eve@example.com")
    await post.register(object_id)
    await post.run()
    assert post.lines == [("helpdesk@example.com", "Check a registration: Eve")]


async def test_a_pass_that_is_ready_is_told_its_manager_alone(post: Post) -> None:
    object_id = await post.invite("1187")
    await post.run()
    manager = await post.manage(object_id, mail="boss@example.com", createdDateTime=OLD)
    link = "https://enroll.example.com/pass/3vJx"

    async def plan(recipient: str) -> bool:
        services = post.world.services
        return await plan_message(
            services,
            kind=MessageKind.PASS_READY,
            object_id=object_id,
            occurrence="claim-1",
            recipient=recipient,
            link=link,
        )

    assert await plan(manager)
    assert not await plan(manager)
    await post.run(2, minutes=5)
    assert post.lines[1:] == [("boss@example.com", "A pass for Person 1187 is ready")]
    assert link in post.sent[-1]["body"]["content"]
    assert all(row.link is None for row in await post.rows(object_id)), "a link is not kept once it was handed over"


@pytest.mark.pitfall("M1")
async def test_without_a_manager_the_helpdesk_is_told(post: Post) -> None:
    """microsoftgraph/aspnet-snippets-sample#6: Graph answers 404 for an account that has none, by design."""
    await post.invite("1187", start=date(2026, 12, 3))
    await post.run_until(datetime(2026, 12, 4, 18, tzinfo=UTC))
    assert post.lines[-1] == ("helpdesk@example.com", "Person 1187 has not set up their sign-in")


@pytest.mark.pitfall("M1")
async def test_an_account_that_is_gone_is_told_nobody(post: Post) -> None:
    object_id = await post.invite("1187", start=date(2026, 12, 3))
    await post.world.control.delete(f"/_local/users/{object_id}")
    await post.run_until(datetime(2026, 12, 4, 18, tzinfo=UTC))
    assert post.sent == []
    assert ("invitation", FAILED) in await post.states(object_id)


@pytest.mark.pitfall("M2")
@pytest.mark.parametrize(
    "fields",
    [
        {"accountEnabled": False},
        {"userType": "Guest"},
        {"mail": None},
    ],
    ids=["disabled", "guest", "without a mailbox"],
)
async def test_nobody_elses_manager_and_no_managers_manager_is_told(post: Post, fields: dict[str, object]) -> None:
    """microsoft/coe-starter-kit#9115: a manager who had left was replaced by the one of the person before."""
    ada = await post.invite("1187", start=date(2026, 12, 3))
    await post.manage(ada, mail="first@example.com", createdDateTime=OLD)
    mia = await post.invite("1188", start=date(2026, 12, 3))
    manager = await post.manage(mia, **{"mail": "second@example.com", "createdDateTime": OLD, **fields})
    await post.manage(manager, mail="above@example.com", createdDateTime=OLD)
    await post.invite("1189", start=date(2026, 12, 3))
    await post.run_until(datetime(2026, 12, 4, 18, tzinfo=UTC))
    late = sorted(line for line in post.lines if "has not set up" in line[1])
    assert late == [
        ("first@example.com", "Person 1187 has not set up their sign-in"),
        ("helpdesk@example.com", "Person 1188 has not set up their sign-in"),
        ("helpdesk@example.com", "Person 1189 has not set up their sign-in"),
    ]


async def test_a_person_without_a_mailbox_is_told_once_there_is_one(post: Post) -> None:
    object_id = await post.invite("1187", mail=None)
    await post.run(5, minutes=5)
    assert post.sent == []
    (invitation, _) = await post.rows(object_id)
    assert (invitation.state, invitation.reason) == (PLANNED, "The account has no mail address yet.")
    await post.world.control.patch(f"/_local/users/{object_id}", json={"mail": ADA})
    await post.run_until(MONDAY + timedelta(days=1, hours=1))
    assert post.lines == [(ADA, INVITATION)]


@pytest.mark.pitfall("M3")
@pytest.mark.parametrize(
    ("preferred", "mailbox", "default", "subject", "tag"),
    [
        (None, None, "es", "Configura tu inicio de sesión en Contoso", "es"),
        ("de-AT", "fr-FR", "es", "Richten Sie Ihre Anmeldung bei Contoso ein", "de"),
        (None, "fr-FR", "es", "Configurez votre connexion chez Contoso", "fr"),
        ("tlh", None, "tlh", INVITATION, "en"),
    ],
)
async def test_the_language_of_a_message(
    post: Post,
    monkeypatch: pytest.MonkeyPatch,
    preferred: str | None,
    mailbox: str | None,
    default: str,
    subject: str,
    tag: str,
) -> None:
    """microsoft/coe-starter-kit#6077: without a preferred language it was English, whatever was configured."""
    monkeypatch.setenv("DEFAULT_LANGUAGE", default)
    monkeypatch.setenv("MESSAGES_MAILBOX_SETTINGS", "true" if mailbox else "false")
    object_id = await post.invite("1187", preferredLanguage=preferred)
    if mailbox:
        await post.world.control.patch(f"/_local/mailboxes/{object_id}", json={"locale": mailbox})
    await post.run()
    assert post.lines == [(ADA, subject)]
    assert f'<html lang="{tag}"' in post.sent[0]["body"]["content"]
