"""The authentication methods policy, and what it makes of Temporary Access Passes."""

from typing import Any

import pytest

from local.identities import ADMINISTRATOR_USER_ID

from .support import Tenant, Visitor, binding, new_policy, refused

POLICY = "/policies/authenticationMethodsPolicy"
CONFIGURATION = f"{POLICY}/authenticationMethodConfigurations/temporaryAccessPass"
PASS_TYPE = "#microsoft.graph.temporaryAccessPassAuthenticationMethodConfiguration"
NOT_ALLOWED = "Converged UserCredentialPolicy does not allow creating or updating the method TemporaryAccessPass."
FAILED = (403, "accessDenied", "Request Authorization failed")


def passes(user_id: str) -> str:
    return f"/users/{user_id}/authentication/temporaryAccessPassMethods"


async def test_the_defaults_of_the_pass(tenant: Tenant) -> None:
    reader = tenant.with_roles("Policy.Read.AuthenticationMethod")
    configuration = (await reader.get(CONFIGURATION)).json()
    expected = {
        "@odata.type": PASS_TYPE,
        "id": "TemporaryAccessPass",
        "state": "enabled",
        "defaultLength": 8,
        "defaultLifetimeInMinutes": 60,
        "minimumLifetimeInMinutes": 60,
        "maximumLifetimeInMinutes": 480,
        "isUsableOnce": False,
    }
    assert configuration.items() >= expected.items()
    assert configuration["includeTargets"][0]["id"] == "all_users"


async def test_the_parent_can_be_read_with_policy_read_all_but_not_the_configuration(tenant: Tenant) -> None:
    reader = tenant.with_roles("Policy.Read.All")
    refused(await reader.get(CONFIGURATION), *FAILED)
    rows = (await reader.get(POLICY)).json()["authenticationMethodConfigurations"]
    assert "TemporaryAccessPass" in [row["id"] for row in rows]
    refused(await reader.patch(POLICY, {"registrationEnforcement": {}}), *FAILED)


async def test_the_registration_campaign(tenant: Tenant) -> None:
    writer = tenant.with_roles("Policy.ReadWrite.AuthenticationMethod")
    changes = {"state": "enabled", "snoozeDurationInDays": 3}
    body = {"registrationEnforcement": {"authenticationMethodsRegistrationCampaign": changes}}
    response = await writer.patch(POLICY, body)
    assert response.status_code == 200
    campaign = response.json()["registrationEnforcement"]["authenticationMethodsRegistrationCampaign"]
    assert campaign.items() >= changes.items()
    assert campaign["includeTargets"][0]["targetedAuthenticationMethod"] == "microsoftAuthenticator"
    wrong: list[dict[str, Any]] = [{"snoozeDurationInDays": 15}, {"state": "on"}, {"color": "red"}]
    for bad in wrong:
        body = {"registrationEnforcement": {"authenticationMethodsRegistrationCampaign": bad}}
        message = "The value of 'authenticationMethodsRegistrationCampaign' is not valid."
        refused(await writer.patch(POLICY, body), 400, "badRequest", message)
    assert (await writer.patch(POLICY, {"reconfirmationInDays": 3})).status_code == 501


async def test_lifetimes_follow_the_policy(tenant: Tenant, hires: list[str]) -> None:
    writer = tenant.with_roles("Policy.ReadWrite.AuthenticationMethod", "UserAuthMethod-TAP.ReadWrite.All")
    changes = {
        "minimumLifetimeInMinutes": 10,
        "defaultLifetimeInMinutes": 30,
        "maximumLifetimeInMinutes": 50_000,
        "defaultLength": 12,
        "isUsableOnce": True,
    }
    assert (await writer.patch(CONFIGURATION, changes)).status_code == 400
    changes["maximumLifetimeInMinutes"] = 43_200
    assert (await writer.patch(CONFIGURATION, changes)).status_code == 204
    made = (await writer.post(passes(hires[0]), {})).json()
    assert (len(made["temporaryAccessPass"]), made["lifetimeInMinutes"], made["isUsableOnce"]) == (12, 30, True)
    for minutes in (9, 43_201):
        refused(
            await writer.post(passes(hires[0]), {"lifetimeInMinutes": minutes}),
            400,
            "badRequest",
            "Invalid LifetimeInMinutes specified. The valid range between 10 and 43200.",
        )
    refused(
        await writer.post(passes(hires[0]), {"isUsableOnce": False}),
        400,
        "badRequest",
        "The policy allows a Temporary Access Pass for one-time use only.",
    )
    backwards = {"minimumLifetimeInMinutes": 60, "maximumLifetimeInMinutes": 20}
    assert (await writer.patch(CONFIGURATION, backwards)).status_code == 400


async def test_who_is_out_of_scope_gets_no_pass(tenant: Tenant, hires: list[str]) -> None:
    inner = await tenant.new_group(**binding(hires[0]))
    outer = await tenant.new_group(**binding(inner))
    writer = tenant.with_roles("Policy.ReadWrite.AuthenticationMethod", "UserAuthMethod-TAP.ReadWrite.All")
    targets = [{"targetType": "group", "id": outer, "isRegistrationRequired": False}]
    body = {"authenticationMethodConfigurations": [{"@odata.type": PASS_TYPE, "includeTargets": targets}]}
    assert (await writer.patch(POLICY, body)).status_code == 200
    assert (await writer.post(passes(hires[0]), {})).status_code == 201
    refused(await writer.post(passes(hires[1]), {}), 400, "badRequest", NOT_ALLOWED)
    tenant.state.settings = tenant.state.settings.changed({"tapRefusalStatus": 403})
    refused(await writer.post(passes(hires[1]), {}), 403, "badRequest", NOT_ALLOWED)


async def test_administrators_and_passes_are_a_setting(tenant: Tenant) -> None:
    writer = tenant.with_roles("UserAuthMethod-TAP.ReadWrite.All")
    assert (await writer.post(passes(ADMINISTRATOR_USER_ID), {})).status_code == 201
    tenant.state.settings = tenant.state.settings.changed({"tapForAdministrators": False})
    refused(await writer.post(passes(ADMINISTRATOR_USER_ID), {}), 400, "badRequest", NOT_ALLOWED)


async def test_a_switched_off_policy_shows_in_a_pass(tenant: Tenant, hires: list[str]) -> None:
    writer = tenant.with_roles("Policy.ReadWrite.AuthenticationMethod", "UserAuthMethod-TAP.ReadWrite.All")
    made = (await writer.post(passes(hires[0]), {})).json()
    assert (await writer.patch(CONFIGURATION, {"state": "disabled"})).status_code == 204
    shown = (await writer.get(f"{passes(hires[0])}/{made['id']}")).json()
    assert (shown["isUsable"], shown["methodUsabilityReason"], shown["temporaryAccessPass"]) == (
        False,
        "DisabledByPolicy",
        None,
    )
    refused(await writer.post(passes(hires[0]), {}), 400, "badRequest", NOT_ALLOWED)
    refused(await writer.patch(CONFIGURATION, {"state": "on"}), 400, "badRequest", "The value of 'state' is not valid.")


async def test_a_pass_cannot_be_updated(tenant: Tenant, hires: list[str]) -> None:
    writer = tenant.with_roles("UserAuthMethod-TAP.ReadWrite.All")
    made = (await writer.post(passes(hires[0]), {})).json()
    assert (await writer.patch(f"{passes(hires[0])}/{made['id']}", {"lifetimeInMinutes": 90})).status_code == 501


async def test_one_method_by_its_id(tenant: Tenant, hires: list[str]) -> None:
    path = f"/users/{hires[0]}/authentication/methods"
    body = (await tenant.people.get(f"{path}/28c10230-6103-485e-b985-444c60001490")).json()
    assert body["@odata.type"] == "#microsoft.graph.passwordAuthenticationMethod"
    missing = tenant.state.ids()
    message = f"Resource '{missing}' does not exist or one of its queried reference-property objects are not present."
    refused(await tenant.people.get(f"{path}/{missing}"), 404, "Request_ResourceNotFound", message)
    assert (await tenant.people.get(f"{path}?$top=5")).status_code == 501


async def interrupt(
    tenant: Tenant, visitor: Visitor, user_id: str, *, strength: str, once: bool = True
) -> tuple[str, Any]:
    """A person signs in with a new pass to an application that demands a strength. Returns the client id and page."""
    app, _ = await tenant.new_web_app()
    grant = {"operator": "OR", "authenticationStrength": {"id": f"00000000-0000-0000-0000-00000000000{strength}"}}
    policy = new_policy(app["appId"], grantControls=grant)
    assert (await tenant.admin.post("/identity/conditionalAccess/policies", policy)).status_code == 201
    writer = tenant.with_roles("UserAuthMethod-TAP.ReadWrite.All")
    code = (await writer.post(passes(user_id), {"isUsableOnce": once})).json()["temporaryAccessPass"]
    name = str(tenant.state.users.objects[user_id]["userPrincipalName"])
    page = await visitor.authorize(client_id=app["appId"])
    return app["appId"], await visitor.submit(page, login_hint=name, credential="temporaryAccessPass", code=code)


@pytest.mark.parametrize(("strength", "interrupted"), [("2", False), ("3", True), ("4", True)])
async def test_which_strengths_a_pass_meets(
    tenant: Tenant, visitor: Visitor, hires: list[str], strength: str, interrupted: bool
) -> None:
    _, page = await interrupt(tenant, visitor, hires[0], strength=strength)
    assert ("More information required" in page.text) is interrupted


@pytest.mark.parametrize(("once", "minutes", "registered"), [(True, 10, True), (True, 11, False), (False, 11, True)])
async def test_a_one_time_pass_leaves_ten_minutes_to_register(
    tenant: Tenant, visitor: Visitor, hires: list[str], once: bool, minutes: int, registered: bool
) -> None:
    _, page = await interrupt(tenant, visitor, hires[0], strength="4", once=once)
    tenant.state.clock.advance(60 * minutes)
    done = await visitor.submit(page, method="fido2")
    assert (hires[0] in tenant.state.methods) is registered
    assert ("10 minutes" in done.text) is not registered


async def test_a_guard_lets_a_pass_register_and_a_password_not(
    tenant: Tenant, visitor: Visitor, hires: list[str]
) -> None:
    guard = new_policy("x")
    guard["conditions"]["applications"] = {"includeUserActions": ["urn:user:registersecurityinfo"]}
    assert (await tenant.admin.post("/identity/conditionalAccess/policies", guard)).status_code == 201
    client_id, page = await interrupt(tenant, visitor, hires[0], strength="4")
    assert "More information required" in page.text
    name = str(tenant.state.users.objects[hires[1]]["userPrincipalName"])
    password = await visitor.submit(await visitor.authorize(client_id=client_id), login_hint=name)
    assert "AADSTS53003" in password.text


async def test_an_account_blocked_on_the_way_gets_no_token(tenant: Tenant, visitor: Visitor, hires: list[str]) -> None:
    _, page = await interrupt(tenant, visitor, hires[0], strength="4")
    tenant.state.users.objects[hires[0]]["accountEnabled"] = False
    assert "AADSTS50057" in (await visitor.submit(page, method="fido2")).text
