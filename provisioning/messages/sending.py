"""Hands a message over by its route: as mail, or to the systems that are told of people."""

from provisioning.graph.mail import Mail
from provisioning.messages.channels.webhook import WebhookChannel
from provisioning.messages.context import MessageContext
from provisioning.messages.recipients import Recipient
from provisioning.messages.words import message_text
from provisioning.model.ledger import Person
from provisioning.model.newcomer_messages import OutboxMessage, Route


def is_repeatable(message: OutboxMessage, context: MessageContext) -> bool:
    """Return whether a second sending would be known to be the same message."""
    return message.route is Route.WEBHOOK or context.channel.repeatable


async def hand_message_over(message: OutboxMessage, person: Person, to: Recipient, *, context: MessageContext) -> None:
    """Send a message that is claimed.

    Args:
        message: As it was claimed.
        person: The newcomer it is about.
        to: Who gets it.
        context: What the messages work with.

    Raises:
        AnswerLost: It may have been handed over.
        RecipientRefused: This address is refused.
        TransientError: It was not handed over, and may be later.
        ProductError: Nothing can be sent until an admin acts.
    """
    words = message_text(message, person, to, settings=context.settings)
    if message.route is Route.WEBHOOK:
        await WebhookChannel(context.settings.receivers, context.now).send(message, person, words)
        return
    mail = Mail(
        to=to.address,
        subject=words.subject,
        text=words.text,
        html=words.html,
        language=words.language,
        mark=str(message.operation_id),
    )
    await context.channel.send(mail)
