"""Transient or permanent is decided by age and text together (policy-and-objects A5); "already exists" means there."""

from typing import Any

import httpx
import pytest

from local import identities
from provisioning.model.operation import Mode, Operation, OperationState
from tests.integration.conftest import World
from tests.integration.test_tenant_replication import INVALID_GROUP, NOT_A_REFERENCE

SP_MISSING = {
    "error": {"code": "BadRequest", "message": "1034: ServicePrincipalNotFound: Service principal not found."}
}
KEY_TAKEN = {
    "error": {
        "code": "Request_BadRequest",
        "message": "Another object with the same value for property uniqueName already exists.",
    }
}


async def settled(world: World, mode: Mode = Mode.APPLY) -> Operation:
    return await world.settle(await world.operate(mode))


async def test_an_old_group_is_not_waited_for(ready: World) -> None:
    """62 POSTs and 61 minutes of waiting for old objects, with Graph's own text nowhere."""
    ready.clock.advance(days=30)
    ready.tenant.assignments.clear()
    await ready.forget_requests()
    await ready.fault(method="POST", path="/appRoleAssignedTo$", status=400, body=NOT_A_REFERENCE, times=1000)
    operation = await settled(ready)
    assert operation.state is OperationState.FAILED
    assert "Not a valid reference update." in (operation.detail or "")
    assert "the group and the service principal" in (operation.detail or "")
    assert len([line for line in await ready.requests("POST") if "appRoleAssignedTo" in line]) <= 5


async def test_a_group_that_an_admin_excluded_and_deleted_is_named(ready: World) -> None:
    gone = "00000000-0000-4000-8000-0000000000dd"
    ready.clock.advance(days=30)
    (policy,) = ready.tenant.policies
    policy["conditions"]["users"]["excludeGroups"] = [gone]
    policy["conditions"]["users"]["excludeUsers"] = []
    await ready.fault(method="PATCH", path="/policies/", status=400, body=INVALID_GROUP, times=1000)
    operation = await settled(ready)
    assert operation.state is OperationState.FAILED
    assert "1054" in (operation.detail or "")
    assert gone in (operation.detail or "")


async def test_a_service_principal_that_is_gone_when_the_policy_is_turned_on_is_named(ready: World) -> None:
    ready.clock.advance(days=30)
    await ready.fault(method="PATCH", path="/policies/", status=400, body=SP_MISSING, times=1000)
    operation = await settled(ready, Mode.ENABLE)
    assert operation.state is OperationState.FAILED
    assert "1034" in (operation.detail or "")
    assert "service principal of application" in (operation.detail or "")


async def test_a_unique_name_that_is_taken_for_good_says_so(world: World) -> None:
    await world.fault(method="POST", path="/groups$", status=400, body=KEY_TAKEN, times=1000)
    operation = await settled(world)
    assert operation.state is OperationState.FAILED
    assert "uniqueName already exists" in (operation.detail or "")
    assert "the group" in (operation.detail or "")


def answer_lists_empty_once(world: World, path: str) -> None:
    """Let a list lag behind what was written."""
    graph = world.services.graphs[identities.TENANT.client_id]
    exchange = graph.exchange
    lagging = [1]

    async def lag(info: Any) -> httpx.Response:
        response = await exchange(info)
        if info.http_method.value == "GET" and path in info.url and lagging[0]:
            lagging[0] -= 1
            return httpx.Response(200, json={"value": []})
        return response

    graph.exchange = lag  # type: ignore[method-assign]


async def test_an_owner_that_the_list_does_not_show_yet_is_there(ready: World) -> None:
    """Ended as failed: "added object references already exist" (policy-and-objects A4)."""
    answer_lists_empty_once(ready, "/owners")
    operation = await ready.operate()
    assert operation.state is OperationState.SUCCEEDED, operation.as_json()
    (group,) = ready.tenant.groups
    assert ready.tenant.owners[group["id"]] == [identities.PEOPLE.principal_id]


async def test_a_credential_that_the_list_does_not_show_yet_is_there(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRONT_PRINCIPAL_ID", identities.PEOPLE.principal_id)
    await world.operate()
    answer_lists_empty_once(world, "/federatedIdentityCredentials")
    operation = await world.operate()
    assert operation.state is OperationState.SUCCEEDED, operation.as_json()
    assert [len(items) for items in world.tenant.federated_credentials.values()] == [1]


async def test_an_assignment_that_the_list_does_not_show_yet_is_there(ready: World) -> None:
    ready.clock.advance(hours=1)
    answer_lists_empty_once(ready, "/appRoleAssignedTo")
    operation = await settled(ready)
    assert operation.state is OperationState.SUCCEEDED, operation.as_json()
    assert len([item for item in ready.tenant.assignments.values() if item["principalId"] in ready.tenant.groups]) <= 1
