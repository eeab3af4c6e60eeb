"""What the messages work with, put together from the services of the people role."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

import httpx

from provisioning.address_encryption import PRIVATE_SETTING, AddressOpener, load_address_opener
from provisioning.clock import Clock
from provisioning.errors import ConfigurationError
from provisioning.graph.client import Graph
from provisioning.log import EventLog
from provisioning.messages.channels.base import MailChannelClient
from provisioning.messages.channels.communication_services import CommunicationServices
from provisioning.messages.channels.exchange import ExchangeMailbox
from provisioning.messages.settings import MailChannel, MessageSettings
from provisioning.services import Services
from provisioning.settings import RetentionSettings
from provisioning.store.ledger import Ledger
from provisioning.store.outbox import Outbox

log = EventLog(__name__)


@dataclass(frozen=True)
class MessageContext:
    """Everything the messages work with.

    Args:
        settings: Which messages, by what, when and how many.
        graph: As the people identity.
        ledger: The rows of hires and accounts; only read.
        outbox: The messages.
        now: Clock.
        new_id: Names a run in its lease, and a message to its channel.
        retention: How long a settled message is kept.
        transport: For tests: where Communication Services is.
        opener: Opens private addresses; None where nobody is written to there.
        counts: What a run did, by name.
    """

    settings: MessageSettings
    graph: Graph
    ledger: Ledger
    outbox: Outbox
    now: Clock
    new_id: Callable[[], str] = field(repr=False)
    retention: timedelta
    transport: httpx.AsyncBaseTransport | None = None
    opener: AddressOpener | None = field(default=None, repr=False)
    counts: Counter[str] = field(default_factory=Counter)

    @cached_property
    def channel(self) -> MailChannelClient:
        """What hands mail over."""
        sender = str(self.settings.sender)
        if self.settings.channel is MailChannel.COMMUNICATION_SERVICES:
            endpoint = str(self.settings.endpoint)
            return CommunicationServices(self.graph.credential, endpoint, sender, self.now, self.transport)
        return ExchangeMailbox(self.graph, sender)


def message_context(services: Services, *, client_id: str) -> MessageContext:
    """Everything the messages work with.

    Args:
        services: Clients of this event loop.
        client_id: Of the people role's identity.

    Raises:
        ConfigurationError: A setting is missing or wrong.
    """
    settings = services.settings(MessageSettings)
    return MessageContext(
        settings=settings,
        graph=services.graph(client_id),
        ledger=services.ledger,
        outbox=Outbox(services.storage, tenant_id=services.tenant_id),
        now=services.now,
        new_id=services.new_id,
        retention=services.settings(RetentionSettings).retention,
        transport=services.transport,
        opener=opener_of_private_addresses(settings),
    )


def opener_of_private_addresses(settings: MessageSettings) -> AddressOpener | None:
    """Return what opens private addresses; None where nobody is written to there.

    Raises:
        ConfigurationError: People are to be written to there, and there is no key.
    """
    if not settings.on or not settings.to_private:
        return None
    opener = load_address_opener()
    if opener is None:
        remedy = "Make keys (python -m provisioning sources keys), or set MESSAGES_TO_PRIVATE_ADDRESS to false."
        raise ConfigurationError(
            PRIVATE_SETTING, fault="is missing, but messages go to private addresses", remedy=remedy
        )
    return opener


def settings_if_on(services: Services) -> MessageSettings | None:
    """Return the settings where messages are sent; None where they are off, or cannot be because a setting is wrong.

    Enrolling people must not fail for want of a mailbox; the run that sends reports what is wrong.
    """
    try:
        settings = services.settings(MessageSettings)
    except ConfigurationError as error:
        log.warning("messages_misconfigured", reason=error.reason)
        return None
    return settings if settings.on else None
