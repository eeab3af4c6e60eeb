"""Fixtures: a stand-in tenant in this process, at a fixed time and with repeatable ids."""

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from local.entra.app import create_app
from local.entra.clock import Clock
from local.entra.identity_platform.tokens import TokenService
from local.entra.seeding import new_tenant

from .support import NOW, ORIGIN, Tenant, Visitor


@pytest.fixture
async def tenant(signing_key: rsa.RSAPrivateKey) -> AsyncIterator[Tenant]:
    state = new_tenant(users=120, seed=7, clock=Clock(lambda: NOW))
    # This clock stands still, so a second call within its second would never be let through.
    state.settings = replace(state.settings, throttle_conditional_access=0.0)
    tokens = TokenService(state, key=signing_key)
    transport = httpx.ASGITransport(app=create_app(state, tokens=tokens))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as http:
        yield Tenant(state, tokens, http)


@pytest.fixture
def visitor(tenant: Tenant) -> Visitor:
    return Visitor(tenant.http, tenant.state.tenant_id)


@pytest.fixture
def hires(tenant: Tenant) -> list[str]:
    """Ids of 30 invented people, members all."""
    people = [user for user in tenant.state.users if user["userType"] == "Member" and "employeeId" in user]
    return [user["id"] for user in people[:30]]
