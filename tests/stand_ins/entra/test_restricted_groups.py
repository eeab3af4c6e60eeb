"""Groups whose members Graph does not let everybody change, and people whose methods it does not."""

from typing import Any

import pytest

from local.entra.ids import GLOBAL_ADMINISTRATOR_ROLE
from local.identities import TENANT

from .support import Tenant, binding, link, reference, refused

BAD = "Request_BadRequest"
DENIED = (403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
SYNCED = (
    "Unable to update the specified properties for on-premises mastered Directory Sync objects or objects currently "
    "undergoing migration."
)
EXCHANGE = "Cannot Update a mail-enabled security groups and or distribution list."


async def change(tenant: Tenant, group: str, **properties: Any) -> None:
    response = await tenant.http.patch("/_local/groups", json={group: properties})
    assert response.status_code == 204, response.text


async def test_a_restricted_group_is_for_its_own_administrators(tenant: Tenant, hires: list[str]) -> None:
    """entra-docs, admin-units-restricted-management: tenant-wide permissions do not suffice, a scoped role does."""
    group = await tenant.new_group(**binding(hires[0]), **{"owners@odata.bind": [link(hires[1]), link(hires[2])]})
    await change(tenant, group, isManagementRestricted=True)
    path = f"/groups/{group}"
    assert (await tenant.admin.get(f"{path}?$select=isManagementRestricted")).json()["isManagementRestricted"] is True
    refused(await tenant.admin.post(f"{path}/members/$ref", reference(hires[1])), *DENIED)
    refused(await tenant.admin.patch(path, binding(hires[1])), *DENIED)
    refused(await tenant.admin.delete(f"{path}/members/{hires[0]}/$ref"), *DENIED)
    refused(await tenant.admin.post(f"{path}/owners/$ref", reference(hires[0])), *DENIED)
    refused(await tenant.admin.delete(f"{path}/owners/{hires[1]}/$ref"), *DENIED)
    refused(await tenant.admin.patch(path, {"description": "x"}), *DENIED)
    refused(await tenant.admin.delete(path), *DENIED)
    scoped = {"id": "1", "principalId": TENANT.principal_id, "roleDefinitionId": GLOBAL_ADMINISTRATOR_ROLE}
    tenant.state.directory_roles.append({**scoped, "directoryScopeId": f"/administrativeUnits/{tenant.state.ids()}"})
    assert (await tenant.admin.post(f"{path}/members/$ref", reference(hires[1]))).status_code == 204


@pytest.mark.parametrize(
    ("properties", "message"),
    [({"onPremisesSyncEnabled": True}, SYNCED), ({"mailEnabled": True}, EXCHANGE)],
)
async def test_groups_that_are_kept_elsewhere(
    tenant: Tenant, hires: list[str], properties: dict[str, Any], message: str
) -> None:
    """Both refusals are quoted in public code; such groups are changed on premises, or in Exchange."""
    group = await tenant.new_group(**binding(hires[0]))
    await change(tenant, group, **properties)
    path = f"/groups/{group}"
    refused(await tenant.admin.post(f"{path}/members/$ref", reference(hires[1])), 400, BAD, message)
    refused(await tenant.admin.delete(f"{path}/members/{hires[0]}/$ref"), 400, BAD, message)
    assert [item["id"] for item in await tenant.admin.value(f"{path}/members")] == [hires[0]]


async def test_a_restricted_person_gets_no_pass_from_a_tenant_wide_permission(tenant: Tenant, hires: list[str]) -> None:
    path = f"/users/{hires[0]}/authentication/temporaryAccessPassMethods"
    writer = tenant.with_roles("UserAuthMethod-TAP.ReadWrite.All")
    made = (await writer.post(path, {})).json()
    changed = await tenant.http.patch(f"/_local/users/{hires[0]}", json={"isManagementRestricted": True})
    assert changed.status_code == 200
    refused(await writer.post(path, {}), *DENIED)
    refused(await writer.delete(f"{path}/{made['id']}"), *DENIED)
    assert (await writer.get(path)).status_code == 200


async def test_the_control_side_explains_what_it_does_not_take(tenant: Tenant) -> None:
    group = await tenant.new_group()
    wrong_ones: tuple[Any, ...] = ({"nobody": {}}, {group: {"color": 1}}, {group: 7})
    for wrong in wrong_ones:
        assert (await tenant.http.patch("/_local/groups", json=wrong)).status_code == 400
