"""Scenarios that hold against the stand-in and, where credentials are in the environment, against a real tenant.

With ENTRA_TENANT_ID, ENTRA_CLIENT_ID and ENTRA_CLIENT_SECRET set, each test also runs against that tenant: use one for
tests only. The application needs Group.ReadWrite.All and User.Read.All, and everything made is deleted again.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from local.entra.app import create_app
from local.entra.identity_platform.tokens import TokenService
from local.entra.seeding import new_tenant
from local.identities import TENANT_ID

pytestmark = pytest.mark.entra_verified

VARIABLES = ("ENTRA_TENANT_ID", "ENTRA_CLIENT_ID", "ENTRA_CLIENT_SECRET")
GRAPH = "https://graph.microsoft.com"
LOGIN = "https://login.microsoftonline.com"
LONGEST_WAIT = 120.0


@dataclass
class Caller:
    """Calls Graph, and waits for replication where there is any."""

    http: httpx.AsyncClient
    token: str
    pause: float

    async def send(self, method: str, path: str, body: Any = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        return await self.http.request(method, f"{GRAPH}/v1.0{path}", json=body, headers=headers)

    async def settled(self, call: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
        """The answer once the object is there: 404 is asked again for a while."""
        waited = 0.0
        while True:
            answer = await call()
            if answer.status_code != 404 or waited >= LONGEST_WAIT:
                return answer
            await asyncio.sleep(self.pause)
            waited += max(self.pause, 1.0)


@pytest.fixture(params=["stand-in", "entra"])
async def caller(request: pytest.FixtureRequest, signing_key: rsa.RSAPrivateKey) -> AsyncIterator[Caller]:
    real = request.param == "entra"
    if real and not all(os.environ.get(name) for name in VARIABLES):
        pytest.skip(f"needs {', '.join(VARIABLES)}")
    tenant_id, client_id, secret = (os.environ.get(name, "") for name in VARIABLES)
    transport: httpx.AsyncBaseTransport | None = None
    pause = 5.0
    if not real:
        tenant_id, client_id, secret, pause = TENANT_ID, str(uuid4()), "any", 0.0
        state = new_tenant(users=5)
        transport = httpx.ASGITransport(app=create_app(state, tokens=TokenService(state, key=signing_key)))
    async with httpx.AsyncClient(transport=transport, timeout=30) as http:
        if not real:
            roles = {client_id: ["Group.ReadWrite.All", "User.Read.All"]}
            await http.put(f"{GRAPH}/_local/roles", json=roles)
        form = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": secret,
            "scope": f"{GRAPH}/.default",
        }
        answer = await http.post(f"{LOGIN}/{tenant_id}/oauth2/v2.0/token", data=form)
        assert answer.status_code == 200, answer.text
        yield Caller(http, answer.json()["access_token"], pause)


def new_group(name: str) -> dict[str, Any]:
    return {
        "displayName": f"entra-verified {name}",
        "mailEnabled": False,
        "mailNickname": name,
        "securityEnabled": True,
        "uniqueName": name,
    }


@pytest.fixture
async def group_id(caller: Caller) -> AsyncIterator[str]:
    """A group with a uniqueName, which is deleted for good at the end."""
    name = f"ev{uuid4().hex[:12]}"
    made = await caller.send("POST", "/groups", new_group(name))
    assert made.status_code == 201, made.text
    group_id = str(made.json()["id"])
    assert made.json()["uniqueName"] == name
    yield group_id
    await caller.send("DELETE", f"/groups/{group_id}")
    await caller.send("DELETE", f"/directory/deletedItems/{group_id}")


def error_of(answer: httpx.Response) -> tuple[int, str, str]:
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["message"]


async def test_a_unique_name_is_taken_once(caller: Caller, group_id: str) -> None:
    shown = await caller.settled(lambda: caller.send("GET", f"/groups/{group_id}?$select=id,uniqueName"))
    name = shown.json()["uniqueName"]
    status, code, message = error_of(await caller.send("POST", "/groups", new_group(name)))
    assert (status, code) == (400, "Request_BadRequest")
    assert message.startswith("Another object with the same value for property uniqueName already exists")


async def test_a_member_is_added_once(caller: Caller, group_id: str) -> None:
    user = (await caller.send("GET", "/users?$top=1&$select=id")).json()["value"][0]["id"]
    reference = {"@odata.id": f"{GRAPH}/v1.0/directoryObjects/{user}"}
    path = f"/groups/{group_id}/members"
    added = await caller.settled(lambda: caller.send("POST", f"{path}/$ref", reference))
    assert added.status_code == 204, added.text
    status, code, message = error_of(await caller.send("POST", f"{path}/$ref", reference))
    assert (status, code) == (400, "Request_BadRequest")
    assert message.startswith("One or more added object references already exist")
    removed = await caller.send("DELETE", f"{path}/{user}/$ref")
    assert removed.status_code == 204


async def test_a_deleted_group_waits_in_the_recycle_bin(caller: Caller, group_id: str) -> None:
    await caller.settled(lambda: caller.send("GET", f"/groups/{group_id}"))
    assert (await caller.send("DELETE", f"/groups/{group_id}")).status_code == 204
    found = await caller.settled(lambda: caller.send("GET", f"/directory/deletedItems/{group_id}"))
    assert found.json()["id"] == group_id
    status, code, _ = error_of(await caller.send("GET", f"/groups/{group_id}"))
    assert (status, code) == (404, "Request_ResourceNotFound")
