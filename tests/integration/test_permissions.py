"""An admin learns which Graph permissions an operation lacks, and which ones it does not need."""

import pytest

from local import identities
from provisioning.model.graph_roles import TENANT_ROLES
from provisioning.model.operation import Mode, OperationState
from provisioning.model.tenant_objects import TenantObjects
from provisioning.settings import load
from provisioning.support.person_in_entra import NEEDS
from provisioning.tenant.context import Environment, OperationContext
from provisioning.tenant.desired import desired_state
from provisioning.tenant.preflight.permissions import NEEDED, permission_findings
from provisioning.tenant.settings import TenantObjectSettings
from tests.integration.conftest import World
from tests.integration.findings import findings, refused, set_roles


async def test_the_permissions_of_the_table_are_neither_too_few_nor_too_many(world: World) -> None:
    assert not {code for code in findings(await world.plan()) if code.startswith(("permission", "assignment"))}


def test_every_permission_that_an_answer_names_is_one_of_the_table() -> None:
    assert set(NEEDS.values()) <= set(TENANT_ROLES)


@pytest.mark.pitfall("A6")
async def test_what_is_missing_is_named_with_its_purpose_and_nothing_more_is_asked(world: World) -> None:
    """terraform-provider-azuread#581: a 403 told nobody which permission was missing."""
    lacking = ("Group.ReadWrite.All", "LicenseAssignment.Read.All")
    await set_roles(world, *(set(identities.TENANT.roles) - set(lacking)))
    operation = await refused(world, "permission_missing")
    found = findings(operation.plan)["permission_missing"]
    assert found.object_ids == lacking
    assert all(f"{name} (to {NEEDED[name].purpose})" in found.text for name in lacking)
    assert await world.requests() == []


async def test_turning_the_policy_off_needs_no_more_than_the_policy(ready: World) -> None:
    """In an emergency nobody waits for a permission to be granted."""
    assert (await ready.operate(Mode.ENABLE)).state is OperationState.SUCCEEDED
    await set_roles(ready, "Policy.Read.All", "Policy.ReadWrite.ConditionalAccess")
    operation = await ready.operate(Mode.DISABLE)
    assert operation.state is OperationState.SUCCEEDED, operation.as_json()
    (policy,) = ready.tenant.policies
    assert policy["state"] == "enabledForReportingButNotEnforced"


@pytest.mark.parametrize("mode", sorted(NEEDED["Policy.Read.All"].modes - {Mode.DISABLE}))
async def test_what_another_operation_needs_is_no_surplus(ready: World, mode: Mode) -> None:
    operation = await ready.operate(mode)
    assert "permission_surplus" not in findings(operation.plan)


async def test_surplus_permissions_are_named_with_what_they_allow(world: World) -> None:
    """An identity that may change every application can act as any of them (Graph permissions reference)."""
    surplus = ("Application.ReadWrite.All", "Mail.Send", "UserAuthenticationMethod.ReadWrite.All")
    await set_roles(world, *identities.TENANT.roles, *surplus)
    found = findings(await world.plan())["permission_surplus"]
    assert found.level == "warning"
    assert found.object_ids == surplus
    assert "add a credential to any application" in found.text
    assert (await world.operate()).state is OperationState.SUCCEEDED


async def test_a_wider_permission_will_do_and_is_still_too_much(world: World) -> None:
    await set_roles(world, *(set(identities.TENANT.roles) - {"User.Read.All"}), "User.ReadWrite.All")
    found = findings(await world.plan())
    assert "permission_missing" not in found
    assert found["permission_surplus"].object_ids == ("User.ReadWrite.All",)


async def test_a_narrower_permission_will_do_and_what_it_hides_is_said(world: World) -> None:
    """User.ReadBasic.All shows that an emergency account exists, and not whether it is enabled."""
    await set_roles(world, *(set(identities.TENANT.roles) - {"User.Read.All"}), "User.ReadBasic.All")
    found = findings(await world.plan())
    assert not {"permission_missing", "permission_surplus", "break_glass_missing"} & found.keys()
    assert "the state of the emergency accounts" in found["exposure_unknown"].text
    assert (await world.operate()).state is OperationState.SUCCEEDED


async def test_without_the_right_to_assign_a_warning_and_the_rest_goes_on(world: World) -> None:
    await set_roles(world, *(set(identities.TENANT.roles) - {"AppRoleAssignment.ReadWrite.All"}))
    operation = await world.operate()
    assert operation.state is OperationState.NEEDS_ADMIN
    assert findings(operation.plan)["assignment_needs_admin"].level == "warning"
    assert "assignment_needs_admin" not in findings((await world.operate(Mode.ENABLE)).plan)


async def test_a_persons_token_lists_no_permissions(world: World) -> None:
    desired = desired_state(load(TenantObjectSettings), tenant_id=world.tenant_id, key="k")
    graph = world.services.graph(identities.TENANT.client_id)
    claims = {"idtyp": "user", "scp": "Policy.Read.All"}
    objects = TenantObjects(key="k")
    run = OperationContext(Environment(graph, world.state, desired, claims, world.clock), objects)
    (found,) = permission_findings(run, Mode.APPLY)
    assert (found.code, found.level) == ("permissions_unknown", "note")
