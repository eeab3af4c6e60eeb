"""The objects in the tenant: made once, found again, never taken from anybody."""

import asyncio
from uuid import uuid4

import pytest
from msgraph.generated.models.group import Group

from local import identities
from provisioning.model.operation import Mode, Operation, OperationState
from tests.integration.conftest import LANDING_URL, World
from tests.integration.findings import findings, set_roles


async def test_an_empty_tenant_gets_everything_and_a_policy_that_asks_nobody_yet(world: World) -> None:
    operation = await world.operate()
    assert operation.state is OperationState.SUCCEEDED, operation.as_json()
    outcomes = {step.name: step.outcome for step in operation.steps}
    assert outcomes == {
        "preflight": "unchanged",
        "group": "created",
        "application": "created",
        "logo": "created",
        "service principal": "created",
        "assignment": "created",
        "policy": "created",
    }
    (policy,) = world.tenant.policies
    objects = await world.state.objects()
    assert objects is not None
    assert policy["state"] == "enabledForReportingButNotEnforced"
    assert policy["conditions"]["applications"]["includeApplications"] == [objects.app_id]
    assert policy["conditions"]["users"]["includeGroups"] == [objects.group_id]
    assert policy["conditions"]["users"]["excludeUsers"] == [identities.BREAK_GLASS_USER_ID]
    assert not policy["conditions"]["users"].get("includeUsers")
    (application,) = world.tenant.applications
    assert application["web"]["redirectUris"] == [f"{LANDING_URL}/.auth/login/aad/callback"]


async def test_a_second_apply_writes_nothing(ready: World) -> None:
    operation = await ready.operate()
    assert {step.outcome for step in operation.steps} == {"unchanged"}
    assert {line.split()[0] for line in await ready.requests()} == {"GET"}


async def test_the_policy_is_turned_on_and_off_by_name(ready: World) -> None:
    (policy,) = ready.tenant.policies
    assert (await ready.operate(Mode.ENABLE)).state is OperationState.SUCCEEDED
    assert policy["state"] == "enabled"
    assert (await ready.operate(Mode.APPLY)).state is OperationState.SUCCEEDED
    assert policy["state"] == "enabled", "an apply leaves the state alone"
    await ready.operate(Mode.DISABLE)
    assert policy["state"] == "enabledForReportingButNotEnforced"


@pytest.mark.pitfall("A1")
async def test_groups_of_our_name_are_never_adopted(world: World) -> None:
    """terraform-provider-azuread#182: Graph takes any number of groups with one name."""
    graph = world.services.graph(identities.TENANT.client_id)
    ids = []
    for number in (1, 2):
        group = Group(
            display_name="MFA Pre-Enrollment", mail_enabled=False, mail_nickname=f"g{number}", security_enabled=True
        )
        ids.append((await graph.send(graph.build.groups.to_post_request_information(group)))["id"])
    await world.forget_requests()
    operation = await world.operate()
    assert operation.state is OperationState.REFUSED
    assert operation.detail is not None
    assert all(group_id in operation.detail for group_id in ids)
    assert await world.requests("P") == []


async def replace_group(world: World, *, members: int) -> tuple[str, str]:
    """Delete our group by hand and make another one with its uniqueName; returns both ids, ours first."""
    tenant, (ours,) = world.tenant, world.tenant.groups
    another = {**ours, "id": "6d1c2b3a-0d3f-4a67-9c81-e4f7a2d6b302"}
    tenant.groups.remove(ours["id"])
    tenant.groups.add(another)
    tenant.owners[another["id"]] = list(tenant.owners[ours["id"]])
    tenant.members[another["id"]] = {}
    for _ in range(members):
        tenant.link_member(another["id"], await world.add_user())
    world.clock.advance(minutes=20)
    return ours["id"], another["id"]


@pytest.mark.parametrize("mode", [Mode.APPLY, Mode.ENABLE, Mode.REMOVE])
async def test_a_group_that_took_our_place_with_members_is_not_ours(ready: World, mode: Mode) -> None:
    """The policies and the tile would have been for people that another admin put there."""
    ours, another = await replace_group(ready, members=2)
    plan = await ready.plan(mode)
    found = findings(plan)["not_ours"]
    assert found.level == "blocking"
    assert (another in found.text, ours in found.text, len(found.object_ids)) == (True, True, 3)
    operation = await ready.operate(mode, plan_id=plan.plan_id)
    assert operation.state is OperationState.REFUSED
    assert ready.tenant.groups.get(another) is not None
    objects = await ready.state.objects()
    assert objects is not None
    assert objects.group_id == ours


async def test_a_group_that_a_run_made_before_it_died_has_no_members_and_is_ours(ready: World) -> None:
    _, another = await replace_group(ready, members=0)
    assert (await ready.settle(await ready.operate())).state is OperationState.SUCCEEDED
    objects = await ready.state.objects()
    assert objects is not None
    assert objects.group_id == another


@pytest.mark.pitfall("C4")
async def test_a_name_with_a_quote_is_searched_for_as_it_is(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """hashicorp/terraform-provider-azuread#639: 400 "Invalid filter clause" for O'Brien."""
    monkeypatch.setenv("DISPLAY_NAME", "O'Brien's newcomers")
    assert (await world.operate()).state is OperationState.SUCCEEDED
    (group,) = world.tenant.groups
    assert group["displayName"] == "O'Brien's newcomers"


@pytest.mark.pitfall("A7")
async def test_a_group_that_was_just_made_is_waited_for(world: World) -> None:
    """msgraph-sdk-java#2575: the id that a POST returned answers 404 for a while."""
    await world.fault(method="POST", path="/servicePrincipals$", status=503, times=1)
    first = await world.operate()
    assert first.state is OperationState.WAITING
    await world.fault(method="GET", path="/groups[/(][^/?]*([?]|$)", status=404)
    second = await world.resume(first.operation_id)
    assert second.state is OperationState.WAITING
    assert second.detail is not None
    assert second.detail.startswith("Waiting for the group")
    await world.control.delete("/_local/faults")
    third = await world.resume(first.operation_id)
    assert third.state is OperationState.SUCCEEDED
    assert len(world.tenant.groups) == 1


@pytest.mark.pitfall("A7")
async def test_a_group_that_seems_gone_for_a_moment_is_not_made_twice(ready: World) -> None:
    """msgraph-sdk-java#2575: its key is taken, so that a replica that shows nothing cannot make us add a second one."""
    ready.clock.advance(hours=1)
    await ready.fault(method="GET", path="/groups[/(][^/?]*([?]|$)", status=404, times=4)
    operation = await ready.operate()
    assert operation.state is OperationState.WAITING, operation.as_json()
    assert (await ready.settle(operation)).state is OperationState.SUCCEEDED
    assert len(ready.tenant.groups) == 1


@pytest.mark.parametrize(
    "path", ["/groups$", "/applications$", "/servicePrincipals$", "/appRoleAssignedTo$", "/policies$"]
)
async def test_an_answer_lost_after_the_write_makes_no_second_object(world: World, path: str) -> None:
    await world.fault(method="POST", path=path, drop="after", times=1)
    operation = await world.operate()
    assert operation.state is OperationState.WAITING
    operation = await world.settle(operation)
    assert operation.state is OperationState.SUCCEEDED, operation.as_json()
    principals = [item for item in world.tenant.service_principals if item.get("loginUrl")]
    counts = [
        len(found) for found in (world.tenant.groups, world.tenant.applications, principals, world.tenant.policies)
    ]
    assert counts == [1, 1, 1, 1]
    assert {step.outcome for step in (await world.operate()).steps} == {"unchanged"}


@pytest.mark.pitfall("B4")
async def test_ids_in_another_case_and_order_are_no_drift(ready: World) -> None:
    """Microsoft365DSC#7118."""
    (policy,) = ready.tenant.policies
    applications = policy["conditions"]["applications"]
    applications["includeApplications"] = [item.upper() for item in applications["includeApplications"]]
    users = policy["conditions"]["users"]
    users["excludeUsers"] = [identities.ADMINISTRATOR_USER_ID.upper(), *users["excludeUsers"]]
    await ready.operate()
    assert await ready.requests("P") == []


@pytest.mark.pitfall("B12")
async def test_drift_is_repaired_and_an_admins_additions_stay(ready: World) -> None:
    """microsoftgraph/msgraph-metadata#93."""
    (policy,) = ready.tenant.policies
    policy["conditions"]["users"]["excludeUsers"] = [identities.ADMINISTRATOR_USER_ID]
    policy["sessionControls"] = {"signInFrequency": {"value": 4, "type": "hours", "isEnabled": True}}
    operation = await ready.operate()
    assert {step.name: step.outcome for step in operation.steps}["policy"] == "updated"
    assert sorted(policy["conditions"]["users"]["excludeUsers"]) == sorted(
        [identities.BREAK_GLASS_USER_ID, identities.ADMINISTRATOR_USER_ID]
    )
    assert policy["sessionControls"]["signInFrequency"]["value"] == 4


async def test_a_hidden_tile_is_shown_again(ready: World) -> None:
    objects = await ready.state.objects()
    assert objects is not None
    principal = ready.tenant.service_principals.get(str(objects.service_principal_id))
    assert principal is not None
    principal["tags"] = ["HideApp", "kept"]
    operation = await ready.operate()
    assert {step.name: step.outcome for step in operation.steps}["service principal"] == "updated"
    assert sorted(principal["tags"]) == ["WindowsAzureActiveDirectoryIntegratedApp", "kept"]


async def test_another_redirect_uri_is_taken_out(ready: World) -> None:
    (application,) = ready.tenant.applications
    application["web"]["redirectUris"] = ["https://evil.example/.auth/login/aad/callback"]
    operation = await ready.operate()
    assert {step.name: step.outcome for step in operation.steps}["application"] == "updated"
    assert application["web"]["redirectUris"] == [f"{LANDING_URL}/.auth/login/aad/callback"]


async def test_an_unknown_break_glass_account_stops_everything(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BREAK_GLASS_USER_IDS", "00000000-0000-4000-8000-000000000001")
    operation = await world.operate()
    assert operation.state is OperationState.REFUSED
    assert "BREAK_GLASS_USER_IDS" in (operation.detail or "")
    assert await world.requests("P") == []


@pytest.mark.pitfall("B9")
async def test_security_defaults_are_reported_and_never_touched(ready: World) -> None:
    """ConditionalAccessBaseline#17."""
    await ready.control.patch("/_local/settings", json={"securityDefaults": True})
    operation = await ready.operate(Mode.ENABLE)
    assert operation.state is OperationState.REFUSED
    assert "Security defaults are on" in (operation.detail or "")
    assert not [line for line in await ready.requests("P") if "identitySecurityDefaults" in line]


async def test_without_the_right_to_assign_an_admin_gets_the_command(world: World) -> None:
    roles = [role for role in identities.TENANT.roles if role != "AppRoleAssignment.ReadWrite.All"]
    await set_roles(world, *roles)
    operation = await world.operate()
    assert operation.state is OperationState.NEEDS_ADMIN, operation.as_json()
    (step,) = [step for step in operation.steps if step.name == "assignment"]
    assert "az rest --method POST" in (step.detail or "")
    assert {step.name: step.outcome for step in operation.steps}["policy"] == "created"


@pytest.mark.pitfall("A6")
async def test_a_tenant_without_permission_says_so_at_once(world: World) -> None:
    """hashicorp/terraform-provider-azuread#581."""
    await set_roles(world)
    operation = await world.operate()
    assert operation.state is OperationState.REFUSED
    assert "Policy.ReadWrite.ConditionalAccess" in (operation.detail or "")
    assert await world.requests() == [], "the token says it before Graph has to"


async def test_two_operations_at_once_take_turns(world: World) -> None:
    async with world.state.leases.hold("tenant", holder="another run", seconds=60):
        first = await world.operate()
        assert first.state is OperationState.QUEUED
        assert await world.waiting_messages("tenant") == 1, "put off, not failed"
    assert (await world.resume(first.operation_id)).state is OperationState.SUCCEEDED


async def test_one_operation_delivered_twice_at_once_makes_one_of_each(world: World) -> None:
    """A queue delivers at least once."""
    operation_id = str(uuid4())
    now = world.clock()
    await world.operations.save(Operation(operation_id, Mode.APPLY, OperationState.QUEUED, now, now))
    await asyncio.gather(*(world.resume(operation_id) for _ in range(3)))
    operation = await world.resume(operation_id)
    assert operation.state is OperationState.SUCCEEDED
    assert (len(world.tenant.groups), len(world.tenant.applications), len(world.tenant.policies)) == (1, 1, 1)


async def test_a_run_that_died_loses_its_lease_when_the_time_is_over(world: World) -> None:
    await world.state.leases.take("tenant", holder="a run that died", seconds=4)
    operation = await world.operate()
    assert operation.state is OperationState.QUEUED
    world.clock.advance(seconds=3600)
    assert (await world.resume(operation.operation_id)).state is OperationState.QUEUED, "our clock decides nothing"
    await asyncio.sleep(5.1)  # the service's clock, in whole seconds
    assert (await world.resume(operation.operation_id)).state is OperationState.SUCCEEDED
