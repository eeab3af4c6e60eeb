"""Limits: what calls cost, what a client is told when it asks too much, and that time heals."""

from collections.abc import Mapping
from typing import Any

import pytest

from local.entra.control.control import PREFIX
from local.entra.control.settings import Settings
from local.entra.limits.throttling import resource_units, tenant_units, writes_of
from local.identities import TENANT, TENANT_ID

from .support import Caller, Tenant, binding, refused

TOO_MANY = "Please retry again later."


async def change(tenant: Tenant, **settings: float) -> None:
    answer = await tenant.http.patch(f"{PREFIX}/settings", json=settings)
    assert answer.status_code == 200, answer.text


async def until_throttled(
    caller: Caller, path: str, *, headers: Mapping[str, str] | None = None, most: int = 50
) -> tuple[int, Any]:
    """How many calls went well, and the answer to the one that did not."""
    for passed in range(most):
        answer = await caller.get(path, headers=headers)
        if answer.status_code != 200:
            return passed, answer
    raise AssertionError(f"{path} was never throttled.")


@pytest.mark.parametrize(
    ("call", "query", "units"),
    [
        ("GET /users", {}, 2),
        ("GET /users", {"$select": "id"}, 1),
        ("GET /users", {"$select": "id", "$top": "5"}, 1),
        ("GET /users", {"$top": "999"}, 2),
        ("GET /groups/{group}/members", {"$top": "19"}, 2),
        ("GET /groups/{group}/transitiveMembers", {}, 5),
        ("GET /groups/{group}", {"$expand": "members"}, 2),
        ("GET /groups/{group}", {"$select": "id"}, 1),
        ("GET /subscribedSkus", {}, 3),
        ("POST /directoryObjects/getByIds", {}, 3),
        ("POST /groups", {}, 1),
    ],
)
def test_what_a_call_costs(call: str, query: Mapping[str, str], units: int) -> None:
    assert resource_units(call, query) == units


def test_the_size_of_a_tenant_decides_its_units() -> None:
    assert [tenant_units(people) for people in (0, 49, 50, 500, 501)] == [3_500, 3_500, 5_000, 5_000, 8_000]


@pytest.mark.parametrize(("people", "writes"), [(1, 1), (3, 1), (4, 2), (20, 7)])
def test_members_are_a_write_for_every_three(people: int, writes: int) -> None:
    document = {"members@odata.bind": ["x"] * people}
    assert writes_of("PATCH", "/groups/{group}", document) == writes
    assert writes_of("POST", "/directoryObjects/getByIds", {"ids": []}) == 0


async def test_a_client_that_asks_too_much_is_told_when_to_come_back(tenant: Tenant) -> None:
    await change(tenant, throttleDirectory=0.004)  # 5,000 units a 10 seconds become 20
    passed, answer = await until_throttled(tenant.admin, "/groups")
    assert passed == 20
    refused(answer, 429, "TooManyRequests", TOO_MANY)
    inner = answer.json()["error"]["innerError"]
    assert (inner["code"], inner["status"], inner["message"]) == ("429", "429", "Please retry after")
    assert answer.headers["retry-after"] == "0.500", "one unit comes back in half a second"
    assert answer.headers["x-ms-resource-unit"] == "1"
    assert answer.headers["x-ms-throttle-limit-percentage"] == "1.05"
    assert answer.headers["x-ms-throttle-information"] == "ResourceUnitLimitExceeded"
    scope = f"Tenant_Application/ReadWrite/{TENANT.client_id}/{TENANT_ID}"
    assert answer.headers["x-ms-throttle-scope"] == scope
    assert (await tenant.people.get("/users?$top=1")).status_code == 200, "another client has its own units"
    tenant.state.clock.advance(0.5)
    assert (await tenant.admin.get("/groups")).status_code == 200
    assert (await tenant.admin.get("/groups")).status_code == 429


async def test_the_warning_comes_above_four_fifths(tenant: Tenant) -> None:
    await change(tenant, throttleDirectory=0.002)
    shown = [(await tenant.admin.get("/groups")).headers.get("x-ms-throttle-limit-percentage") for _ in range(10)]
    assert shown == [None] * 8 + ["0.90", "1.00"]


async def test_low_priority_is_throttled_first_and_high_priority_last(tenant: Tenant) -> None:
    await change(tenant, throttleDirectory=0.002)
    for priority, more in (("Low", 8), ("normal", 2), ("high", 1)):
        passed, _ = await until_throttled(tenant.admin, "/groups", headers={"x-ms-throttle-priority": priority})
        assert passed == more


async def test_writes_have_a_quota_of_their_own(tenant: Tenant, hires: list[str]) -> None:
    group_id = await tenant.new_group()
    await change(tenant, throttleWrites=0.002)  # 3,000 writes a 150 seconds become 6
    answer = await tenant.admin.patch(f"/groups/{group_id}", binding(*hires[:15]))
    assert answer.status_code == 204
    answer = await tenant.admin.patch(f"/groups/{group_id}", binding(*hires[15:20]))
    refused(answer, 429, "TooManyRequests", TOO_MANY)
    assert answer.headers["x-ms-throttle-information"] == "WriteLimitExceeded"
    assert (await tenant.admin.get(f"/groups/{group_id}")).status_code == 200, "reading goes on"
    tenant.state.clock.advance(150)
    assert (await tenant.admin.patch(f"/groups/{group_id}", binding(*hires[15:20]))).status_code == 204


async def test_conditional_access_takes_one_call_a_second_and_says_no_more(tenant: Tenant) -> None:
    path = "/identity/conditionalAccess/policies"
    await change(tenant, throttleConditionalAccess=1)
    assert (await tenant.admin.get(path)).status_code == 200
    answer = await tenant.with_roles("Policy.Read.All").get(path)
    refused(answer, 429, "TooManyRequests", TOO_MANY)
    assert "retry-after" not in answer.headers, "and the limit is the tenant's, not the client's"
    tenant.state.clock.advance(1)
    assert (await tenant.admin.get(path)).status_code == 200


async def test_reports_take_five_calls_in_ten_seconds(tenant: Tenant) -> None:
    reader = tenant.with_roles("AuditLog.Read.All")
    passed, answer = await until_throttled(reader, "/reports/authenticationMethods/userRegistrationDetails")
    assert passed == 5
    refused(answer, 429, "UnknownError", "Too Many Requests")
    assert answer.headers["retry-after"] == "10"


async def test_authentication_methods_are_limited_only_when_a_figure_is_set(tenant: Tenant, hires: list[str]) -> None:
    path = f"/users/{hires[0]}/authentication/methods"
    await change(tenant, throttleAuthenticationMethods=2)
    passed, answer = await until_throttled(tenant.people, path)
    assert (passed, answer.headers["retry-after"]) == (2, "10")


async def test_items_of_a_batch_are_throttled_one_by_one(tenant: Tenant) -> None:
    await change(tenant, throttleDirectory=0.0004)  # 2 units
    items = [{"id": str(number), "method": "GET", "url": "/groups"} for number in range(3)]
    answer = await tenant.admin.post("/$batch", {"requests": items})
    responses = answer.json()["responses"]
    assert [item["status"] for item in responses] == [200, 200, 429]
    assert responses[0]["headers"]["x-ms-resource-unit"] == "1"
    assert responses[2]["headers"]["Retry-After"] == "5.000"


async def test_every_limit_can_be_switched_off(tenant: Tenant) -> None:
    off = {name: 0 for name in Settings().as_json() if name.startswith("throttle")}
    assert len(off) == 5
    await change(tenant, **off)
    answer = await tenant.admin.get("/groups")
    assert answer.headers["x-ms-resource-unit"] == "1"
    assert not [name for name in tenant.state.meters if name[0] != "policies"]
