"""Mail by Azure Communication Services: one POST, as the people identity, with a key that makes a repetition harmless.

Microsoft's client library would wait for the end of the operation, and has hung under throttling (Azure/
azure-sdk-for-js#32328, #25915) and called delivered mail "not found" (Azure/azure-sdk-for-python#35849). Nothing is
asked afterwards here: 202 is all that is wanted.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

from provisioning.clock import Clock
from provisioning.errors import AdminNeeded, AnswerLost, TransientError
from provisioning.graph.client import NEVER_SENT
from provisioning.graph.mail import MARK, Mail
from provisioning.graph.retry import THROTTLED, retry_after
from provisioning.graph.tokens import token_for
from provisioning.messages.channels.base import RecipientRefused

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

SEND = "/emails:send?api-version=2025-09-01"
TIMEOUT_SECONDS = 15.0
SERVICE = "communication."
GLOBAL_SCOPE = "https://communication.azure.com/.default"
LIMITED = 60.0  # seconds until the next try where a refusal names no time
SETUP = (
    "See docs/messages.md: the people identity needs a role on the Communication Services resource, and the sender's "
    "domain must be linked to it."
)


@dataclass(frozen=True)
class CommunicationServices:
    """A Communication Services resource, as the people identity reaches it.

    Args:
        credential: Of the people identity.
        endpoint: The resource's address.
        sender: The address that mail is sent from.
        now: Clock, for a Retry-After that is a date.
        transport: For tests: where requests go instead of the network.
    """

    credential: "AsyncTokenCredential"
    endpoint: str
    sender: str
    now: Clock
    transport: httpx.AsyncBaseTransport | None = None

    @property
    def repeatable(self) -> bool:
        """`Operation-Id` makes a second request the same operation (azure-communication-email 1.1)."""
        return True

    @property
    def scope(self) -> str:
        """Return what a token is asked for: the service of the cloud that the resource is in."""
        _, found, cloud = str(urlsplit(self.endpoint).hostname).partition(SERVICE)
        return f"https://{SERVICE}{cloud}/.default" if found else GLOBAL_SCOPE

    async def open(self) -> None:
        """Nothing is needed: a token is asked for with each message, and the credential keeps it."""

    async def send(self, mail: Mail) -> None:
        """Hand a message over, as MailChannelClient says."""
        token = await token_for(self.credential, self.scope)
        headers = {"Authorization": f"Bearer {token}", "Operation-Id": mail.mark}
        async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False, transport=self.transport) as client:
            try:
                answer = await client.post(self.endpoint.rstrip("/") + SEND, json=self.body(mail), headers=headers)
            except NEVER_SENT as error:
                raise TransientError(f"Communication Services was not reached ({type(error).__name__}).") from error
            except httpx.HTTPError as error:
                raise AnswerLost(f"Communication Services did not answer ({type(error).__name__}).") from error
        self.check(answer)

    def body(self, mail: Mail) -> dict[str, object]:
        """Return the request's body (rest/api/communication/email, Email - Send)."""
        return {
            "senderAddress": self.sender,
            "recipients": {"to": [{"address": mail.to}]},
            "content": {"subject": mail.subject, "plainText": mail.text, "html": mail.html},
            "headers": {MARK: mail.mark},
            "userEngagementTrackingDisabled": True,
        }

    def check(self, answer: httpx.Response) -> None:
        """Return if the message was taken; raise what it means if not."""
        if answer.status_code == httpx.codes.ACCEPTED:
            return
        said = f"Communication Services answered {answer.status_code} {error_code(answer)}."
        if answer.status_code == THROTTLED:
            raise TransientError(said, after=retry_after(answer.headers, now=self.now()) or LIMITED)
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise AnswerLost(said)
        if answer.status_code == httpx.codes.BAD_REQUEST and names_recipients(answer):
            raise RecipientRefused(said, remedy="Correct the address in Entra; the next message is tried again.")
        raise AdminNeeded(said, remedy=SETUP)


def error_of(answer: httpx.Response) -> dict[str, object]:
    """Return the error of a refusal, as far as it is one."""
    try:
        found = answer.json()["error"]
    except (ValueError, KeyError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def error_code(answer: httpx.Response) -> str:
    """Return the code of a refusal; nothing else of its text, which may hold an address."""
    code = str(error_of(answer).get("code", ""))
    return code if code.isalnum() else "without a code"


def names_recipients(answer: httpx.Response) -> bool:
    """Return whether a refusal is about the recipient, whose field it names."""
    return "recipient" in str(error_of(answer)).casefold()
