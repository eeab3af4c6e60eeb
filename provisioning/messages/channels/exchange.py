"""Mail from a shared mailbox in Exchange Online, by Microsoft Graph."""

from dataclasses import dataclass

from provisioning.errors import AdminNeeded
from provisioning.graph.accounts import find_by_address
from provisioning.graph.client import Graph
from provisioning.graph.errors import GraphError
from provisioning.graph.mail import Mail, send_mail
from provisioning.graph.odata import is_object_id
from provisioning.messages.channels.base import RecipientRefused

# How Exchange refuses recipients (learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode).
RECIPIENT_CODES = frozenset({"ErrorInvalidRecipients", "ErrorRecipientNotFound", "ErrorInvalidSmtpAddress"})
SETUP = (
    "See docs/messages.md: the mailbox must exist, and Exchange's RBAC for Applications must let the people identity "
    "send from it; changes take up to two hours."
)


@dataclass
class ExchangeMailbox:
    """A shared mailbox, as the people identity reaches it. There is no key to tell a repetition by.

    Args:
        graph: As the people identity.
        mailbox: Its address or object id.
        object_id: What it is found under, once it was looked for: an address in a path would end up in logs.
    """

    graph: Graph
    mailbox: str
    object_id: str | None = None

    @property
    def repeatable(self) -> bool:
        """A second request is a second message."""
        return False

    async def send(self, mail: Mail) -> None:
        """Hand a message over, as MailChannelClient says."""
        await self.open()
        try:
            await send_mail(self.graph, str(self.object_id), mail)
        except GraphError as error:
            if error.code in RECIPIENT_CODES:
                raise RecipientRefused(
                    f"{error.answer}.", remedy="Correct the address in Entra; the next message is tried again."
                ) from error
            raise AdminNeeded(f"{error.answer}.", remedy=SETUP) from error

    async def open(self) -> None:
        """Find the mailbox's object id."""
        if self.object_id is None and is_object_id(self.mailbox):
            self.object_id = self.mailbox
        if self.object_id is None:
            accounts = await find_by_address(self.graph, self.mailbox)
            if len(accounts) != 1:
                raise AdminNeeded("MESSAGES_SENDER is the address of no account, or of several.", remedy=SETUP)
            self.object_id = accounts[0].object_id
