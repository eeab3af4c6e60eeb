"""What many tests need: a clock, a recorder for sleeps, a credential, and Graph over any transport."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from azure.core.credentials import AccessToken

from provisioning.graph.client import Graph

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
ENDPOINT = "http://127.0.0.1:9"
TENANT_ID = "0f5f6c9e-3a1d-4c8e-9b52-6d2f1a7e4b10"


@dataclass
class FrozenClock:
    """A clock that moves only when told."""

    moment: datetime = NOW

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, **duration: float) -> None:
        self.moment += timedelta(**duration)


@dataclass
class Sleeps:
    """Stands in for asyncio.sleep: keeps what was asked for, and lets a clock pass that long."""

    asked: list[float] = field(default_factory=list)
    clock: FrozenClock | None = None

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)
        if self.clock is not None:
            self.clock.advance(seconds=seconds)


class StaticCredential:
    """An azure-identity credential with a fixed token."""

    def __init__(self, token: str = "token") -> None:
        self.token = token
        self.scopes: list[str] = []

    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        self.scopes += scopes
        return AccessToken(self.token, int(time.time()) + 3600)

    async def close(self) -> None:
        return None

    async def __aenter__(self) -> "StaticCredential":
        return self

    async def __aexit__(self, *_: object) -> None:
        return None


Handler = Callable[[httpx.Request], httpx.Response]


def graph_over(
    transport: httpx.AsyncBaseTransport | Handler,
    *,
    credential: StaticCredential | None = None,
    sleeps: Sleeps | None = None,
    endpoint: str = ENDPOINT,
    now: Callable[[], datetime] = FrozenClock(),  # noqa: B008 - frozen, so sharing one does no harm
) -> Graph:
    """Graph whose requests go to a transport, or to a function from request to response."""
    if not isinstance(transport, httpx.AsyncBaseTransport):
        transport = httpx.MockTransport(transport)
    return Graph(
        credential or StaticCredential(),
        endpoint=endpoint,
        scope="https://graph.microsoft.com/.default",
        sleep=sleeps or Sleeps(),
        now=now,
        transport=transport,
    )


def graph_error(status: int, code: str, message: str, *, headers: dict[str, str] | None = None) -> httpx.Response:
    """An error as Graph writes it."""
    return httpx.Response(status, json={"error": {"code": code, "message": message}}, headers=headers)
