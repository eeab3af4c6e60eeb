"""Directory roles that people may activate: read by Graph, written by the control side."""

from typing import Any

from local.identities import ADMINISTRATOR_USER_ID

from .support import Tenant, refused

PATH = "/roleManagement/directory/roleEligibilityScheduleInstances"
ROLE = "fe930be7-5e62-47db-91af-98c3a49a38b1"


async def make_eligible(tenant: Tenant, *eligibilities: dict[str, Any]) -> None:
    tenant.state.settings = tenant.state.settings.changed({"licenseP2": True})
    response = await tenant.http.put("/_local/role-eligibilities", json=list(eligibilities))
    assert response.status_code == 200, response.text


async def test_who_may_activate_a_role(tenant: Tenant, hires: list[str]) -> None:
    """Page rbacapplication-list-roleeligibilityscheduleinstances, with its filter by principal."""
    await make_eligible(tenant, *({"principalId": user, "roleDefinitionId": ROLE} for user in hires[:2]))
    reader = tenant.with_roles("RoleEligibilitySchedule.Read.Directory")
    assert [row["principalId"] for row in await reader.value(PATH)] == hires[:2]
    [row] = await reader.value(f"{PATH}?$filter=principalId eq '{hires[1]}'")
    assert (row["roleDefinitionId"], row["directoryScopeId"], row["memberType"]) == (ROLE, "/", "Direct")
    assert (await reader.get(f"{PATH}/{row['id']}")).json()["principalId"] == hires[1]
    assert (await reader.get(f"{PATH}/nobody")).status_code == 404
    assert await reader.value(f"{PATH}?$filter=principalId eq '{ADMINISTRATOR_USER_ID}'") == []


async def test_an_eligibility_is_there_from_its_start_to_its_end(tenant: Tenant, hires: list[str]) -> None:
    times = {"startDateTime": "2026-11-25T10:00:00Z", "endDateTime": "2026-11-25T12:00:00Z"}
    await make_eligible(tenant, {"principalId": hires[0], "roleDefinitionId": ROLE, **times})
    reader = tenant.with_roles("RoleManagement.Read.Directory")
    for hours, expected in ((0, 0), (1, 1), (2, 0)):
        tenant.state.clock.advance(hours * 3600)
        assert len(await reader.value(PATH)) == expected


async def test_refusals(tenant: Tenant) -> None:
    """Without P2 the code is AadPremiumLicenseRequired, which Microsoft365DSC looks for."""
    refused(
        await tenant.with_roles("RoleManagement.Read.Directory").get(PATH),
        400,
        "AadPremiumLicenseRequired",
        "The tenant needs to have Microsoft Entra ID P2 or Microsoft Entra ID Governance license.",
    )
    message = "Insufficient privileges to complete the operation."
    refused(await tenant.with_roles("Directory.Read.All").get(PATH), 403, "Authorization_RequestDenied", message)


async def test_the_control_side_explains_what_it_does_not_take(tenant: Tenant) -> None:
    wrong_ones: tuple[Any, ...] = (
        {},
        [1],
        [{"principalId": "x"}],
        [{"principalId": "x", "roleDefinitionId": "y", "color": 1}],
    )
    for wrong in wrong_ones:
        response = await tenant.http.put("/_local/role-eligibilities", json=wrong)
        assert (response.status_code, "eligibilit" in response.json()["error"]) == (400, True)
