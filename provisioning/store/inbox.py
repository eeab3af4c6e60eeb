"""Table `inbox`: what HR said, kept from before it is queued until it is worked on.

What HR alone knows, a cancellation, a moved first day, an address, must survive a queue message that the platform
swallows (azure-webjobs-sdk#2040 and kin). Front writes the row in the same breath as the message and never reads or
changes one; the people role deletes it when the events are done, and its sweep sends again what was not handled.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import UpdateMode

from provisioning.model.messages import Message
from provisioning.store.queues import send, send_text
from provisioning.store.rows import join_text, split_text
from provisioning.store.storage import Storage, key_time, reaching
from provisioning.store.tables import add_row, delete_row, key_range

FIRST_KEY = "0"  # keys begin with a year
LARGEST_TEXT = 60_000  # bytes; a queue message holds 64 KiB (rest/api/storageservices, put-message)


@dataclass(frozen=True)
class InboxRow:
    """Events that are not done yet.

    Attributes:
        key: Of the row; it begins with the time of receipt.
        text: The queue message that belongs to it.
        put_off_until: Until when the message was put off last; None if it never was.
        sent_again: How often the sweep has queued it once more.
    """

    key: str
    text: str
    put_off_until: datetime | None
    sent_again: int


def inbox_key(at: datetime, *, new_id: str) -> str:
    """Return the key of a new row; keys sort by time."""
    return f"{key_time(at)}.{new_id}"


class Inbox:
    """The rows of one tenant.

    Args:
        storage: The storage account.
        tenant_id: The partition.
    """

    def __init__(self, storage: Storage, *, tenant_id: str) -> None:
        self.storage = storage
        self.table = storage.table("inbox")
        self.tenant_id = tenant_id

    async def add(self, key: str, text: str) -> None:
        """Keep a message. Needs no more than the right to add rows.

        Raises:
            TransientError: The storage account cannot be reached.
            ConfigurationError: It has no such table.
        """
        entity = {**split_text("text", text), "PartitionKey": self.tenant_id, "RowKey": key}
        await add_row(self.table, entity)

    async def remove(self, key: str) -> None:
        """Forget a message whose events are done."""
        await delete_row(self.table, self.tenant_id, key)

    async def put_off(self, key: str, *, until: datetime) -> None:
        """Note that the message is alive: it comes back at this time."""
        await self.note(key, put_off_until=until.isoformat())

    async def send(self, message: Message, *, delay: float) -> None:
        """Queue a message for what is left of its row."""
        await send(self.storage, "hires", message, delay=delay)

    async def send_again(self, row: InboxRow, *, at: datetime) -> None:
        """Queue a row's message once more, and note it."""
        await send_text(self.storage, "hires", row.text)
        await self.note(row.key, put_off_until=at.isoformat(), sent_again=row.sent_again + 1)

    async def note(self, key: str, **values: str | int) -> None:
        """Change a row that may be gone meanwhile."""
        entity = {**values, "PartitionKey": self.tenant_id, "RowKey": key}
        async with reaching("table inbox"):
            try:
                await self.table.update_entity(entity, mode=UpdateMode.MERGE)
            except ResourceNotFoundError:
                return

    async def queue_anew(self, row: InboxRow, *, at: datetime) -> None:
        """Queue a row's message as if it had never been queued before."""
        await self.send_again(replace(row, sent_again=-1), at=at)

    async def left_behind(self, *, now: datetime, after: timedelta) -> AsyncIterator[InboxRow]:
        """Yield rows that have been neither handled nor put off for so long, the oldest first."""
        before = now - after
        async for entity in key_range(self.table, self.tenant_id, low=FIRST_KEY, high=inbox_key(before, new_id="")):
            row = InboxRow(
                key=entity["RowKey"],
                text=join_text("text", entity),
                put_off_until=datetime.fromisoformat(entity["put_off_until"]) if entity.get("put_off_until") else None,
                sent_again=int(entity.get("sent_again") or 0),
            )
            if row.put_off_until is None or row.put_off_until < before:
                yield row
