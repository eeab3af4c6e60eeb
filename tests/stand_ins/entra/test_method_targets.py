"""Sign-in methods per group, and methods of kinds nobody here knows."""

from typing import Any

import pytest

from local.entra.authentication.method.kinds import register_method

from .support import Tenant, Visitor, binding, new_policy

POLICY = "/policies/authenticationMethodsPolicy"
CONFIGURATIONS = f"{POLICY}/authenticationMethodConfigurations"
REPORT = "/reports/authenticationMethods/userRegistrationDetails"
NEW_KIND = "#microsoft.graph.somethingNewAuthenticationMethod"


async def restrict(tenant: Tenant, method: str, **targets: Any) -> None:
    writer = tenant.with_roles("Policy.ReadWrite.AuthenticationMethod")
    body = {which: [{"targetType": "group", "id": item} for item in ids] for which, ids in targets.items()}
    response = await writer.patch(f"{CONFIGURATIONS}/{method}", body)
    assert response.status_code == 204, response.text


async def report_of(tenant: Tenant, user_id: str) -> dict[str, Any]:
    tenant.state.settings = tenant.state.settings.changed({"reportLag": 0.0})
    response = await tenant.with_roles("AuditLog.Read.All").get(f"{REPORT}/{user_id}")
    assert response.status_code == 200, response.text
    document: dict[str, Any] = response.json()
    return document


async def test_targets_are_written_and_read_per_method(tenant: Tenant) -> None:
    """Page authenticationmethodconfiguration: each method has its own included and excluded targets."""
    group = await tenant.new_group()
    await restrict(tenant, "fido2", includeTargets=[group])
    await restrict(tenant, "Fido2", excludeTargets=[group])
    reader = tenant.with_roles("Policy.Read.AuthenticationMethod")
    body = (await reader.get(f"{CONFIGURATIONS}/fido2")).json()
    assert (body["id"], body["state"]) == ("Fido2", "enabled")
    assert [[item["id"] for item in body[which]] for which in ("includeTargets", "excludeTargets")] == [[group]] * 2
    rows = {row["id"]: row for row in (await reader.get(POLICY)).json()["authenticationMethodConfigurations"]}
    assert rows["Fido2"]["includeTargets"][0]["id"] == group
    assert rows["Sms"]["includeTargets"][0]["id"] == "all_users"
    assert (await reader.get(f"{CONFIGURATIONS}/telepathy")).status_code == 404


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"includeTargets": "all_users"}, 400),
        ({"excludeTargets": [{"id": "all_users"}]}, 400),
        ({"state": "on"}, 400),
        ({"isAttestationEnforced": True}, 501),
    ],
)
async def test_nothing_of_a_configuration_is_dropped(tenant: Tenant, change: dict[str, Any], status: int) -> None:
    writer = tenant.with_roles("Policy.ReadWrite.AuthenticationMethod")
    assert (await writer.patch(f"{CONFIGURATIONS}/Fido2", change)).status_code == status


@pytest.mark.parametrize("which", ["includeTargets", "excludeTargets"])
async def test_the_report_knows_who_may_use_a_method(tenant: Tenant, hires: list[str], which: str) -> None:
    """`isMfaCapable` is "registered and allowed by the policy" (page userregistrationdetails)."""
    inner = await tenant.new_group(**binding(hires[0]))
    outer = await tenant.new_group(**binding(inner))
    for user in hires[:2]:
        register_method(tenant.state, user, "fido2")
    await restrict(tenant, "Fido2", **{which: [outer]})
    rows = [await report_of(tenant, user) for user in hires[:2]]
    assert [row["isMfaRegistered"] for row in rows] == [True, True]
    assert [row["isMfaCapable"] for row in rows] == [which == "includeTargets", which == "excludeTargets"]
    assert [row["isPasswordlessCapable"] for row in rows] == [row["isMfaCapable"] for row in rows]


async def test_an_excluded_person_gets_no_pass(tenant: Tenant, hires: list[str]) -> None:
    """entra-docs, howto-authentication-temporary-access-pass: the policy's scope counts, and so do its exclusions."""
    path = f"/users/{hires[0]}/authentication/temporaryAccessPassMethods"
    writer = tenant.with_roles("UserAuthMethod-TAP.ReadWrite.All")
    assert (await writer.post(path, {})).status_code == 201
    await restrict(tenant, "TemporaryAccessPass", excludeTargets=[await tenant.new_group(**binding(hires[0]))])
    [shown] = (await writer.get(path)).json()["value"]
    assert (shown["isUsable"], shown["methodUsabilityReason"]) == (False, "DisabledByPolicy")
    assert (await writer.post(path, {})).status_code == 400


async def test_sign_in_offers_what_the_person_may_use(tenant: Tenant, visitor: Visitor, hires: list[str]) -> None:
    app, _ = await tenant.new_web_app()
    assert (
        await tenant.admin.post("/identity/conditionalAccess/policies", new_policy(app["appId"]))
    ).status_code == 201
    group = await tenant.new_group(**binding(hires[0]))
    await restrict(tenant, "MicrosoftAuthenticator", excludeTargets=[group])
    register_method(tenant.state, hires[0], "microsoftAuthenticator")
    register_method(tenant.state, hires[1], "microsoftAuthenticator")
    seen = {}
    for user in hires[:2]:
        name = str(tenant.state.users.objects[user]["userPrincipalName"])
        seen[user] = (await visitor.submit(await visitor.authorize(client_id=app["appId"]), login_hint=name)).text
    assert "More information required" in seen[hires[0]]
    assert 'value="fido2"' in seen[hires[0]]
    assert 'value="microsoftAuthenticator"' not in seen[hires[0]]
    assert "More information required" not in seen[hires[1]]


@pytest.mark.parametrize("method", [{"@odata.type": NEW_KIND, "displayName": "?"}, "qrCodePin"])
async def test_a_method_that_is_no_second_factor_survives_everywhere(
    tenant: Tenant, visitor: Visitor, hires: list[str], method: Any
) -> None:
    """A QR code with a PIN is single-factor (page qrcodepinauthenticationmethod); the next new kind may be anything."""
    made = await tenant.http.post("/_local/registrations", json={"userId": hires[0], "method": method})
    assert made.status_code == 201, made.text
    rows = (await tenant.people.get(f"/users/{hires[0]}/authentication/methods")).json()["value"]
    assert rows[1]["@odata.type"] == made.json()["@odata.type"]
    assert (await tenant.people.get(f"/users/{hires[0]}/authentication/methods/{rows[1]['id']}")).status_code == 200
    row = await report_of(tenant, hires[0])
    name = "qrCodePin" if method == "qrCodePin" else "somethingNew"
    assert (row["methodsRegistered"], row["isMfaRegistered"], row["isMfaCapable"]) == ([name], False, False)
    assert hires[0] in (await tenant.http.get("/_local/state")).json()["methods"]
    app, _ = await tenant.new_web_app()
    await tenant.admin.post("/identity/conditionalAccess/policies", new_policy(app["appId"]))
    user_name = str(tenant.state.users.objects[hires[0]]["userPrincipalName"])
    page = await visitor.submit(await visitor.authorize(client_id=app["appId"]), login_hint=user_name)
    assert "More information required" in page.text


async def test_a_whole_method_needs_its_type(tenant: Tenant, hires: list[str]) -> None:
    for wrong in ({"displayName": "x"}, 7, "telepathy"):
        response = await tenant.http.post("/_local/registrations", json={"userId": hires[0], "method": wrong})
        assert (response.status_code, "method" in response.json()["error"]) == (400, True)
