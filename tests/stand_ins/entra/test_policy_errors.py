"""The refusals of the Conditional Access service that need a particular state, and its recycle bin."""

from typing import Any

import pytest

from local.entra.conditional_access.policy.schema import SCHEMA_MISMATCH
from local.entra.ids import GRAPH_APP_ID

from .support import Tenant, Visitor, new_policy, refused

MISMATCH = SCHEMA_MISMATCH.format(page="post")

PATH = "/identity/conditionalAccess/policies"
BIN = "/identity/conditionalAccess/deletedItems/policies"
SCOPES_MISSING = "You cannot perform the requested operation, required scopes are missing in the token."
RESET = "1032: ConditionalActionPolicy validation failed due to InvalidPasswordResetControl."
BROWSER = "1032: ConditionalActionPolicy validation failed due to InvalidConditionsForPersistentBrowserSessionMode."


def configure(tenant: Tenant, **settings: Any) -> None:
    tenant.state.settings = tenant.state.settings.changed(settings)


async def test_no_body_is_1007(tenant: Tenant) -> None:
    refused(await tenant.admin.post(PATH, None), 400, "BadRequest", MISMATCH)


async def test_1012(tenant: Tenant) -> None:
    policy = new_policy("All")
    policy["conditions"]["applications"]["includeUserActions"] = ["urn:user:registersecurityinfo"]
    refused(
        await tenant.admin.post(PATH, policy),
        400,
        "BadRequest",
        "1012: Policy contains invalid 'applications' condition: includeApplications and includeUserActions cannot "
        "be used together.",
    )


async def test_1032_for_a_password_change(tenant: Tenant) -> None:
    configure(tenant, licenseP2=True)
    alone = new_policy("All", grantControls={"operator": "OR", "builtInControls": ["passwordChange"]})
    refused(await tenant.admin.post(PATH, alone), 400, "BadRequest", RESET)
    right = new_policy("All", grantControls={"operator": "AND", "builtInControls": ["mfa", "passwordChange"]})
    right["conditions"]["userRiskLevels"] = ["high"]
    assert (await tenant.admin.post(PATH, right)).status_code == 201


async def test_1032_for_a_session_that_stays(tenant: Tenant) -> None:
    app, _ = await tenant.new_web_app()
    session = {"persistentBrowser": {"isEnabled": True, "mode": "never"}}
    one = new_policy(app["appId"], sessionControls=session)
    refused(await tenant.admin.post(PATH, one), 400, "BadRequest", BROWSER)
    assert (await tenant.admin.post(PATH, new_policy("All", sessionControls=session))).status_code == 201


async def test_1034_names_every_application_with_its_reason(tenant: Tenant) -> None:
    public, _ = await tenant.new_web_app()
    await tenant.admin.patch(f"/applications/{public['id']}", {"isFallbackPublicClient": True})
    missing = await tenant.new_application()
    policy = new_policy(public["appId"])
    policy["conditions"]["applications"]["includeApplications"] += [missing["appId"], GRAPH_APP_ID]
    refused(
        await tenant.admin.post(PATH, policy),
        400,
        "BadRequest",
        f'1034: Policy contains invalid applications: {{"{public["appId"]}":"PublicClientsAreUnsupported",'
        f'"{missing["appId"]}":"ServicePrincipalNotFound","{GRAPH_APP_ID}":"UnsupportedFirstPartyApplication"}}',
    )


async def test_1034_until_the_service_principal_has_replicated(tenant: Tenant) -> None:
    application = await tenant.new_application()
    configure(tenant, lag=20.0)
    await tenant.admin.post("/servicePrincipals", {"appId": application["appId"]})
    policy = new_policy(application["appId"])
    message = f'1034: Policy contains invalid applications: {{"{application["appId"]}":"ServicePrincipalNotFound"}}'
    refused(await tenant.admin.post(PATH, policy), 400, "BadRequest", message)
    tenant.state.clock.advance(20)
    assert (await tenant.admin.post(PATH, policy)).status_code == 201


async def test_1039(tenant: Tenant) -> None:
    policy = new_policy("All")
    policy["conditions"]["userRiskLevels"] = ["high"]
    message = "1039: Cannot create or update policies with premium P2 features."
    refused(await tenant.admin.post(PATH, policy), 400, "BadRequest", message)


async def test_1054_for_an_excluded_group_is_a_setting(tenant: Tenant) -> None:
    group_id = tenant.state.ids()
    policy = new_policy("All")
    policy["conditions"]["users"]["excludeGroups"] = [group_id]
    refused(await tenant.admin.post(PATH, policy), 400, "BadRequest", f"1054: Invalid group value: {group_id}")
    configure(tenant, policyChecksExcludedGroups=False)
    assert (await tenant.admin.post(PATH, policy)).status_code == 201


async def test_an_empty_application_block_is_500(tenant: Tenant) -> None:
    policy = new_policy("All")
    policy["conditions"]["applications"] = {"includeApplications": []}
    response = await tenant.admin.post(PATH, policy)
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (500, "InternalServerError")
    start, _, error_id = error["message"].partition(" Error ID: ")
    assert start == "There was an internal server error while processing the request."
    assert error_id


async def test_a_license_that_no_longer_counts(tenant: Tenant) -> None:
    configure(tenant, licenseStatus="Suspended")
    message = "Your tenant is not licensed for this feature. Please upgrade your subscription to access it."
    refused(await tenant.admin.post(PATH, new_policy("All")), 403, "AccessDenied", message)
    [sku] = await tenant.with_roles("LicenseAssignment.Read.All").value("/subscribedSkus")
    assert (sku["capabilityStatus"], sku["prepaidUnits"]["enabled"]) == ("Suspended", 0)
    configure(tenant, licenseStatus="Warning")
    assert (await tenant.admin.post(PATH, new_policy("All"))).status_code == 201


async def test_the_cap_counts_every_state(tenant: Tenant) -> None:
    configure(tenant, policyLimit=1)
    assert (await tenant.admin.post(PATH, new_policy("All", state="disabled"))).status_code == 201
    message = "The tenant has its 1 policies already."
    refused(await tenant.admin.post(PATH, new_policy("All")), 400, "BadRequest", message)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("devices", {"deviceFilter": {"mode": "exclude", "rule": 'device.operatingSystem eq "Doors"'}}),
        ("clientApplications", {"includeServicePrincipals": ["All"]}),
        ("insiderRiskLevels", "elevated"),
        ("authenticationFlows", {"transferMethods": "deviceCodeFlow"}),
    ],
)
async def test_conditions_that_are_not_evaluated_are_refused_loudly(tenant: Tenant, name: str, value: Any) -> None:
    policy = new_policy("All")
    policy["conditions"][name] = value
    response = await tenant.admin.post(PATH, policy)
    assert (response.status_code, name in response.text) == (501, True)


async def test_unknown_ids_are_404(tenant: Tenant) -> None:
    policy_id = tenant.state.ids()
    message = f"{policy_id} does not exist in the directory."
    refused(await tenant.admin.get(f"{PATH}/{policy_id}"), 404, "NotFound", message)
    refused(await tenant.admin.patch(f"{PATH}/{policy_id}", {"state": "disabled"}), 404, "NotFound", message)
    refused(await tenant.admin.delete(f"{PATH}/{policy_id}"), 404, "NotFound", message)


async def test_the_recycle_bin_is_not_for_applications(tenant: Tenant) -> None:
    policy_id = (await tenant.admin.post(PATH, new_policy("All"))).json()["id"]
    await tenant.admin.delete(f"{PATH}/{policy_id}")
    for response in (
        await tenant.admin.get(BIN),
        await tenant.admin.post(f"{BIN}/{policy_id}/restore", {}),
        await tenant.admin.delete(f"{BIN}/{policy_id}"),
    ):
        refused(response, 403, "AccessDenied", SCOPES_MISSING)
    configure(tenant, policyBinAppOnly=True)
    assert (await tenant.admin.value(BIN))[0]["deletedDateTime"]
    restored = await tenant.admin.post(f"{BIN}/{policy_id}/restore", {})
    assert (restored.status_code, restored.json()["id"]) == (200, policy_id)
    assert (await tenant.admin.get(f"{PATH}/{policy_id}")).status_code == 200
    await tenant.admin.delete(f"{PATH}/{policy_id}")
    tenant.state.clock.advance(30 * 86_400)
    assert await tenant.admin.value(BIN) == []


async def test_built_in_strengths(tenant: Tenant) -> None:
    for path in (
        "/policies/authenticationStrengthPolicies",
        "/identity/conditionalAccess/authenticationStrength/policies",
    ):
        rows = {row["id"][-1]: row for row in await tenant.admin.value(path)}
        assert [rows[digit]["displayName"] for digit in "234"] == [
            "Multifactor authentication",
            "Passwordless MFA",
            "Phishing-resistant MFA",
        ]
        one_time = ["temporaryAccessPassOneTime" in rows[digit]["allowedCombinations"] for digit in "234"]
        assert one_time == [True, False, False]
        assert (await tenant.admin.get(f"{path}/{rows['4']['id']}")).json()["policyType"] == "builtIn"
        assert (await tenant.admin.get(f"{path}/{tenant.state.ids()}")).status_code == 404


async def test_writes_reach_sign_ins_later(tenant: Tenant, visitor: Visitor, hires: list[str]) -> None:
    """Made, then changed to report-only, then deleted: the sign-in follows each after the delay."""
    configure(tenant, policyEffectDelay=300.0)
    app, _ = await tenant.new_web_app()
    name = str(tenant.state.users.objects[hires[0]]["userPrincipalName"])

    async def interrupted() -> bool:
        page = await visitor.submit(await visitor.authorize(client_id=app["appId"]), login_hint=name)
        return "More information required" in page.text

    item = f"{PATH}/{(await tenant.admin.post(PATH, new_policy(app['appId']))).json()['id']}"
    assert not await interrupted()
    tenant.state.clock.advance(300)
    assert await interrupted()
    await tenant.admin.patch(item, {"state": "enabledForReportingButNotEnforced"})
    assert await interrupted()
    tenant.state.clock.advance(300)
    assert not await interrupted()
    await tenant.admin.patch(item, {"state": "enabled"})
    tenant.state.clock.advance(300)
    await tenant.admin.delete(item)
    assert await interrupted()
    tenant.state.clock.advance(300)
    assert not await interrupted()


async def test_security_defaults_can_be_switched(tenant: Tenant) -> None:
    path = "/policies/identitySecurityDefaultsEnforcementPolicy"
    caller = tenant.with_roles("Policy.Read.All", "Policy.ReadWrite.SecurityDefaults")
    refused(await tenant.admin.patch(path, {"isEnabled": True}), 403, "AccessDenied", SCOPES_MISSING)
    assert (await caller.patch(path, {"isEnabled": True})).status_code == 204
    assert (await caller.get(path)).json()["isEnabled"] is True
    assert (await caller.patch(path, {"isEnabled": "yes"})).status_code == 400


async def test_paging_of_policies(tenant: Tenant) -> None:
    for number in range(5):
        await tenant.admin.post(PATH, new_policy("All", displayName=f"P{number % 2}"))
    response = await tenant.admin.get(f"{PATH}?$filter=displayName eq 'P0'&$count=true&$skip=1&$top=1")
    body = response.json()
    assert (body["@odata.count"], len(body["value"])) == (3, 1)
    following = (await tenant.admin.get(body["@odata.nextLink"])).json()
    assert "@odata.nextLink" not in following
    ids = [row["id"] for row in (*body["value"], *following["value"])]
    assert ids == [row["id"] for row in await tenant.admin.value(f"{PATH}?$filter=displayName eq 'P0'")][1:]
    assert (await tenant.admin.get(f"{PATH}?$skip=x")).status_code == 400
