"""A person's deadline and messages, as part of why they are not done: as sentences and for programs."""

from collections.abc import Iterator

from provisioning.model.deadline import Timeliness
from provisioning.model.newcomer_messages import MessageState, OutboxMessage
from provisioning.model.person_status import PersonStatus

TIMELINESS = {
    Timeliness.IN_TIME: "They should register by {day}.",
    Timeliness.DUE_SOON: "They should register by {day}, which is soon.",
    Timeliness.OVERDUE: "They should have registered by {day} and are overdue; this blocks nothing.",
}
OUTCOMES = {
    MessageState.PLANNED: "planned for {when}",
    MessageState.CLAIMED: "being sent",
    MessageState.ACCEPTED: "handed over on {when}",  # which says nothing about its arrival
    MessageState.UNKNOWN: "unknown since {when}: it may have been handed over, so it is not sent again",
    MessageState.FAILED: "failed on {when}",
    MessageState.DROPPED: "dropped on {when}",
}
MOST_TOLD = 6


def describe_deadline(facts: PersonStatus) -> Iterator[str]:
    """Yield until when the person is to register, and how they stand to it."""
    if facts.deadline is not None and facts.timeliness in TIMELINESS:
        yield TIMELINESS[facts.timeliness].format(day=facts.deadline)


def describe_messages(facts: PersonStatus) -> Iterator[str]:
    """Yield what became of the last messages about the person."""
    if not facts.messages:
        return
    last = sorted(facts.messages, key=lambda message: message.settled_at or message.due)[-MOST_TOLD:]
    yield f"Messages: {'; '.join(map(message_in_words, last))}."


def message_in_words(message: OutboxMessage) -> str:
    """Return a message and what became of it, as part of a sentence."""
    moment = message.settled_at or message.due
    outcome = OUTCOMES[message.state].format(when=f"{moment:%Y-%m-%d %H:%M} UTC")
    name = f"{message.kind} to the {message.audience}".replace("_", " ")
    return f"{name} {outcome}" + (f" ({message.reason.rstrip('.')})" if message.reason else "")


def message_as_json(message: OutboxMessage) -> dict[str, object]:
    """Return a message for a program; without its link, which is for its reader alone."""
    return {
        "kind": str(message.kind),
        "audience": str(message.audience),
        "route": str(message.route),
        "state": str(message.state),
        "due": message.due.isoformat(),
        "settledAt": message.settled_at.isoformat() if message.settled_at is not None else None,
        "reason": message.reason,
    }
