"""Role definitions and assignments, administrative units, named locations and strengths: made, changed, deleted."""

from typing import Any

import pytest

from local.entra.ids import GLOBAL_ADMINISTRATOR_ROLE

from .support import Tenant, new_policy, reference

ASSIGNMENTS, DEFINITIONS = "/roleManagement/directory/roleAssignments", "/roleManagement/directory/roleDefinitions"
LOCATIONS = "/identity/conditionalAccess/namedLocations"
NETWORK: dict[str, Any] = {
    "@odata.type": "#microsoft.graph.ipNamedLocation",
    "displayName": "Office",
    "isTrusted": True,
    "ipRanges": [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "192.0.2.0/24"}],
}


async def test_role_assignments(tenant: Tenant, hires: list[str]) -> None:
    writer = tenant.with_roles("RoleManagement.ReadWrite.Directory")
    body = {"principalId": hires[0], "roleDefinitionId": GLOBAL_ADMINISTRATOR_ROLE, "directoryScopeId": "/"}
    response = await writer.post(ASSIGNMENTS, body)
    assert response.status_code == 201
    made = response.json()
    assert made["directoryScopeId"] == "/"
    assert "conflicting object" in (await writer.post(ASSIGNMENTS, body)).json()["error"]["message"]
    held = await writer.value(f"{ASSIGNMENTS}?$filter=principalId eq '{hires[0]}'")
    assert [item["id"] for item in held] == [made["id"]]
    assert hires[0] in [item["id"] for item in await writer.value(
        f"/directoryRoles(roleTemplateId='{GLOBAL_ADMINISTRATOR_ROLE}')/members")]  # fmt: skip
    group = await tenant.new_group()
    assert (await writer.post(ASSIGNMENTS, {**body, "principalId": group})).status_code == 400, "not role-assignable"
    assert (await writer.post(ASSIGNMENTS, {**body, "principalId": tenant.state.ids()})).status_code == 404
    reader = tenant.with_roles("RoleManagement.Read.Directory")
    assert (await reader.post(ASSIGNMENTS, body)).status_code == 403
    assert (await reader.get(f"{ASSIGNMENTS}/{made['id']}")).json()["principalId"] == hires[0]
    assert (await writer.delete(f"{ASSIGNMENTS}/{made['id']}")).status_code == 204
    assert (await writer.get(f"{ASSIGNMENTS}/{made['id']}")).status_code == 404


async def test_role_definitions(tenant: Tenant) -> None:
    writer = tenant.with_roles("RoleManagement.ReadWrite.Directory")
    actions = [{"allowedResourceActions": ["microsoft.directory/applications/basic/update"]}]
    body = {"displayName": "Edits applications", "isEnabled": True, "rolePermissions": actions}
    made = (await writer.post(DEFINITIONS, body)).json()
    assert (made["isBuiltIn"], made["templateId"]) == (False, made["id"])
    assert (await writer.patch(f"{DEFINITIONS}/{made['id']}", {"description": "Edits"})).status_code == 204
    [found] = await writer.value(f"{DEFINITIONS}?$filter=isBuiltIn eq false")
    assert found["description"] == "Edits"
    assert (await writer.patch(f"{DEFINITIONS}/{GLOBAL_ADMINISTRATOR_ROLE}", {"description": "x"})).status_code == 400
    assert (await writer.delete(f"{DEFINITIONS}/{made['id']}")).status_code == 204
    assert (await writer.get(f"{DEFINITIONS}/{made['id']}")).status_code == 404
    assert (await writer.post(DEFINITIONS, {**body, "rolePermissions": "all"})).status_code == 400


async def test_administrative_units(tenant: Tenant, hires: list[str]) -> None:
    writer = tenant.with_roles("AdministrativeUnit.ReadWrite.All", "Directory.Read.All")
    path = "/directory/administrativeUnits"
    made = (await writer.post(path, {"displayName": "Norway", "visibility": "Public"})).json()
    one = f"{path}/{made['id']}"
    assert (await writer.post(f"{one}/members/$ref", reference(hires[0]))).status_code == 204
    assert (await writer.post(f"{one}/members/$ref", reference(hires[0]))).status_code == 400
    assert [item["id"] for item in await writer.value(f"{one}/members/graph.user")] == [hires[0]]
    assert (await writer.get(f"{one}/members/{hires[0]}")).json()["@odata.type"] == "#microsoft.graph.user"
    kinds = [item["@odata.type"] for item in await writer.value(f"/users/{hires[0]}/memberOf")]
    assert kinds == ["#microsoft.graph.administrativeUnit"]
    assert (await writer.patch(one, {"description": "People in Norway"})).status_code == 204
    assert [item["description"] for item in await writer.value(f"{path}?$filter=displayName eq 'norway'")] == [
        "People in Norway"
    ]
    assert (await writer.delete(f"{one}/members/{hires[0]}/$ref")).status_code == 204
    assert (await writer.delete(f"{one}/members/{hires[0]}/$ref")).status_code == 404
    assert (await writer.delete(one)).status_code == 204
    assert await writer.value(path) == []
    assert (await writer.post(path, {"displayName": "x", "visibility": "Secret"})).status_code == 400
    assert (await tenant.people.post(path, {"displayName": "x"})).status_code == 403


async def test_named_locations_change_and_go(tenant: Tenant) -> None:
    """terraform-provider-azuread takes the trust away before it deletes a location."""
    made = (await tenant.admin.post(LOCATIONS, NETWORK)).json()
    path = f"{LOCATIONS}/{made['id']}"
    assert (await tenant.admin.patch(path, {"displayName": "no type"})).status_code == 400
    other = {"@odata.type": "#microsoft.graph.countryNamedLocation", "countriesAndRegions": ["NO"]}
    assert (await tenant.admin.patch(path, other)).status_code == 400
    assert (await tenant.admin.delete(path)).status_code == 400
    change = {"@odata.type": NETWORK["@odata.type"], "isTrusted": False}
    assert (await tenant.admin.patch(path, change)).status_code == 204
    shown = (await tenant.admin.get(path)).json()
    assert (shown["displayName"], shown["isTrusted"], len(shown["ipRanges"])) == ("Office", False, 1)
    assert (await tenant.people.delete(path)).status_code == 403
    assert (await tenant.admin.delete(path)).status_code == 204
    assert (await tenant.admin.get(path)).status_code == 404


@pytest.mark.parametrize(
    "path", ["/policies/authenticationStrengthPolicies", "/identity/conditionalAccess/authenticationStrength/policies"]
)
async def test_custom_strengths(tenant: Tenant, path: str) -> None:
    body = {"displayName": "Keys only", "description": "", "allowedCombinations": ["fido2"]}
    made = (await tenant.admin.post(path, body)).json()
    assert (made["policyType"], made["requirementsSatisfied"]) == ("custom", "mfa")
    grant = {"operator": "OR", "authenticationStrength": {"id": made["id"]}}
    application, _ = await tenant.new_web_app()
    policies = "/identity/conditionalAccess/policies"
    policy = (await tenant.admin.post(policies, new_policy(application["appId"], grantControls=grant))).json()
    assert policy["grantControls"]["authenticationStrength"]["allowedCombinations"] == ["fido2"]
    assert (await tenant.admin.delete(f"{path}/{made['id']}")).status_code == 400, "in use"
    one = f"{path}/{made['id']}"
    assert (await tenant.admin.patch(one, {"description": "Security keys"})).status_code == 204
    combinations = {"allowedCombinations": ["fido2", "x509CertificateMultiFactor"]}
    assert (await tenant.admin.patch(one, combinations)).status_code == 400
    answer = (await tenant.admin.post(f"{one}/updateAllowedCombinations", combinations)).json()
    assert (answer["previousCombinations"], answer["conditionalAccessReferences"]) == (["fido2"], [policy["id"]])
    shown = (await tenant.admin.get(f"{policies}/{policy['id']}")).json()["grantControls"]["authenticationStrength"]
    assert shown["allowedCombinations"] == combinations["allowedCombinations"]
    assert (await tenant.admin.delete(f"{policies}/{policy['id']}")).status_code == 204
    assert (await tenant.admin.delete(one)).status_code == 204
    built_in = f"{path}/00000000-0000-0000-0000-000000000002"
    assert (await tenant.admin.patch(built_in, {"description": "x"})).status_code == 400
    for bad in ({**body, "allowedCombinations": ["telepathy"]}, {**body, "displayName": "Passwordless MFA"}):
        assert (await tenant.admin.post(path, bad)).status_code == 400
