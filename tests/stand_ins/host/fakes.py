"""What the host's tests need in place of the stand-in tenant and of a served process."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import jwt
from azure.storage.queue.aio import QueueClient
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

T = TypeVar("T")

TENANT_ID = "0f5f6c9e-3a1d-4c8e-9b52-6d2f1a7e4b10"
CLIENT_ID = "11111111-2222-3333-4444-555555555555"
AUTHORITY = "http://authority.example.com"


@dataclass
class FakeAuthority:
    """An authority that knows one app registration and signs whatever ID token a test asks for."""

    registered: bool = True
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        await self.answer(request.url.path)(scope, receive, send)

    def answer(self, path: str) -> Response:
        base = f"{AUTHORITY}/{TENANT_ID}"
        if path == "/_local/client-id":
            return JSONResponse({"clientId": CLIENT_ID}) if self.registered else Response(status_code=404)
        if path.endswith("/.well-known/openid-configuration"):
            return JSONResponse(
                {
                    "issuer": f"{base}/v2.0",
                    "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                    "end_session_endpoint": f"{base}/oauth2/v2.0/logout",
                    "jwks_uri": f"{base}/discovery/v2.0/keys",
                }
            )
        if path.endswith("/discovery/v2.0/keys"):
            public = json.loads(RSAAlgorithm.to_jwk(self.key.public_key()))
            return JSONResponse({"keys": [{**public, "kid": "one", "use": "sig", "alg": "RS256"}]})
        return Response(status_code=404)

    def id_token(self, *, nonce: str, key: rsa.RSAPrivateKey | None = None, **changes: Any) -> str:
        claims = {
            "iss": f"{AUTHORITY}/{TENANT_ID}/v2.0",
            "aud": CLIENT_ID,
            "tid": TENANT_ID,
            "oid": "aaaaaaaa-0000-0000-0000-000000000001",
            "sub": "subject",
            "name": "Åsa Example",
            "preferred_username": "asa@example.com",
            "nonce": nonce,
            "exp": int(time.time()) + 600,
            "ver": "2.0",
        }
        payload = {name: value for name, value in (claims | changes).items() if value is not None}
        return jwt.encode(payload, key or self.key, algorithm="RS256", headers={"kid": "one"})


def settings_environment(**changes: str) -> Mapping[str, str]:
    return {"AzureWebJobsStorage": "UseDevelopmentStorage=true", "TICK_SCHEDULE": "0 0 3 * * *", **changes}


async def eventually(check: Callable[[], Awaitable[T]], *, seconds: float = 30.0) -> T:
    """The first truthy answer of `check`; AssertionError when there is none in time."""
    end = time.monotonic() + seconds
    while not (answer := await check()):
        assert time.monotonic() < end, f"nothing within {seconds} s"
        await asyncio.sleep(0.05)
    return answer


async def hidden_count(queue: QueueClient) -> int:
    """How many messages a queue holds, visible or not."""
    return (await queue.get_queue_properties()).approximate_message_count or 0


async def gone(queue: QueueClient) -> bool:
    return await hidden_count(queue) == 0


async def taken(queue: QueueClient) -> bool:
    """Whether the host has taken whatever there was: it cannot be seen then."""
    return not await queue.peek_messages()
