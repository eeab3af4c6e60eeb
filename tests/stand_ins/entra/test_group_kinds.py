"""Dynamic, Microsoft 365 and role-assignable groups, nesting, and the way to the recycle bin and back."""

from typing import Any

import pytest

from .support import EVENTUAL, Tenant, binding, new_group, reference, refused

BAD = "Request_BadRequest"
NO_ROLE = "00000000-0000-0000-0000-000000000000"
DYNAMIC = {
    "groupTypes": ["DynamicMembership"],
    "membershipRule": 'user.department -eq "Sales"',
    "membershipRuleProcessingState": "On",
}
NO_MAIL = (
    "The service does not currently support writes of mail-enabled groups. Please ensure that the mail-enablement "
    "property is unset and the security-enablement property is set."
)
UNIFIED = {"groupTypes": ["Unified"], "mailEnabled": True, "securityEnabled": False}
DENIED = (403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


async def test_a_dynamic_group_is_made_but_its_members_are_its_own_affair(tenant: Tenant, hires: list[str]) -> None:
    """Support article "Troubleshoot 403 error when adding a user to a group by using Microsoft Graph API"."""
    created = await tenant.admin.post("/groups", new_group(**DYNAMIC))
    assert (created.status_code, created.json()["membershipRuleProcessingState"]) == (201, "On")
    path = f"/groups/{created.json()['id']}"
    refused(await tenant.admin.post(f"{path}/members/$ref", reference(hires[0])), *DENIED)
    refused(await tenant.admin.patch(path, binding(hires[0])), *DENIED)
    refused(await tenant.admin.delete(f"{path}/members/{hires[0]}/$ref"), *DENIED)
    refused(await tenant.admin.post("/groups", new_group(**DYNAMIC, **binding(hires[0]))), *DENIED)


async def test_a_dynamic_group_needs_a_license(tenant: Tenant) -> None:
    tenant.state.settings = tenant.state.settings.changed({"licenseP1": False})
    refused(await tenant.admin.post("/groups", new_group(**DYNAMIC)), *DENIED)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"membershipRule": None}, "A value is required for property 'membershipRule' of resource 'Group'."),
        (
            {"membershipRuleProcessingState": "Off"},
            "Invalid value specified for property 'membershipRuleProcessingState' of resource 'Group'.",
        ),
        ({"groupTypes": ["Static"]}, "Invalid value specified for property 'groupTypes' of resource 'Group'."),
        ({"mailEnabled": True}, NO_MAIL),
    ],
)
async def test_refused_dynamic_groups(tenant: Tenant, change: dict[str, Any], text: str) -> None:
    refused(await tenant.admin.post("/groups", new_group(**{**DYNAMIC, **change})), 400, BAD, text)


async def test_nicknames_of_microsoft_365_groups_are_unique(tenant: Tenant) -> None:
    assert (await tenant.admin.post("/groups", new_group())).status_code == 201
    created = await tenant.admin.post("/groups", new_group(**UNIFIED))
    assert created.json()["mail"] == "enrollment@example.com"
    clash = await tenant.admin.post("/groups", new_group(**UNIFIED))
    text = "Another object with the same value for property mailNickname already exists."
    refused(clash, 400, BAD, text)
    detail = clash.json()["error"]["details"][0]
    assert (detail["target"], detail["code"]) == ("mailNickname", "ObjectConflict")
    assert (await tenant.admin.post("/groups", new_group())).status_code == 201
    tenant.state.settings = tenant.state.settings.changed({"nicknameUnique": True})
    refused(await tenant.admin.post("/groups", new_group()), 400, BAD, text)


async def test_groups_for_directory_roles_need_the_role_permission(tenant: Tenant, hires: list[str]) -> None:
    manager = tenant.with_roles("Group.ReadWrite.All", "RoleManagement.ReadWrite.Directory", "User.Read.All")
    plain = tenant.with_roles("Group.ReadWrite.All", "User.Read.All")
    refused(await plain.post("/groups", new_group(isAssignableToRole=True)), *DENIED)
    refused(
        await manager.post("/groups", new_group(isAssignableToRole=True, **DYNAMIC)),
        400,
        BAD,
        "Invalid value specified for property 'isAssignableToRole' of resource 'Group'.",
    )
    created = await manager.post("/groups", new_group(isAssignableToRole=True))
    path = f"/groups/{created.json()['id']}"
    refused(await plain.post(f"{path}/members/$ref", reference(hires[0])), *DENIED)
    assert (await manager.post(f"{path}/members/$ref", reference(hires[0]))).status_code == 204
    assert (await manager.patch(path, {"isAssignableToRole": False})).status_code == 400


async def test_group_create_alone_leaves_a_group_without_owner(tenant: Tenant) -> None:
    creator = tenant.with_roles("Group.Create")
    created = await creator.post("/groups", new_group())
    assert created.status_code == 201
    refused(await creator.patch(f"/groups/{created.json()['id']}", {"description": "mine?"}), *DENIED)


async def test_transitive_members_and_counts(tenant: Tenant, hires: list[str]) -> None:
    inner = await tenant.new_group(**binding(hires[0], hires[1]))
    outer = await tenant.new_group(**binding(inner, hires[1], hires[2]))
    assert (await tenant.admin.post(f"/groups/{inner}/members/$ref", reference(outer))).status_code == 204
    path = f"/groups/{outer}/transitiveMembers"
    items = await tenant.admin.value(f"{path}?$select=id")
    assert {item["id"] for item in items} == {inner, *hires[:3]}
    users = await tenant.admin.value(f"{path}/graph.user?$select=id")
    assert {item["id"] for item in users} == set(hires[:3])
    assert (await tenant.admin.get(f"{path}/$count", headers=EVENTUAL)).text == "4"
    assert (await tenant.admin.get(f"/groups/{outer}/members/$count", headers=EVENTUAL)).text == "3"
    refused(await tenant.admin.get(f"{path}/$count"), 400, BAD, "$count is not currently supported.")


async def test_members_leave_service_principals_out(tenant: Tenant, hires: list[str]) -> None:
    _, principal = await tenant.new_web_app()
    group_id = await tenant.new_group(**binding(hires[0], principal["id"]))
    assert [item["id"] for item in await tenant.admin.value(f"/groups/{group_id}/members")] == [hires[0]]


async def test_a_group_comes_back_with_its_links(tenant: Tenant, hires: list[str]) -> None:
    _, principal = await tenant.new_web_app()
    outer = await tenant.new_group()
    group_id = await tenant.new_group(**binding(hires[0]))
    await tenant.admin.post(f"/groups/{outer}/members/$ref", reference(group_id))
    path = f"/servicePrincipals/{principal['id']}/appRoleAssignedTo"
    body = {"principalId": group_id, "resourceId": principal["id"], "appRoleId": NO_ROLE}
    assert (await tenant.admin.post(path, body)).status_code == 201
    await tenant.admin.delete(f"/groups/{group_id}")
    assert await tenant.admin.value(path) == []
    binned = await tenant.admin.value("/directory/deletedItems/microsoft.graph.group")
    assert [item["id"] for item in binned] == [group_id]
    restored = await tenant.admin.post(f"/directory/deletedItems/{group_id}/restore", {})
    assert (restored.status_code, restored.json()["id"]) == (200, group_id)
    assert [item["id"] for item in await tenant.admin.value(f"/groups/{group_id}/members")] == [hires[0]]
    assert [item["id"] for item in await tenant.admin.value(f"/groups/{outer}/members")] == [group_id]
    assert [item["principalId"] for item in await tenant.admin.value(path)] == [group_id]


async def test_a_member_that_went_meanwhile_does_not_come_back_with_its_group(tenant: Tenant) -> None:
    _, principal = await tenant.new_web_app()
    group_id = await tenant.new_group(**binding(principal["id"]))
    await tenant.admin.delete(f"/groups/{group_id}")
    manager = tenant.with_roles("Application.ReadWrite.All")
    assert (await manager.delete(f"/servicePrincipals/{principal['id']}")).status_code == 204
    assert (await tenant.admin.post(f"/directory/deletedItems/{group_id}/restore", {})).status_code == 200
    assert tenant.state.members[group_id] == {}


async def test_the_recycle_bin_keeps_things_30_days(tenant: Tenant) -> None:
    group_id = await tenant.new_group()
    await tenant.admin.delete(f"/groups/{group_id}")
    tenant.state.clock.advance(30 * 86_400)
    refused(
        await tenant.admin.post(f"/directory/deletedItems/{group_id}/restore", {}),
        404,
        "Request_ResourceNotFound",
        f"Resource '{group_id}' does not exist or one of its queried reference-property objects are not present.",
    )


async def test_a_synced_group_is_gone_at_once(tenant: Tenant) -> None:
    group_id = await tenant.new_group()
    tenant.state.groups.objects[group_id]["onPremisesSyncEnabled"] = True
    await tenant.admin.delete(f"/groups/{group_id}")
    assert group_id not in tenant.state.deleted


async def test_people_and_principals_in_the_recycle_bin(tenant: Tenant, hires: list[str]) -> None:
    group_id = await tenant.new_group(**binding(hires[0]))
    await tenant.http.delete(f"/_local/users/{hires[0]}")
    assert await tenant.admin.value(f"/groups/{group_id}/members") == []
    binned = await tenant.people.value("/directory/deletedItems/microsoft.graph.user?$select=id,deletedDateTime")
    assert [(item["id"], item["deletedDateTime"]) for item in binned] == [(hires[0], "2026-11-25T09:00:00Z")]
    restorer = tenant.with_roles("User.DeleteRestore.All")
    refused(await tenant.people.post(f"/directory/deletedItems/{hires[0]}/restore", {}), *DENIED)
    assert (await restorer.post(f"/directory/deletedItems/{hires[0]}/restore", {})).status_code == 200
    assert [item["id"] for item in await tenant.admin.value(f"/groups/{group_id}/members")] == [hires[0]]


async def test_a_principal_returns_only_with_the_application_it_went_with(tenant: Tenant) -> None:
    application, principal = await tenant.new_web_app()
    await tenant.admin.delete(f"/applications/{application['id']}")
    binned = await tenant.admin.value("/directory/deletedItems/graph.servicePrincipal?$select=id")
    assert [item["id"] for item in binned] == [principal["id"]]
    restore = f"/directory/deletedItems/{application['id']}/restore"
    assert (await tenant.admin.post(restore, {})).status_code == 200
    assert (await tenant.admin.get(f"/servicePrincipals/{principal['id']}")).status_code == 200
    manager = tenant.with_roles("Application.ReadWrite.All")
    assert (await manager.delete(f"/servicePrincipals/{principal['id']}")).status_code == 204
    await tenant.admin.delete(f"/applications/{application['id']}")
    assert (await tenant.admin.post(restore, {})).status_code == 200
    assert (await tenant.admin.get(f"/servicePrincipals/{principal['id']}")).status_code == 404


async def test_restores_that_clash(tenant: Tenant) -> None:
    address = {"identifierUris": ["api://enrollment"]}
    application = await tenant.new_application(**address)
    await tenant.admin.delete(f"/applications/{application['id']}")
    await tenant.new_application(**address)
    refused(
        await tenant.admin.post(f"/directory/deletedItems/{application['id']}/restore", {}),
        409,
        "Request_MultipleObjectsWithSameKeyValue",
        "Another object with the same value for property identifierUris already exists.",
    )


async def test_restoring_an_application_may_need_a_directory_role(tenant: Tenant) -> None:
    application = await tenant.new_application()
    await tenant.admin.delete(f"/applications/{application['id']}")
    tenant.state.settings = tenant.state.settings.changed({"restoreNeedsDirectoryRole": True})
    path = f"/directory/deletedItems/{application['id']}/restore"
    refused(await tenant.admin.post(path, {}), *DENIED)
    tenant.state.directory_roles.append(
        {
            "id": "1",
            "principalId": tenant.admin.object_id,
            "roleDefinitionId": "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
            "directoryScopeId": "/",
        }
    )
    assert (await tenant.admin.post(path, {})).status_code == 200
