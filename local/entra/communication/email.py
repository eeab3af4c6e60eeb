"""Communication Services Email: POST /emails:send, with its key against repetition and its limits.

Sources: the page `email-send` of the Communication Services REST reference; azure-communication-email 1.1 for
`Operation-Id`, with which a second request is the same operation; the service limits page for 30 messages a minute and
100 an hour. How the service words a refusal of its role check is not known.
"""

import uuid
from datetime import datetime
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.entra.identity_platform.tokens import TokenService
from local.entra.state import TenantState

AUDIENCES = frozenset({"https://communication.azure.com", "https://communication.azure.com/"})
A_MINUTE, AN_HOUR = 30, 100
MINUTE, HOUR = 60.0, 3600.0


class EmailService:
    """One Communication Services resource; the tenant's mail shows what it sent.

    Args:
        state: The tenant.
        tokens: Whose tokens it takes.
    """

    def __init__(self, state: TenantState, tokens: TokenService) -> None:
        self.state = state
        self.tokens = tokens

    async def send(self, request: Request) -> Response:
        """202 with the operation; the same one again for an id that is known."""
        client = self.client_of(request)
        if client is None:
            return refused(401, "Denied", "Denied by the resource provider.")
        allowed = self.state.settings.email_client
        if allowed and client != allowed:
            return refused(403, "Forbidden", "The identity has no role on this resource.")
        operation = request.headers.get("operation-id") or str(uuid.uuid4())
        if any(item.get("operation") == operation for item in self.state.mail):
            return accepted(operation)
        wait = self.wait()
        if wait > 0:
            text = "The number of messages exceeds the limit of this resource."
            return refused(429, "TooManyRequests", text, {"Retry-After": str(round(wait))})
        fault = self.keep(orjson.loads(await request.body()), client=client, operation=operation)
        return accepted(operation) if fault is None else refused(400, "InvalidRequest", fault)

    def client_of(self, request: Request) -> str | None:
        """The client id of the caller, if its token is for this service and not expired."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        claims = self.tokens.current_claims(token.strip()) if scheme.lower() == "bearer" else None
        return str(claims["appid"]) if claims is not None and claims["aud"] in AUDIENCES else None

    def wait(self) -> float:
        """Seconds until one more message may go."""
        now = self.state.clock.now()
        mine = [item for item in self.state.mail if "operation" in item]
        ages = [(now - datetime.fromisoformat(item["sentDateTime"])).total_seconds() for item in mine]
        waits = [0.0]
        for limit, span in ((A_MINUTE, MINUTE), (AN_HOUR, HOUR)):
            recent = sorted(age for age in ages if age < span)
            if len(recent) >= limit:
                waits.append(span - recent[limit - 1])
        return max(waits)

    def keep(self, document: Any, *, client: str, operation: str) -> str | None:
        """Keep a message as mail; returns what is wrong with it."""
        people = document.get("recipients", {}).get("to", [])
        if not people or not all("@" in str(item.get("address", "")) for item in people):
            return "recipients.to holds an address that is not valid."
        content = document["content"]
        message = {
            "subject": content["subject"],
            "body": {"contentType": "HTML", "content": content.get("html", "")},
            "text": content.get("plainText", ""),
            "toRecipients": [{"emailAddress": {"address": item["address"]}} for item in people],
        }
        self.state.mail.append(
            {
                "id": self.state.ids(),
                "from": document["senderAddress"],
                "client": client,
                "operation": operation,
                "sentDateTime": self.state.clock.text(),
                "saveToSentItems": False,
                "message": message,
            }
        )
        return None


def accepted(operation: str) -> Response:
    """202, where the operation can be asked about."""
    location = f"/emails/operations/{operation}?api-version=2025-09-01"
    return JSONResponse({"id": operation, "status": "Running"}, 202, headers={"Operation-Location": location})


def refused(status: int, code: str, text: str, headers: dict[str, str] | None = None) -> Response:
    """An error as the service writes it."""
    return JSONResponse({"error": {"code": code, "message": text}}, status, headers=headers)
