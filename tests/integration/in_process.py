"""The stand-in tenant called without a network, and tokens from the endpoint that azure-identity asks in Azure."""

import asyncio
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from azure.core.credentials import AccessToken

from local.entra.state import TenantState
from tests.support import StaticCredential

# httpx looks for this library at every call without a network, and a search that finds nothing is not remembered.
sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]  # documented: an import of it fails at once


@dataclass
class Gate:
    """Holds the first request of a kind back until it is opened.

    Args:
        method: Of the request, or of an item in a batch.
        path: Regular expression searched for in its path.
    """

    method: str
    path: str
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    opened: asyncio.Event = field(default_factory=asyncio.Event)

    async def hold(self, request: httpx.Request) -> None:
        """Wait here with a request of that kind."""
        batched = request.content.decode() if request.url.path.endswith("/$batch") else ""
        alone = request.method == self.method and re.search(self.path, request.url.path)
        if alone or (f'"method":"{self.method}"' in batched and re.search(self.path, batched)):
            self.reached.set()
            await self.opened.wait()


class InProcess(httpx.ASGITransport):
    """Calls the stand-in without a network; a connection it drops looks as it would over one.

    `watch` is called before and after every call with its number; a test may let the process die there. `gate` may
    hold a call back.
    """

    calls = 0
    watch: Callable[[int, str], None] | None = None
    gate: Gate | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        number = self.calls
        self.tell(number, "before")
        if self.gate is not None:
            await self.gate.hold(request)
        try:
            response = await super().handle_async_request(request)
        except ConnectionResetError as error:
            raise httpx.ReadError(str(error), request=request) from error
        self.tell(number, "after")
        return response

    def tell(self, number: int, moment: str) -> None:
        if self.watch is not None:
            self.watch(number, moment)


class ManagedIdentity(StaticCredential):
    """Asks the endpoint that azure-identity asks in Azure, and keeps the token as that does: until it nears its end.

    Unlike there, roles that were granted or taken away count at once.
    """

    def __init__(self, control: httpx.AsyncClient, tenant: TenantState, client_id: str) -> None:
        super().__init__()
        self.control = control
        self.tenant = tenant
        self.client_id = client_id
        self.told: tuple[object, ...] | None = None
        self.asked_at = self.ends_at = 0.0
        self.headers = {"X-IDENTITY-HEADER": tenant.identity_header or "any"}
        self.parameters = {
            "api-version": "2019-08-01",
            "client_id": client_id,
        }

    async def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        now = self.tenant.clock.wall().timestamp()
        lives = self.asked_at <= now < self.ends_at
        if not lives or self.told is None or self.told != self.tells(scopes[0]):
            await self.ask(scopes[0], now=now)
        return await super().get_token(*scopes, **options)

    def tells(self, scope: str) -> tuple[object, ...] | None:
        """What a token depends on besides time; None for an identity that there is not."""
        tenant = self.tenant
        principal = tenant.service_principals.find("appId", self.client_id)
        if principal is None:
            return None
        roles = tuple(tenant.role_claims(principal))
        return scope, tenant.settings.token_lifetime, tenant.identity_header, roles

    async def ask(self, scope: str, *, now: float) -> None:
        parameters = {**self.parameters, "resource": scope.removesuffix("/.default")}
        answer = await self.control.get("/msi/token", params=parameters, headers=self.headers)
        assert answer.status_code == 200, answer.text
        self.token = answer.json()["access_token"]
        self.told = self.tells(scope)
        self.asked_at, self.ends_at = now, now + self.tenant.settings.token_lifetime / 2
