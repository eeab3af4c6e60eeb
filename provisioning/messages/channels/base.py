"""What a way of sending mail is."""

from typing import Protocol

from provisioning.errors import Rejected
from provisioning.graph.mail import Mail


class RecipientRefused(Rejected):
    """The channel takes no mail for this address; another one would be taken."""


class MailChannelClient(Protocol):
    """Hands mail over. That it was accepted says nothing about its arrival."""

    @property
    def repeatable(self) -> bool:
        """Whether a second sending with the same mark is known to be the same message."""
        ...

    async def open(self) -> None:
        """Find out what sending takes, once in a run and before anything is claimed.

        Raises:
            TransientError: Not now.
            ProductError: Nothing can be sent until an admin acts.
        """
        ...

    async def send(self, mail: Mail) -> None:
        """Hand a message over.

        Raises:
            AnswerLost: It may have been handed over.
            RecipientRefused: This address is refused.
            TransientError: It was not handed over, and may be later.
            ProductError: Nothing can be sent until an admin acts.
        """
        ...
