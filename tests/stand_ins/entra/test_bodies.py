"""Nothing of a body is dropped in silence: every property of every type that can be written is posted and patched."""

from typing import Any

import httpx
import pytest

from local.entra.protocol.graph_types import known_type

from .samples import kept, sample
from .support import Tenant, new_group, refused

BAD = "Request_BadRequest"


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
