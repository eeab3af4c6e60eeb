"""People are told what concerns them: planned with the row that calls for it, sent once, and never when it is over."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from local import identities
from provisioning.model.newcomer_messages import MessageKind, MessageState
from provisioning.people.triggers import on_messages
from provisioning.store.outbox import Outbox

from .conftest import World

MONDAY = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)


@dataclass
class Post:
    """A world in which messages are sent from a shared mailbox."""

    world: World
    mailbox: str

    @property
    def outbox(self) -> Outbox:
        return Outbox(self.world.services.storage, tenant_id=self.world.tenant_id)

    async def run(self) -> None:
        """Let the timer fire once."""
        await on_messages(services=self.world.services)

    def sent(self) -> list[dict[str, Any]]:
        """What the mailbox sent, oldest first."""
        return [item["message"] for item in self.world.tenant.mail if item["from"] == self.mailbox]

    def subjects(self) -> list[str]:
        return [message["subject"] for message in self.sent()]

    async def states(self, object_id: str) -> dict[str, MessageState]:
        """What became of each kind of message about a person."""
        return {str(row.kind): row.state for row in await self.outbox.of_person(object_id)}

    async def invite(self, employee_id: str, *, start: date | None = None, **fields: Any) -> str:
        """HR announces a person, and the product invites them."""
        object_id = await self.world.add_user(employeeId=employee_id, **fields)
        await self.world.send_hire(employee_id, start=start or self.world.clock().date() + timedelta(days=10))
        await self.world.work()
        return object_id


@pytest.fixture
async def post(ready: World, monkeypatch: pytest.MonkeyPatch) -> Post:
    ready.clock.moment = MONDAY
    mailbox = await ready.add_user(displayName="Enrollment", userPrincipalName="enroll@example.com")
    for name, value in {
        "MESSAGES": ",".join(MessageKind),
        "MESSAGES_CHANNEL": "exchange",
        "MESSAGES_SENDER": "enroll@example.com",
        "ORGANIZATION_NAME": "Contoso",
        "HELPDESK_ADDRESS": "helpdesk@example.com",
    }.items():
        monkeypatch.setenv(name, value)
    settings = {"mailRbacClient": identities.PEOPLE.client_id, "mailRbacMailbox": mailbox}
    answer = await ready.control.patch("/_local/settings", json=settings)
    assert answer.status_code == 200, answer.text
    return Post(ready, mailbox)


async def test_an_invited_person_is_told_once(post: Post) -> None:
    object_id = await post.invite("1187", mail="ada@example.com")
    assert post.sent() == [], "nothing leaves before the timer"
    for _ in range(3):
        await post.run()
    (message,) = post.sent()
    assert message["subject"] == "Set up your sign-in at Contoso"
    assert message["toRecipients"] == [{"emailAddress": {"address": "ada@example.com"}}]
    assert "https://enroll.example.com/start" in message["body"]["content"]
    assert (await post.states(object_id))["invitation"] is MessageState.ACCEPTED
