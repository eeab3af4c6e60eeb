"""Mail from a mailbox: POST /users/{mailbox}/sendMail, which answers 202 once the message is taken, and knows no key.

A repeated request is a second message, and an answer that was lost may stand for one that was sent (Microsoft Q&A
2286986: four copies after retries), so nothing here is ever sent twice.
"""

from dataclasses import dataclass, field

from kiota_abstractions.method import Method

from provisioning.graph.client import Graph
from provisioning.graph.requests import json_request

MARK = "x-mfa-pre-enrollment"  # the header that finds a message among those that were sent; others must begin with x-


@dataclass(frozen=True)
class Mail:
    """A message, ready to go. Never kept, and never in a log.

    Args:
        to: The recipient's address.
        subject: One line.
        text: The whole text.
        html: The same as a document.
        language: BCP 47.
        mark: What the message is known by.
    """

    to: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)
    language: str
    mark: str


async def send_mail(graph: Graph, mailbox: str, mail: Mail) -> None:
    """Hand a message over, once.

    Args:
        graph: As an identity that may send from the mailbox.
        mailbox: Its address or object id.
        mail: The message.

    Raises:
        AnswerLost: It may have been sent.
        GraphError: It was refused.
        TransientError: It was not sent, and may be later.
    """
    message = {
        "subject": mail.subject,
        "body": {"contentType": "HTML", "content": mail.html},
        "toRecipients": [{"emailAddress": {"address": mail.to}}],
        "internetMessageHeaders": [{"name": MARK, "value": mail.mark}],
    }
    builder = graph.build.users.by_user_id(mailbox).send_mail
    body = {"message": message, "saveToSentItems": True}
    await graph.send(json_request(Method.POST, builder, body), repeatable=False)
