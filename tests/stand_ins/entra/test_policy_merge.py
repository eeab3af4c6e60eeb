"""PATCH of a Conditional Access policy merges its sections: left out stays, `[]` clears a list, null a section."""

from typing import Any

import pytest

from local.identities import BREAK_GLASS_USER_ID

from .support import Tenant, new_policy, refused

PATH = "/identity/conditionalAccess/policies"
STRENGTH = "00000000-0000-0000-0000-000000000004"
GUESTS = {"guestOrExternalUserTypes": "b2bCollaborationGuest", "externalTenants": None}


async def made(tenant: Tenant, **properties: Any) -> str:
    """The path of a new policy for all people and one application."""
    application, _ = await tenant.new_web_app()
    response = await tenant.admin.post(PATH, new_policy(application["appId"], **properties))
    assert response.status_code == 201, response.text
    return f"{PATH}/{response.json()['id']}"


async def conditions_after(tenant: Tenant, item: str, **conditions: Any) -> dict[str, Any]:
    response = await tenant.admin.patch(item, {"conditions": conditions})
    assert response.status_code == 204, response.text
    body: dict[str, Any] = (await tenant.admin.get(item)).json()["conditions"]
    return body


async def test_a_list_of_people_that_is_left_out_stays(tenant: Tenant) -> None:
    """Microsoft365DSC#2079: "Success but ExcludeUsers not getting updated"; #2058 is the same for the other lists."""
    item = await made(tenant)
    after = await conditions_after(tenant, item, users={"excludeUsers": [BREAK_GLASS_USER_ID]})
    assert (after["users"]["includeUsers"], after["users"]["excludeUsers"]) == (["All"], [BREAK_GLASS_USER_ID])
    after = await conditions_after(tenant, item, users={"includeUsers": ["All"]})
    assert after["users"]["excludeUsers"] == [BREAK_GLASS_USER_ID]
    after = await conditions_after(tenant, item, users={"excludeUsers": []})
    assert (after["users"]["includeUsers"], after["users"]["excludeUsers"]) == (["All"], [])


async def test_a_list_of_applications_that_is_left_out_stays(tenant: Tenant) -> None:
    """Microsoft365DSC#3885: "drift is recognized but not corrected" for excludeApplications."""
    item = await made(tenant)
    _, principal = await tenant.new_web_app()
    after = await conditions_after(tenant, item, applications={"excludeApplications": [principal["appId"]]})
    [app_id] = after["applications"]["includeApplications"]
    after = await conditions_after(tenant, item, applications={"includeApplications": [app_id]})
    assert after["applications"]["excludeApplications"] == [principal["appId"]]
    after = await conditions_after(tenant, item, applications={"excludeApplications": []})
    assert (after["applications"]["includeApplications"], after["applications"]["excludeApplications"]) == (
        [app_id],
        [],
    )


async def test_moving_from_actions_to_applications_needs_both_lists(tenant: Tenant) -> None:
    item = await made(tenant)
    actions = {"includeUserActions": ["urn:user:registersecurityinfo"]}
    response = await tenant.admin.patch(item, {"conditions": {"applications": actions}})
    assert response.json()["error"]["message"].startswith("1012:")
    after = await conditions_after(tenant, item, applications={**actions, "includeApplications": []})
    assert after["applications"]["includeApplications"] == []


async def test_null_clears_a_section(tenant: Tenant) -> None:
    item = await made(tenant)
    places = {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}
    after = await conditions_after(tenant, item, locations=places)
    after = await conditions_after(tenant, item, locations={"includeLocations": ["All"]})
    assert after["locations"] == places
    after = await conditions_after(tenant, item, users={"excludeGuestsOrExternalUsers": GUESTS})
    assert (after["locations"], after["users"]["excludeGuestsOrExternalUsers"]) == (places, GUESTS)
    after = await conditions_after(tenant, item, locations=None, users={"excludeGuestsOrExternalUsers": None})
    assert (after["locations"], after["users"]["excludeGuestsOrExternalUsers"]) == (None, None)


@pytest.mark.parametrize("section", ["users", "applications", "clientAppTypes"])
async def test_a_section_no_policy_can_be_without_cannot_be_cleared(tenant: Tenant, section: str) -> None:
    item = await made(tenant)
    response = await tenant.admin.patch(item, {"conditions": {section: None}})
    assert response.json()["error"]["message"].startswith("1007:")


async def test_grant_controls_keep_what_is_left_out(tenant: Tenant) -> None:
    """Microsoft365DSC#6218: an empty builtInControls that was left out of the request leaves `mfa` where it is."""
    item = await made(tenant)
    grant: dict[str, Any] = {"operator": "OR", "authenticationStrength": {"id": STRENGTH}}
    refused(
        await tenant.admin.patch(item, {"grantControls": grant}),
        400,
        "BadRequest",
        "1108: Authentication strengths cannot be used alongside the MFA built-in control.",
    )
    grant["builtInControls"] = []
    assert (await tenant.admin.patch(item, {"grantControls": grant})).status_code == 204
    grant = {"builtInControls": ["mfa"], "authenticationStrength": None}
    assert (await tenant.admin.patch(item, {"grantControls": grant})).status_code == 204
    after = (await tenant.admin.get(item)).json()["grantControls"]
    assert (after["operator"], after["builtInControls"], after["authenticationStrength"]) == ("OR", ["mfa"], None)


async def test_session_controls_keep_what_is_left_out(tenant: Tenant) -> None:
    frequency = {"value": 4, "type": "hours", "isEnabled": True}
    item = await made(tenant, sessionControls={"signInFrequency": frequency})
    change = {"sessionControls": {"disableResilienceDefaults": True}}
    assert (await tenant.admin.patch(item, change)).status_code == 204
    after = (await tenant.admin.get(item)).json()["sessionControls"]
    assert after["signInFrequency"]["value"] == 4
    assert (await tenant.admin.patch(item, {"sessionControls": None})).status_code == 204
    assert (await tenant.admin.get(item)).json()["sessionControls"] is None
