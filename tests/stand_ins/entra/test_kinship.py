"""What belongs together: an application and its service principal, owners and their objects, people and groups."""

from typing import Any

import pytest

from local.identities import BREAK_GLASS_USER_ID

from .support import Tenant, binding, link, reference, refused

BAD = "Request_BadRequest"
GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"


async def read(tenant: Tenant, path: str) -> dict[str, Any]:
    response = await tenant.with_roles("Application.Read.All", "Group.Read.All", "Directory.Read.All").get(path)
    assert response.status_code == 200, response.text
    document: dict[str, Any] = response.json()
    return document


async def test_a_new_application_has_objects_where_graph_has_them(tenant: Tenant) -> None:
    """The answers of the pages application-post-applications and application-get."""
    made = await tenant.new_application()
    assert made["api"] == {
        "acceptMappedClaims": None,
        "knownClientApplications": [],
        "requestedAccessTokenVersion": None,
        "oauth2PermissionScopes": [],
        "preAuthorizedApplications": [],
    }
    assert made["parentalControlSettings"] == {"countriesBlockedForMinors": [], "legalAgeGroupRule": "Allow"}
    assert made["info"]["logoUrl"] is None
    assert made["verifiedPublisher"]["displayName"] is None
    assert made["spa"] == made["publicClient"] == {"redirectUris": []}


async def test_web_and_api_are_merged_and_optional_claims_replaced(tenant: Tenant) -> None:
    """terraform-provider-azuread: TestAccApplicationOptionalClaims_basic, TestAccApplication_update."""
    claims: dict[str, Any] = {
        "idToken": [{"name": "email", "source": None, "essential": False, "additionalProperties": []}]
    }
    web = {"homePageUrl": "https://example.com", "redirectUris": ["https://example.com/in"]}
    made = await tenant.new_application(optionalClaims=claims, web=web, api={"acceptMappedClaims": True})
    path = f"/applications/{made['id']}"
    change = {
        "optionalClaims": {},
        "web": {"redirectUris": []},
        "api": {"requestedAccessTokenVersion": 2},
    }
    assert (await tenant.admin.patch(path, change)).status_code == 204
    after = (await tenant.admin.get(path)).json()
    assert after["optionalClaims"] == {"idToken": [], "accessToken": [], "saml2Token": []}
    assert (after["web"]["homePageUrl"], after["web"]["redirectUris"]) == ("https://example.com", [])
    assert (after["api"]["acceptMappedClaims"], after["api"]["requestedAccessTokenVersion"]) == (True, 2)


@pytest.mark.parametrize("name", ["web", "api", "info", "spa", "publicClient", "parentalControlSettings"])
async def test_null_brings_the_default_back_and_breaks_nothing(tenant: Tenant, name: str) -> None:
    application, principal = await tenant.new_web_app()
    path = f"/applications/{application['id']}"
    assert (await tenant.admin.patch(path, {name: None})).status_code == 204
    assert (await tenant.admin.get(path)).json()[name] == (await tenant.new_application())[name]
    assert (await read(tenant, f"/servicePrincipals/{principal['id']}"))["replyUrls"] is not None
    assert (await read(tenant, "/servicePrincipals"))["value"]
    assert (await tenant.http.get("/_local/state")).status_code == 200


async def test_a_service_principal_follows_its_application(tenant: Tenant) -> None:
    """azuread#1224 (the name is the application's) and TestAccServicePrincipal_complete (its scopes)."""
    application, principal = await tenant.new_web_app()
    scope = {
        "id": tenant.state.ids(),
        "value": "user_impersonation",
        "type": "User",
        "isEnabled": True,
        "adminConsentDisplayName": "Access",
        "adminConsentDescription": "Access",
    }
    change = {
        "displayName": "New name",
        "identifierUris": [f"api://{application['appId']}"],
        "api": {"oauth2PermissionScopes": [scope]},
        "tags": ["HideApp"],
    }
    assert (await tenant.admin.patch(f"/applications/{application['id']}", change)).status_code == 204
    after = await read(tenant, f"/servicePrincipals/{principal['id']}")
    assert (after["displayName"], after["appDisplayName"]) == ("New name", "New name")
    assert after["oauth2PermissionScopes"] == [scope]
    assert after["servicePrincipalNames"] == [application["appId"], f"api://{application['appId']}"]
    assert after["tags"] == ["HideApp"]
    [found] = (await read(tenant, "/servicePrincipals?$filter=displayName eq 'New name'"))["value"]
    assert found["id"] == principal["id"]


async def test_an_inline_password_shows_its_secret_once(tenant: Tenant) -> None:
    """terraform-provider-azuread: TestAccApplication_password makes one with the application."""
    made = await tenant.new_application(passwordCredentials=[{"displayName": "p"}])
    [password] = made["passwordCredentials"]
    assert password["secretText"].startswith(password["hint"])
    [shown] = (await tenant.admin.get(f"/applications/{made['id']}")).json()["passwordCredentials"]
    assert shown == {**password, "secretText": None}


@pytest.mark.parametrize("kind", ["application", "servicePrincipal"])
async def test_certificates_are_kept_and_their_key_shown_when_asked_for(tenant: Tenant, kind: str) -> None:
    """Page keycredential: `key` is returned only by `$select=keyCredentials`."""
    application, principal = await tenant.new_web_app(**{"owners@odata.bind": [link(tenant.admin.object_id)]})
    path = f"/{kind}s/{(application if kind == 'application' else principal)['id']}"
    key = {"type": "AsymmetricX509Cert", "usage": "Verify", "key": "TUlJ", "displayName": "CN=x"}
    assert (await tenant.admin.patch(path, {"keyCredentials": [key]})).status_code == 204
    [hidden] = (await tenant.admin.get(path)).json()["keyCredentials"]
    [shown] = (await tenant.admin.get(f"{path}?$select=keyCredentials")).json()["keyCredentials"]
    assert (hidden["key"], shown["key"], hidden["keyId"]) == (None, "TUlJ", shown["keyId"])


async def test_a_principal_keeps_its_single_sign_on_settings(tenant: Tenant) -> None:
    """terraform-provider-azuread: TestAccServicePrincipal_featureTags."""
    _, principal = await tenant.new_web_app(**{"owners@odata.bind": [link(tenant.admin.object_id)]})
    path = f"/servicePrincipals/{principal['id']}"
    change = {"samlSingleSignOnSettings": {"relayState": "/home"}, "preferredSingleSignOnMode": "saml"}
    assert (await tenant.admin.patch(path, change)).status_code == 204
    after = (await tenant.admin.get(path)).json()
    assert {name: after[name] for name in change} == change


async def test_an_identifier_address_belongs_to_one_application(tenant: Tenant) -> None:
    """Azure PowerShell pages: "… for property identifierUris already exists."."""
    message = "Another object with the same value for property identifierUris already exists."
    one = await tenant.new_application(identifierUris=["https://example.com/app"])
    body = {"displayName": "Two", "identifierUris": ["https://example.com/app"]}
    refused(await tenant.admin.post("/applications", body), 400, BAD, message)
    two = await tenant.new_application()
    change = {"identifierUris": ["https://example.com/app"]}
    refused(await tenant.admin.patch(f"/applications/{two['id']}", change), 400, BAD, message)
    assert (await tenant.admin.patch(f"/applications/{one['id']}", change)).status_code == 204


async def test_microsoft_graph_itself_stays(tenant: Tenant) -> None:
    """terraform-provider-azuread's `use_existing` tries to delete it and counts on being refused."""
    graph = tenant.state.service_principals.find("appId", GRAPH_APP_ID)
    assert graph is not None
    caller = tenant.with_roles("Application.ReadWrite.All")
    for path in (f"/servicePrincipals/{graph['id']}", f"/servicePrincipals(appId='{GRAPH_APP_ID}')"):
        assert (await caller.delete(path)).status_code == 403
    assert "https://graph.microsoft.com" in graph["servicePrincipalNames"]


@pytest.mark.parametrize("kind", ["Group", "Application"])
@pytest.mark.parametrize("owned", ["groups", "applications", "servicePrincipals"])
async def test_owners_are_people_and_service_principals(tenant: Tenant, kind: str, owned: str) -> None:
    """Public code quotes "The reference target 'Group_…' of type 'Group' is invalid for the 'owners' reference."."""
    application, principal = await tenant.new_web_app(**{"owners@odata.bind": [link(tenant.admin.object_id)]})
    group = await tenant.new_group()
    target = {"groups": group, "applications": application["id"], "servicePrincipals": principal["id"]}[owned]
    wrong = group if kind == "Group" else application["id"]
    message = f"The reference target '{kind}_{wrong}' of type '{kind}' is invalid for the 'owners' reference."
    refused(await tenant.admin.post(f"/{owned}/{target}/owners/$ref", reference(wrong)), 400, BAD, message)


async def test_owners_are_named_once(tenant: Tenant, hires: list[str]) -> None:
    """azuread#553: "Request contains a property with duplicate values"."""
    body = {"displayName": "Twice", "owners@odata.bind": [link(hires[0]), link(hires[0])]}
    message = "Request contains a property with duplicate values."
    refused(await tenant.admin.post("/applications", body), 400, BAD, message)
    group = {**body, "mailEnabled": False, "mailNickname": "x", "securityEnabled": True}
    refused(await tenant.admin.post("/groups", group), 400, BAD, message)


async def test_the_last_owner_of_a_group_stays(tenant: Tenant, hires: list[str]) -> None:
    """Page group-delete-owners; docs-contrib#3741."""
    group = await tenant.new_group(**{"owners@odata.bind": [link(hires[0]), link(hires[1])]})
    assert (await tenant.admin.delete(f"/groups/{group}/owners/{hires[0]}/$ref")).status_code == 204
    message = "The group must have at least one owner, hence this owner cannot be removed."
    refused(await tenant.admin.delete(f"/groups/{group}/owners/{hires[1]}/$ref"), 400, BAD, message)


async def test_what_cannot_be_a_member(tenant: Tenant) -> None:
    group, application = await tenant.new_group(), await tenant.new_application()
    path = f"/groups/{group}/members/$ref"
    message = (
        f"The reference target 'Application_{application['id']}' of type 'Application' is invalid for the 'members' "
        "reference."
    )
    refused(await tenant.admin.post(path, reference(application["id"])), 400, BAD, message)
    assert (await tenant.admin.post(path, reference(group))).status_code == 400
    assert (await tenant.admin.patch(f"/groups/{group}", binding(group))).status_code == 400


async def test_a_group_is_for_mail_or_for_security(tenant: Tenant) -> None:
    body = {"displayName": "x", "mailEnabled": False, "mailNickname": "x", "securityEnabled": False}
    assert (await tenant.admin.post("/groups", body)).status_code == 400
    group = await tenant.new_group()
    for change in ({"securityEnabled": False}, {"mailEnabled": True}):
        assert (await tenant.admin.patch(f"/groups/{group}", change)).status_code == 400


async def test_a_group_has_a_security_identifier(tenant: Tenant) -> None:
    """Public scripts that convert an object id: four little-endian numbers behind S-1-12-1."""
    tenant.state.ids = lambda: "02af6904-3630-4074-bbcb-8e0ed04a40ce"
    made = await tenant.new_group()
    expected = "S-1-12-1-45050116-1081357872-244239291-3460319952"
    assert (await tenant.admin.get(f"/groups/{made}")).json()["securityIdentifier"] == expected


async def test_a_restored_person_is_back_in_the_groups(tenant: Tenant, hires: list[str]) -> None:
    """Page directory-deleteditems-restore; MC1183299 for groups."""
    caller = tenant.with_roles("User.ReadWrite.All", "Group.Read.All", "Directory.Read.All")
    outer = await tenant.new_group(**binding(hires[0]), **{"owners@odata.bind": [link(hires[0]), link(hires[1])]})
    assert (await tenant.http.request("DELETE", "/_local/users", json=[hires[0]])).status_code == 204
    assert await caller.value(f"/groups/{outer}/members") == []
    assert (await caller.post(f"/directory/deletedItems/{hires[0]}/restore", {})).status_code == 200
    assert [item["id"] for item in await caller.value(f"/groups/{outer}/members")] == [hires[0]]
    assert outer in [item["id"] for item in await caller.value(f"/users/{hires[0]}/memberOf")]
    assert hires[0] in [item["id"] for item in await caller.value(f"/groups/{outer}/owners")]


async def test_a_restored_service_principal_is_back_where_it_was(tenant: Tenant, hires: list[str]) -> None:
    application, principal = await tenant.new_web_app()
    group = await tenant.new_group(**binding(principal["id"]))
    caller = tenant.with_roles("AppRoleAssignment.ReadWrite.All", "Application.ReadWrite.All")
    assigned = {
        "principalId": hires[0],
        "resourceId": principal["id"],
        "appRoleId": "00000000-0000-0000-0000-000000000000",
    }
    path = f"/servicePrincipals/{principal['id']}/appRoleAssignedTo"
    assert (await caller.post(path, assigned)).status_code == 201
    assert (await caller.delete(f"/applications/{application['id']}")).status_code == 204
    assert principal["id"] not in tenant.state.members[group]
    assert (await caller.post(f"/directory/deletedItems/{application['id']}/restore", {})).status_code == 200
    assert [item["principalId"] for item in await caller.value(path)] == [hires[0]]
    assert principal["id"] in tenant.state.members[group]


async def test_an_employee_id_has_sixteen_characters(tenant: Tenant) -> None:
    """Microsoft Q&A 5823196."""
    for length, status in ((16, 201), (17, 400)):
        people = [{"displayName": "New Hire", "employeeId": "E" * length}]
        assert (await tenant.http.post("/_local/users", json=people)).status_code == status
    change = {BREAK_GLASS_USER_ID: {"employeeId": "E" * 17}}
    assert (await tenant.http.patch("/_local/users", json=change)).status_code == 400
