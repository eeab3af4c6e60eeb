"""Policies, locations, passes and security defaults take what their types know, and nothing of a body is dropped."""

from typing import Any

import pytest

from local.entra.protocol.graph_types import GraphType, known_type, type_named

from .samples import kept, sample
from .support import Tenant, new_policy, refused

POLICIES = "/identity/conditionalAccess/policies"


def policy_with(path: str, value: Any) -> dict[str, Any]:
    """A policy for every application in which one part is replaced; the part is named with dots."""
    policy = new_policy("All")
    place, names = policy, path.split(".")
    for name in names[:-1]:
        place = place.setdefault(name, {})
    place[names[-1]] = value
    return policy


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("conditions.applications.excludeUserActions", []),
        ("grantControls.authenticationStrengths", []),
        ("conditions.platforms", {"includePlatforms": ["beos"]}),
        ("conditions.users.includeGuestsOrExternalUsers", {"guestOrExternalUserTypes": "martian"}),
        (
            "conditions.users.excludeGuestsOrExternalUsers",
            {
                "guestOrExternalUserTypes": "b2bCollaborationGuest",
                "externalTenants": {"membershipKind": "enumerated", "members": ["x"]},
            },
        ),
        ("sessionControls", {"signInFrequency": {"value": "4", "type": "hours", "isEnabled": True}}),
        ("sessionControls", {"persistentBrowser": {"mode": "sometimes", "isEnabled": True}}),
        ("color", "red"),
        ("createdDateTime", "2020-01-01T00:00:00Z"),
        ("id", "ce580154-086a-40fd-91df-8a60abac81a0"),
    ],
)
async def test_a_policy_takes_what_its_type_knows(tenant: Tenant, path: str, value: Any) -> None:
    """terraform-provider-msgraph#63 (answer in full), azuread#730, azuread#1555 (externalTenants without its type)."""
    response = await tenant.admin.post(POLICIES, policy_with(path, value))
    assert response.json()["error"]["message"].startswith("1007:")
    assert "conditionalaccesspolicy-post" in response.json()["error"]["message"]
    made = await tenant.admin.post(POLICIES, new_policy("All"))
    change = {path.partition(".")[0]: policy_with(path, value)[path.partition(".")[0]]}
    response = await tenant.admin.patch(f"{POLICIES}/{made.json()['id']}", change)
    assert "conditionalaccesspolicy-update" in response.json()["error"]["message"]


def parts_of(kind: GraphType, prefix: str = "") -> list[tuple[str, str]]:
    """Every part of a policy at any depth, with its type."""
    found = []
    for name, type_name in kind.names.items():
        inner = type_named(type_name.rstrip("*"))
        found.append((f"{prefix}{name}", type_name))
        if inner is not None and not inner.members and not type_name.endswith("*") and not inner.abstract:
            found.extend(parts_of(inner, f"{prefix}{name}."))
    return found


async def test_every_part_of_a_policy_is_kept_or_refused(tenant: Tenant) -> None:
    """What is refused is 1007 or another number of the policy service, or 501 with its name."""
    tenant.state.settings = tenant.state.settings.changed({"licenseP2": True})
    for path, type_name in parts_of(known_type("conditionalAccessPolicy")):
        value = sample(type_name)
        response = await tenant.admin.post(POLICIES, policy_with(path, value))
        if response.status_code != 201:
            assert response.status_code in (400, 501), (path, response.text)
            continue
        found: Any = response.json()
        for name in path.split("."):
            found = found[name]
        assert kept(value, found), (path, value, found)


async def test_guests_are_named_once(tenant: Tenant) -> None:
    """azuread#1196: "'GuestsOrExternalUsers' cannot be combined with guestOrExternalUsers"."""
    guests = {"guestOrExternalUserTypes": "b2bCollaborationGuest"}
    users = {"includeUsers": ["All"], "excludeUsers": ["GuestsOrExternalUsers"], "excludeGuestsOrExternalUsers": guests}
    message = "'GuestsOrExternalUsers' cannot be combined with guestOrExternalUsers"
    refused(await tenant.admin.post(POLICIES, policy_with("conditions.users", users)), 400, "BadRequest", message)
    users["excludeUsers"] = []
    assert (await tenant.admin.post(POLICIES, policy_with("conditions.users", users))).status_code == 201


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("includeRoles", "All", "1102: 'users' condition contains invalid role ids: All."),
        ("excludeUsers", "Break Glass", "'users' condition contains invalid user ids: Break Glass."),
        ("includeGroups", "sg_MFA", "1054: Invalid group value: sg_MFA"),
    ],
)
async def test_what_cannot_be_an_id(tenant: Tenant, name: str, value: str, message: str) -> None:
    """docs-contrib#1302 (roles), KelvinTegelaar/CIPP#3614 (groups)."""
    users = {"includeUsers": ["All"], name: [value]}
    refused(await tenant.admin.post(POLICIES, policy_with("conditions.users", users)), 400, "BadRequest", message)


@pytest.mark.parametrize(
    "change",
    [{"colour": "red"}, {"id": "x"}, {"createdDateTime": "x"}, {"isTrusted": "yes"}, {"countriesAndRegions": ["NL"]}],
)
async def test_a_named_location_takes_what_its_type_knows(tenant: Tenant, change: dict[str, Any]) -> None:
    ranges = [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "192.0.2.0/24"}]
    body = {"@odata.type": "#microsoft.graph.ipNamedLocation", "displayName": "Office", "ipRanges": ranges}
    path = "/identity/conditionalAccess/namedLocations"
    assert (await tenant.admin.post(path, body)).status_code == 201
    assert (await tenant.admin.post(path, {**body, **change})).status_code == 400


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            {"startDateTime": "2026-11-25T08:00:00Z"},
            "Invalid StartDateTime specified. It can not be a time in the past.",
        ),
        ({"lifetime": 60}, "Invalid lifetime specified."),
        ({"temporaryAccessPass": "x"}, "Invalid temporaryAccessPass specified."),
        ({"isUsableOnce": "yes"}, "Invalid isUsableOnce specified."),
    ],
)
async def test_a_pass_takes_what_its_type_knows(
    tenant: Tenant, hires: list[str], body: dict[str, Any], message: str
) -> None:
    """msgraph-sdk-dotnet#2724: "It can not be a time in the past." """
    writer = tenant.with_roles("UserAuthMethod-TAP.ReadWrite.All")
    path = f"/users/{hires[0]}/authentication/temporaryAccessPassMethods"
    refused(await writer.post(path, body), 400, "badRequest", message)


async def test_security_defaults_take_what_their_type_knows(tenant: Tenant) -> None:
    writer = tenant.with_roles("Policy.Read.All", "Policy.ReadWrite.SecurityDefaults")
    path = "/policies/identitySecurityDefaultsEnforcementPolicy"
    assert (await writer.patch(path, {"isEnabled": True, "colour": "red"})).status_code == 400
    assert (await writer.patch(path, {"displayName": "x"})).status_code == 501
    assert (await writer.patch(path, {"isEnabled": False})).status_code == 204
