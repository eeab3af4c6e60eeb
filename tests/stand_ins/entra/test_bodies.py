"""Nothing of a body is dropped in silence: every property of every type that can be written is posted and patched."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from local.entra.protocol.graph_types import GraphType, known_type, type_named

from .support import Tenant, new_group, new_policy, refused

BAD = "Request_BadRequest"
POLICIES = "/identity/conditionalAccess/policies"
SIMPLE: Mapping[str, Any] = {
    "Edm.String": "text",
    "Edm.Guid": "ce580154-086a-40fd-91df-8a60abac81a0",
    "Edm.DateTimeOffset": "2026-11-26T09:00:00Z",
    "Edm.Date": "2026-11-26",
    "Edm.Duration": "P1D",
    "Edm.Boolean": True,
    "Edm.Int32": 1,
}


WITHOUT_READ_ONLY_PARTS: Mapping[str, Any] = {
    "informationalUrl": {"marketingUrl": "https://example.com/m", "supportUrl": None},
    "webApplication": {"logoutUrl": "https://example.com/out", "redirectUris": ["https://example.com/in"]},
}


def sample(type_name: str, depth: int = 2) -> Any:
    """A value of a type, with every property of a complex one."""
    if type_name.endswith("*"):
        return [sample(type_name.rstrip("*"), depth)]
    kind = type_named(type_name)
    if type_name in WITHOUT_READ_ONLY_PARTS:
        return WITHOUT_READ_ONLY_PARTS[type_name]
    if kind is None:
        return SIMPLE.get(type_name, "text")
    if kind.members:
        return min(kind.members - {"unknownFutureValue"})
    return {name: sample(inner, depth - 1) for name, inner in kind.properties.items()} if depth else {}


async def new_object(tenant: Tenant, kind: str, **properties: Any) -> httpx.Response:
    """The answer to a POST of an object of a kind, with the least that it needs besides `properties`."""
    if kind == "group":
        return await tenant.admin.post("/groups", {**new_group(), **properties})
    if kind == "application":
        return await tenant.admin.post("/applications", {"displayName": "Bodies", **properties})
    application = await tenant.new_application()
    if kind == "servicePrincipal":
        return await tenant.admin.post("/servicePrincipals", {"appId": application["appId"], **properties})
    assert kind == "federatedIdentityCredential"
    body = {"name": "n", "issuer": "https://issuer.example.com", "subject": "s", "audiences": ["a"], **properties}
    return await tenant.admin.post(f"/applications/{application['id']}/federatedIdentityCredentials", body)


def kept(sent: Any, found: Any) -> bool:
    """Whether everything that was sent is there."""
    if isinstance(sent, dict):
        return isinstance(found, dict) and all(kept(value, found.get(name)) for name, value in sent.items())
    if isinstance(sent, list) and isinstance(found, list):
        return len(sent) == len(found) and all(kept(*pair) for pair in zip(sent, found, strict=True))
    return bool(sent == found)


def of(made: httpx.Response, kind: str, name: str) -> str:
    """The address of one property of a new object."""
    return f"/{kind}s/{made.json()['id']}?$select={name}"


def answered_aloud(response: httpx.Response, name: str) -> bool:
    """Whether a refusal says which property it is about."""
    return response.status_code in (400, 409, 501) and name in response.text


# A value that this tenant has no use for, such as an appId nobody has, is refused in words of its own.
IN_OTHER_WORDS = (
    "appId",
    "securityEnabled",
    "mailEnabled",
    "groupTypes",
    "isAssignableToRole",
    "appRoles",
    "passwordCredentials",
)
CASES = [
    (kind, name)
    for kind in ("group", "application", "servicePrincipal", "federatedIdentityCredential")
    for name in known_type(kind).names
]


@pytest.mark.parametrize(("kind", "name"), CASES)
async def test_every_property_is_kept_or_refused_by_name(tenant: Tenant, kind: str, name: str) -> None:
    value = sample(known_type(kind).names[name])
    made = await new_object(tenant, kind, **{name: value})
    if made.status_code != 201:
        assert answered_aloud(made, name) or name in IN_OTHER_WORDS, made.text
        return
    shown = made.json()[name] if name in made.json() else (await tenant.admin.get(of(made, kind, name))).json()[name]
    assert kept(value, shown) or name in ("passwordCredentials", "keyCredentials"), shown


@pytest.mark.parametrize("kind", ["group", "application", "servicePrincipal"])
async def test_every_property_of_a_patch_is_kept_or_refused_by_name(tenant: Tenant, kind: str) -> None:
    made = (await new_object(tenant, kind)).json()
    path = f"/{kind}s/{made['id']}"
    caller = tenant.with_roles("Application.ReadWrite.All", "Group.ReadWrite.All")
    for name, type_name in known_type(kind).names.items():
        value = sample(type_name)
        changed = await caller.patch(path, {name: value})
        if changed.status_code != 204:
            assert answered_aloud(changed, name) or name in IN_OTHER_WORDS, (name, changed.text)
            continue
        found = (await caller.get(f"{path}?$select={name}")).json()[name]
        assert kept(value, found), (name, value, found)


@pytest.mark.parametrize(
    ("kind", "body", "message"),
    [
        ("group", {"colour": "red"}, "Invalid property 'colour'."),
        ("application", {"colour": "red"}, "Invalid property 'colour'."),
        ("application", {"web": {"colour": "red"}}, "Invalid property 'colour'."),
        ("servicePrincipal", {"homeUrl": "x"}, "Invalid property 'homeUrl'."),
        (
            "federatedIdentityCredential",
            {"claimsMatchingExpression": {}},
            "Invalid property 'claimsMatchingExpression'.",
        ),
        ("group", {"colours@odata.bind": []}, "Invalid property 'colours'."),
        (
            "group",
            {"createdDateTime": "2020-01-01T00:00:00Z"},
            "Property 'createdDateTime' is read-only and cannot be set.",
        ),
        (
            "group",
            {"isManagementRestricted": True},
            "Property 'isManagementRestricted' is read-only and cannot be set.",
        ),
        ("application", {"appId": "x"}, "Property 'appId' is read-only and cannot be set."),
        ("application", {"id": "x"}, "Property 'id' is read-only and cannot be set."),
        ("application", {"info": {"logoUrl": "x"}}, "Property 'logoUrl' is read-only and cannot be set."),
        ("servicePrincipal", {"displayName": "x"}, "Property 'displayName' is read-only and cannot be set."),
        ("application", {"notes": 7}, "Invalid value specified for property 'notes' of resource 'Application'."),
        ("group", {"description": ["x"]}, "Invalid value specified for property 'description' of resource 'Group'."),
    ],
)
async def test_refusals(tenant: Tenant, kind: str, body: dict[str, Any], message: str) -> None:
    """PnP-Sites-Core#1807 (unknown), msgraph-beta-sdk-java#621 (read-only), azuread#1224 (a principal's name)."""
    refused(await new_object(tenant, kind, **body), 400, BAD, message)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("group", {"allowExternalSenders": True}),
        ("group", {"acceptedSenders@odata.bind": []}),
        ("group", {"extension_ce580154086a40fd91df8a60abac81a0_color": "red"}),
        ("application", {"isDisabled": True}),
    ],
)
async def test_what_is_not_modeled_is_501_by_name(tenant: Tenant, kind: str, body: dict[str, Any]) -> None:
    response = await new_object(tenant, kind, **body)
    assert (response.status_code, next(iter(body)) in response.text) == (501, True)


async def test_names_are_read_without_regard_to_case(tenant: Tenant) -> None:
    """pnp/cli-microsoft365 posts `mailNickName`."""
    body = {**new_group(), "Description": "x"}
    body["mailNickName"] = body.pop("mailNickname")
    made = await tenant.admin.post("/groups", body)
    assert (made.status_code, made.json()["description"]) == (201, "x")


async def test_its_own_id_may_stand_in_a_patch(tenant: Tenant) -> None:
    """terraform-provider-azuread sends the id with `appRoles`, `keyCredentials` and others."""
    made = await tenant.new_application()
    path = f"/applications/{made['id']}"
    assert (await tenant.admin.patch(path, {"id": made["id"], "notes": "x"})).status_code == 204
    assert (await tenant.admin.patch(path, {"id": tenant.state.ids(), "notes": "x"})).status_code == 400


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
