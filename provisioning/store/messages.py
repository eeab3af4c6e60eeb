"""What goes over a queue: small JSON with a schema version and the tenant, ids only.

No top-level field may be called as the host's trigger metadata is (id, dequeueCount, popReceipt, ...): the host lets
a body overwrite those, whatever the case (azure-functions-host, Utility.ApplyBindingData).
"""

from datetime import date
from typing import Literal
from uuid import UUID

from azure.core.exceptions import ResourceNotFoundError
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from provisioning.model.hires import HireEvent, HireEventType
from provisioning.store.storage import Storage, create_queue, reaching

MAX_VISIBILITY_DELAY = 7 * 24 * 3600  # seconds; the service's own limit (rest/api/storageservices/put-message)
NEVER_EXPIRES = -1  # the default of seven days would lose what waits longer


class Message(BaseModel):
    """Base of all messages.

    Args:
        tenant_id: So that one deployment can serve several tenants later.
        attempt: How often this work has been put off.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = 1
    tenant_id: UUID
    attempt: int = Field(default=0, ge=0)


class HireMessage(Message):
    """Queue `hires`: an HR event; a work address is in it only sealed."""

    source: str
    event_id: str = Field(max_length=512)
    kind: HireEventType
    employee_id: str = Field(min_length=1, max_length=128)
    start_date: date | None
    occurred_at: AwareDatetime
    unverified: bool = False
    sealed: str | None = Field(default=None, max_length=1024)

    @classmethod
    def of(cls, event: HireEvent, *, tenant_id: UUID) -> "HireMessage":
        """The message for an event."""
        return cls(
            tenant_id=tenant_id,
            source=event.source,
            event_id=event.event_id,
            kind=event.kind,
            employee_id=event.employee_id,
            start_date=event.start_date,
            occurred_at=event.occurred_at,
            unverified=event.unverified,
            sealed=event.sealed,
        )

    @property
    def event(self) -> HireEvent:
        """The event in it."""
        return HireEvent(
            source=self.source,
            event_id=self.event_id,
            kind=self.kind,
            employee_id=self.employee_id,
            start_date=self.start_date,
            occurred_at=self.occurred_at,
            unverified=self.unverified,
            sealed=self.sealed,
        )


class SeenMessage(Message):
    """Queue `seen`: somebody signed in and opened the landing page."""

    object_id: UUID


class TenantMessage(Message):
    """Queue `tenant`: work on an operation."""

    operation_id: UUID


async def send(storage: Storage, queue_name: str, message: Message, *, delay: float = 0) -> None:
    """Put a message on a queue; the queue is made if it is not there.

    Args:
        storage: The storage account.
        queue_name: hires, seen or tenant.
        message: What to send.
        delay: Seconds before it becomes visible, at most seven days.

    Raises:
        Retry: The storage account cannot be reached.
    """
    queue = storage.queue(queue_name)
    text = message.model_dump_json()
    visibility = min(int(delay), MAX_VISIBILITY_DELAY)
    async with reaching(f"queue {queue_name}"):
        try:
            await queue.send_message(text, visibility_timeout=visibility, time_to_live=NEVER_EXPIRES)
        except ResourceNotFoundError:
            await create_queue(queue)
            await queue.send_message(text, visibility_timeout=visibility, time_to_live=NEVER_EXPIRES)
