"""A world in which messages are sent from a shared mailbox, for the tests that look at them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from provisioning.model.newcomer_messages import MessageState, OutboxMessage
from provisioning.people.triggers import on_messages
from provisioning.store.outbox import Outbox

from .conftest import World

MONDAY = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
SENDER = "enroll@example.com"


@dataclass
class Post:
    """The world, and the mailbox that sends."""

    world: World
    mailbox: str

    @property
    def outbox(self) -> Outbox:
        return Outbox(self.world.services.storage, tenant_id=self.world.tenant_id)

    async def run(self, times: int = 1, **later: float) -> None:
        """Let the timer fire, each time so much later."""
        for _ in range(times):
            self.world.clock.advance(**later)
            await on_messages(services=self.world.services)

    async def run_until(self, moment: datetime) -> None:
        """Let the timer fire now, and every twelve hours until a time."""
        await self.run()
        while self.world.clock() < moment:
            await self.run(hours=12)

    @property
    def sent(self) -> list[dict[str, Any]]:
        """What was sent, oldest first."""
        return [item["message"] for item in self.world.tenant.mail]

    @property
    def lines(self) -> list[tuple[str, str]]:
        """The recipient and the subject of each."""
        return [(item["toRecipients"][0]["emailAddress"]["address"], item["subject"]) for item in self.sent]

    async def rows(self, object_id: str) -> list[OutboxMessage]:
        """Every message about a person, in the order of their times."""
        found = await self.outbox.of_person(object_id)
        return sorted(found, key=lambda message: (message.settled_at or message.due, message.key))

    async def states(self, object_id: str) -> list[tuple[str, MessageState]]:
        """What became of each message about a person."""
        return [(str(row.kind), row.state) for row in await self.rows(object_id)]

    async def invite(self, employee_id: str, *, start: date | None = None, **fields: Any) -> str:
        """HR announces a person, and the product invites them."""
        fields.setdefault("mail", f"{employee_id}@example.com")
        object_id = await self.world.add_user(employeeId=employee_id, displayName=f"Person {employee_id}", **fields)
        await self.world.send_hire(employee_id, start=start or self.world.clock().date() + timedelta(days=10))
        await self.world.work()
        return object_id

    async def register(self, object_id: str) -> None:
        """The person registers and comes back to the page."""
        await self.world.control.post("/_local/registrations", json={"userId": object_id})
        await self.world.send_seen(object_id)
        await self.world.work()

    async def manage(self, object_id: str, **fields: Any) -> str:
        """Give a person a manager."""
        manager = await self.world.add_user(**fields)
        self.world.tenant.managers[object_id] = manager
        return manager
