"""What ordinary clients read fits msgraph-sdk's typed models, with nothing left over (see tests/app/typed_model.py)."""

from typing import Any

import httpx
from msgraph.generated.models.administrative_unit import AdministrativeUnit
from msgraph.generated.models.administrative_unit_collection_response import AdministrativeUnitCollectionResponse
from msgraph.generated.models.app_role_assignment import AppRoleAssignment
from msgraph.generated.models.application import Application
from msgraph.generated.models.authentication_strength_policy import AuthenticationStrengthPolicy
from msgraph.generated.models.directory_object import DirectoryObject
from msgraph.generated.models.directory_object_collection_response import DirectoryObjectCollectionResponse
from msgraph.generated.models.domain_collection_response import DomainCollectionResponse
from msgraph.generated.models.group import Group
from msgraph.generated.models.named_location import NamedLocation
from msgraph.generated.models.o_auth2_permission_grant import OAuth2PermissionGrant
from msgraph.generated.models.organization_collection_response import OrganizationCollectionResponse
from msgraph.generated.models.password_credential import PasswordCredential
from msgraph.generated.models.service_principal import ServicePrincipal
from msgraph.generated.models.service_principal_collection_response import ServicePrincipalCollectionResponse
from msgraph.generated.models.unified_role_assignment import UnifiedRoleAssignment
from msgraph.generated.models.unified_role_definition import UnifiedRoleDefinition
from msgraph.generated.models.unified_role_definition_collection_response import (
    UnifiedRoleDefinitionCollectionResponse,
)
from msgraph.generated.models.update_allowed_combinations_result import UpdateAllowedCombinationsResult
from msgraph.generated.models.user import User

from local.entra.ids import GLOBAL_ADMINISTRATOR_ROLE, NO_APP_ROLE
from local.entra.limits.app_roles import APP_ROLES
from tests.app.typed_model import parse

from .support import Caller, Tenant, link, reference

PERSON = {
    "accountEnabled": True,
    "displayName": "Zelda Quist",
    "mailNickname": "zelda",
    "userPrincipalName": "zelda@example.com",
    "passwordProfile": {"password": "Correct-Horse-7"},
    "employeeOrgData": {"division": "North", "costCenter": "12"},
}


def everything(tenant: Tenant) -> Caller:
    return tenant.with_roles(*APP_ROLES)


def content(response: httpx.Response) -> bytes:
    assert response.status_code in (200, 201), response.text
    return response.content


async def test_people_and_their_links(tenant: Tenant, hires: list[str]) -> None:
    client = everything(tenant)
    person = parse(content(await client.post("/users", PERSON)), User)
    await client.send("PUT", f"/users/{person.id}/manager/$ref", reference(hires[0]))
    manager = parse(content(await client.get(f"/users/{person.id}/manager")), DirectoryObject)
    assert isinstance(manager, User)
    group = await tenant.new_group(**{"members@odata.bind": [link(person.id)]})
    expanded = f"/users/{person.id}?$expand=memberOf,manager($select=id,displayName)"
    shown = parse(content(await client.get(expanded)), User)
    assert [item.id for item in shown.member_of] == [group]
    parse(content(await client.get(f"/users/{person.id}/memberOf")), DirectoryObjectCollectionResponse)
    parse(content(await client.get(f"/directoryObjects/{group}")), DirectoryObject)
    whole = parse(content(await client.get(f"/groups/{group}?$expand=members,owners")), Group)
    assert [type(member).__name__ for member in whole.members] == ["User"]
    names = "allowExternalSenders,assignedLicenses,assignedLabels,isArchived,licenseProcessingState,unseenCount"
    parse(content(await client.get(f"/groups/{group}?$select={names}")), Group)
    parse(content(await client.get("/domains")), DomainCollectionResponse)
    parse(content(await client.get("/organization")), OrganizationCollectionResponse)


async def test_applications_and_consents(tenant: Tenant, hires: list[str]) -> None:
    client = everything(tenant)
    application, principal = await tenant.new_web_app()
    path = f"/applications/{application['id']}"
    secret = parse(content(await client.post(f"{path}/addPassword", {})), PasswordCredential)
    assert secret.secret_text
    assert parse(content(await client.get(path)), Application).password_credentials[0].key_id == secret.key_id
    [row] = parse(
        content(await client.get("/servicePrincipals?$filter=displayName eq 'Microsoft Graph'")),
        ServicePrincipalCollectionResponse,
    ).value
    assert row.oauth2_permission_scopes
    body: dict[str, Any] = {"clientId": principal["id"], "resourceId": row.id, "scope": "User.Read"}
    grant = await client.post("/oauth2PermissionGrants", {**body, "consentType": "AllPrincipals"})
    parse(content(grant), OAuth2PermissionGrant)
    assignment = {"principalId": hires[0], "resourceId": principal["id"], "appRoleId": NO_APP_ROLE}
    made = await client.post(f"/users/{hires[0]}/appRoleAssignments", assignment)
    parse(content(made), AppRoleAssignment)
    expanded = f"/servicePrincipals/{principal['id']}?$expand=appRoleAssignedTo"
    assert parse(content(await client.get(expanded)), ServicePrincipal).app_role_assigned_to


async def test_roles_units_and_strengths(tenant: Tenant, hires: list[str]) -> None:
    client = everything(tenant)
    unit = parse(content(await client.post("/directory/administrativeUnits", {"displayName": "N"})), AdministrativeUnit)
    await client.post(f"/directory/administrativeUnits/{unit.id}/members/$ref", reference(hires[0]))
    listed = content(await client.get("/directory/administrativeUnits"))
    assert len(parse(listed, AdministrativeUnitCollectionResponse).value) == 1
    roles = "/roleManagement/directory"
    permissions = [{"allowedResourceActions": ["microsoft.directory/applications/basic/update"]}]
    body = {"displayName": "Edits", "isEnabled": True, "rolePermissions": permissions}
    parse(content(await client.post(f"{roles}/roleDefinitions", body)), UnifiedRoleDefinition)
    parse(content(await client.get(f"{roles}/roleDefinitions")), UnifiedRoleDefinitionCollectionResponse)
    held = {"principalId": hires[0], "roleDefinitionId": GLOBAL_ADMINISTRATOR_ROLE, "directoryScopeId": "/"}
    parse(content(await client.post(f"{roles}/roleAssignments", held)), UnifiedRoleAssignment)
    strengths = "/policies/authenticationStrengthPolicies"
    strength = await client.post(strengths, {"displayName": "Keys", "allowedCombinations": ["fido2"]})
    made = parse(content(strength), AuthenticationStrengthPolicy)
    combinations = {"allowedCombinations": ["fido2", "x509CertificateMultiFactor"]}
    changed = await client.post(f"{strengths}/{made.id}/updateAllowedCombinations", combinations)
    parse(content(changed), UpdateAllowedCombinationsResult)
    location = {
        "@odata.type": "#microsoft.graph.countryNamedLocation",
        "displayName": "North",
        "countriesAndRegions": ["NO"],
    }
    made_there = await client.post("/identity/conditionalAccess/namedLocations", location)
    parse(content(made_there), NamedLocation)
