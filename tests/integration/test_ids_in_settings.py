"""Ids in settings: each must exist and be of the right kind before the first write (policy-and-objects A10)."""

import pytest

from local import identities
from provisioning.model.operation import OperationState
from tests.integration.conftest import World
from tests.integration.findings import findings, refused

NOBODY = "00000000-0000-4000-8000-000000000099"


@pytest.mark.parametrize("setting", ["PEOPLE_PRINCIPAL_ID", "FRONT_PRINCIPAL_ID", "EXPECTED_OWNER_IDS"])
async def test_a_client_id_is_told_from_an_object_id(
    world: World, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    monkeypatch.setenv(setting, identities.PEOPLE.client_id)
    operation = await refused(world, "wrong_id")
    found = findings(operation.plan)["wrong_id"]
    assert found.text == f"{setting} names {identities.PEOPLE.client_id}, which is the client ID of 'id-people'."
    assert found.remedy == f"Set the object ID of the enterprise application: {identities.PEOPLE.principal_id}."


@pytest.mark.parametrize("setting", ["PEOPLE_PRINCIPAL_ID", "FRONT_PRINCIPAL_ID", "EXPECTED_OWNER_IDS"])
async def test_nobodys_id_is_told(world: World, monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    monkeypatch.setenv(setting, NOBODY)
    operation = await refused(world, "wrong_id")
    assert setting in (operation.detail or "")


@pytest.mark.parametrize("setting", ["PEOPLE_PRINCIPAL_ID", "FRONT_PRINCIPAL_ID"])
async def test_a_user_may_not_stand_for_an_identity(
    world: World, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    monkeypatch.setenv(setting, identities.ADMINISTRATOR_USER_ID)
    operation = await refused(world, "wrong_id")
    assert "belongs to a user" in (operation.detail or "")


async def test_the_tenant_identity_is_not_the_people_identity(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PEOPLE_PRINCIPAL_ID", identities.TENANT.principal_id)
    operation = await refused(world, "wrong_id")
    assert "belongs to the tenant identity itself" in (operation.detail or "")


async def test_the_object_id_of_an_application_is_told(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    (application,) = ready.tenant.applications
    monkeypatch.setenv("FRONT_PRINCIPAL_ID", application["id"])
    operation = await refused(ready, "wrong_id")
    assert "the object ID of the app registration" in (operation.detail or "")


async def test_another_application_is_no_managed_identity(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    objects = await ready.state.objects()
    assert objects is not None
    monkeypatch.setenv("PEOPLE_PRINCIPAL_ID", str(objects.service_principal_id))
    operation = await refused(ready, "wrong_id")
    assert "not to a managed identity" in (operation.detail or "")


async def test_a_user_may_be_an_expected_owner(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPECTED_OWNER_IDS", identities.ADMINISTRATOR_USER_ID)
    assert (await world.operate()).state is OperationState.SUCCEEDED


async def test_an_emergency_account_that_is_something_else_is_told_with_what_it_is(
    ready: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An exclusion of a group or of an application, set as if it were an account, excludes nobody."""
    objects = await ready.state.objects()
    assert objects is not None
    cases = {
        str(objects.group_id): ("is the object ID of the group 'MFA Pre-Enrollment'", "one by one"),
        str(objects.application_id): (
            "is the object ID of the app registration 'MFA Pre-Enrollment'",
            "an application",
        ),
        str(objects.app_id): ("is the client ID of 'MFA Pre-Enrollment'", "an application"),
        str(objects.service_principal_id): ("is the object ID of the enterprise application", "an application"),
        identities.PEOPLE.client_id: ("is the client ID of 'id-people'", "an application"),
        NOBODY: ("belongs to nothing in this tenant", "typing error"),
    }
    for value, (what, remedy) in cases.items():
        monkeypatch.setenv("BREAK_GLASS_USER_IDS", value)
        found = findings((await refused(ready, "break_glass_missing")).plan)["break_glass_missing"]
        assert found.text.startswith(f"BREAK_GLASS_USER_IDS names {value}, which {what}")
        assert remedy in found.remedy
        assert found.remedy.endswith("Set the object IDs of your emergency accounts, separated by commas.")


async def test_a_group_may_not_stand_for_an_identity(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    (group,) = ready.tenant.groups
    monkeypatch.setenv("FRONT_PRINCIPAL_ID", group["id"])
    operation = await refused(ready, "wrong_id")
    assert "the object ID of the group 'MFA Pre-Enrollment'" in (operation.detail or "")


async def test_a_mistake_that_was_applied_is_corrected_by_setting_it_right(
    ready: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the setting was corrected, apply was refused: "owners nobody announced"."""
    other = "00000000-0000-4000-8000-0000000000ee"
    right = identities.PEOPLE.principal_id
    (group,) = ready.tenant.groups
    template = next(item for item in ready.tenant.service_principals if item["id"] == right)
    ready.tenant.service_principals.add({**template, "id": other, "appId": other, "displayName": "id-other"})
    monkeypatch.setenv("PEOPLE_PRINCIPAL_ID", other)
    operation = await ready.operate()
    assert operation.state is OperationState.SUCCEEDED, operation.as_json()
    assert ready.tenant.owners[group["id"]] == [other]
    monkeypatch.setenv("PEOPLE_PRINCIPAL_ID", right)
    operation = await ready.operate()
    assert operation.state is OperationState.SUCCEEDED, operation.as_json()
    assert ready.tenant.owners[group["id"]] == [right]
    assert not (await ready.plan()).changes_something
