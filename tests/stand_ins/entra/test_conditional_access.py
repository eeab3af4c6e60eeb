"""Conditional Access policies, security defaults and licenses."""

from typing import Any

import pytest

from local.entra.conditional_access.policy.schema import SCHEMA_MISMATCH
from local.identities import BREAK_GLASS_USER_ID

from .support import Tenant, new_policy, refused

MISMATCH = SCHEMA_MISMATCH.format(page="post")

PATH = "/identity/conditionalAccess/policies"
SCOPES_MISSING = "You cannot perform the requested operation, required scopes are missing in the token."
STRENGTH = "00000000-0000-0000-0000-000000000004"


async def app_id(tenant: Tenant) -> str:
    application, _ = await tenant.new_web_app()
    return str(application["appId"])


async def test_create_read_change_delete(tenant: Tenant) -> None:
    app = await app_id(tenant)
    made = await tenant.admin.post(PATH, new_policy(app, state="enabledForReportingButNotEnforced"))
    assert made.status_code == 201
    item = f"{PATH}/{made.json()['id']}"
    body = (await tenant.admin.get(item)).json()
    assert body["conditions"]["applications"]["includeApplications"] == [app]
    assert body["conditions"]["users"]["excludeUsers"] == []
    assert (await tenant.admin.patch(item, {"state": "enabled"})).status_code == 204
    users = {"includeUsers": ["All"], "excludeUsers": [BREAK_GLASS_USER_ID]}
    assert (await tenant.admin.patch(item, {"conditions": {"users": users}})).status_code == 204
    body = (await tenant.admin.get(item)).json()
    assert (body["state"], body["conditions"]["users"]["excludeUsers"]) == ("enabled", [BREAK_GLASS_USER_ID])
    assert body["conditions"]["applications"]["includeApplications"] == [app]
    assert (await tenant.admin.delete(item)).status_code == 204
    assert (await tenant.admin.get(item)).status_code == 404


async def test_the_same_policy_twice_makes_two(tenant: Tenant) -> None:
    policy = new_policy(await app_id(tenant))
    for _ in range(2):
        assert (await tenant.admin.post(PATH, policy)).status_code == 201
    assert len(await tenant.admin.value(f"{PATH}?$filter=displayName eq 'Require MFA'")) == 2


def changed(path: str, value: Any) -> Any:
    """A policy with one part replaced; the part is named with dots."""

    def change(policy: dict[str, Any]) -> dict[str, Any]:
        *parents, last = path.split(".")
        place = policy
        for name in parents:
            place = place[name]
        place[last] = value
        return policy

    return change


@pytest.mark.parametrize(
    "change",
    [
        changed("displayName", ""),
        changed("state", "on"),
        changed("conditions", None),
        changed("conditions.clientAppTypes", []),
        changed("conditions.clientAppTypes", ["web"]),
        changed("conditions.users", {}),
        changed("conditions.applications.includeUserActions", "x"),
        changed("grantControls", None),
        changed("grantControls.operator", None),
        changed("grantControls.builtInControls", ["MFA"]),
    ],
)
async def test_a_wrong_shape_is_1007(tenant: Tenant, change: Any) -> None:
    policy = change(new_policy(await app_id(tenant)))
    refused(await tenant.admin.post(PATH, policy), 400, "BadRequest", MISMATCH)


async def test_applications_and_user_actions_exclude_each_other(tenant: Tenant) -> None:
    actions = changed("conditions.applications.includeUserActions", ["urn:user:registersecurityinfo"])
    response = await tenant.admin.post(PATH, actions(new_policy(await app_id(tenant))))
    assert response.json()["error"]["message"].startswith("1012:")


async def test_an_empty_application_block_breaks_the_service(tenant: Tenant) -> None:
    response = await tenant.admin.post(PATH, new_policy("x") | {"conditions": {
        "clientAppTypes": ["all"], "applications": {"includeApplications": []}, "users": {"includeUsers": ["All"]}
    }})  # fmt: skip
    assert response.status_code == 500
    assert response.json()["error"]["message"].startswith("There was an internal server error while processing")


async def test_an_application_without_service_principal_is_1034(tenant: Tenant) -> None:
    application = await tenant.new_application()
    refused(
        await tenant.admin.post(PATH, new_policy(application["appId"])),
        400,
        "BadRequest",
        f'1034: Policy contains invalid applications: {{"{application["appId"]}":"ServicePrincipalNotFound"}}',
    )


async def test_public_clients_cannot_be_targeted(tenant: Tenant) -> None:
    application, _ = await tenant.new_web_app()
    await tenant.admin.patch(f"/applications/{application['id']}", {"isFallbackPublicClient": True})
    response = await tenant.admin.post(PATH, new_policy(application["appId"]))
    assert "PublicClientsAreUnsupported" in response.json()["error"]["message"]


async def test_an_unknown_group_is_1054(tenant: Tenant) -> None:
    group_id = tenant.state.ids()
    users = changed("conditions.users", {"includeGroups": [group_id]})
    refused(
        await tenant.admin.post(PATH, users(new_policy(await app_id(tenant)))),
        400,
        "BadRequest",
        f"1054: Invalid group value: {group_id}",
    )


async def test_risk_needs_p2(tenant: Tenant) -> None:
    policy = changed("conditions.signInRiskLevels", ["high"])(new_policy(await app_id(tenant)))
    response = await tenant.admin.post(PATH, policy)
    assert response.json()["error"]["message"].startswith("1039:")
    tenant.state.settings = tenant.state.settings.changed({"licenseP2": True})
    assert (await tenant.admin.post(PATH, policy)).status_code == 201


async def test_security_defaults_refuse_enabled_policies_only(tenant: Tenant) -> None:
    tenant.state.settings = tenant.state.settings.changed({"securityDefaults": True})
    body = (await tenant.admin.get("/policies/identitySecurityDefaultsEnforcementPolicy")).json()
    assert body["isEnabled"] is True
    app = await app_id(tenant)
    made = await tenant.admin.post(PATH, new_policy(app, state="enabledForReportingButNotEnforced"))
    assert made.status_code == 201
    message = (
        "Security Defaults is enabled in the tenant. You must disable Security defaults before enabling a Conditional "
        "Access policy."
    )
    refused(await tenant.admin.post(PATH, new_policy(app)), 400, "BadRequest", message)
    refused(await tenant.admin.patch(f"{PATH}/{made.json()['id']}", {"state": "enabled"}), 400, "BadRequest", message)


async def test_the_older_envelope(tenant: Tenant) -> None:
    tenant.state.settings = tenant.state.settings.changed({"conditionalAccessErrorForm": "old"})
    error = (await tenant.admin.post(PATH, {})).json()["error"]
    assert error["message"] == "The server could not process the request because it is malformed or incorrect."
    assert error["innerError"]["message"] == MISMATCH


async def test_no_license(tenant: Tenant) -> None:
    app = await app_id(tenant)
    tenant.state.settings = tenant.state.settings.changed({"licenseP1": False})
    refused(
        await tenant.admin.post(PATH, new_policy(app, state="enabledForReportingButNotEnforced")),
        403,
        "AccessDenied",
        "Your tenant is not licensed for this feature. Please upgrade your subscription to access it.",
    )
    caller = tenant.with_roles("LicenseAssignment.Read.All", "Organization.Read.All")
    assert await caller.value("/subscribedSkus") == []
    assert (await caller.value("/organization"))[0]["assignedPlans"] == []
    tenant.state.settings = tenant.state.settings.changed({"licenseP1": True})
    [sku] = await caller.value("/subscribedSkus")
    assert sku["servicePlans"][0]["servicePlanId"] == "41781fb2-bc02-4b7c-bd55-b576c07bb09d"


async def test_the_policy_limit(tenant: Tenant) -> None:
    tenant.state.settings = tenant.state.settings.changed({"policyLimit": 0})
    assert (await tenant.admin.post(PATH, new_policy(await app_id(tenant)))).status_code == 400


async def test_permissions_are_refused_in_the_policy_services_words(tenant: Tenant) -> None:
    app = await app_id(tenant)
    reader = tenant.with_roles("Policy.Read.ConditionalAccess")
    refused(await reader.get(PATH), 403, "AccessDenied", SCOPES_MISSING)
    reader = tenant.with_roles("Policy.Read.All")
    refused(await reader.post(PATH, new_policy(app)), 403, "AccessDenied", SCOPES_MISSING)
    writer = tenant.with_roles("Policy.Read.All", "Policy.ReadWrite.ConditionalAccess")
    refused(
        await writer.post(PATH, new_policy(app)),
        403,
        "AccessDenied",
        "Insufficient privileges to create or update policy. Application.Read.All scope is required to add/edit "
        "application condition.",
    )


async def test_a_built_in_strength_is_shown_in_full(tenant: Tenant) -> None:
    grant = {"operator": "OR", "authenticationStrength": {"id": STRENGTH}}
    made = await tenant.admin.post(PATH, new_policy(await app_id(tenant), grantControls=grant))
    assert "fido2" in made.json()["grantControls"]["authenticationStrength"]["allowedCombinations"]
