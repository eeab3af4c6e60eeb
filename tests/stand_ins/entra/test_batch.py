"""Batches."""

from typing import Any

import pytest

from .support import Tenant, binding, new_group

JSON = {"Content-Type": "application/json"}


def item(number: int, url: str, **more: Any) -> dict[str, Any]:
    return {"id": str(number), "method": "GET", "url": url, **more}


async def run(tenant: Tenant, *requests: dict[str, Any]) -> dict[str, dict[str, Any]]:
    response = await tenant.admin.post("/$batch", {"requests": list(requests)})
    assert response.status_code == 200, response.text
    return {answer["id"]: answer for answer in response.json()["responses"]}


async def test_items_are_answered_on_their_own(tenant: Tenant) -> None:
    answers = await run(
        tenant,
        item(1, "/groups?$select=id"),
        item(2, "/groups/x"),
        item(3, "groups", method="POST", headers=JSON, body=new_group()),
        item(4, "/reports/authenticationMethods/userRegistrationDetails"),
    )
    assert [answers[str(number)]["status"] for number in (1, 2, 3, 4)] == [200, 400, 201, 403]
    assert answers["2"]["body"]["error"]["message"] == "Invalid object identifier 'x'."
    assert answers["3"]["headers"]["Content-Type"] == "application/json"
    assert all(entry.batched for entry in tenant.state.requests.entries[:-1])


async def test_a_chain_stops_at_its_first_failure(tenant: Tenant, hires: list[str]) -> None:
    group_id = await tenant.new_group()

    def add(number: int, who: str) -> dict[str, Any]:
        more = {"dependsOn": [str(number - 1)]} if number > 1 else {}
        return item(number, f"/groups/{group_id}", method="PATCH", headers=JSON, body=binding(who), **more)

    answers = await run(tenant, add(1, hires[0]), add(2, hires[0]), add(3, hires[1]), add(4, hires[2]))
    assert [answers[str(number)]["status"] for number in (1, 2, 3, 4)] == [204, 400, 424, 424]
    assert "body" not in answers["1"]
    assert answers["3"]["body"]["error"]["code"] == "FailedDependency"
    assert list(tenant.state.members[group_id]) == [hires[0]]


@pytest.mark.parametrize(
    ("requests", "words"),
    [
        ([], "Invalid batch payload format"),
        ([{"id": "1"}], "Invalid batch payload format"),
        ([item(number, "/groups") for number in range(21)], "exceeds the maximum value of 20"),
        ([item(1, "/groups", id="a"), item(2, "/groups", id="A")], "not unique"),
        ([item(1, "/groups", dependsOn=["2"]), item(2, "/groups")], "does not come before it"),
        ([item(1, "/groups", method="POST", body={})], "does not contain Content-Type header"),
        ([item(1, "https://graph.microsoft.com/v1.0/groups")], "must be relative"),
    ],
)
async def test_a_malformed_batch_is_refused_as_a_whole(
    tenant: Tenant, requests: list[dict[str, Any]], words: str
) -> None:
    response = await tenant.admin.post("/$batch", {"requests": requests})
    assert response.status_code == 400
    assert words in response.json()["error"]["message"]


async def test_no_batch_in_a_batch(tenant: Tenant) -> None:
    answers = await run(tenant, item(1, "/$batch", method="POST", headers=JSON, body={"requests": []}))
    assert answers["1"]["status"] == 400


async def test_a_fault_can_hit_one_item(tenant: Tenant) -> None:
    fault = {"path": "/organization", "status": 429, "headers": {"Retry-After": "7"}, "times": 1}
    await tenant.http.post("/_local/faults", json=fault)
    answers = await run(tenant, item(1, "/organization"), item(2, "/groups"))
    assert answers["1"]["status"] == 429
    assert answers["1"]["headers"]["Retry-After"] == "7"
    assert answers["2"]["status"] == 200
