"""What goes over a queue: small JSON with a schema version and the tenant, ids only.

No top-level field may be called as the host's trigger metadata is (id, dequeueCount, popReceipt, ...): the host lets
a body overwrite those, whatever the case (azure-functions-host, Utility.ApplyBindingData).
"""

from dataclasses import replace
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from provisioning.model.hires import HireEvent


class Message(BaseModel):
    """Base of all messages.

    Attributes:
        tenant_id: Of the deployment that sent it; a message of another tenant is not worked on.
        attempt: How often this work has been put off.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = 1
    tenant_id: UUID
    attempt: int = Field(default=0, ge=0)


class HireMessage(Message):
    """Queue `hires`: an HR event; a work address is in it only sealed."""

    event: HireEvent

    @classmethod
    def of(cls, event: HireEvent, *, tenant_id: UUID) -> "HireMessage":
        """Return the message for an event, without the plain work address."""
        return cls(tenant_id=tenant_id, event=replace(event, address=None))


class SeenMessage(Message):
    """Queue `seen`: a person signed in and opened the landing page."""

    object_id: UUID


class TenantMessage(Message):
    """Queue `tenant`: work on an operation."""

    operation_id: UUID
