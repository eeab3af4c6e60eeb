"""What goes over a queue: small JSON with a schema version and the tenant, ids only.

No top-level field may be called as the host's trigger metadata is (id, dequeueCount, popReceipt, ...): the host lets
a body overwrite those, whatever the case (azure-functions-host, Utility.ApplyBindingData).
"""

from dataclasses import replace
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from provisioning.model.board_actions import Acknowledgment, BrakeRelease
from provisioning.model.hires import HireEvent, without_unset
from provisioning.model.passes import PassRequest, PassTakeBack
from provisioning.model.person_events import PassEvent, PersonEvent

LATER_FIELDS = frozenset({"acknowledge", "release"})  # of SeenMessage, not in its first version


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
    """Queue `hires`: HR events of one delivery; an address and a name are in them only sealed.

    Attributes:
        events: In the order in which the delivery has them.
        inbox: Key of the inbox row that keeps the same events until they are worked on; None where there is none.
    """

    events: tuple[HireEvent, ...] = Field(min_length=1)
    inbox: str | None = Field(default=None, max_length=128)

    @classmethod
    def of(cls, *events: HireEvent, tenant_id: UUID, inbox: str | None = None) -> "HireMessage":
        """Return the message for some events, without plain addresses and names."""
        return cls(tenant_id=tenant_id, events=tuple(map(without_plain_data, events)), inbox=inbox)

    @property
    def event(self) -> HireEvent:
        """The first event, where one is enough to tell what the message is about."""
        return self.events[0]


def without_plain_data(event: HireEvent) -> HireEvent:
    """Return an event as it may be kept."""
    return replace(event, address=None, private_address=None, display_name=None)


class SeenMessage(Message):
    """Queue `seen`: a person signed in and opened the landing page, or asked for something on the board.

    Attributes:
        object_id: Who is signed in.
        asked_at: When.
        acknowledge: Whose registration they say is the person's own.
        release: Which stop of the sweep they release.
    """

    object_id: UUID
    asked_at: AwareDatetime | None = None
    acknowledge: Acknowledgment | None = None
    release: BrakeRelease | None = None

    @model_validator(mode="after")
    def one_action(self) -> Self:
        """Check that at most one thing is asked for."""
        if self.acknowledge is not None and self.release is not None:
            raise ValueError("at most one of acknowledge and release is wanted")
        return self

    @model_serializer(mode="wrap")
    def without_no_action(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out an action that is none: while the apps are being deployed, an older one does not know the name."""
        return without_unset(serialize(self), LATER_FIELDS)


class OutgoingMessage(Message):
    """Queue `outgoing`: tell one receiver of a person's new state.

    Attributes:
        receiver: Its name in OUTGOING_WEBHOOKS.
        event_id: The same for every delivery of one event, by which a receiver tells a repetition.
        row_key: Of the ledger's row; the event counts only once that row shows it. None for what has happened already.
        kind: person.invited and its kin, or pass.made and its.
        happened_at: When the row was about to be written, or when it happened.
        data: What the receiver is told; ids and sentences of the product.
    """

    receiver: str
    event_id: str
    row_key: str | None = None
    kind: PersonEvent | PassEvent
    happened_at: AwareDatetime
    data: dict[str, str | None]


class TenantMessage(Message):
    """Queue `tenant`: work on an operation."""

    operation_id: UUID


class PassMessage(Message):
    """Queue `passes`: make a pass, forget a sealed one, or delete one in Entra. It never holds a pass.

    Attributes:
        make: A request for a new one.
        shown: The id of a request whose pass was shown.
        lapsed: The id of a request whose pass nobody took in time, if it is still there.
        take_back: A pass that is no longer wanted.
    """

    make: PassRequest | None = None
    shown: str | None = Field(default=None, max_length=64)
    lapsed: str | None = Field(default=None, max_length=64)
    take_back: PassTakeBack | None = None

    @model_validator(mode="after")
    def one_thing(self) -> Self:
        """Check that exactly one thing is asked for."""
        if sum(item is not None for item in (self.make, self.shown, self.lapsed, self.take_back)) != 1:
            raise ValueError("exactly one of make, shown, lapsed and take_back is wanted")
        return self
