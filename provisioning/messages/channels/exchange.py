"""Mail from a shared mailbox in Exchange Online, by Microsoft Graph."""

from dataclasses import dataclass

from provisioning.errors import AdminNeeded
from provisioning.graph.client import Graph
from provisioning.graph.errors import GraphError
from provisioning.graph.mail import Mail, send_mail
from provisioning.messages.channels.base import RecipientRefused

# How Exchange refuses recipients (learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode).
RECIPIENT_CODES = frozenset({"ErrorInvalidRecipients", "ErrorRecipientNotFound", "ErrorInvalidSmtpAddress"})
SETUP = (
    "See docs/messages.md: the mailbox must exist, and Exchange's RBAC for Applications must let the people identity "
    "send from it; changes take up to two hours."
)


@dataclass(frozen=True)
class ExchangeMailbox:
    """A shared mailbox, as the people identity reaches it. There is no key to tell a repetition by.

    Args:
        graph: As the people identity.
        mailbox: Its address or object id.
    """

    graph: Graph
    mailbox: str

    @property
    def repeatable(self) -> bool:
        """A second request is a second message."""
        return False

    async def send(self, mail: Mail) -> None:
        """Hand a message over, as MailChannelClient says."""
        try:
            await send_mail(self.graph, self.mailbox, mail)
        except GraphError as error:
            if error.code in RECIPIENT_CODES:
                raise RecipientRefused(
                    f"{error.answer}.", remedy="Correct the address in Entra; the next message is tried again."
                ) from error
            raise AdminNeeded(f"{error.answer}.", remedy=SETUP) from error
