"""What a person is told, and the rows of table `outbox` as data: one for each message, written before it is sent.

A row is keyed by person, kind and occurrence, so that making it is the lock: who finds it there has nothing to plan.
It holds ids and times only. Text and address are made when the message is sent, and are kept nowhere.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

MESSAGE = "message."
Mark = tuple[str, str]  # the kind and the occurrence of a message
NOT_KEPT = {"kept": False}  # metadata of a field that is no property of the row


class MessageKind(StrEnum):
    """What a message is about."""

    INVITATION = "invitation"
    REMINDER = "reminder"
    LAST_REMINDER = "last_reminder"
    PASS_READY = "pass_ready"  # noqa: S105 - a kind of message
    THANK_YOU = "thank_you"
    ESCALATION = "escalation"
    UNEXPECTED_REGISTRATION = "unexpected_registration"


class MessageState(StrEnum):
    """What became of a message."""

    PLANNED = "planned"
    CLAIMED = "claimed"  # a run is about to send it; where that run dies, nobody can tell whether it did
    ACCEPTED = "accepted"  # handed over to the channel, which says nothing about its arrival
    UNKNOWN = "unknown"  # it may have been handed over, and is not sent again
    FAILED = "failed"  # the channel refused it
    DROPPED = "dropped"  # no longer wanted when its time came


class Route(StrEnum):
    """The way a message goes; each has a row of its own."""

    MAIL = "mail"
    WEBHOOK = "webhook"


class Audience(StrEnum):
    """Who gets a message."""

    NEWCOMER = "newcomer"
    MANAGER = "manager"
    HELPDESK = "helpdesk"


SETTLED = frozenset({MessageState.ACCEPTED, MessageState.UNKNOWN, MessageState.FAILED, MessageState.DROPPED})


@dataclass(frozen=True)
class OutboxMessage:
    """A message to be sent once.

    Args:
        object_id: The account it is about.
        kind: What it is about.
        occurrence: Tells it from others of its kind about the same person: the invitation it belongs to, and a number.
        audience: Who gets it.
        due: Not before this time; decided again then.
        planned_at: When the row was made.
        route: The way it goes.
        recipient: Object id of a manager that it must go to and to nobody else; None for who is theirs at that time.
        link: What the message leads to where that is not the page; gone once the message is settled, and in no log.
        state: What became of it.
        operation_id: What the channel knows the message by; made once, so that a repetition can be told.
        claimed_until: When a run that took it counts as dead.
        settled_at: When it was settled.
        tries: How often it was taken.
        reason: Why it was dropped, failed, is unknown or waits, as a sentence.
        zone: The time zone its hours were judged by.
    """

    object_id: str
    kind: MessageKind
    occurrence: str
    audience: Audience
    due: datetime
    planned_at: datetime
    route: Route = Route.MAIL
    recipient: str | None = None
    link: str | None = field(default=None, repr=False)
    state: MessageState = MessageState.PLANNED
    operation_id: str | None = None
    claimed_until: datetime | None = None
    settled_at: datetime | None = None
    tries: int = 0
    reason: str | None = None
    zone: str | None = None
    etag: str | None = field(default=None, compare=False, metadata=NOT_KEPT)

    @property
    def key(self) -> str:
        """Of its row."""
        return f"{messages_of(self.object_id)}{self.kind}.{self.occurrence}.{self.route}"

    @property
    def mark(self) -> Mark:
        """What it has in common with its rows for other routes."""
        return self.kind, self.occurrence

    @property
    def wakes_at(self) -> datetime | None:
        """When a run has to look at it; None once it is settled."""
        if self.state is MessageState.PLANNED:
            return self.due
        return self.claimed_until if self.state is MessageState.CLAIMED else None


def messages_of(object_id: str) -> str:
    """Return how the keys of a person's messages begin."""
    return f"{MESSAGE}{object_id.lower()}."
