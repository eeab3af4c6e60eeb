"""What each message says: which values its template is given."""

from provisioning.languages import FormOfAddress, speak
from provisioning.messages.recipients import Recipient
from provisioning.messages.rendering import SENTENCES, MessageText, write_message
from provisioning.messages.settings import MessageSettings
from provisioning.model.deadline import deadline_of
from provisioning.model.ledger import Person
from provisioning.model.newcomer_messages import OutboxMessage

START = "/start"


def message_text(message: OutboxMessage, person: Person, to: Recipient, *, settings: MessageSettings) -> MessageText:
    """Return a message in the words of its recipient.

    Args:
        message: Which one.
        person: The newcomer it is about.
        to: Who reads it.
        settings: Names and addresses of the organization.
    """
    language = speak(to.language, SENTENCES)
    deadline = deadline_of(person, settings.rules.deadline)
    values = {
        "organization": settings.organization,
        "help": settings.help_contact,
        "link": message.link or f"{str(settings.landing_url).rstrip('/')}{START}",
        "newcomer": to.newcomer,
        "account": person.object_id,
        "first_day": language.write_day(person.start_date) if person.start_date else None,
        "deadline": language.write_day(deadline) if deadline else None,
        "audience": to.audience,
    }
    address = FormOfAddress(settings.address) if settings.address else None
    return write_message(message.kind, tag=to.language, address=address, values=values)
