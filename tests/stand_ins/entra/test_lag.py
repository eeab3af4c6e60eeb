"""What reads learn of late besides new objects: links, old values, deletions, permissions in tokens."""

from typing import Any

import pytest

from local.identities import PEOPLE, TENANT

from .support import GRAPH, Tenant, link, new_policy, reference, refused

NO_ROLE = "00000000-0000-0000-0000-000000000000"
POLICIES = "/identity/conditionalAccess/policies"


def configure(tenant: Tenant, **changes: object) -> None:
    tenant.state.settings = tenant.state.settings.changed(changes)


async def ids(tenant: Tenant, path: str) -> list[str]:
    reader = tenant.with_roles("Application.Read.All", "Group.Read.All", "Directory.Read.All")
    return [item["id"] for item in await reader.value(path)]


async def test_an_assignment_is_listed_late_and_known_at_once(tenant: Tenant, hires: list[str]) -> None:
    """azuread#1759: "was present, but now absent" after the assignment was made."""
    configure(tenant, assignmentLag=60.0)
    _, principal = await tenant.new_web_app()
    path = f"/servicePrincipals/{principal['id']}/appRoleAssignedTo"
    body = {"principalId": hires[0], "resourceId": principal["id"], "appRoleId": NO_ROLE}
    caller = tenant.with_roles("AppRoleAssignment.ReadWrite.All", "Application.Read.All")
    made = await caller.post(path, body)
    assert made.status_code == 201
    assert await ids(tenant, path) == []
    message = "Permission being assigned already exists on the object"
    refused(await caller.post(path, body), 400, "Request_BadRequest", message)
    tenant.state.clock.advance(60)
    assert await ids(tenant, path) == [made.json()["id"]]
    assert (await caller.delete(f"{path}/{made.json()['id']}")).status_code == 204
    assert await ids(tenant, path) == [made.json()["id"]]
    tenant.state.clock.advance(60)
    assert await ids(tenant, path) == []


@pytest.mark.parametrize("kind", ["groups", "applications", "servicePrincipals"])
async def test_owners_are_listed_late(tenant: Tenant, hires: list[str], kind: str) -> None:
    configure(tenant, ownerLag=60.0)
    application, principal = await tenant.new_web_app(**{"owners@odata.bind": [link(tenant.admin.object_id)]})
    group = await tenant.new_group()
    tenant.state.clock.advance(60)
    target = {"groups": group, "applications": application["id"], "servicePrincipals": principal["id"]}[kind]
    path = f"/{kind}/{target}/owners"
    before = await ids(tenant, path)
    assert (await tenant.admin.post(f"{path}/$ref", reference(hires[0]))).status_code == 204
    assert await ids(tenant, path) == before
    message = "One or more added object references already exist for the following modified properties: 'owners'."
    refused(await tenant.admin.post(f"{path}/$ref", reference(hires[0])), 400, "Request_BadRequest", message)
    tenant.state.clock.advance(60)
    assert await ids(tenant, path) == [*before, hires[0]]


async def test_a_removed_owner_is_listed_a_while_longer(tenant: Tenant, hires: list[str]) -> None:
    group = await tenant.new_group(**{"owners@odata.bind": [link(hires[0]), link(hires[1])]})
    configure(tenant, ownerLag=60.0)
    assert (await tenant.admin.delete(f"/groups/{group}/owners/{hires[0]}/$ref")).status_code == 204
    assert set(await ids(tenant, f"/groups/{group}/owners")) == set(hires[:2])
    tenant.state.clock.advance(60)
    assert await ids(tenant, f"/groups/{group}/owners") == [hires[1]]


async def test_federated_credentials_are_listed_late(tenant: Tenant) -> None:
    configure(tenant, credentialLag=60.0)
    path = f"/applications/{(await tenant.new_application())['id']}/federatedIdentityCredentials"
    body = {"name": "landing-page", "issuer": "https://issuer.example.com", "subject": "s", "audiences": ["a"]}
    assert (await tenant.admin.post(path, body)).status_code == 201
    assert await tenant.admin.value(path) == []
    assert (await tenant.admin.get(f"{path}/landing-page")).status_code == 404
    message = "FederatedIdentityCredential with name landing-page already exists."
    refused(await tenant.admin.post(path, body), 400, "Request_BadRequest", message)
    assert (await tenant.admin.patch(f"{path}/landing-page", {"description": "x"})).status_code == 204
    tenant.state.clock.advance(60)
    assert [item["name"] for item in await tenant.admin.value(path)] == ["landing-page"]


async def test_old_values_are_read_after_a_patch(tenant: Tenant) -> None:
    """terraform-provider-azuread polls after every PATCH until it reads what it wrote."""
    group = f"/groups/{await tenant.new_group(displayName='Old')}"
    application, principal = await tenant.new_web_app(**{"owners@odata.bind": [link(tenant.admin.object_id)]})
    made = await tenant.admin.post(POLICIES, new_policy(application["appId"], displayName="Old"))
    policy = f"{POLICIES}/{made.json()['id']}"
    configure(tenant, changeLag=60.0)
    paths = {group: "displayName", policy: "displayName", f"/applications/{application['id']}": "displayName"}
    paths[f"/servicePrincipals/{principal['id']}"] = "notes"
    before = {path: (await tenant.admin.get(path)).json()[name] for path, name in paths.items()}
    for path, name in paths.items():
        assert (await tenant.admin.patch(path, {name: "New"})).status_code == 204
    assert {path: (await tenant.admin.get(path)).json()[name] for path, name in paths.items()} == before
    assert "New" not in [item["displayName"] for item in await tenant.admin.value("/groups")]
    assert "New" not in [item["displayName"] for item in await tenant.admin.value(POLICIES)]
    tenant.state.clock.advance(60)
    for path, name in paths.items():
        assert (await tenant.admin.get(path)).json()[name] == "New"


async def test_replicas_differ_in_what_they_know_of_two_changes(tenant: Tenant) -> None:
    group = f"/groups/{await tenant.new_group(displayName='0')}"
    configure(tenant, changeLag=60.0, replicas=3, replicaChoice="roundRobin")
    await tenant.admin.patch(group, {"displayName": "1"})
    tenant.state.clock.advance(40)
    await tenant.admin.patch(group, {"displayName": "2"})
    assert {(await tenant.admin.get(group)).json()["displayName"] for _ in range(6)} == {"0", "1", "2"}
    tenant.state.clock.advance(60)
    assert {(await tenant.admin.get(group)).json()["displayName"] for _ in range(6)} == {"2"}


async def test_deletions_come_late_into_delta_queries(tenant: Tenant, hires: list[str]) -> None:
    """microsoft-graph-docs#4498: deletions were missing from users/delta."""
    configure(tenant, deltaDeletionLag=600.0)
    reader = tenant.with_roles("User.Read.All")
    start = (await reader.get("/users/delta?$deltatoken=latest")).json()["@odata.deltaLink"]
    await tenant.http.patch(f"/_local/users/{hires[1]}", json={"jobTitle": "First"})
    await tenant.http.request("DELETE", "/_local/users", json=[hires[0]])
    body = (await reader.get(start)).json()
    assert [item["id"] for item in body["value"]] == [hires[1]]
    tenant.state.clock.advance(600)
    body = (await reader.get(body["@odata.deltaLink"])).json()
    assert [(item["id"], "@removed" in item) for item in body["value"]] == [(hires[0], True)]


@pytest.mark.parametrize(
    ("wording", "status", "text"),
    [
        ("notFound", 404, "does not exist or one of its queried reference-property objects are not present."),
        ("badReference", 400, "does not exist or one of its queried reference-property objects are not present."),
        ("invalidValues", 400, "One or more property values specified are invalid."),
    ],
)
async def test_an_owner_that_has_not_replicated(tenant: Tenant, wording: str, status: int, text: str) -> None:
    """terraform-provider-azuread, group_resource.go: its RetryFunc waits for all three."""
    configure(tenant, lag=60.0, unreplicatedOwner=wording)
    assert (await tenant.http.post("/_local/unreplicated", json=[PEOPLE.principal_id])).status_code == 204
    body: dict[str, Any] = {"displayName": "x", "mailEnabled": False, "mailNickname": "x", "securityEnabled": True}
    body["owners@odata.bind"] = [link(PEOPLE.principal_id)]
    response = await tenant.admin.post("/groups", body)
    assert (response.status_code, text in response.json()["error"]["message"]) == (status, True)
    tenant.state.clock.advance(60)
    assert (await tenant.admin.post("/groups", body)).status_code == 201


async def test_only_objects_can_replicate_anew(tenant: Tenant) -> None:
    wrong_ones: tuple[Any, ...] = ({}, [1], ["nobody"])
    for wrong in wrong_ones:
        assert (await tenant.http.post("/_local/unreplicated", json=wrong)).status_code == 400


async def test_a_managed_identity_keeps_the_permissions_of_its_first_token(tenant: Tenant) -> None:
    """The platform caches tokens of managed identities for up to 24 hours."""
    configure(tenant, roleClaimLag=86_400.0)
    principal = tenant.state.service_principals.find("appId", TENANT.client_id)
    assert principal is not None

    def roles() -> set[str]:
        token, _ = tenant.tokens.access_token(principal, audience=GRAPH, secret=False)
        return set(tenant.tokens.caller(f"Bearer {token}", origin="http://tenant.test").roles)

    before = roles()
    assert (await tenant.http.put("/_local/roles", json={TENANT.client_id: ["User.Read.All"]})).status_code == 200
    assert roles() == before
    tenant.state.clock.advance(86_400)
    assert roles() == {"User.Read.All"}
