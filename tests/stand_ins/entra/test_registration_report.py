"""The registration report, directory roles, memberships, licenses and the organization."""

from typing import Any

import pytest

from local.entra.authentication.method.kinds import register_method
from local.entra.ids import GLOBAL_ADMINISTRATOR_ROLE
from local.identities import ADMINISTRATOR_USER_ID, BREAK_GLASS_USER_ID

from .support import Tenant, binding, refused

REPORT = "/reports/authenticationMethods/userRegistrationDetails"
HOUR = 3600


def configure(tenant: Tenant, **settings: Any) -> None:
    tenant.state.settings = tenant.state.settings.changed(settings)


async def test_a_method_shows_after_the_lag(tenant: Tenant, hires: list[str]) -> None:
    reader = tenant.with_roles("AuditLog.Read.All")
    register_method(tenant.state, hires[0], "microsoftAuthenticator")
    before = (await reader.get(f"{REPORT}/{hires[0]}")).json()
    assert (before["isMfaRegistered"], before["methodsRegistered"]) == (False, [])
    assert before["lastUpdatedDateTime"] == "2026-11-25T05:00:00Z"
    tenant.state.clock.advance(4 * HOUR)
    after = (await reader.get(f"{REPORT}/{hires[0]}")).json()
    assert (after["isMfaRegistered"], after["isMfaCapable"]) == (True, True)
    assert after["methodsRegistered"] == ["microsoftAuthenticatorPush"]
    assert after["userPreferredMethodForSecondaryAuthentication"] == "push"
    assert after["lastUpdatedDateTime"] == "2026-11-25T09:00:00Z"
    configure(tenant, reportLag=0.0)
    assert (await reader.get(f"{REPORT}/{hires[0]}")).json()["lastUpdatedDateTime"] == "2026-11-25T13:00:00Z"


async def test_filters(tenant: Tenant, hires: list[str]) -> None:
    configure(tenant, reportLag=0.0, throttleReports=0.0)
    reader = tenant.with_roles("AuditLog.Read.All")
    register_method(tenant.state, hires[0], "fido2")
    register_method(tenant.state, hires[1], "email")
    name = str(tenant.state.users.objects[hires[0]]["userPrincipalName"])
    expected = {
        "isMfaRegistered eq true": {hires[0]},
        "isPasswordlessCapable eq true and isMfaCapable eq true": {hires[0]},
        "methodsRegistered/any(t:t eq 'email')": {hires[1]},
        f"userPrincipalName eq '{name}'": {hires[0]},
        f"startswith(userPrincipalName, '{name[:-4]}')": {hires[0]},
        "isAdmin eq true": {ADMINISTRATOR_USER_ID, BREAK_GLASS_USER_ID},
    }
    for text, ids in expected.items():
        assert {row["id"] for row in await reader.value(f"{REPORT}?$filter={text}")} == ids, text
    assert len(await reader.value(f"{REPORT}?$top=999")) == len(tenant.state.users)
    assert (await reader.get(f"{REPORT}?$skip=5")).status_code == 400
    refused(
        await reader.get(f"{REPORT}?$filter=lastUpdatedDateTime eq null"),
        400,
        "Request_UnsupportedQuery",
        "Unsupported or invalid query filter clause specified for property 'lastUpdatedDateTime' of resource "
        "'UserRegistrationDetails'.",
    )


async def test_who_is_in_the_report(tenant: Tenant, hires: list[str]) -> None:
    reader = tenant.with_roles("AuditLog.Read.All")
    tenant.state.users.objects[hires[0]]["accountEnabled"] = False
    assert (await reader.get(f"{REPORT}/{hires[0]}")).status_code == 200
    configure(tenant, reportShowsDisabled=False)
    message = f"Resource '{hires[0]}' does not exist or one of its queried reference-property objects are not present."
    refused(await reader.get(f"{REPORT}/{hires[0]}"), 404, "Request_ResourceNotFound", message)
    assert (await tenant.http.request("DELETE", "/_local/users", json=[hires[1]])).status_code == 204
    assert (await reader.get(f"{REPORT}/{hires[1]}")).status_code == 404
    made = await tenant.http.post("/_local/users", json=[{"displayName": "New Hire"}])
    new = made.json()["ids"][0]
    assert (await reader.get(f"{REPORT}/{new}")).status_code == 404
    tenant.state.clock.advance(4 * HOUR)
    assert (await reader.get(f"{REPORT}/{new}")).json()["userType"] == "member"


async def test_capable_is_less_than_registered(tenant: Tenant, hires: list[str]) -> None:
    configure(tenant, reportLag=0.0)
    register_method(tenant.state, hires[0], "phone")
    writer = tenant.with_roles("Policy.ReadWrite.AuthenticationMethod", "AuditLog.Read.All")
    body = {"authenticationMethodConfigurations": [{"id": "Sms", "state": "disabled"}]}
    assert (await writer.patch("/policies/authenticationMethodsPolicy", body)).status_code == 200
    row = (await writer.get(f"{REPORT}/{hires[0]}")).json()
    assert (row["isMfaRegistered"], row["isMfaCapable"]) == (True, False)


async def test_a_pass_in_the_report_is_no_strong_method(tenant: Tenant, hires: list[str]) -> None:
    configure(tenant, reportLag=0.0)
    caller = tenant.with_roles("AuditLog.Read.All", "UserAuthMethod-TAP.ReadWrite.All")
    await caller.post(f"/users/{hires[0]}/authentication/temporaryAccessPassMethods", {})
    row = (await caller.get(f"{REPORT}/{hires[0]}")).json()
    assert (row["methodsRegistered"], row["isMfaRegistered"]) == (["temporaryAccessPass"], False)


async def test_refusals(tenant: Tenant) -> None:
    refused(
        await tenant.with_roles("User.Read.All").get(REPORT),
        403,
        "Authentication_MSGraphPermissionMissing",
        "Calling principal does not have required MSGraph permissions AuditLog.Read.All",
    )
    configure(tenant, licenseP1=False)
    for path in (REPORT, f"{REPORT}/{ADMINISTRATOR_USER_ID}"):
        refused(
            await tenant.with_roles("AuditLog.Read.All").get(path),
            403,
            "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
            "Neither tenant is B2C or tenant doesn't have premium license",
        )
    configure(tenant, reportLicenseText="new")
    refused(
        await tenant.with_roles("AuditLog.Read.All").get(REPORT),
        403,
        "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
        "Tenant is not a B2C tenant and doesn't have premium license",
    )


async def test_directory_roles(tenant: Tenant, hires: list[str]) -> None:
    helpdesk = "729827e3-9c14-49f7-bb1b-9608f156bbb8"
    tenant.state.directory_roles.append(
        {"id": "x", "principalId": hires[0], "roleDefinitionId": helpdesk, "directoryScopeId": "/"}
    )
    roles = {row["roleTemplateId"]: row for row in await tenant.people.value("/directoryRoles")}
    assert roles[helpdesk]["displayName"] == "Helpdesk Administrator"
    for key in (f"/{roles[helpdesk]['id']}", f"(roleTemplateId='{helpdesk}')"):
        assert (await tenant.people.get(f"/directoryRoles{key}")).json()["roleTemplateId"] == helpdesk
        assert [row["id"] for row in await tenant.people.value(f"/directoryRoles{key}/members")] == [hires[0]]
    assert (await tenant.people.get(f"/directoryRoles/{GLOBAL_ADMINISTRATOR_ROLE}")).status_code == 404
    assert (await tenant.with_roles("User.Read.All").get("/directoryRoles")).status_code == 403


async def test_memberships_of_a_person(tenant: Tenant, hires: list[str]) -> None:
    inner = await tenant.new_group(**binding(ADMINISTRATOR_USER_ID))
    outer = await tenant.new_group(**binding(inner))
    reader = tenant.with_roles("GroupMember.ReadBasic.All")
    direct = await reader.value(f"/users/{ADMINISTRATOR_USER_ID}/memberOf")
    assert [row["@odata.type"].rpartition(".")[2] for row in direct] == ["group", "directoryRole"]
    assert direct[0]["id"] == inner
    every = await reader.value(f"/users/{ADMINISTRATOR_USER_ID}/transitiveMemberOf?$select=id,displayName")
    assert {row["id"] for row in every if row["@odata.type"].endswith("group")} == {inner, outer}
    message = "Insufficient privileges to complete the operation."
    refused(await tenant.people.get(f"/users/{hires[0]}/memberOf"), 403, "Authorization_RequestDenied", message)
    assert await tenant.people.value(f"/users/{hires[0]}/transitiveMemberOf") == []


@pytest.mark.parametrize(
    ("settings", "plans"),
    [
        ({}, {"41781fb2-bc02-4b7c-bd55-b576c07bb09d"}),
        (
            {"licenseP1": False, "licenseP2": True},
            {"41781fb2-bc02-4b7c-bd55-b576c07bb09d", "eec0eb4f-6444-4f95-aba0-50c24d67f998"},
        ),
        ({"licenseP1": False}, set()),
    ],
)
async def test_licenses(tenant: Tenant, settings: dict[str, Any], plans: set[str]) -> None:
    configure(tenant, **settings)
    reader = tenant.with_roles("LicenseAssignment.Read.All")
    rows = await reader.value("/subscribedSkus")
    assert {plan["servicePlanId"] for row in rows for plan in row["servicePlans"]} == plans
    for row in rows:
        assert (await reader.get(f"/subscribedSkus/{row['id']}")).json()["skuId"] == row["skuId"]
    for option in ("$filter", "$top"):
        message = f"'{option}' is not supported by the service."
        refused(await reader.get(f"/subscribedSkus?{option}=1"), 400, "Request_BadRequest", message)
    assert (await reader.get("/subscribedSkus/x")).status_code == 404


async def test_the_organization(tenant: Tenant) -> None:
    path = f"/organization/{tenant.state.tenant_id}"
    row = (await tenant.people.get(path)).json()
    assert [plan["capabilityStatus"] for plan in row["assignedPlans"]] == ["Enabled"]
    assert (await tenant.people.get("/organization/x")).status_code == 404
    assert (await tenant.with_roles("Policy.Read.All").get(path)).status_code == 403
