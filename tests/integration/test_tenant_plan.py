"""A plan shows every change before it is made, writes nothing, and can be held to."""

from typing import Any

import pytest

from local import identities
from provisioning.model.operation import Mode, OperationState
from provisioning.model.plan import Plan
from tests.integration.conftest import LANDING_URL, World


def fields(plan: Plan, name: str) -> dict[str, tuple[Any, Any]]:
    """Before and after of every field of a step."""
    (step,) = [step for step in plan.steps if step.name == name]
    return {change.field: (change.before, change.after) for change in step.changes}


async def test_a_plan_of_an_empty_tenant_shows_everything_and_writes_nothing(world: World) -> None:
    plan = await world.plan()
    assert {step.name: step.action for step in plan.steps} == {
        "group": "create",
        "application": "create",
        "logo": "create",
        "service principal": "create",
        "assignment": "create",
        "policy": "create",
    }
    assert all(change.reason.endswith(".") for step in plan.steps for change in step.changes)
    assert {line.split()[0] for line in await world.requests()} == {"GET"}


async def test_a_plan_of_a_tenant_that_is_right_changes_nothing(ready: World) -> None:
    plan = await ready.plan()
    assert not plan.changes_something
    assert {line.split()[0] for line in await ready.requests()} == {"GET"}


async def test_an_apply_does_what_its_plan_shows(world: World) -> None:
    plan = await world.plan()
    operation = await world.operate(plan_id=plan.plan_id)
    assert operation.state is OperationState.SUCCEEDED, operation.as_json()
    made = {step.name for step in operation.steps if step.outcome == "created"}
    assert made == {step.name for step in plan.steps}


async def test_an_apply_held_to_a_plan_refuses_when_the_tenant_moved(ready: World) -> None:
    (policy,) = ready.tenant.policies
    policy["conditions"]["users"]["excludeUsers"] = []
    shown = await ready.plan()
    (application,) = ready.tenant.applications
    application["web"]["homePageUrl"] = "https://elsewhere.example.com"
    await ready.forget_requests()
    operation = await ready.operate(plan_id=shown.plan_id)
    assert operation.state is OperationState.REFUSED
    assert operation.plan is not None
    assert operation.plan.plan_id in (operation.detail or "")
    assert fields(operation.plan, "application") == {
        "web.homePageUrl": ("https://elsewhere.example.com", LANDING_URL),
    }
    assert await ready.requests("P") == []
    assert (await ready.operate(plan_id=operation.plan.plan_id)).state is OperationState.SUCCEEDED


async def test_an_apply_that_was_held_once_goes_on_after_a_wait(ready: World) -> None:
    (policy,) = ready.tenant.policies
    (application,) = ready.tenant.applications
    application["displayName"] = "renamed"
    policy["conditions"]["users"]["excludeUsers"] = []
    plan = await ready.plan()
    await ready.fault(method="PATCH", path="/policies/", status=503, times=3)
    operation = await ready.operate(plan_id=plan.plan_id)
    assert operation.state is OperationState.WAITING, "the application is right by now, so the plan is another one"
    operation = await ready.settle(operation)
    assert operation.state is OperationState.SUCCEEDED, operation.as_json()
    assert operation.plan is not None
    assert operation.plan.plan_id == plan.plan_id, "the operation tells what it was asked to do"


@pytest.mark.pitfall("B13")
@pytest.mark.parametrize(
    ("kind", "field", "before"),
    [
        ("group", "displayName", "renamed"),
        ("group", "description", None),
        ("application", "displayName", "renamed"),
        ("application", "description", "changed"),
        ("application", "signInAudience", "AzureADMultipleOrgs"),
        ("application", "isFallbackPublicClient", True),
        ("service principal", "accountEnabled", False),
        ("service principal", "loginUrl", "https://elsewhere.example.com"),
        ("service principal", "appRoleAssignmentRequired", True),
        ("policy", "displayName", "renamed"),
    ],
)
async def test_drift_in_any_field_is_named_and_repaired(ready: World, kind: str, field: str, before: Any) -> None:
    """samueleng.se, 2025-08-27: Conditional Access cannot target a public client."""
    item = await the(ready, kind)
    right = item.get(field)
    item[field] = before
    plan = await ready.plan()
    assert list(fields(plan, kind)) == [field]
    assert [step.name for step in plan.steps if not step.does_nothing] == [kind]
    operation = await ready.operate(plan_id=plan.plan_id)
    assert operation.state is OperationState.SUCCEEDED, operation.as_json()
    (step,) = [step for step in operation.steps if step.name == kind]
    assert [change.field for change in step.changes] == [field]
    assert item[field] == (right if right is not None else False)
    assert not (await ready.plan()).changes_something


async def the(world: World, kind: str) -> dict[str, Any]:
    """Our object of this kind, to be tampered with."""
    objects = await world.state.objects()
    assert objects is not None
    found = {
        "group": world.tenant.groups.get(str(objects.group_id)),
        "application": world.tenant.applications.get(str(objects.application_id)),
        "service principal": world.tenant.service_principals.get(str(objects.service_principal_id)),
        "policy": world.tenant.policies.get(str(objects.policy_id)),
    }[kind]
    assert found is not None
    return found


async def test_an_owner_that_was_taken_off_is_put_back(ready: World) -> None:
    objects = await ready.state.objects()
    assert objects is not None
    ready.tenant.owners[str(objects.group_id)].clear()
    plan = await ready.plan()
    assert fields(plan, "group") == {"owners": ([], [identities.PEOPLE.principal_id])}
    assert (await ready.operate()).state is OperationState.SUCCEEDED
    assert not (await ready.plan()).changes_something


async def test_an_owner_nobody_announced_stops_everything_until_announced(
    ready: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = await ready.add_user(employeeId="77")
    objects = await ready.state.objects()
    assert objects is not None
    ready.tenant.owners.setdefault(str(objects.application_id), []).append(stranger)
    operation = await ready.operate()
    assert operation.state is OperationState.REFUSED
    assert stranger in (operation.detail or "")
    monkeypatch.setenv("EXPECTED_OWNER_IDS", stranger)
    assert (await ready.operate()).state is OperationState.SUCCEEDED


async def test_a_secret_that_was_added_stops_everything(ready: World) -> None:
    """A workload that holds it may act as the landing page."""
    (application,) = ready.tenant.applications
    application["passwordCredentials"] = [{"keyId": "9d1c0000-0000-4000-8000-000000000001"}]
    operation = await ready.operate(Mode.APPLY)
    assert operation.state is OperationState.REFUSED
    assert "9d1c0000" in (operation.detail or "")


async def test_another_logo_is_uploaded_once(ready: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    from provisioning.tenant.settings import OWN_LOGO

    other = tmp_path / "logo.png"
    other.write_bytes(OWN_LOGO.read_bytes() + b"\0")
    monkeypatch.setenv("LOGO_FILE", str(other))
    plan = await ready.plan()
    assert [step.name for step in plan.steps if not step.does_nothing] == ["logo"]
    await ready.operate()
    objects = await ready.state.objects()
    assert objects is not None
    assert ready.tenant.logos[str(objects.application_id)] == other.read_bytes()
    assert not (await ready.plan()).changes_something


@pytest.mark.parametrize("content", [None, b"GIF89a", b"\x89PNG\r\n\x1a\n" + bytes(40)])
async def test_a_logo_entra_would_not_take_is_refused_with_its_setting(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Any, content: bytes | None
) -> None:
    path = tmp_path / "logo.png"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv("LOGO_FILE", str(path))
    operation = await world.operate()
    assert operation.state is OperationState.REFUSED
    assert "LOGO_FILE" in (operation.detail or "")
    assert await world.requests() == []


async def test_the_front_identity_is_the_applications_credential(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONT_PRINCIPAL_ID", identities.PEOPLE.principal_id)
    assert (await world.operate()).state is OperationState.SUCCEEDED
    ((credential,),) = world.tenant.federated_credentials.values()
    assert credential["subject"] == identities.PEOPLE.principal_id
    assert credential["issuer"] == f"https://login.microsoftonline.com/{world.tenant_id}/v2.0"
    assert not (await world.plan()).changes_something
    credential["subject"] = identities.TENANT.principal_id
    assert list(fields(await world.plan(), "federated credential")) == ["subject"]
    assert (await world.operate()).state is OperationState.SUCCEEDED
    assert credential["subject"] == identities.PEOPLE.principal_id


async def test_what_nobody_manages_stays(ready: World) -> None:
    """Microsoft365DSC and terraform both met admins whose own settings a tool took away."""
    (policy,) = ready.tenant.policies
    (application,) = ready.tenant.applications
    policy["sessionControls"] = {"signInFrequency": {"value": 4, "type": "hours", "isEnabled": True}}
    policy["conditions"]["users"]["excludeRoles"] = ["62e90394-69f5-4237-9190-012177145e10"]
    policy["conditions"]["users"]["excludeUsers"] = []
    application["notes"] = "kept"
    application["displayName"] = "renamed"
    assert (await ready.operate()).state is OperationState.SUCCEEDED
    assert policy["conditions"]["users"]["excludeUsers"] == [identities.BREAK_GLASS_USER_ID]
    assert policy["conditions"]["users"]["excludeRoles"] == ["62e90394-69f5-4237-9190-012177145e10"]
    assert policy["sessionControls"]["signInFrequency"]["value"] == 4
    assert application["notes"] == "kept"
