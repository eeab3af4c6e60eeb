"""Clients of Graph for the contract tests: the product's identities, and one with what the product does not hold."""

from typing import Any

import httpx
from azure.identity.aio import ManagedIdentityCredential

GRAPH = "https://graph.microsoft.com"
READER_ID = "3f0b8a52-7c1d-4e69-b2f4-8d5a6c7e9f01"
READER_ROLES = ["LicenseAssignment.Read.All", "Organization.Read.All", "Directory.Read.All",
                "UserAuthMethod-TAP.ReadWrite.All", "UserAuthenticationMethod.Read.All", "AuditLog.Read.All",
                "Policy.Read.AuthenticationMethod"]  # fmt: skip


class Caller:
    """Calls Graph with the token azure-identity got."""

    def __init__(self, http: httpx.AsyncClient, token: str) -> None:
        self.http = http
        self.headers = {"authorization": f"Bearer {token}"}

    async def answer(self, method: str, path: str, body: Any = None, **headers: str) -> bytes:
        response = await self.http.request(method, f"/v1.0{path}", json=body, headers={**self.headers, **headers})
        assert response.status_code in (200, 201, 204), response.text
        return response.content

    async def made(self, path: str, body: Any) -> Any:
        response = await self.http.post(f"/v1.0{path}", json=body, headers=self.headers)
        assert response.status_code == 201, response.text
        return response.json()


async def caller_for(http: httpx.AsyncClient, client_id: str) -> Caller:
    async with ManagedIdentityCredential(client_id=client_id) as credential:
        token = await credential.get_token(f"{GRAPH}/.default")
    return Caller(http, token.token)


async def reader_for(http: httpx.AsyncClient, roles: list[str] = READER_ROLES, *, client_id: str = READER_ID) -> Caller:
    """A test client with what the product does not hold."""
    await http.put("/_local/roles", json={client_id: roles})
    tenant_id = (await http.get("/common/discovery/instance")).json()["tenant_discovery_endpoint"].split("/")[3]
    form = {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_secret": "any",
        "scope": f"{GRAPH}/.default",
    }
    response = await http.post(f"/{tenant_id}/oauth2/v2.0/token", data=form)
    return Caller(http, response.json()["access_token"])
