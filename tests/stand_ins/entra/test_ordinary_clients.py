"""What azure-cli, the Microsoft 365 CLI and public scripts send beside the product's own calls."""

import argparse

import pytest
from uvicorn.protocols.http.h11_impl import H11Protocol

from local.entra.ids import GRAPH_APP_ID
from local.entra.server import configuration
from local.identities import ADMINISTRATOR_USER_ID, TENANT_ID

from .support import EVENTUAL, Caller, Tenant, link, new_group, refused

UNIFIED = {"groupTypes": ["Unified"], "mailEnabled": True}


async def test_a_batch_with_numbers_as_ids(tenant: Tenant) -> None:
    """The Microsoft 365 CLI counts its items (`entra group member add`)."""
    body = {"requests": [{"id": 1, "method": "GET", "url": "/users?$top=1"}, {"id": 2, "method": "GET", "url": "/me"}]}
    response = await tenant.people.post("/$batch", body)
    assert [(item["id"], item["status"]) for item in response.json()["responses"]] == [("1", 200), ("2", 400)]
    for bad in (None, True, 1.5, ""):
        body = {"requests": [{"id": bad, "method": "GET", "url": "/users"}]}
        refused(await tenant.people.post("/$batch", body), 400, "BadRequest", "Invalid batch payload format.")


@pytest.mark.parametrize("prefix", ["myorganization", "MyOrganization", TENANT_ID, "example.com"])
async def test_a_path_may_name_the_organization(tenant: Tenant, prefix: str) -> None:
    """pnp/cli-microsoft365 (`entra app set`) and IntuneCD write it so."""
    response = await tenant.people.get(f"/{prefix}/users?$top=1&$select=id")
    assert response.status_code == 200
    assert "/v1.0/users?" in response.json()["@odata.nextLink"]
    other = await tenant.people.get("/00000000-0000-4000-8000-000000000000/users")
    assert other.json()["error"]["message"].startswith("Resource not found for the segment")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/users/microsoft.graph.agentUser",
        "/groups/x/photo",
        "/devices",
        "/me/drive",
        "/domains/$count",
        "/users/x/photo/$value",
    ],
)
async def test_what_is_left_out_is_refused_in_the_stand_ins_own_name(tenant: Tenant, path: str) -> None:
    caller = as_person(tenant, "User.Read")
    response = await caller.get(path)
    assert (response.status_code, response.json()["error"]["code"]) == (501, "NotImplemented")


def as_person(tenant: Tenant, *scopes: str) -> Caller:
    """The administrator, signed in to some client."""
    user = tenant.state.user(ADMINISTRATOR_USER_ID)
    assert user is not None
    audience = "https://graph.microsoft.com"
    token, _ = tenant.tokens.user_token(user, client_id="c", audience=audience, scopes=list(scopes))
    return Caller(tenant.http, token, user["id"])


async def test_me(tenant: Tenant) -> None:
    message = "/me request is only valid with delegated authentication flow."
    refused(await tenant.people.get("/me"), 400, "BadRequest", message)
    me = as_person(tenant, "User.Read")
    assert (await me.get("/me")).json()["id"] == ADMINISTRATOR_USER_ID
    assert (await me.get("/me/manager")).status_code == 404
    assert (await me.get(f"/users/{ADMINISTRATOR_USER_ID}")).status_code == 403, "User.Read is about oneself"
    assert (await me.patch("/me", {"jobTitle": "Chief"})).status_code == 403
    assert (await as_person(tenant, "User.ReadWrite").patch("/me", {"jobTitle": "Chief"})).status_code == 204


async def test_annotations_as_the_caller_wants_them(tenant: Tenant) -> None:
    """OData JSON Format 4.01, 3.1; the Microsoft 365 CLI asks for `none`."""
    group = await tenant.new_group(**{"members@odata.bind": [link(ADMINISTRATOR_USER_ID)]})
    none = {"accept": "application/json;odata.metadata=none"}
    response = await tenant.admin.get(f"/groups/{group}", headers=none)
    assert "odata.metadata=none" in response.headers["content-type"]
    assert not [name for name in response.json() if "@odata" in name]
    members = await tenant.admin.get(f"/groups/{group}/members", headers=none)
    assert set(members.json()) == {"value"}
    assert not [name for item in members.json()["value"] for name in item if "@odata" in name]
    page = await tenant.people.get("/users?$top=1", headers=none)
    assert set(page.json()) == {"@odata.nextLink", "value"}, "paging goes on"
    full = await tenant.admin.get(f"/groups/{group}", headers={"accept": "application/json; odata.metadata=full"})
    assert "odata.metadata=full" in full.headers["content-type"]
    assert full.json()["@odata.type"] == "#microsoft.graph.group"
    assert full.json()["@odata.id"].endswith(f"/v1.0/groups/{group}")
    assert full.json()["@odata.editLink"] == f"groups/{group}"
    usual = await tenant.admin.get(f"/groups/{group}")
    assert "odata.metadata=minimal" in usual.headers["content-type"]
    assert [name for name in usual.json() if "@odata" in name] == ["@odata.context"]


async def test_properties_of_microsoft_365_groups(tenant: Tenant) -> None:
    """`m365 entra m365group get` selects them; a list refuses those that are another service's."""
    group = await tenant.new_group(**UNIFIED)
    names = "allowExternalSenders,assignedLicenses,autoSubscribeNewMembers,hideFromAddressLists,isArchived"
    shown = (await tenant.admin.get(f"/groups/{group}?$select={names}")).json()
    assert shown["allowExternalSenders"] is False
    assert shown["assignedLicenses"] == []
    assert shown["isArchived"] is None
    assert (await tenant.admin.get(f"/groups?$select={names}")).status_code == 501
    assert (await tenant.admin.get("/groups?$select=assignedLicenses,ID")).status_code == 200
    assert (await tenant.admin.get("/groups?$select=colour")).status_code == 400


async def test_microsoft_graphs_own_service_principal(tenant: Tenant) -> None:
    """`m365 entra app permission add` looks it up by name; terraform-provider-azuread tries to delete it."""
    [graph] = await tenant.admin.value(f"/servicePrincipals?$filter=appId eq '{GRAPH_APP_ID}'")
    assert "https://graph.microsoft.com" in graph["servicePrincipalNames"]
    assert {"User.Read", "openid"} <= {scope["value"] for scope in graph["oauth2PermissionScopes"]}
    caller = tenant.with_roles("Application.ReadWrite.All", "Application.Read.All")
    assert (await caller.delete(f"/servicePrincipals/{graph['id']}")).status_code == 403
    assert (await caller.delete(f"/servicePrincipals(appId='{GRAPH_APP_ID}')")).status_code == 403
    assert (await caller.get(f"/servicePrincipals/{graph['id']}")).status_code == 200
    scopes = await caller.value(f"/servicePrincipals/{graph['id']}/oauth2PermissionScopes")
    assert scopes == graph["oauth2PermissionScopes"]


def test_idle_connections_stay_open_for_minutes() -> None:
    options = argparse.Namespace(tls_cert=None, tls_key=None)

    async def app(scope: object, receive: object, send: object) -> None:
        raise NotImplementedError

    assert configuration(options, app, protocol=H11Protocol).timeout_keep_alive >= 120


async def test_any_object_by_its_id(tenant: Tenant) -> None:
    caller = tenant.with_roles("Directory.Read.All")
    group = await tenant.new_group()
    for object_id, kind in ((group, "group"), (ADMINISTRATOR_USER_ID, "user"), (caller.object_id, "servicePrincipal")):
        body = (await caller.get(f"/directoryObjects/{object_id}")).json()
        assert body["@odata.type"] == f"#microsoft.graph.{kind}"
    selected = (await caller.get(f"/directoryObjects/{group}?$select=displayName")).json()
    assert {name for name in selected if "@odata" not in name} == {"displayName"}
    assert (await caller.get(f"/directoryObjects/{tenant.state.ids()}")).status_code == 404
    assert (await tenant.admin.get(f"/directoryObjects/{group}")).status_code == 403


async def test_counts_and_owned_objects(tenant: Tenant) -> None:
    reader = tenant.with_roles("Directory.Read.All")
    application, _ = await tenant.new_web_app()
    for path in ("/applications/$count", "/servicePrincipals/$count?$filter=displayName eq 'Enrollment'"):
        assert (await reader.get(path)).json()["error"]["message"] == "$count is not currently supported."
        assert (await reader.get(path, headers=EVENTUAL)).text == "1"
    owned = f"/servicePrincipals/{tenant.admin.object_id}/ownedObjects"
    assert [item["id"] for item in await reader.value(owned)] == [application["id"]]
    assert await reader.value(f"{owned}/microsoft.graph.group") == []
    assert await reader.value(f"/users/{ADMINISTRATOR_USER_ID}/ownedObjects") == []


async def test_domains(tenant: Tenant) -> None:
    caller = tenant.with_roles("Domain.Read.All")
    default, first = await caller.value("/domains")
    assert (default["id"], default["isDefault"], first["isInitial"]) == ("example.com", True, True)
    assert (await caller.get("/domains/example.com")).json()["id"] == "example.com"
    assert (await caller.get("/domains/nowhere.example")).status_code == 404
    assert (await tenant.admin.get("/domains")).status_code == 403


async def test_links_are_filtered_and_cast(tenant: Tenant, hires: list[str]) -> None:
    """terraform-provider-azuread asks for one member by `$filter=id eq`, without advanced parameters."""
    group = await tenant.new_group(**{"members@odata.bind": [link(hire) for hire in hires[:5]]})
    nested = (await tenant.admin.post("/groups", new_group(**{"members@odata.bind": [link(group)]}))).json()["id"]
    caller = tenant.with_roles("Directory.Read.All")
    path = f"/groups/{group}/members"
    assert [item["id"] for item in await caller.value(f"{path}?$filter=id eq '{hires[2]}'")] == [hires[2]]
    assert await caller.value(f"{path}?$filter=id eq '{nested}'") == []
    plain = await caller.get(f"{path}?$filter=startsWith(displayName,'A')")
    assert plain.json()["error"]["code"] == "Request_UnsupportedQuery"
    name = tenant.state.users.objects[hires[1]]["displayName"]
    quoted = name.replace("'", "''")
    advanced = await caller.get(f"{path}?$count=true&$filter=displayName eq '{quoted}'", headers=EVENTUAL)
    assert hires[1] in [item["id"] for item in advanced.json()["value"]]
    assert [item["id"] for item in await caller.value(f"/groups/{nested}/members/microsoft.graph.group")] == [group]
    assert await caller.value(f"/groups/{nested}/members/graph.user") == []
    assert (await caller.get(f"/groups/{nested}/members/microsoft.graph.device")).status_code == 501
