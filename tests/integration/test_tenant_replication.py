"""What Graph says while its replicas catch up, waited out by messages that come back, never by a sleep."""

from typing import Any

import pytest

from provisioning.model.operation import Mode, Operation, OperationState
from tests.integration.conftest import World

NOT_A_REFERENCE = {"error": {"code": "Request_BadRequest", "message": "Not a valid reference update."}}
TOO_EARLY = {
    "error": {
        "code": "Authorization_RequestDenied",
        "message": "When using this permission, the backing application of the service principal being created must "
        "in the local tenant",
    }
}
PLAIN_DENIAL = {
    "error": {"code": "Authorization_RequestDenied", "message": "Insufficient privileges to complete the operation."}
}
INVALID_GROUP = {"error": {"code": "BadRequest", "message": "1054: Invalid group value: 5a8b7f0e."}}


async def applied(world: World, *, every: float = 30) -> Operation:
    return await world.settle(await world.operate(), every=every)


async def one_of_each(world: World) -> bool:
    """Whether nothing was made twice."""
    tenant = world.tenant
    principals = [item for item in tenant.service_principals if item.get("loginUrl")]
    assigned = [item for item in tenant.assignments.values() if item["principalId"] in tenant.groups.objects]
    found = (tenant.groups, tenant.applications, principals, tenant.policies, assigned)
    return [len(items) for items in found] == [1, 1, 1, 1, 1]


@pytest.mark.pitfall("A3")
async def test_an_assignment_is_tried_for_minutes(world: World) -> None:
    """msgraph-bicep-types#193: "Not a valid reference update", for five minutes and more."""
    await world.fault(method="POST", path="/appRoleAssignedTo$", status=400, body=NOT_A_REFERENCE, times=6)
    assert (await applied(world)).state is OperationState.SUCCEEDED
    assert await one_of_each(world)


@pytest.mark.pitfall("A6", "A9")
@pytest.mark.parametrize("body", [TOO_EARLY, PLAIN_DENIAL])
async def test_a_403_right_after_our_own_application_is_tried_again(world: World, body: Any) -> None:
    """terraform-provider-azuread#581 and azure-cli#28009: an application that is not replicated looks like a denial."""
    await world.fault(method="POST", path="/servicePrincipals$", status=403, body=body, times=2)
    assert (await applied(world)).state is OperationState.SUCCEEDED
    assert await one_of_each(world)


@pytest.mark.pitfall("A6")
async def test_a_403_that_stays_is_a_missing_permission(world: World) -> None:
    """hashicorp/terraform-provider-azuread#581."""
    await world.fault(method="POST", path="/servicePrincipals$", status=403, body=PLAIN_DENIAL, times=1000)
    operation = await applied(world)
    assert operation.state is OperationState.REFUSED
    assert "Insufficient privileges" in (operation.detail or "")


@pytest.mark.pitfall("A9")
async def test_an_application_that_never_arrives_is_named(world: World) -> None:
    """Azure/azure-cli#28009: "backing application ... must in the local tenant", as a traceback."""
    await world.fault(method="POST", path="/servicePrincipals$", status=403, body=TOO_EARLY, times=1000)
    operation = await world.settle(await world.operate(), every=600)
    assert operation.state is OperationState.REFUSED, "what is old is replicated, so Graph's words are believed"
    assert operation.detail is not None
    assert "backing application" in operation.detail
    assert "The request refers to the application" in operation.detail


@pytest.mark.pitfall("B2")
async def test_a_policy_waits_for_its_group(world: World) -> None:
    """CIPP#4194, CIPP#5368: the policy names what was made seconds ago."""
    await world.fault(method="POST", path="/policies$", status=400, body=INVALID_GROUP, times=2)
    assert (await applied(world)).state is OperationState.SUCCEEDED
    assert await one_of_each(world)


@pytest.mark.pitfall("B7")
async def test_a_server_error_on_a_policy_is_not_hammered(world: World) -> None:
    """terraform-provider-azuread PR#925: Graph answers 500 to a policy it cannot validate."""
    await world.fault(method="POST", path="/policies$", status=500, times=1000)
    operation = await world.operate()
    assert operation.state is OperationState.WAITING
    assert len([line for line in await world.requests("POST") if line.endswith("/policies")]) <= 3
    operation = await world.settle(operation, every=600)
    assert operation.state is OperationState.FAILED
    assert "500" in (operation.detail or "") or "earlier run" in (operation.detail or "")


@pytest.mark.parametrize("minutes", [1, 15])
async def test_a_lag_of_minutes_is_waited_out(world: World, minutes: int) -> None:
    await world.control.patch("/_local/settings", json={"lag": minutes * 60})
    operation = await applied(world, every=minutes * 20)
    assert operation.state is OperationState.SUCCEEDED, operation.as_json()
    assert await one_of_each(world)
    assert sum(world.sleeps.asked) < 30, "what takes minutes waits on the queue"
    again = await applied(world)
    assert {step.outcome for step in again.steps} == {"unchanged"}


@pytest.mark.pitfall("A8")
async def test_a_lag_without_end_says_what_it_waits_for_and_the_next_run_goes_on_there(world: World) -> None:
    """hashicorp/terraform-provider-azuread#1811, #1802: a tool that waits 20 minutes in one call, and then gives up."""
    await world.fault(method="POST", path="/appRoleAssignedTo$", status=400, body=NOT_A_REFERENCE, times=1000)
    first = await world.operate()
    assert first.state is OperationState.WAITING
    assert "deadline" in first.as_json()
    ended = await world.settle(first, every=600)
    assert ended.state is OperationState.FAILED
    assert "The request refers to the group and the service principal." in (ended.detail or "")
    assert "run the command again" in (ended.detail or "")
    await world.control.delete("/_local/faults")
    await world.forget_requests()
    assert (await applied(world)).state is OperationState.SUCCEEDED
    assert not [line for line in await world.requests("POST") if line in ("POST /groups", "POST /applications")]
    assert await one_of_each(world)


async def test_two_applies_at_once_make_one_of_each(world: World) -> None:
    first = await world.operations.begin(Mode.APPLY, operation_id=world.services.new_id(), now=world.clock())
    second = await world.operations.begin(Mode.APPLY, operation_id=world.services.new_id(), now=world.clock())
    async with world.state.leases.hold("tenant", holder=f"operation {first.operation_id}", seconds=300):
        held_up = await world.resume(second.operation_id)
        assert held_up.state is OperationState.QUEUED
    assert (await world.settle(first)).state is OperationState.SUCCEEDED
    assert (await world.settle(second)).state is OperationState.SUCCEEDED
    assert await one_of_each(world)
