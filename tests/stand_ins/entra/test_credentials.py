"""Secrets that Graph makes sign in; owners come and go; consents are kept."""

from typing import Any

import httpx
import pytest

from local.entra.ids import NO_APP_ROLE
from local.identities import ADMINISTRATOR_USER_ID

from .support import GRAPH, Tenant, link, refused


async def token(tenant: Tenant, app_id: str, secret: str) -> httpx.Response:
    form = {
        "grant_type": "client_credentials",
        "client_id": app_id,
        "client_secret": secret,
        "scope": f"{GRAPH}/.default",
    }
    return await tenant.http.post(f"/{tenant.state.tenant_id}/oauth2/v2.0/token", data=form)


@pytest.mark.parametrize("root", ["applications", "servicePrincipals"])
async def test_a_secret_signs_in_until_it_is_removed(tenant: Tenant, root: str) -> None:
    application, principal = await tenant.new_web_app()
    path = f"/{root}/{application['id'] if root == 'applications' else principal['id']}"
    writer = tenant.with_roles("Application.ReadWrite.All")
    made = (await writer.post(f"{path}/addPassword", {"passwordCredential": {"displayName": "laptop"}})).json()
    assert made["hint"] == made["secretText"][:3]
    assert made["endDateTime"][:4] == "2028", "two years"
    shown = (await writer.get(path)).json()["passwordCredentials"]
    assert [(item["displayName"], item["secretText"]) for item in shown] == [("laptop", None)]
    assert (await token(tenant, application["appId"], made["secretText"])).status_code == 200
    assert (await token(tenant, application["appId"], "another")).status_code == 401
    other = (await writer.post(f"{path}/addPassword", {})).json()
    assert (await writer.post(f"{path}/removePassword", {"keyId": made["keyId"]})).status_code == 204
    assert (await token(tenant, application["appId"], made["secretText"])).status_code == 401
    assert (await token(tenant, application["appId"], other["secretText"])).status_code == 200
    assert (await writer.post(f"{path}/removePassword", {"keyId": made["keyId"]})).status_code == 400
    reader = tenant.with_roles("Application.Read.All")
    assert (await reader.post(f"{path}/addPassword", {})).status_code == 403


async def test_a_secret_expires(tenant: Tenant) -> None:
    application, _ = await tenant.new_web_app()
    path = f"/applications/{application['id']}/addPassword"
    made = (await tenant.admin.post(path, {"passwordCredential": {"endDateTime": "2026-11-25T10:00:00Z"}})).json()
    assert (await token(tenant, application["appId"], made["secretText"])).status_code == 200
    await tenant.http.post("/_local/clock", json={"advance": 3601})
    expired = await token(tenant, application["appId"], made["secretText"])
    assert "AADSTS7000222" in expired.json()["error_description"]
    past = await tenant.admin.post(path, {"passwordCredential": {"endDateTime": "2020-01-01T00:00:00Z"}})
    assert past.status_code == 400


@pytest.mark.parametrize("root", ["applications", "servicePrincipals"])
async def test_owners_come_and_go(tenant: Tenant, root: str) -> None:
    application, principal = await tenant.new_web_app()
    path = f"/{root}/{application['id'] if root == 'applications' else principal['id']}/owners"
    writer = tenant.with_roles("Application.ReadWrite.All")
    assert (await writer.post(f"{path}/$ref", {"@odata.id": link(ADMINISTRATOR_USER_ID)})).status_code == 204
    found = await writer.value(f"{path}?$filter=id eq '{ADMINISTRATOR_USER_ID}'")
    assert [item["id"] for item in found] == [ADMINISTRATOR_USER_ID]
    assert len(await writer.value(f"{path}/microsoft.graph.user")) == 1
    one = f"{path}/{ADMINISTRATOR_USER_ID}/$ref"
    assert (await tenant.people.delete(one)).status_code == 403
    assert (await writer.delete(one)).status_code == 204
    assert (await writer.delete(one)).status_code == 404


@pytest.mark.parametrize("name", ["a.b", "acctest-hashitown.example.com-1", "main_1~x"])
async def test_names_of_federated_credentials(tenant: Tenant, name: str) -> None:
    """Three tests of terraform-provider-azuread use a name with dots."""
    application = await tenant.new_application()
    path = f"/applications/{application['id']}/federatedIdentityCredentials"
    body = {"name": name, "issuer": "https://i.example.com", "subject": "s", "audiences": ["api://x"]}
    assert (await tenant.admin.post(path, body)).status_code == 201
    assert (await tenant.admin.get(f"{path}/{name}")).json()["name"] == name
    for bad in ("a/b", "a b", "a:b", "n" * 121):
        message = "Invalid value specified for property 'name' of resource 'FederatedIdentityCredential'."
        refused(await tenant.admin.post(path, {**body, "name": bad}), 400, "Request_BadRequest", message)


async def test_app_role_assignments_from_either_side(tenant: Tenant, hires: list[str]) -> None:
    _, principal = await tenant.new_web_app()
    writer = tenant.with_roles("AppRoleAssignment.ReadWrite.All", "Application.Read.All")
    body: dict[str, Any] = {"principalId": hires[0], "resourceId": principal["id"], "appRoleId": NO_APP_ROLE}
    made = (await writer.post(f"/users/{hires[0]}/appRoleAssignments", body)).json()
    from_there = f"/servicePrincipals/{principal['id']}/appRoleAssignedTo/{made['id']}"
    assert (await writer.get(from_there)).json()["principalId"] == hires[0]
    refused(
        await writer.post(f"/users/{hires[1]}/appRoleAssignments", body),
        400,
        "Request_BadRequest",
        "Not a valid reference update.",
    )
    assert (await writer.get(f"/users/{hires[1]}/appRoleAssignments/{made['id']}")).status_code == 404
    assert (await writer.delete(f"/users/{hires[0]}/appRoleAssignments/{made['id']}")).status_code == 204
    assert (await writer.get(from_there)).status_code == 404


async def test_consents(tenant: Tenant, hires: list[str]) -> None:
    _, principal = await tenant.new_web_app()
    writer = tenant.with_roles("DelegatedPermissionGrant.ReadWrite.All", "Application.Read.All")
    [graph] = await writer.value("/servicePrincipals?$filter=displayName eq 'Microsoft Graph'")
    body = {
        "clientId": principal["id"],
        "resourceId": graph["id"],
        "consentType": "AllPrincipals",
        "scope": "User.Read",
    }
    made = (await writer.post("/oauth2PermissionGrants", body)).json()
    assert (await writer.post("/oauth2PermissionGrants", body)).status_code == 409
    person = {**body, "consentType": "Principal", "principalId": hires[0]}
    assert (await writer.post("/oauth2PermissionGrants", person)).status_code == 201
    assert (await writer.post("/oauth2PermissionGrants", {**person, "principalId": None})).status_code == 400
    found = await writer.value(f"/oauth2PermissionGrants?$filter=clientId eq '{principal['id']}'")
    assert len(found) == 2
    path = f"/oauth2PermissionGrants/{made['id']}"
    assert (await writer.patch(path, {"scope": "User.Read openid"})).status_code == 204
    assert (await writer.get(path)).json()["scope"] == "User.Read openid"
    assert (await writer.patch(path, {"clientId": graph["id"]})).status_code == 400
    assert (await writer.delete(path)).status_code == 204
    assert len(await writer.value(f"/servicePrincipals/{principal['id']}/oauth2PermissionGrants")) == 1
