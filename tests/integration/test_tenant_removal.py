"""Removal takes away what carries our mark, policies first, and nothing else; the next apply brings it back."""

import pytest

from local import identities
from provisioning.model.operation import Mode, Operation, OperationState
from tests.integration.conftest import World
from tests.integration.findings import set_roles


async def remove(world: World) -> Operation:
    plan = await world.plan(Mode.REMOVE)
    return await world.operate(Mode.REMOVE, plan_id=plan.plan_id)


async def test_a_removal_is_shown_before_it_is_done(ready: World) -> None:
    operation = await ready.operate(Mode.REMOVE)
    assert operation.state is OperationState.REFUSED
    assert operation.plan is not None
    assert operation.plan.plan_id in (operation.detail or "")
    assert {step.name for step in operation.plan.steps if step.action == "delete"} == {
        "policy",
        "assignment",
        "service principal",
        "application",
        "group",
    }
    assert {line.split()[0] for line in await ready.requests()} == {"GET"}


async def test_a_removal_takes_everything_the_policy_first_and_proves_it(ready: World) -> None:
    operation = await remove(ready)
    assert operation.state is OperationState.SUCCEEDED, operation.as_json()
    deleted = [line.split("/")[-2 if "{" in line else -1] for line in await ready.requests("DELETE")]
    assert list(dict.fromkeys(deleted)) == [
        "policies",
        "appRoleAssignedTo",
        "servicePrincipals",
        "applications",
        "groups",
    ]
    assert operation.steps[-1].name == "nothing left"
    assert operation.steps[-1].outcome == "passed"
    assert [len(found) for found in (ready.tenant.groups, ready.tenant.applications, ready.tenant.policies)] == [
        0,
        0,
        0,
    ]
    again = await ready.operate(Mode.REMOVE)
    assert again.state is OperationState.SUCCEEDED, "there is nothing left to show"
    assert {step.outcome for step in again.steps} == {"unchanged", "passed"}


async def test_a_removal_needs_no_right_to_assign(ready: World) -> None:
    """The assignment ends with the enterprise app, so that the policy is never gone and the rest left standing."""
    await set_roles(ready, *(set(identities.TENANT.roles) - {"AppRoleAssignment.ReadWrite.All"}))
    (group,) = ready.tenant.groups
    operation = await remove(ready)
    assert operation.state is OperationState.SUCCEEDED, operation.as_json()
    assert {step.name: step.outcome for step in operation.steps}["assignment"] == "unchanged"
    assert not [line for line in await ready.requests("DELETE") if "appRoleAssignedTo" in line]
    assert not [item for item in ready.tenant.assignments.values() if item["principalId"] == group["id"]]
    assert len(ready.tenant.groups) == 0


async def test_a_policy_of_ours_that_lost_our_mark_is_taken_along(ready: World) -> None:
    """One that was renamed by hand stood enabled over a deleted group and application."""
    (policy,) = ready.tenant.policies
    policy["displayName"] = "CA-042 by the house's convention"
    policy["state"] = "enabled"
    operation = await remove(ready)
    assert operation.state is OperationState.SUCCEEDED, operation.as_json()
    assert list(ready.tenant.policies) == []


async def test_twins_of_our_policies_are_taken_along_and_named(ready: World) -> None:
    """A lost answer or a copy by hand left a second policy with our mark over what was deleted."""
    (policy,) = ready.tenant.policies
    twin = "00000000-0000-4000-8000-0000000000ab"
    ready.tenant.policies.add({**policy, "id": twin, "state": "enabled"})
    operation = await remove(ready)
    assert operation.state is OperationState.SUCCEEDED, operation.as_json()
    assert list(ready.tenant.policies) == []
    (step,) = [step for step in operation.steps if step.name == "policy"]
    assert twin in f"{step.object_id} {step.detail}"


async def test_a_look_by_key_that_graph_refuses_falls_back_on_the_id(ready: World) -> None:
    """Policy case A13: each removal failed at its last step, although all was gone."""
    error = {"error": {"code": "Request_BadRequest", "message": "Invalid value specified for property 'uniqueName'."}}
    await ready.fault(method="GET", path="uniqueName", status=400, body=error, times=1000)
    operation = await remove(ready)
    assert operation.state is OperationState.SUCCEEDED, operation.as_json()
    assert (len(ready.tenant.groups), list(ready.tenant.policies)) == (0, [])
    assert [step.outcome for step in operation.steps if step.name == "verify" or "left" in step.name] == ["passed"]


async def test_a_look_by_key_that_graph_refuses_is_an_error_where_no_id_is_kept(world: World) -> None:
    error = {"error": {"code": "Request_BadRequest", "message": "Invalid value specified for property 'uniqueName'."}}
    await world.fault(method="GET", path="uniqueName", status=400, body=error, times=1000)
    assert (await world.operate(Mode.PLAN, of=Mode.REMOVE)).state is OperationState.FAILED


async def test_nothing_of_anybody_else_is_taken(ready: World) -> None:
    (policy,) = ready.tenant.policies
    ready.tenant.policies.add({**policy, "id": "00000000-0000-4000-8000-0000000000aa", "displayName": "theirs"})
    before = len(ready.tenant.service_principals)
    await remove(ready)
    assert [item["displayName"] for item in ready.tenant.policies] == ["theirs"]
    assert len(ready.tenant.service_principals) == before - 1


async def test_the_next_apply_restores_what_is_in_the_recycle_bin(ready: World) -> None:
    before = await ready.state.objects()
    assert before is not None
    member = await ready.add_user(employeeId="5")
    ready.tenant.link_member(str(before.group_id), member)
    await remove(ready)
    plan = await ready.plan()
    actions = {step.name: step.action for step in plan.steps}
    assert actions["group"] == actions["application"] == "restore"
    operation = await ready.settle(await ready.operate(plan_id=plan.plan_id))
    assert operation.state is OperationState.SUCCEEDED, operation.as_json()
    after = await ready.state.objects()
    assert after is not None
    assert (after.group_id, after.app_id) == (before.group_id, before.app_id)
    assert ready.members() == {member}
    assert not (await ready.plan()).changes_something


async def test_the_next_apply_purges_it_where_that_is_set(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    before = await ready.state.objects()
    assert before is not None
    await remove(ready)
    monkeypatch.setenv("SOFT_DELETED", "purge")
    operation = await ready.settle(await ready.operate())
    assert operation.state is OperationState.SUCCEEDED, operation.as_json()
    after = await ready.state.objects()
    assert after is not None
    assert after.group_id != before.group_id
    assert after.app_id != before.app_id
    assert (len(ready.tenant.groups), len(ready.tenant.applications), len(ready.tenant.policies)) == (1, 1, 1)
    assert not (await ready.plan()).changes_something


async def test_an_identity_that_may_not_restore_says_who_may(ready: World) -> None:
    await remove(ready)
    await ready.control.patch("/_local/settings", json={"restoreNeedsDirectoryRole": True})
    operation = await ready.settle(await ready.operate())
    assert operation.state is OperationState.REFUSED
    assert "SOFT_DELETED=purge" in (operation.detail or "")


async def test_an_object_deleted_by_hand_comes_back_on_the_next_apply(ready: World) -> None:
    objects = await ready.state.objects()
    assert objects is not None
    graph = ready.services.graph(identities.TENANT.client_id)
    builder = graph.build.service_principals.by_service_principal_id(str(objects.service_principal_id))
    await graph.send(builder.to_delete_request_information())
    ready.clock.advance(hours=1)
    plan = await ready.plan()
    assert {step.name: step.action for step in plan.steps if not step.does_nothing}["service principal"] == "restore"
    operation = await ready.settle(await ready.operate())
    assert operation.state is OperationState.SUCCEEDED, operation.as_json()
    assert not (await ready.plan()).changes_something


async def test_a_removal_that_died_is_finished_by_the_next(ready: World) -> None:
    plan = await ready.plan(Mode.REMOVE)
    await ready.fault(method="DELETE", path="/applications/", drop="after", times=3)
    operation = await ready.operate(Mode.REMOVE, plan_id=plan.plan_id)
    assert operation.state is OperationState.WAITING
    assert (await ready.settle(operation)).state is OperationState.SUCCEEDED
