"""Groups, their members and owners."""

from typing import Any

import pytest

from local.identities import PEOPLE

from .support import EVENTUAL, Tenant, binding, link, new_group, reference, refused

BAD = "Request_BadRequest"
MISSING = "00000000-0000-4000-8000-000000000000"
ALREADY = "One or more added object references already exist for the following modified properties: 'members'."


def does_not_exist(object_id: str) -> str:
    return f"Resource '{object_id}' does not exist or one of its queried reference-property objects are not present."


async def test_create_read_change_delete(tenant: Tenant) -> None:
    group_id = await tenant.new_group(uniqueName="enrollment", description="New hires")
    for path in (f"/groups/{group_id}", "/groups(uniqueName='enrollment')", "/groups(uniqueName='ENROLLMENT')"):
        body = (await tenant.admin.get(path)).json()
        assert (body["id"], body["groupTypes"], body["securityEnabled"]) == (group_id, [], True)
    assert (await tenant.admin.patch(f"/groups/{group_id}", {"description": "Others"})).status_code == 204
    assert (await tenant.admin.get(f"/groups/{group_id}?$select=description")).json()["description"] == "Others"
    assert (await tenant.admin.delete(f"/groups/{group_id}")).status_code == 204
    refused(await tenant.admin.get(f"/groups/{group_id}"), 404, "Request_ResourceNotFound", does_not_exist(group_id))


async def test_property_names_are_read_without_regard_to_case(tenant: Tenant) -> None:
    """pnp/cli-microsoft365 posts `mailNickName`."""
    body = {name.replace("Nickname", "NickName"): value for name, value in new_group().items()}
    made = await tenant.admin.post("/groups", body)
    assert (made.status_code, made.json()["mailNickname"]) == (201, new_group()["mailNickname"])
    path = f"/groups/{made.json()['id']}"
    assert (await tenant.admin.patch(path, {"DESCRIPTION": "Others"})).status_code == 204
    assert (await tenant.admin.get(path)).json()["description"] == "Others"


async def test_the_same_name_twice_makes_two_groups(tenant: Tenant) -> None:
    await tenant.new_group()
    await tenant.new_group()
    assert len(await tenant.admin.value("/groups?$filter=displayName eq 'enrollment'&$select=id")) == 2


async def test_a_unique_name_is_unique_even_in_the_recycle_bin(tenant: Tenant) -> None:
    group_id = await tenant.new_group(uniqueName="enrollment")
    message = "Another object with the same value for property uniqueName already exists."
    again = new_group(uniqueName="enrollment")
    refused(await tenant.admin.post("/groups", again), 400, BAD, message)
    await tenant.admin.delete(f"/groups/{group_id}")
    refused(await tenant.admin.post("/groups", again), 400, BAD, message)
    assert (await tenant.admin.delete(f"/directory/deletedItems/{group_id}")).status_code == 204
    assert (await tenant.admin.post("/groups", again)).status_code == 201


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"displayName": None}, "A value is required for property 'displayName' of resource 'Group'."),
        ({"mailNickname": None}, "A value is required for property 'mailNickname' of resource 'Group'."),
        ({"mailNickname": "a b"}, "Invalid value specified for property 'mailNickname' of resource 'Group'."),
        ({"mailNickname": "é"}, "Invalid value specified for property 'mailNickname' of resource 'Group'."),
        ({"displayName": "x" * 257}, "Invalid value specified for property 'displayName' of resource 'Group'."),
        ({"members@odata.bind": ["nonsense"]}, "Invalid URL format specified in payload."),
        (
            {"members@odata.bind": [link(MISSING)] * 21},
            "A resource cannot contain more than 20 link changes.",
        ),
    ],
)
async def test_refused_creations(tenant: Tenant, change: dict[str, Any], message: str) -> None:
    refused(await tenant.admin.post("/groups", new_group(**change)), 400, BAD, message)
    assert not len(tenant.state.groups)


async def test_upsert_by_unique_name(tenant: Tenant) -> None:
    path, prefer = "/groups(uniqueName='enrollment')", {"Prefer": "create-if-missing"}
    assert (await tenant.admin.patch(path, new_group())).status_code == 404
    created = await tenant.admin.patch(path, new_group(), headers=prefer)
    assert (created.status_code, created.json()["uniqueName"]) == (201, "enrollment")
    assert (await tenant.admin.patch(path, {"description": "x"}, headers=prefer)).status_code == 204
    assert (await tenant.admin.get(path)).json()["description"] == "x"


async def test_a_unique_name_is_set_once(tenant: Tenant) -> None:
    group_id = await tenant.new_group()
    assert (await tenant.admin.patch(f"/groups/{group_id}", {"uniqueName": "a"})).status_code == 204
    assert (await tenant.admin.patch(f"/groups/{group_id}", {"uniqueName": "b"})).status_code == 400


async def test_an_empty_payload_is_refused(tenant: Tenant) -> None:
    refused(await tenant.admin.post("/groups", {}), 400, BAD, "Empty Payload. JSON content expected.")


async def test_members_by_patch_are_all_or_nothing(tenant: Tenant, hires: list[str]) -> None:
    group_id = await tenant.new_group()
    path = f"/groups/{group_id}"
    assert (await tenant.admin.patch(path, binding(*hires[:20]))).status_code == 204
    refused(await tenant.admin.patch(path, binding(hires[20], hires[0])), 400, BAD, ALREADY)
    refused(
        await tenant.admin.patch(path, binding(hires[20], MISSING)),
        404,
        "Request_ResourceNotFound",
        does_not_exist(MISSING),
    )
    refused(
        await tenant.admin.patch(path, binding(*hires[:21])),
        400,
        BAD,
        "A resource cannot contain more than 20 link changes.",
    )
    members = await tenant.admin.value(f"{path}/members?$select=id")
    assert [member["id"] for member in members] == hires[:20]


async def test_misspelled_keys_are_ignored_without_a_word(tenant: Tenant, hires: list[str]) -> None:
    group_id = await tenant.new_group()
    response = await tenant.admin.patch(f"/groups/{group_id}", {"members@odata_bind": [link(hires[0])]})
    assert response.status_code == 204
    assert await tenant.admin.value(f"/groups/{group_id}/members") == []


async def test_members_by_reference(tenant: Tenant, hires: list[str]) -> None:
    path = f"/groups/{await tenant.new_group()}/members"
    assert (await tenant.admin.post(f"{path}/$ref", reference(hires[0]))).status_code == 204
    refused(await tenant.admin.post(f"{path}/$ref", reference(hires[0])), 400, BAD, ALREADY)
    refused(
        await tenant.admin.post(f"{path}/$ref", reference(MISSING)),
        404,
        "Request_ResourceNotFound",
        does_not_exist(MISSING),
    )
    assert (await tenant.admin.delete(f"{path}/{hires[0]}/$ref")).status_code == 204
    refused(
        await tenant.admin.delete(f"{path}/{hires[0]}/$ref"),
        400,
        BAD,
        "One or more removed object references do not exist for the following modified properties: 'members'.",
    )
    tenant.state.clock.advance(60)
    refused(
        await tenant.admin.delete(f"{path}/{hires[0]}/$ref"),
        404,
        "Request_ResourceNotFound",
        does_not_exist(hires[0]),
    )
    refused(
        await tenant.admin.delete(f"{path}/x/$ref"),
        400,
        "Request_UnsupportedQuery",
        "Unsupported referenced-object resource identifier for link property 'members'.",
    )


async def test_deleting_the_member_itself_is_refused_loudly(tenant: Tenant, hires: list[str]) -> None:
    group_id = await tenant.new_group(**binding(hires[0]))
    response = await tenant.admin.delete(f"/groups/{group_id}/members/{hires[0]}")
    assert response.status_code == 501
    assert "Add '/$ref'" in response.json()["error"]["message"]
    assert hires[0] in tenant.state.users


async def test_members_are_paged_and_cast(tenant: Tenant, hires: list[str]) -> None:
    inner = await tenant.new_group()
    group_id = await tenant.new_group(**binding(inner, *hires[:5]))
    caller = tenant.with_roles("GroupMember.Read.All", "User.Read.All")
    mixed = (await caller.get(f"/groups/{group_id}/members?$top=2&$select=id,displayName")).json()
    assert [item["@odata.type"] for item in mixed["value"]] == ["#microsoft.graph.group", "#microsoft.graph.user"]
    assert len((await caller.get(mixed["@odata.nextLink"])).json()["value"]) == 2
    for cast in ("graph.user", "microsoft.graph.user"):
        users = await caller.value(f"/groups/{group_id}/members/{cast}?$select=id,accountEnabled")
        assert [item["id"] for item in users] == hires[:5]
    tenant.state.settings = tenant.state.settings.changed({"castNeedsConsistencyLevel": True})
    path = f"/groups/{group_id}/members/graph.user?$count=true"
    assert (await caller.get(path)).status_code == 400
    assert (await caller.get(path, headers=EVENTUAL)).json()["@odata.count"] == 5


async def test_members_one_may_not_read_show_only_their_id(tenant: Tenant, hires: list[str]) -> None:
    group_id = await tenant.new_group(**binding(hires[0]))
    caller = tenant.with_roles("GroupMember.Read.All")
    assert await caller.value(f"/groups/{group_id}/members") == [
        {"@odata.type": "#microsoft.graph.user", "id": hires[0]}
    ]


async def test_an_owner_needs_no_permission_for_its_group(tenant: Tenant, hires: list[str]) -> None:
    owner = {"owners@odata.bind": [link(PEOPLE.principal_id)]}
    mine, other = await tenant.new_group(**owner), await tenant.new_group()
    people = tenant.people
    assert (await people.get(f"/groups/{mine}")).status_code == 200
    assert (await people.patch(f"/groups/{mine}", binding(hires[0]))).status_code == 204
    assert (await people.post(f"/groups/{mine}/members/$ref", reference(hires[1]))).status_code == 204
    assert (await people.delete(f"/groups/{mine}/members/{hires[1]}/$ref")).status_code == 204
    assert [item["id"] for item in await people.value(f"/groups/{mine}/members")] == [hires[0]]
    assert [item["id"] for item in await people.value(f"/groups/{mine}/owners")] == [PEOPLE.principal_id]
    denied = (403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
    refused(await people.patch(f"/groups/{mine}", {"displayName": "Mine"}), *denied)
    refused(await people.patch(f"/groups/{other}", binding(hires[0])), *denied)
    refused(await people.get(f"/groups/{other}/members"), *denied)
    refused(await people.delete(f"/groups/{mine}"), *denied)


async def test_owners_have_a_quota(tenant: Tenant) -> None:
    path = f"/groups/{await tenant.new_group()}/owners"
    users = [user["id"] for user in tenant.state.users]
    for owner in users[:100]:
        assert (await tenant.admin.post(f"{path}/$ref", reference(owner))).status_code == 204
    refused(
        await tenant.admin.post(f"{path}/$ref", reference(users[100])),
        403,
        "Directory_QuotaExceeded",
        "Unable to perform operation as '101' would exceed the maximum quota count '100' for forward-link owners.",
    )
    assert (await tenant.admin.delete(f"{path}/{users[0]}/$ref")).status_code == 204


async def test_a_new_group_replicates_late(tenant: Tenant, hires: list[str]) -> None:
    tenant.state.settings = tenant.state.settings.changed({"lag": 30})
    group_id = await tenant.new_group(uniqueName="enrollment")
    for path in (f"/groups/{group_id}", "/groups(uniqueName='enrollment')"):
        assert (await tenant.admin.get(path)).status_code == 404
    assert (await tenant.admin.patch(f"/groups/{group_id}", binding(hires[0]))).status_code == 404
    again = await tenant.admin.post("/groups", new_group(uniqueName="enrollment"))
    assert "uniqueName already exists" in again.json()["error"]["message"]
    tenant.state.clock.advance(30)
    assert (await tenant.admin.get(f"/groups/{group_id}")).status_code == 200
