"""A message as its reader gets it, about an invented person: for an admin who wants to see it first."""

from datetime import UTC, date, datetime

from provisioning.messages.recipients import Recipient
from provisioning.messages.rendering import MessageText
from provisioning.messages.settings import MessageSettings
from provisioning.messages.words import message_text
from provisioning.model.ledger import EnrollmentState, Person
from provisioning.model.message_schedule import AUDIENCES
from provisioning.model.newcomer_messages import Audience, MessageKind, OutboxMessage

NEWCOMER = "00000000-0000-0000-0000-000000000000"
NAME = "Ada Lovelace"
FIRST_DAY = date(2026, 12, 1)
MOMENT = datetime(2026, 11, 24, 9, tzinfo=UTC)
EXAMPLE = "https://enroll.example.com"


def preview_message(kind: MessageKind, *, tag: str, settings: MessageSettings) -> MessageText:
    """Return a message; names and addresses of the organization are those of the settings.

    Args:
        kind: Which one.
        tag: The language, one of LANGUAGES.
        settings: Of the messages.
    """
    audience = AUDIENCES.get(kind, Audience.NEWCOMER)
    message = OutboxMessage(NEWCOMER, kind, "preview", audience, MOMENT, MOMENT)
    person = Person(NEWCOMER, EnrollmentState.INVITED, start_date=FIRST_DAY, invited_at=MOMENT)
    to = Recipient(audience, "", tag, NAME)
    shown = settings.model_copy(update={"landing_url": settings.landing_url or EXAMPLE})
    return message_text(message, person, to, settings=shown)
