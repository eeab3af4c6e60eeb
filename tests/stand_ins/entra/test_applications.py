"""Applications, service principals and assignments."""

import base64
from typing import Any

import pytest

from local.identities import PEOPLE, TENANT

from .support import Tenant, link, reference, refused

BAD = "Request_BadRequest"
DENIED = (403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
NO_ROLE = "00000000-0000-0000-0000-000000000000"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 100


async def test_create_read_change_delete(tenant: Tenant) -> None:
    web: dict[str, Any] = {"homePageUrl": "http://site.test/", "redirectUris": ["http://site.test/callback"]}
    made = await tenant.new_application(uniqueName="enrollment", web=web)
    assert made["web"]["implicitGrantSettings"]["enableIdTokenIssuance"] is False
    assert made["signInAudience"] == "AzureADMyOrg"
    for key in (f"/{made['id']}", f"(appId='{made['appId']}')", "(uniqueName='enrollment')"):
        assert (await tenant.admin.get(f"/applications{key}")).json()["id"] == made["id"]
    path = f"/applications/{made['id']}"
    change = {"web": {"implicitGrantSettings": {"enableIdTokenIssuance": True}}}
    assert (await tenant.admin.patch(path, change)).status_code == 204
    changed = (await tenant.admin.get(path)).json()["web"]
    assert changed["homePageUrl"] == "http://site.test/"
    assert changed["implicitGrantSettings"]["enableIdTokenIssuance"] is True
    assert (await tenant.admin.delete(path)).status_code == 204
    assert (await tenant.admin.get(path)).status_code == 404


async def test_the_caller_of_a_post_becomes_owner_but_not_of_an_upsert(tenant: Tenant) -> None:
    made = await tenant.new_application()
    owners = await tenant.admin.value(f"/applications/{made['id']}/owners")
    assert [item["id"] for item in owners] == [TENANT.principal_id]
    upsert = await tenant.admin.patch(
        "/applications(uniqueName='other')", {"displayName": "Other"}, headers={"Prefer": "create-if-missing"}
    )
    assert upsert.status_code == 201
    refused(await tenant.admin.patch("/applications(uniqueName='other')", {"notes": "x"}), *DENIED)


async def test_owned_by_reaches_only_what_it_owns(tenant: Tenant) -> None:
    made = await tenant.new_application()
    stranger = tenant.with_roles("Application.ReadWrite.OwnedBy")
    refused(await stranger.patch(f"/applications/{made['id']}", {"notes": "x"}), *DENIED)
    refused(await stranger.get(f"/applications/{made['id']}"), *DENIED)
    owner = reference(stranger.object_id)
    assert (await tenant.admin.post(f"/applications/{made['id']}/owners/$ref", owner)).status_code == 204
    assert (await stranger.patch(f"/applications/{made['id']}", {"notes": "x"})).status_code == 204


async def test_a_unique_name_stays_taken_until_the_bin_is_emptied(tenant: Tenant) -> None:
    made = await tenant.new_application(uniqueName="enrollment")
    again = {"displayName": "Again", "uniqueName": "enrollment"}
    message = "Another object with the same value for property uniqueName already exists."
    refused(await tenant.admin.post("/applications", again), 400, BAD, message)
    await tenant.admin.delete(f"/applications/{made['id']}")
    refused(await tenant.admin.post("/applications", again), 400, BAD, message)
    deleted = await tenant.admin.value("/directory/deletedItems/graph.application")
    assert [item["id"] for item in deleted] == [made["id"]]
    assert deleted[0]["deletedDateTime"]
    assert (await tenant.admin.delete(f"/directory/deletedItems/{made['id']}")).status_code == 204
    assert (await tenant.admin.post("/applications", again)).status_code == 201


async def test_a_deleted_application_can_be_restored(tenant: Tenant) -> None:
    application, principal = await tenant.new_web_app()
    await tenant.admin.delete(f"/applications/{application['id']}")
    assert (await tenant.admin.get(f"/servicePrincipals/{principal['id']}")).status_code == 404
    restored = await tenant.admin.post(f"/directory/deletedItems/{application['id']}/restore", {})
    assert (restored.status_code, restored.json()["appId"]) == (200, application["appId"])
    tenant.state.clock.advance(31 * 86_400)
    assert (await tenant.admin.get(f"/directory/deletedItems/{principal['id']}")).status_code == 404


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"notes": "x"}, "A value is required for property 'displayName' of resource 'Application'."),
        (
            {"displayName": "x" * 121},
            "Invalid value specified for property 'displayName' of resource 'Application'.",
        ),
        (
            {"displayName": "x", "signInAudience": "Everybody"},
            "Invalid value specified for property 'signInAudience' of resource 'Application'.",
        ),
        (
            {"displayName": "x", "tags": ["a", "a"]},
            "Invalid value specified for property 'tags' of resource 'Application'.",
        ),
    ],
)
async def test_refused_applications(tenant: Tenant, body: dict[str, Any], message: str) -> None:
    refused(await tenant.admin.post("/applications", body), 400, BAD, message)


async def test_an_app_role_is_disabled_before_it_goes(tenant: Tenant) -> None:
    role = {"id": tenant.state.ids(), "value": "Reader", "isEnabled": True, "allowedMemberTypes": ["User"]}
    path = f"/applications/{(await tenant.new_application(appRoles=[role]))['id']}"
    refused(
        await tenant.admin.patch(path, {"appRoles": []}),
        400,
        BAD,
        "Permission (scope or role) cannot be deleted or updated unless disabled first.",
    )
    assert (await tenant.admin.patch(path, {"appRoles": [{**role, "isEnabled": False}]})).status_code == 204
    assert (await tenant.admin.patch(path, {"appRoles": []})).status_code == 204


async def test_logo(tenant: Tenant) -> None:
    made = await tenant.new_application()
    url = f"/v1.0/applications/{made['id']}/logo"
    headers = {"authorization": f"Bearer {tenant.admin.token}", "content-type": "image/png"}
    assert (await tenant.http.put(url, content=PNG, headers=headers)).status_code == 204
    assert (await tenant.http.put(url, content=b"text", headers=headers)).status_code == 400
    logo_url = (await tenant.admin.get(f"/applications/{made['id']}")).json()["info"]["logoUrl"]
    assert (await tenant.http.get(logo_url)).content == PNG


async def test_federated_identity_credentials(tenant: Tenant) -> None:
    path = f"/applications/{(await tenant.new_application())['id']}/federatedIdentityCredentials"
    body = {
        "name": "identity",
        "issuer": "https://login.example.com/v2.0",
        "subject": PEOPLE.principal_id,
        "audiences": ["api://AzureADTokenExchange"],
    }
    assert (await tenant.admin.post(path, body)).status_code == 201
    assert (await tenant.admin.post(path, body)).status_code == 400
    assert (await tenant.admin.post(path, {**body, "name": "other"})).status_code == 400
    [item] = await tenant.admin.value(path)
    assert (await tenant.admin.delete(f"{path}/{item['id']}")).status_code == 204
    assert await tenant.admin.value(path) == []


async def test_service_principal(tenant: Tenant) -> None:
    application, principal = await tenant.new_web_app(tags=["WindowsAzureActiveDirectoryIntegratedApp"])
    body = (await tenant.admin.get(f"/servicePrincipals(appId='{application['appId']}')")).json()
    assert body["id"] == principal["id"]
    assert body["replyUrls"] == application["web"]["redirectUris"]
    message = (
        "The service principal cannot be created, updated, or restored because the service principal name "
        f"{application['appId']} is already in use."
    )
    again = await tenant.admin.post("/servicePrincipals", {"appId": application["appId"]})
    refused(again, 409, "Request_MultipleObjectsWithSameKeyValue", message)
    assert again.json()["error"]["details"][0]["code"] == "ObjectConflict"


async def test_a_service_principal_before_its_application(tenant: Tenant) -> None:
    tenant.state.settings = tenant.state.settings.changed({"lag": 20})
    application = await tenant.new_application()
    response = await tenant.admin.post("/servicePrincipals", {"appId": application["appId"]})
    refused(
        response,
        400,
        BAD,
        f"The appId '{application['appId']}' of the service principal does not reference a valid application object.",
    )
    assert response.json()["error"]["details"][0]["code"] == "NoBackingApplicationObject"
    tenant.state.clock.advance(20)
    assert (await tenant.admin.post("/servicePrincipals", {"appId": application["appId"]})).status_code == 201


async def test_a_foreign_application_gets_no_service_principal(tenant: Tenant) -> None:
    application = await tenant.new_application()
    stranger = tenant.with_roles("Application.ReadWrite.OwnedBy")
    refused(
        await stranger.post("/servicePrincipals", {"appId": application["appId"]}),
        403,
        "Authorization_RequestDenied",
        "When using this permission, the backing application of the service principal being created must in the local "
        "tenant",
    )


async def test_a_service_principal_is_owned_by_those_the_body_names(tenant: Tenant) -> None:
    _, unowned = await tenant.new_web_app()
    refused(await tenant.admin.patch(f"/servicePrincipals/{unowned['id']}", {"notes": "x"}), *DENIED)
    _, owned = await tenant.new_web_app(**{"owners@odata.bind": [link(TENANT.principal_id)]})
    change = {"appRoleAssignmentRequired": True, "accountEnabled": False}
    assert (await tenant.admin.patch(f"/servicePrincipals/{owned['id']}", change)).status_code == 204
    body = (await tenant.admin.get(f"/servicePrincipals/{owned['id']}")).json()
    assert (body["appRoleAssignmentRequired"], body["accountEnabled"]) == (True, False)


async def test_assignment(tenant: Tenant) -> None:
    _, principal = await tenant.new_web_app()
    group_id = await tenant.new_group()
    path = f"/servicePrincipals/{principal['id']}/appRoleAssignedTo"
    body = {"principalId": group_id, "resourceId": principal["id"], "appRoleId": NO_ROLE}
    made = await tenant.admin.post(path, body)
    assert (made.status_code, made.json()["principalType"]) == (201, "Group")
    assert len(base64.urlsafe_b64decode(made.json()["id"] + "=")) == 32
    refused(await tenant.admin.post(path, body), 400, BAD, "Permission being assigned already exists on the object")
    missing = {**body, "principalId": tenant.state.ids()}
    refused(await tenant.admin.post(path, missing), 400, BAD, "Not a valid reference update.")
    unknown = {**body, "appRoleId": tenant.state.ids()}
    refused(
        await tenant.admin.post(path, unknown),
        400,
        BAD,
        "Permission being assigned was not found on application",
    )
    assert [item["principalId"] for item in await tenant.admin.value(path)] == [group_id]
    assert (await tenant.admin.delete(f"{path}/{made.json()['id']}")).status_code == 204
    assert await tenant.admin.value(path) == []


async def test_the_default_role_ends_where_an_application_declares_roles(tenant: Tenant) -> None:
    role = {"id": tenant.state.ids(), "value": "Reader", "isEnabled": True, "allowedMemberTypes": ["User"]}
    application = await tenant.new_application(appRoles=[role])
    principal = (await tenant.admin.post("/servicePrincipals", {"appId": application["appId"]})).json()
    path = f"/servicePrincipals/{principal['id']}/appRoleAssignedTo"
    body = {"principalId": await tenant.new_group(), "resourceId": principal["id"], "appRoleId": NO_ROLE}
    assert (await tenant.admin.post(path, body)).status_code == 400
    assert (await tenant.admin.post(path, {**body, "appRoleId": role["id"]})).status_code == 201


async def test_assigning_needs_two_permissions(tenant: Tenant) -> None:
    _, principal = await tenant.new_web_app()
    body = {"principalId": await tenant.new_group(), "resourceId": principal["id"], "appRoleId": NO_ROLE}
    path = f"/servicePrincipals/{principal['id']}/appRoleAssignedTo"
    refused(await tenant.with_roles("AppRoleAssignment.ReadWrite.All").post(path, body), *DENIED)
    caller = tenant.with_roles("AppRoleAssignment.ReadWrite.All", "Application.Read.All")
    assert (await caller.post(path, body)).status_code == 201


async def test_granted_permissions_can_be_read(tenant: Tenant) -> None:
    graph = (await tenant.admin.get("/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')")).json()
    names = {role["id"]: role["value"] for role in graph["appRoles"]}
    granted = await tenant.admin.value(f"/servicePrincipals/{TENANT.principal_id}/appRoleAssignments")
    assert {names[item["appRoleId"]] for item in granted} == set(TENANT.roles)


async def test_a_permission_that_is_granted_through_graph_counts(tenant: Tenant) -> None:
    graph = (await tenant.admin.get("/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')")).json()
    role_id = next(role["id"] for role in graph["appRoles"] if role["value"] == "Group.Read.All")
    assert (await tenant.people.get("/groups")).status_code == 403
    body = {"principalId": PEOPLE.principal_id, "resourceId": graph["id"], "appRoleId": role_id}
    path = f"/servicePrincipals/{graph['id']}/appRoleAssignedTo"
    assert (await tenant.admin.post(path, body)).status_code == 201
    assert (await tenant.people.get("/groups")).status_code == 200
