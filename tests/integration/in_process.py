"""The stand-in tenant called without a network, and tokens from the endpoint that azure-identity asks in Azure."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from azure.core.credentials import AccessToken

from local.entra.state import TenantState
from tests.support import StaticCredential


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
    """Asks the endpoint that azure-identity asks in Azure, anew whenever the clock or the identity's roles changed."""

    def __init__(self, control: httpx.AsyncClient, tenant: TenantState, client_id: str) -> None:
        super().__init__()
        self.control = control
        self.tenant = tenant
        self.client_id = client_id
        self.told: tuple[object, ...] | None = None
        self.headers = {"X-IDENTITY-HEADER": tenant.identity_header or "any"}
        self.parameters = {
            "api-version": "2019-08-01",
            "client_id": client_id,
        }

    async def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        if self.told is None or self.told != self.tells(scopes[0]):
            await self.ask(scopes[0])
        return await super().get_token(*scopes, **options)

    def tells(self, scope: str) -> tuple[object, ...] | None:
        """What a token depends on; None for an identity that there is not."""
        tenant = self.tenant
        principal = tenant.service_principals.find("appId", self.client_id)
        if principal is None:
            return None
        second = int(tenant.clock.wall().timestamp())
        return (
            scope,
            second,
            tenant.settings.token_lifetime,
            tenant.identity_header,
            tuple(tenant.role_claims(principal)),
        )

    async def ask(self, scope: str) -> None:
        parameters = {**self.parameters, "resource": scope.removesuffix("/.default")}
        answer = await self.control.get("/msi/token", params=parameters, headers=self.headers)
        assert answer.status_code == 200, answer.text
        self.token = answer.json()["access_token"]
        self.told = self.tells(scope)
