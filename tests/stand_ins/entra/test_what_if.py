"""What-If: the verdict on every policy, by the code that decides the sign-in."""

from typing import Any

import pytest

from local.entra.ids import GLOBAL_ADMINISTRATOR_ROLE
from local.identities import ADMINISTRATOR_USER_ID

from .support import Tenant, Visitor, binding, new_policy, refused

POLICIES = "/identity/conditionalAccess/policies"
EVALUATE = "/identity/conditionalAccess/evaluate"
LOCATIONS = "/identity/conditionalAccess/namedLocations"
REGISTER = "urn:user:registersecurityinfo"


def question(user_id: str, context: dict[str, Any], **conditions: Any) -> dict[str, Any]:
    return {
        "signInIdentity": {"@odata.type": "#microsoft.graph.userSignIn", "userId": user_id},
        "signInContext": context,
        "signInConditions": conditions,
        "appliedPoliciesOnly": False,
    }


def application(app_id: str) -> dict[str, Any]:
    return {"@odata.type": "#microsoft.graph.applicationContext", "includeApplications": [app_id]}


def action(name: str) -> dict[str, Any]:
    return {"@odata.type": "#microsoft.graph.userActionContext", "userAction": name}


async def make(tenant: Tenant, policy: dict[str, Any], **conditions: Any) -> str:
    policy["conditions"].update(conditions)
    response = await tenant.admin.post(POLICIES, policy)
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


async def verdicts(tenant: Tenant, body: dict[str, Any]) -> dict[str, tuple[bool, str]]:
    response = await tenant.with_roles("Policy.Read.ConditionalAccess").post(EVALUATE, body)
    assert response.status_code == 200, response.text
    return {row["id"]: (row["policyApplies"], row["analysisReasons"]) for row in response.json()["value"]}


async def test_every_policy_gets_its_verdict(tenant: Tenant, hires: list[str]) -> None:
    app, _ = await tenant.new_web_app()
    other, _ = await tenant.new_web_app()
    enforced = await make(tenant, new_policy(app["appId"]))
    reported = await make(tenant, new_policy(app["appId"], state="enabledForReportingButNotEnforced"))
    disabled = await make(tenant, new_policy(app["appId"], state="disabled"))
    elsewhere = await make(tenant, new_policy(other["appId"]), users={"includeUsers": ["None"]})
    body = question(hires[0], application(app["appId"]))
    assert await verdicts(tenant, body) == {
        enforced: (True, "notSet"),
        reported: (True, "notSet"),
        disabled: (False, "policyNotEnabled"),
        elsewhere: (False, "users,application"),
    }
    assert set(await verdicts(tenant, {**body, "appliedPoliciesOnly": True})) == {enforced, reported}


async def test_nested_groups_roles_and_guests(tenant: Tenant, hires: list[str]) -> None:
    app, _ = await tenant.new_web_app()
    inner = await tenant.new_group(**binding(hires[0]))
    outer = await tenant.new_group(**binding(inner))
    guest = next(user["id"] for user in tenant.state.users if user["userType"] == "Guest")
    everybody = {"includeUsers": ["All"]}
    types = {"guestOrExternalUserTypes": "internalGuest,b2bCollaborationGuest"}
    conditions: list[tuple[dict[str, Any], str, bool]] = [
        ({"includeGroups": [outer]}, hires[0], True),
        ({**everybody, "excludeGroups": [outer]}, hires[0], False),
        ({"includeRoles": [GLOBAL_ADMINISTRATOR_ROLE]}, ADMINISTRATOR_USER_ID, True),
        ({**everybody, "excludeRoles": [GLOBAL_ADMINISTRATOR_ROLE]}, ADMINISTRATOR_USER_ID, False),
        ({"includeUsers": ["GuestsOrExternalUsers"]}, guest, True),
        ({"includeUsers": ["GuestsOrExternalUsers"]}, hires[0], False),
        ({"includeGuestsOrExternalUsers": types}, guest, True),
        ({"includeGuestsOrExternalUsers": {"guestOrExternalUserTypes": "serviceProvider"}}, guest, False),
        ({**everybody, "excludeGuestsOrExternalUsers": types}, guest, False),
    ]
    for users, user_id, applies in conditions:
        policy = await make(tenant, new_policy(app["appId"]), users=users)
        found = (await verdicts(tenant, question(user_id, application(app["appId"]))))[policy]
        assert found == (applies, "notSet" if applies else "users"), users


async def test_user_actions(tenant: Tenant, hires: list[str]) -> None:
    guard = await make(tenant, new_policy("x"), applications={"includeUserActions": [REGISTER]})
    everything = await make(tenant, new_policy("All"))
    assert await verdicts(tenant, question(hires[0], action("registerSecurityInformation"))) == {
        guard: (True, "notSet"),
        everything: (False, "userActions"),
    }
    app, _ = await tenant.new_web_app()
    assert await verdicts(tenant, question(hires[0], application(app["appId"]))) == {
        guard: (False, "application"),
        everything: (True, "notSet"),
    }


@pytest.mark.parametrize(
    ("condition", "given", "reason"),
    [
        ({"clientAppTypes": ["other"]}, {"clientAppType": "browser"}, "clientApps"),
        ({"clientAppTypes": ["other"]}, {"clientAppType": "other"}, None),
        ({"platforms": {"includePlatforms": ["iOS"]}}, {"devicePlatform": "windows"}, "devicePlatform"),
        ({"platforms": {"includePlatforms": ["iOS"]}}, {"devicePlatform": "iOS"}, None),
        (
            {"platforms": {"includePlatforms": ["all"], "excludePlatforms": ["iOS"]}},
            {"devicePlatform": "iOS"},
            "devicePlatform",
        ),
        ({"signInRiskLevels": ["high"]}, {"signInRiskLevel": "low"}, "signInRisk"),
        ({"signInRiskLevels": ["high"]}, {"signInRiskLevel": "high"}, None),
        ({"userRiskLevels": ["high"]}, {}, "userRisk"),
    ],
)
async def test_conditions(
    tenant: Tenant, hires: list[str], condition: dict[str, Any], given: dict[str, Any], reason: str | None
) -> None:
    tenant.state.settings = tenant.state.settings.changed({"licenseP2": True})
    policy = await make(tenant, new_policy("All"), **condition)
    found = (await verdicts(tenant, question(hires[0], application("x"), **given)))[policy]
    assert found == (reason is None, reason or "notSet")


@pytest.mark.parametrize(
    ("mode", "rule", "device", "reason"),
    [
        ("include", "device.isCompliant -eq True", {"isCompliant": True}, None),
        ("include", "device.isCompliant -eq True", {"isCompliant": False}, "devices"),
        ("exclude", "device.isCompliant -eq True", {"isCompliant": True}, "devices"),
        ("exclude", 'device.trustType -ne "ServerAD"', {"trustType": "ServerAD"}, None),
        ("include", "device.isCompliant -eq True", None, "notEnoughInformation"),
        ("include", 'device.model -startsWith "Surface"', {"model": "Surface"}, "notEnoughInformation"),
    ],
)
async def test_a_filter_for_devices_needs_to_know_the_device(
    tenant: Tenant, hires: list[str], mode: str, rule: str, device: dict[str, Any] | None, reason: str | None
) -> None:
    policy = await make(tenant, new_policy("All"))
    stored = tenant.state.policies.objects[policy]
    stored["conditions"]["devices"] = {"deviceFilter": {"mode": mode, "rule": rule}}
    given = {} if device is None else {"deviceInfo": device}
    found = (await verdicts(tenant, question(hires[0], application("x"), **given)))[policy]
    assert found == (reason is None, reason or "notSet")


async def test_named_locations(tenant: Tenant, hires: list[str]) -> None:
    office = {
        "@odata.type": "#microsoft.graph.ipNamedLocation",
        "displayName": "Office",
        "isTrusted": True,
        "ipRanges": [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "198.51.100.0/24"}],
    }
    country = {
        "@odata.type": "#microsoft.graph.countryNamedLocation",
        "displayName": "Norway",
        "countriesAndRegions": ["no"],
        "includeUnknownCountriesAndRegions": False,
    }
    made = [(await tenant.admin.post(LOCATIONS, body)) for body in (office, country)]
    assert [response.status_code for response in made] == [201, 201]
    office_id, country_id = (str(response.json()["id"]) for response in made)
    assert [row["displayName"] for row in await tenant.admin.value(LOCATIONS)] == ["Office", "Norway"]
    assert (await tenant.admin.get(f"{LOCATIONS}/{country_id}")).json()["countriesAndRegions"] == ["NO"]
    outside = await make(
        tenant,
        new_policy("All"),
        locations={"includeLocations": ["All"], "excludeLocations": ["AllTrusted", country_id]},
    )
    inside = await make(tenant, new_policy("All"), locations={"includeLocations": [office_id]})
    places: list[tuple[dict[str, str], set[str]]] = [
        ({"ipAddress": "198.51.100.7"}, {inside}),
        ({"ipAddress": "203.0.113.7"}, {outside}),
        ({"ipAddress": "203.0.113.7", "country": "NO"}, set()),
        ({}, {outside}),
    ]
    for place, applied in places:
        found = await verdicts(tenant, question(hires[0], application("x"), **place))
        assert {policy for policy, (applies, _) in found.items() if applies} == applied, place


async def test_bad_named_locations(tenant: Tenant) -> None:
    message = "The named location is null or does not match the schema of its type."
    bad = {"@odata.type": "#microsoft.graph.ipNamedLocation", "displayName": "x", "ipRanges": [{"cidrAddress": "y"}]}
    for body in ({"displayName": "x"}, bad):
        refused(await tenant.admin.post(LOCATIONS, body), 400, "BadRequest", message)
    missing = tenant.state.ids()
    locations = {"includeLocations": [missing]}
    policy = new_policy("All")
    policy["conditions"]["locations"] = locations
    refused(await tenant.admin.post(POLICIES, policy), 400, "BadRequest", f"Invalid location value: {missing}")
    assert (await tenant.admin.get(f"{LOCATIONS}/{missing}")).status_code == 404


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"signInIdentity": None}, 400),
        ({"signInContext": {}}, 400),
        ({"signInConditions": {"clientAppType": "telnet"}}, 400),
        ({"signInConditions": {"ipAddress": "here"}}, 400),
        ({"signInIdentity": {"userId": "00000000-0000-4000-8000-000000000000"}}, 404),
        ({"signInIdentity": {"@odata.type": "#microsoft.graph.servicePrincipalSignIn"}}, 501),
        ({"signInConditions": {"insiderRiskLevel": "minor"}}, 501),
        ({"signInConditions": {"deviceInfo": {"compliant": True}}}, 400),
        ({"signInContext": {"includeApplications": ["a", "b"]}}, 501),
    ],
)
async def test_refused_questions(tenant: Tenant, hires: list[str], change: dict[str, Any], status: int) -> None:
    body = {**question(hires[0], application("x")), **change}
    assert (await tenant.admin.post(EVALUATE, body)).status_code == status


async def test_what_if_needs_a_permission(tenant: Tenant, hires: list[str]) -> None:
    message = "You cannot perform the requested operation, required scopes are missing in the token."
    refused(await tenant.people.post(EVALUATE, question(hires[0], application("x"))), 403, "AccessDenied", message)


async def test_what_if_agrees_with_the_sign_in(tenant: Tenant, visitor: Visitor, hires: list[str]) -> None:
    app, _ = await tenant.new_web_app()
    group_id = await tenant.new_group(**binding(hires[0]))
    users = {"includeUsers": ["All"], "excludeGroups": [group_id]}
    await make(tenant, new_policy(app["appId"]), users=users)
    for user_id, interrupted in ((hires[0], False), (hires[1], True)):
        body = {**question(user_id, application(app["appId"])), "appliedPoliciesOnly": True}
        assert bool(await verdicts(tenant, body)) is interrupted
        name = str(tenant.state.users.objects[user_id]["userPrincipalName"])
        page = await visitor.submit(await visitor.authorize(client_id=app["appId"]), login_hint=name)
        assert ("More information required" in page.text) is interrupted
