"""`$filter` with lambdas, `$orderby`, `$search` and `$expand`, as the pages of Graph describe them."""

import pytest

from local.entra.ids import NO_APP_ROLE
from local.identities import ADMINISTRATOR_USER_ID

from .support import EVENTUAL, Tenant, link, new_group, refused

SKU = "078d2b04-f1bd-4111-bbd6-b4b1b354cef4"
UNSUPPORTED = "Request_UnsupportedQuery"


@pytest.fixture
async def kinds(tenant: Tenant) -> dict[str, str]:
    """A security group and a Microsoft 365 group."""
    security = await tenant.new_group(displayName="Security", mailNickname="security")
    unified = await tenant.new_group(
        displayName="Unified newcomers", mailNickname="unified", groupTypes=["Unified"], mailEnabled=True
    )
    return {security: "security", unified: "unified"}


async def test_groups_by_kind(tenant: Tenant, kinds: dict[str, str]) -> None:
    """The filter most quoted in Microsoft's pages, in each of its spellings."""
    security, unified = kinds
    for text in (
        "groupTypes/any(c:c eq 'Unified')",
        "groupTypes/any(c:c+eq+'Unified')",
        "groupTypes/any (c: c eq 'unified')",
        "grouptypes/any(g:g EQ 'Unified') AND mailEnabled eq true",
        "groupTypes/any(c:startswith(c,'Uni'))",
    ):
        assert [item["id"] for item in await tenant.admin.value(f"/groups?$filter={text}")] == [unified]
    negated = "/groups?$filter=not groupTypes/any(c:c eq 'Unified')"
    assert "Operator 'not' is not supported" in (await tenant.admin.get(negated)).json()["error"]["message"]
    advanced = await tenant.admin.get(f"{negated}&$count=true", headers=EVENTUAL)
    assert [item["id"] for item in advanced.json()["value"]] == [security]


async def test_lambdas_on_other_collections(tenant: Tenant) -> None:
    application, principal = await tenant.new_web_app()
    uri = application["web"]["redirectUris"][0]
    for path in (
        f"/applications?$filter=web/redirectUris/any(u:u eq '{uri}')",
        f"/servicePrincipals?$filter=servicePrincipalNames/any(c:c eq '{application['appId']}')",
    ):
        assert [item["displayName"] for item in await tenant.admin.value(path)] == ["Enrollment"]
    licensed = tenant.state.users.objects[ADMINISTRATOR_USER_ID]
    licensed["assignedLicenses"] = [{"skuId": SKU, "disabledPlans": []}]
    licensed["otherMails"] = ["avery@home.example"]
    for text in (f"assignedLicenses/any(x:x/skuId eq {SKU})", "otherMails/any(m:m eq 'avery@home.example')",
                 "assignedLicenses/any()"):  # fmt: skip
        assert [item["id"] for item in await tenant.people.value(f"/users?$filter={text}")] == [licensed["id"]]
    for text in ("assignedLicenses/$count ne 0", "otherMails/any(m:endsWith(m,'home.example'))"):
        path = f"/users?$filter={text}"
        assert (await tenant.people.get(path)).json()["error"]["code"] == UNSUPPORTED
        found = (await tenant.people.get(f"{path}&$count=true", headers=EVENTUAL)).json()
        assert ([item["id"] for item in found["value"]], found["@odata.count"]) == ([licensed["id"]], 1)
    assert principal["appId"] == application["appId"]


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("groupTypes/all(c:c eq 'Unified')", 501),
        ("owners/any(o:o/id eq 'x')", 501),
        ("employeeOrgData/division eq 'x'", 501),
        ("groupTypes/any(c:d eq 'Unified')", 400),
        ("displayName/any(c:c eq 'x')", 400),
        ("colours/any(c:c eq 'red')", 400),
        ("groupTypes eq 'Unified'", 400),
    ],
)
async def test_lambdas_that_are_refused(tenant: Tenant, text: str, status: int) -> None:
    path = "/users" if "employeeOrgData" in text else "/groups"
    reader = tenant.with_roles("Directory.Read.All")
    assert (await reader.get(f"{path}?$filter={text}")).status_code == status


async def test_sorting(tenant: Tenant) -> None:
    """The table of `aad-advanced-queries`: what sorts by default, and what takes an advanced query."""
    page = (await tenant.people.get("/users?$orderby=displayName desc&$top=60&$select=displayName")).json()
    rest = (await tenant.people.get(page["@odata.nextLink"])).json()
    names = [item["displayName"].lower() for item in (*page["value"], *rest["value"])]
    assert names == sorted(names, reverse=True)
    message = "Sorting not supported for current query."
    for path in ("/users?$orderby=displayName&$filter=accountEnabled eq true", "/applications?$orderby=displayName"):
        refused(await tenant.admin.get(path), 400, UNSUPPORTED, message)
        assert (await tenant.admin.get(f"{path}&$count=true", headers=EVENTUAL)).status_code == 200
    message = "Unsupported sort property 'jobTitle' for 'User'."
    refused(await tenant.people.get("/users?$orderby=jobTitle"), 400, UNSUPPORTED, message)
    reader = tenant.with_roles("Directory.Read.All")
    assert (await reader.get("/organization?$orderby=displayName")).status_code == 501


async def test_searching(tenant: Tenant, kinds: dict[str, str]) -> None:
    """Names are searched word by word, other properties from their beginning (page search-query-parameter)."""
    security, unified = kinds
    for text, found in (
        ('"displayName:newcomers"', [unified]),
        ('"displayName:new uni"', [unified]),
        ('"displayName:comers"', []),
        ('"mailNickname:sec" OR "displayName:unified"', [security, unified]),
        ('"displayName:unified" AND "mailNickname:sec"', []),
    ):
        response = await tenant.admin.get(f"/groups?$search={text}", headers=EVENTUAL)
        assert [item["id"] for item in response.json()["value"]] == found, text
    count = await tenant.admin.get('/groups/$count?$search="displayName:unified"', headers=EVENTUAL)
    assert count.text == "1"
    assert (await tenant.admin.get('/groups?$search="displayName:unified"')).json()["error"]["code"] == UNSUPPORTED
    for bad in ("displayName:unified", '"colour:red"', '"displayName:a" "displayName:b"'):
        assert (await tenant.admin.get(f"/groups?$search={bad}", headers=EVENTUAL)).status_code == 400


async def test_expanding(tenant: Tenant, hires: list[str]) -> None:
    members = {"members@odata.bind": [link(hire) for hire in hires[:20]]}
    group = await tenant.new_group(**members)
    tenant.state.link_member(group, hires[25])
    reader = tenant.with_roles("Directory.Read.All", "Application.Read.All")
    shown = (await reader.get(f"/groups/{group}?$select=displayName&$expand=members($select=id)")).json()
    assert len(shown["members"]) == 20, "no more than 20 are shown"
    assert set(shown["members"][0]) == {"@odata.type", "id"}
    listed = await reader.value(f"/users?$top=50&$expand=memberOf&$filter=id in ('{hires[0]}')")
    assert [item["id"] for item in listed[0]["memberOf"]] == [group]
    application, principal = await tenant.new_web_app()
    assignment = {"principalId": group, "resourceId": principal["id"], "appRoleId": NO_APP_ROLE}
    await tenant.admin.post(f"/servicePrincipals/{principal['id']}/appRoleAssignedTo", assignment)
    path = f"/servicePrincipals?$expand=appRoleAssignedTo&$filter=appId eq '{application['appId']}'"
    assert [row["principalId"] for row in (await reader.value(path))[0]["appRoleAssignedTo"]] == [group]
    assert (await reader.get("/users?$expand=registeredDevices")).status_code == 501
    advanced = await reader.get("/groups?$expand=owners&$count=true", headers=EVENTUAL)
    assert advanced.json()["error"]["message"] == "$expand is not currently supported with advanced queries."
    narrow = tenant.with_roles("User.Read.All")
    assert (await narrow.get(f"/users/{hires[0]}?$expand=memberOf")).status_code == 403
    following = await reader.get("/users?$top=1&$expand=manager")
    assert "$expand=manager" in following.json()["@odata.nextLink"]
    assert (await reader.get(following.json()["@odata.nextLink"])).json()["value"][0]["manager"] is None


async def test_memberships_and_their_checks(tenant: Tenant, hires: list[str]) -> None:
    inner = await tenant.new_group(**{"members@odata.bind": [link(hires[0])]})
    outer = (await tenant.admin.post("/groups", new_group(**{"members@odata.bind": [link(inner)]}))).json()["id"]
    reader = tenant.with_roles("Directory.Read.All")
    direct = [item["id"] for item in await reader.value(f"/users/{hires[0]}/memberOf/microsoft.graph.group")]
    assert direct == [inner]
    both = [item["id"] for item in await reader.value(f"/users/{hires[0]}/transitiveMemberOf")]
    assert set(both) == {inner, outer}
    assert [item["id"] for item in await reader.value(f"/groups/{inner}/memberOf")] == [outer]
    body = {"groupIds": [outer, tenant.state.ids()]}
    for holder in (f"/users/{hires[0]}", f"/directoryObjects/{hires[0]}"):
        assert (await reader.post(f"{holder}/checkMemberGroups", body)).json()["value"] == [outer]
        found = await reader.post(f"{holder}/getMemberGroups", {"securityEnabledOnly": False})
        assert set(found.json()["value"]) == {inner, outer}
    too_many = {"groupIds": [outer] * 21}
    assert (await reader.post(f"/users/{hires[0]}/checkMemberGroups", too_many)).status_code == 400
    assert (await reader.post(f"/groups/{inner}/getMemberObjects", {})).json()["value"] == [outer]
