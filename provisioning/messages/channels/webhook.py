"""A message to the systems that are told of people, beside the mail: Power Automate, Teams, HR.

That a flow took it says nothing about a post (louislam/uptime-kuma#4922), so this is never the only way. It holds no
name and no address; a receiver knows a repetition by its webhook-id.
"""

import json
from dataclasses import dataclass

from provisioning.clock import Clock
from provisioning.errors import AdminNeeded, TransientError
from provisioning.messages.rendering import MessageText
from provisioning.model.ledger import Person
from provisioning.model.newcomer_messages import OutboxMessage
from provisioning.outgoing_settings import load_receiver
from provisioning.signed_posts import GONE, post_signed

# learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-reference: version 1.4 is everywhere.
CARD_TYPE = "application/vnd.microsoft.card.adaptive"
TYPE = "message."


@dataclass(frozen=True)
class WebhookChannel:
    """The systems that MESSAGES_WEBHOOKS names.

    Args:
        receivers: Their names, each of which OUTGOING_WEBHOOKS has, too.
        now: Clock.
    """

    receivers: tuple[str, ...]
    now: Clock

    async def send(self, message: OutboxMessage, person: Person, words: MessageText) -> None:
        """Hand a message over to each of them.

        Raises:
            ConfigurationError: An address or secret is missing or wrong.
            AdminNeeded: One of them wants no more.
            TransientError: One of them did not take it; all get it again, with the same webhook-id.
        """
        body = json.dumps(event_of_message(message, person, words), separators=(",", ":")).encode()
        for name in self.receivers:
            identifier = f"msg_{message.operation_id}"
            status = await post_signed(load_receiver(name), identifier, body, now=self.now)
            if status == GONE:
                raise AdminNeeded(f"The receiver {name} answered 410.", remedy=f"Take {name} out of MESSAGES_WEBHOOKS.")
            if not 200 <= status < 300:
                raise TransientError(f"The receiver {name} answered {status}." if status else f"{name} did not answer.")


def event_of_message(message: OutboxMessage, person: Person, words: MessageText) -> dict[str, object]:
    """Return what is posted: the message for a flow to act on, and a card that Teams can show as it is."""
    return {
        "type": f"{TYPE}{message.kind}",
        "timestamp": message.planned_at.isoformat(),
        "data": {
            "objectId": person.object_id,
            "employeeId": person.employee_id,
            "kind": message.kind,
            "audience": message.audience,
            "firstDay": person.start_date.isoformat() if person.start_date else None,
            "language": words.language,
            "subject": words.subject,
            "text": words.text,
        },
        "attachments": [{"contentType": CARD_TYPE, "content": card(words)}],
    }


def card(words: MessageText) -> dict[str, object]:
    """Return a message as an Adaptive Card."""
    heading = {"type": "TextBlock", "text": words.subject, "weight": "Bolder", "wrap": True}
    blocks = [{"type": "TextBlock", "text": text, "wrap": True} for text in words.text.strip().split("\n\n")]
    return {"type": "AdaptiveCard", "version": "1.4", "body": [heading, *blocks]}
