"""/beta: the same objects, with beta's own properties beside them."""

from typing import Any

from local.identities import ADMINISTRATOR_USER_ID

from .support import ORIGIN, Caller, Tenant, new_group, refused

WRITEBACK = {"isEnabled": True, "onPremisesGroupType": "UniversalSecurityGroup"}


async def beta(caller: Caller, method: str, path: str, body: object = None) -> dict[str, Any]:
    """The answer of a beta call that succeeds."""
    response = await caller.send(method, f"{ORIGIN}/beta{path}", body)
    assert response.status_code < 300, response.text
    document: dict[str, Any] = response.json() if response.content else {}
    return document


async def test_a_group_with_writeback(tenant: Tenant) -> None:
    """terraform-provider-azuread makes groups in beta and sets `writebackConfiguration` by PATCH."""
    made = await beta(tenant.admin, "POST", "/groups", new_group())
    assert made["writebackConfiguration"] == {"isEnabled": None, "onPremisesGroupType": None}
    assert made["@odata.context"] == f"{ORIGIN}/beta/$metadata#groups/$entity"
    path = f"/groups/{made['id']}"
    await beta(tenant.admin, "PATCH", path, {"writebackConfiguration": WRITEBACK, "description": "Newcomers"})
    await beta(tenant.admin, "PATCH", path, {"writebackConfiguration": {"isEnabled": False}})
    shown = await beta(tenant.admin, "GET", path)
    assert shown["writebackConfiguration"] == {**WRITEBACK, "isEnabled": False}
    assert shown["description"] == "Newcomers"
    chosen = await beta(tenant.admin, "GET", f"{path}?$select=WritebackConfiguration")
    assert {name for name in chosen if "@odata" not in name} == {"writebackConfiguration"}
    assert "writebackConfiguration" not in (await tenant.admin.get(path)).json()
    assert (await tenant.admin.get(f"{path}?$select=writebackConfiguration")).status_code == 400
    refusal = await tenant.admin.send("PATCH", f"{ORIGIN}/beta{path}", {"membershipRuleProcessingStatus": {}})
    message = "Property 'membershipRuleProcessingStatus' is read-only and cannot be set."
    refused(refusal, 400, "Request_BadRequest", message)


async def test_a_person_whole(tenant: Tenant) -> None:
    """Beta shows nearly everything without `$select`."""
    shown = await beta(tenant.people, "GET", f"/users/{ADMINISTRATOR_USER_ID}")
    assert shown["accountEnabled"] is True
    assert shown["deviceKeys"] == []
    assert shown["@odata.context"] == f"{ORIGIN}/beta/$metadata#users/$entity"
    assert "signInActivity" not in shown


async def test_pages_stay_in_beta(tenant: Tenant) -> None:
    page = await beta(tenant.people, "GET", "/users?$top=2&$select=id")
    assert str(page["@odata.nextLink"]).startswith(f"{ORIGIN}/beta/users?")
    following = await tenant.people.get(str(page["@odata.nextLink"]))
    assert len(following.json()["value"]) == 2


async def test_members_of_beta_include_service_principals(tenant: Tenant) -> None:
    """v1.0 leaves them out of the list (page group-list-members)."""
    group = await tenant.new_group()
    tenant.state.link_member(group, tenant.people.object_id)
    assert await tenant.admin.value(f"/groups/{group}/members") == []
    listed = await beta(tenant.admin, "GET", f"/groups/{group}/members")
    assert [item["id"] for item in listed["value"]] == [tenant.people.object_id]


async def test_permissions_limits_and_batches_are_the_same(tenant: Tenant) -> None:
    assert (await tenant.people.send("POST", f"{ORIGIN}/beta/groups", new_group())).status_code == 403
    assert (await tenant.people.send("GET", f"{ORIGIN}/beta/devices")).status_code == 501
    body = {"requests": [{"id": "1", "method": "GET", "url": f"/users/{ADMINISTRATOR_USER_ID}?$select=deviceKeys"}]}
    answer = await beta(tenant.people, "POST", "/$batch", body)
    assert answer["responses"][0]["body"]["deviceKeys"] == []


async def test_the_log_tells_the_versions_apart(tenant: Tenant) -> None:
    await beta(tenant.people, "GET", "/users?$top=1")
    rows = (await tenant.http.get("/_local/requests")).json()
    assert "/beta/users" in {row["template"] for row in rows}
