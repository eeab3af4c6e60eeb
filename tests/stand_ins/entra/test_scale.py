"""A large tenant answers fast enough that a benchmark on it measures the client.

The limits here are two or three times what is wanted (3 s, 12 ms, 2 ms) and more, so that a busy machine does not fail
them; measured on two cores: 0.8 s of processor time, 3.4 ms and 0.8 ms; a million people take 1.0 GB.
"""

import time
from collections.abc import Iterator

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from local.entra.app import create_app
from local.entra.clock import Clock
from local.entra.identity_platform.tokens import TokenService
from local.entra.seeding import new_tenant
from local.entra.state import TenantState

from .support import NOW, ORIGIN, Tenant

PEOPLE = 100_000


@pytest.fixture(scope="module")
def large() -> Iterator[TenantState]:
    start = time.thread_time()
    state = new_tenant(users=PEOPLE, seed=7, clock=Clock(lambda: NOW))
    assert time.thread_time() - start < 20
    yield state
    state.users.objects.clear()


@pytest.fixture
async def crowd(large: TenantState, signing_key: rsa.RSAPrivateKey) -> Tenant:
    tokens = TokenService(large, key=signing_key)
    transport = httpx.ASGITransport(app=create_app(large, tokens=tokens))
    return Tenant(large, tokens, httpx.AsyncClient(transport=transport, base_url=ORIGIN))


async def best(crowd: Tenant, path: str, *, count: int) -> float:
    """The shortest processor time of seven calls that answer `count` items."""
    times = []
    caller = crowd.people
    for _ in range(7):
        start = time.thread_time()
        response = await caller.get(path)
        times.append(time.thread_time() - start)
        assert len(response.json()["value"]) == count, response.text
    return min(times)


async def test_a_page_of_999(crowd: Tenant) -> None:
    path = "/users?$top=999&$select=id,employeeId,accountEnabled,userType,employeeHireDate"
    assert await best(crowd, path, count=999) < 0.03
    following = (await crowd.people.get(path)).json()["@odata.nextLink"]
    assert await best(crowd, following, count=999) < 0.03


async def test_a_key_is_looked_up(crowd: Tenant) -> None:
    assert await best(crowd, f"/users?$filter=employeeId eq 'E{PEOPLE:06d}'", count=1) < 0.01
    assert await best(crowd, "/users?$filter=employeeId eq 'nobody'", count=0) < 0.01
    assert await best(crowd, "/users?$filter=userPrincipalName in ('admin@example.com','x')", count=1) < 0.01


async def test_a_delta_without_change(crowd: Tenant) -> None:
    link = (await crowd.people.get("/users/delta?$deltatoken=latest")).json()["@odata.deltaLink"]
    assert await best(crowd, link, count=0) < 0.015


async def test_keys_that_change_are_found(crowd: Tenant) -> None:
    user_id = crowd.state.users.ordered()[500]["id"]
    changed = await crowd.http.patch(f"/_local/users/{user_id}", json={"employeeId": "NEW"})
    assert changed.status_code == 200
    [found] = await crowd.people.value("/users?$filter=employeeId eq 'new'&$select=id")
    assert found["id"] == user_id
    await crowd.http.delete(f"/_local/users/{user_id}")
    assert await crowd.people.value("/users?$filter=employeeId eq 'NEW'") == []
