"""Replays a recorded request of a client in a world that has whatever the request names.

The recordings hold shapes: `{id}` and `<id>`, `<text>`, `<time>` stand for values, which are filled in here by the name
of the property or path segment they belong to.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import rsa

from local.entra.app import create_app
from local.entra.clock import Clock
from local.entra.identity_platform.tokens import TokenService
from local.entra.ids import GLOBAL_ADMINISTRATOR_ROLE, GRAPH_APP_ID, NO_APP_ROLE
from local.entra.limits.app_roles import APP_ROLES
from local.entra.seeding import new_tenant
from local.identities import ADMINISTRATOR_USER_ID
from tests.tenant_copy import TenantCopy

from .support import NOW, ORIGIN, Caller, Tenant, new_group, new_policy

NOBODY = "7d3f0a11-1111-4222-8333-944455556666"
CERTIFICATE = "MIIBszCCAVmgAwIBAgIUE="
LOGO = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
TEXTS = {
    "userPrincipalName": "replayed@example.com",
    "mail": "replayed@example.com",
    "mailNickname": "replayed",
    "employeeId": "R-1",
    "issuer": "https://tokens.example.com",
    "name": "acctest-hashitown.example.com-1",
    "identifierUris": "api://replayed.example.com",
    "redirectUris": "https://replayed.example.com/",
    "logoutUrl": "https://replayed.example.com/logout",
    "homePageUrl": "https://replayed.example.com/",
    "loginUrl": "https://replayed.example.com/login",
    "marketingUrl": "https://replayed.example.com/marketing",
    "privacyStatementUrl": "https://replayed.example.com/privacy",
    "supportUrl": "https://replayed.example.com/support",
    "termsOfServiceUrl": "https://replayed.example.com/terms",
    "notificationEmailAddresses": "replayed@example.com",
    "key": CERTIFICATE,
    "groupMembershipClaims": "SecurityGroup",
    "tags": "WindowsAzureActiveDirectoryIntegratedApp",
    "usageLocation": "NO",
    "password": "Correct-Horse-7",
    "rule": 'CustomSecurityAttribute.A_B -eq "c"',
    "value": "replayed",
    "@odata.type": None,
}
NEEDED: Mapping[tuple[str, str], dict[str, Any]] = {
    ("POST", "users"): {
        "mailNickname": "<text>",
        "passwordProfile": {"password": "<text>", "forceChangePasswordNextSignIn": False},
        "userPrincipalName": "<text>",
    },
    ("POST", "policies"): {
        "displayName": "<text>",
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
        "state": "disabled",
    },
    ("POST", "applications"): {"displayName": "<text>"},
    ("POST", "groups"): {
        "mailNickname": "<text>",
        "membershipRuleProcessingState": "On",
        "securityEnabled": True,
    },
}
"""What a recording that was cut lacks, by method and collection."""
SPELLED = {"Owners": "owners", "Members": "members"}
EVERYBODY_BUT = {"includeUsers": ["All"], "excludeUsers": [], "includeGroups": [], "excludeGroups": [],
                 "includeRoles": [], "excludeRoles": []}  # fmt: skip


@dataclass
class World:
    """A tenant with one object of each kind, and a client that may do everything.

    Args:
        ids: an object's id by the path segment or body property that asks for one.
        secret: what the application signs in with.
    """

    tenant: Tenant
    client: Caller
    ids: dict[str, str] = field(default_factory=dict)
    secret: dict[str, str] = field(default_factory=dict)

    async def made(self, path: str, body: Any) -> dict[str, Any]:
        response = await self.client.post(path, body)
        assert response.status_code in (200, 201), response.text
        document: dict[str, Any] = response.json()
        return document


@dataclass(frozen=True)
class Populated:
    """A world as it was before the first request."""

    tenant: TenantCopy
    client_id: str
    ids: dict[str, str]
    secret: dict[str, str]


async def new_world(key: rsa.RSAPrivateKey, populated: list[Populated]) -> World:
    """A world of its own for one request: the first one is populated and kept, the others are copies of it."""
    state = new_tenant(users=3, seed=5 + len(populated), clock=Clock(lambda: NOW))
    state.settings = state.settings.changed({"throttleConditionalAccess": 0, "licenseP2": True})
    for kept in populated:
        kept.tenant.give_to(state)
    tokens = TokenService(state, key=key)
    http = httpx.AsyncClient(transport=httpx.ASGITransport(app=create_app(state, tokens=tokens)), base_url=ORIGIN)
    tenant = Tenant(state, tokens, http)
    for kept in populated:
        return World(tenant, tenant.as_client(kept.client_id), dict(kept.ids), dict(kept.secret))
    world = World(tenant, tenant.with_roles(*APP_ROLES))
    await populate(world)
    principal = state.service_principals.get(world.client.object_id)
    assert principal is not None
    populated.append(Populated(TenantCopy(state), principal["appId"], dict(world.ids), dict(world.secret)))
    return world


async def populate(world: World) -> None:
    people = [user["id"] for user in world.tenant.state.users if user["id"] != ADMINISTRATOR_USER_ID]
    owner, member, newcomer = people[-3:]
    application = await world.made("/applications", {"displayName": "Seeded"})
    principal = await world.made("/servicePrincipals", {"appId": application["appId"]})
    bare = await world.made("/applications", {"displayName": "Without a service principal"})
    links = {
        "owners@odata.bind": [f"{ORIGIN}/v1.0/directoryObjects/{item}" for item in (owner, ADMINISTRATOR_USER_ID)],
        "members@odata.bind": [f"{ORIGIN}/v1.0/directoryObjects/{member}"],
    }
    group = await world.made("/groups", {**new_group(mailNickname="seeded"), "displayName": "Seeded", **links})
    mail = {"groupTypes": ["Unified"], "mailEnabled": True, "securityEnabled": False, "mailNickname": "unified"}
    unified = await world.made("/groups", {**new_group(**mail), "displayName": "Unified"})
    for path in (f"/applications/{application['id']}", f"/servicePrincipals/{principal['id']}"):
        await world.client.post(f"{path}/owners/$ref", {"@odata.id": f"{ORIGIN}/v1.0/directoryObjects/{owner}"})
    assignment = await world.made(
        f"/servicePrincipals/{principal['id']}/appRoleAssignedTo",
        {"principalId": member, "resourceId": principal["id"], "appRoleId": NO_APP_ROLE},
    )
    credential = await world.made(
        f"/applications/{application['id']}/federatedIdentityCredentials",
        {"name": "seeded", "issuer": "https://seeded.example.com", "subject": "s", "audiences": ["api://x"]},
    )
    ranges = [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "192.0.2.0/24"}]
    locations = "/identity/conditionalAccess/namedLocations"
    network = await world.made(
        locations, {"@odata.type": "#microsoft.graph.ipNamedLocation", "displayName": "N", "ipRanges": ranges}
    )
    countries = await world.made(
        locations,
        {"@odata.type": "#microsoft.graph.countryNamedLocation", "displayName": "C", "countriesAndRegions": ["NO"]},
    )
    world.tenant.state.managers[member] = owner
    policy = await world.made("/identity/conditionalAccess/policies", new_policy(application["appId"]))
    graph = world.tenant.state.service_principals.find("appId", GRAPH_APP_ID)
    assert graph is not None
    passwords = {
        path: await world.made(f"{path}/addPassword", {})
        for path in (f"/applications/{application['id']}", f"/servicePrincipals/{principal['id']}")
    }
    secret = passwords[f"/applications/{application['id']}"]["secretText"]
    world.secret = {"client_id": application["appId"], "client_secret": secret}
    world.ids = {
        "": world.tenant.state.tenant_id,
        "applications": application["id"],
        "applications.keyId": passwords[f"/applications/{application['id']}"]["keyId"],
        "servicePrincipals": principal["id"],
        "servicePrincipals.keyId": passwords[f"/servicePrincipals/{principal['id']}"]["keyId"],
        "groups": group["id"],
        "unified": unified["id"],
        "users": member,
        "owners": owner,
        "members": member,
        "directoryObjects": group["id"],
        "appRoleAssignedTo": assignment["id"],
        "federatedIdentityCredentials": credential["id"],
        "namedLocations": network["id"],
        "countries": countries["id"],
        "policies": policy["id"],
        "graph": graph["id"],
        "appId": bare["appId"],
        "knownAppId": application["appId"],
        "newcomer": newcomer,
    }


def path_of(world: World, request: Mapping[str, Any]) -> str:
    """The path with ids of the world; the last one is nobody's when the recording's object was gone."""
    segments, filled = request["path"].strip("/").split("/"), []
    last = max((place for place, segment in enumerate(segments) if segment == "{id}"), default=None)
    for place, segment in enumerate(segments):
        if segment != "{id}":
            filled.append(segment)
        elif request.get("given") == "gone" and place == last and segments[-1] != "manager":
            filled.append(NOBODY)
        else:
            filled.append(id_for(world, request, segments[place - 1] if place else ""))
    return "/" + "/".join(filled).replace("…", world.ids["knownAppId"])


def id_for(world: World, request: Mapping[str, Any], collection: str) -> str:
    if request.get("given") == "graph":
        return world.ids["graph"]
    body = request.get("body")
    if collection == "namedLocations" and isinstance(body, dict) and "country" in body.get("@odata.type", ""):
        return world.ids["countries"]
    if collection == "groups" and isinstance(body, dict) and body.get("mailEnabled"):
        return world.ids["unified"]
    return world.ids.get(SPELLED.get(collection, collection), NOBODY)


def query_of(world: World, request: Mapping[str, Any]) -> str:
    """The query with values that some object of the world has."""
    text = str(request.get("query", ""))
    found = {
        "appId eq": world.ids["knownAppId"],
        "clientId eq": world.ids["servicePrincipals"],
        "employeeId eq": "E000001",
        "mail eq": "admin@example.com",
        "mailNickname eq": "admin",
        "userPrincipalName eq": "admin@example.com",
        "id eq": world.ids["owners" if "owners" in request["path"].lower() else "members"],
    }
    for name, value in found.items():
        for hole in ("<id>", "<text>", "…"):
            text = text.replace(f"{name} '{hole}'", f"{name} '{value}'")
    kinds = ("groupTypes/any(c:c eq '…')", "groupTypes/any(c:c+eq+'…')")
    for kind in kinds:
        text = text.replace(kind, kind.replace("…", "Unified"))
    return text.replace("<text>", "Seeded").replace("…", "Seeded").replace("<id>", world.ids["members"])


def body_of(world: World, request: Mapping[str, Any]) -> Any:
    """The body with values filled in, and completed where the recording was cut."""
    body, segments = request.get("body"), request["path"].strip("/").split("/")
    if not isinstance(body, dict):
        return body
    if request.get("cut"):
        needed = NEEDED.get((request["method"], segments[-1]), {})
        body = {**needed, **body}
        if "conditions" in body:
            body["conditions"] = with_users(body["conditions"])
    return filled(world, body, name="", collection=segments[1], path=segments)


def with_users(conditions: dict[str, Any]) -> dict[str, Any]:
    """Conditions whose recording was cut before or within `users`."""
    users = {**EVERYBODY_BUT, **(conditions.get("users") or {})}
    if not any(users.get(name) for name in ("includeUsers", "includeGroups", "includeRoles")):
        users["includeUsers"] = ["All"]
    return {**conditions, "users": users}


def filled(world: World, value: Any, *, name: str, collection: str, path: list[str]) -> Any:
    if isinstance(value, dict):
        items = {
            key: filled(world, item, name=key, collection=collection, path=path)
            for key, item in value.items()
            if not (key == "@odata.type" and item == "<text>")
        }
        return {**items, "resourceId": world.ids["servicePrincipals"]} if "appRoleId" in items else items
    if isinstance(value, list):
        return [filled(world, item, name=name, collection=collection, path=path) for item in value]
    if not isinstance(value, str):
        return value
    seeded = name == "name" and path[-1] == "{id}"
    text = value.replace("<text>", "seeded" if seeded else TEXTS.get(name) or "Replayed")
    text = text.replace("<time>", "2027-03-01T00:00:00Z" if "end" in name.lower() else "2026-12-01T00:00:00Z")
    return text.replace("<id>", body_id(world, name, collection=collection, path=path))


def body_id(world: World, name: str, *, collection: str, path: list[str]) -> str:
    """The id that a property asks for."""
    ids = world.ids
    return {
        "appId": ids["appId"],
        "appRoleId": NO_APP_ROLE,
        "clientId": ids["servicePrincipals"],
        "resourceId": ids["graph"],
        "principalId": ids["groups"] if collection != "roleManagement" else ids["newcomer"],
        "roleDefinitionId": GLOBAL_ADMINISTRATOR_ROLE,
        "@odata.id": ids["newcomer"],
        "owners@odata.bind": ids["owners"],
        "keyId": ids.get(f"{collection}.keyId", NOBODY) if path[-1] == "removePassword" else NOBODY,
        "includeApplications": ids["knownAppId"],
        "excludeApplications": ids["knownAppId"],
        "includeGroups": ids["groups"],
        "excludeGroups": ids["groups"],
        "includeUsers": ids["members"],
        "excludeUsers": ids["members"],
        "includeLocations": ids["namedLocations"],
        "excludeLocations": ids["namedLocations"],
        "resourceAppId": GRAPH_APP_ID,
        "id": ids.get(path[-2] if path[-1] == "{id}" else "", NOBODY),
    }.get(name, NOBODY)
