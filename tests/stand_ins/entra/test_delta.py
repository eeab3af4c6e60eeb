"""Delta queries of users and groups."""

import time
from typing import Any

import pytest

from local.entra.seeding import seed_users

from .support import Caller, Tenant, binding, reference, refused

MISSING = "00000000-0000-4000-8000-000000000000"


async def round_of(caller: Caller, link: str, **headers: str) -> tuple[list[dict[str, Any]], str, list[int]]:
    """The items of a round, its delta link, and how many items each page had."""
    items: list[dict[str, Any]] = []
    sizes: list[int] = []
    while True:
        response = await caller.get(link, headers=headers)
        assert response.status_code == 200, response.text
        body = response.json()
        items += body["value"]
        sizes.append(len(body["value"]))
        if "@odata.deltaLink" in body:
            assert "@odata.nextLink" not in body
            return items, body["@odata.deltaLink"], sizes
        link = body["@odata.nextLink"]


async def latest(caller: Caller, path: str) -> str:
    items, link, _ = await round_of(caller, f"{path}{'&' if '?' in path else '?'}$deltatoken=latest")
    assert items == []
    return link


async def change(tenant: Tenant, user_id: str, **changes: Any) -> None:
    response = await tenant.http.patch(f"/_local/users/{user_id}", json=changes)
    assert response.status_code == 200, response.text


async def test_everybody_once_then_nothing(tenant: Tenant) -> None:
    tenant.state.settings = tenant.state.settings.changed({"deltaPageSize": 50})
    items, link, sizes = await round_of(tenant.people, "/users/delta()")
    assert [item["id"] for item in items] == [user["id"] for user in tenant.state.users]
    assert sizes == [50, 50, 22]
    assert "jobTitle" not in items[0], "what was never set is left out"
    assert link.startswith("http://tenant.test/v1.0/users/delta?$deltatoken=")
    assert (await round_of(tenant.people, link))[0] == []


async def test_changes_deletions_and_returns(tenant: Tenant, hires: list[str]) -> None:
    link = await latest(tenant.people, "/users/delta?$select=id,jobTitle")
    await change(tenant, hires[0], jobTitle="Chief")
    await change(tenant, hires[1], department="Elsewhere")
    for user_id in hires[2:5]:
        await tenant.http.delete(f"/_local/users/{user_id}")
    eraser = tenant.with_roles("User.DeleteRestore.All")
    assert (await eraser.delete(f"/directory/deletedItems/{hires[3]}")).status_code == 204
    assert (await eraser.post(f"/directory/deletedItems/{hires[4]}/restore", {})).status_code == 200
    items, following, _ = await round_of(tenant.people, link)
    assert {"id": hires[0], "jobTitle": "Chief"} in items
    assert {"id": hires[2], "@removed": {"reason": "changed"}} in items
    assert {"id": hires[3], "@removed": {"reason": "deleted"}} in items
    assert [item["id"] for item in items if "@removed" not in item] == [hires[0], hires[4]]
    assert (await round_of(tenant.people, link))[0] == items, "the same link gives the same set"
    assert (await round_of(tenant.people, following))[0] == []


async def test_minimal_answers_show_changed_properties_only(tenant: Tenant, hires: list[str]) -> None:
    link = await latest(tenant.people, "/users/delta")
    await change(tenant, hires[0], jobTitle=None)
    items, _, _ = await round_of(tenant.people, link, Prefer="return=minimal")
    assert items == [{"id": hires[0], "jobTitle": None}]
    whole, _, _ = await round_of(tenant.people, link)
    assert whole[0]["userPrincipalName"]
    assert "jobTitle" not in whole[0]


async def test_a_filter_of_ids(tenant: Tenant, hires: list[str]) -> None:
    path = f"/users/delta?$filter=id eq '{hires[3]}' or id eq '{hires[1]}' or id eq '{MISSING}'"
    items, link, _ = await round_of(tenant.people, path)
    assert [item["id"] for item in items] == [hires[3], hires[1]]
    await change(tenant, hires[1], jobTitle="Chief")
    await change(tenant, hires[2], jobTitle="Chief")
    assert [item["id"] for item in (await round_of(tenant.people, link))[0]] == [hires[1]]


UNSUPPORTED = "Request_UnsupportedQuery"


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ("$deltatoken=nonsense", "BadRequest", "Badly formed token."),
        ("$skiptoken=nonsense", "BadRequest", "Badly formed token."),
        (
            "$filter=department eq 'Sales'",
            UNSUPPORTED,
            "Unsupported or invalid query filter clause specified for property 'department' of resource 'User'.",
        ),
        ("$filter=startsWith(id,'a')", "BadRequest", "Invalid filter clause"),
        ("$top=5", UNSUPPORTED, "The query option '$top' is not supported in a delta query."),
        (
            "$filter=" + " or ".join([f"id eq '{MISSING}'"] * 51),
            UNSUPPORTED,
            "Too many object ids in the filter of a delta query. Max allowed: 50.",
        ),
    ],
)
async def test_refused_delta_queries(tenant: Tenant, query: str, code: str, message: str) -> None:
    refused(await tenant.people.get(f"/users/delta?{query}"), 400, code, message)


async def test_a_mangled_token_is_badly_formed(tenant: Tenant) -> None:
    link = await latest(tenant.people, "/users/delta")
    for place in (60, 90, len(link) - 4):
        other = "A" if link[place] != "A" else "B"
        response = await tenant.people.get(link[:place] + other + link[place + 1 :])
        refused(response, 400, "BadRequest", "Badly formed token.")
        assert "location" not in response.headers


@pytest.mark.parametrize("code", ["syncStateNotFound", "resyncRequired"])
async def test_a_token_lives_7_days(tenant: Tenant, code: str) -> None:
    tenant.state.settings = tenant.state.settings.changed({"deltaExpiredCode": code})
    link = await latest(tenant.people, "/users/delta")
    tenant.state.clock.advance(7 * 86_400 - 1)
    assert (await tenant.people.get(link)).status_code == 200
    tenant.state.clock.advance(1)
    response = await tenant.people.get(link)
    assert (response.status_code, response.json()["error"]["code"]) == (410, code)
    assert response.headers["location"] == "http://tenant.test/v1.0/users/delta?$deltatoken="
    assert len((await round_of(tenant.people, response.headers["location"]))[0]) == len(tenant.state.users)


async def test_empty_pages_carry_next_links(tenant: Tenant, hires: list[str]) -> None:
    tenant.state.settings = tenant.state.settings.changed({"deltaEmptyPages": 3, "deltaPageSize": 100})
    items, link, sizes = await round_of(tenant.people, "/users/delta")
    assert len({item["id"] for item in items}) == len(tenant.state.users)
    assert sizes == [0, 100, 0, 22, 0, 0]
    await change(tenant, hires[0], jobTitle="Chief")
    assert [item["id"] for item in (await round_of(tenant.people, link))[0]] == [hires[0]]


async def test_replays_and_late_changes(tenant: Tenant, hires: list[str]) -> None:
    tenant.state.settings = tenant.state.settings.changed({"deltaReplays": 2})
    link = await latest(tenant.people, "/users/delta")
    for user_id in hires[:3]:
        await change(tenant, user_id, jobTitle="Chief")
    items, link, _ = await round_of(tenant.people, link)
    assert [item["id"] for item in items] == hires[:3]
    assert [item["id"] for item in (await round_of(tenant.people, link))[0]] == hires[1:3]
    tenant.state.settings = tenant.state.settings.changed({"deltaReplays": 0, "deltaLag": 450})
    await change(tenant, hires[9], jobTitle="Chief")
    items, link, _ = await round_of(tenant.people, link)
    assert items == []
    tenant.state.clock.advance(450)
    assert [item["id"] for item in (await round_of(tenant.people, link))[0]] == [hires[9]]


async def test_a_cursor_of_groups_tells_nothing_about_users(tenant: Tenant, hires: list[str]) -> None:
    link = await latest(tenant.with_roles("Group.Read.All"), "/groups/delta")
    await change(tenant, hires[0], jobTitle="Chief")
    body = (await tenant.people.get(link.replace("/groups/", "/users/"))).json()
    assert (body["value"], "@odata.deltaLink" in body) == ([], True)


async def test_people_deleted_while_everything_is_read(tenant: Tenant) -> None:
    tenant.state.settings = tenant.state.settings.changed({"deltaPageSize": 50})
    first = (await tenant.people.get("/users/delta?$select=id")).json()
    order = [user["id"] for user in tenant.state.users]
    for user_id in (order[3], order[49]):
        await tenant.http.delete(f"/_local/users/{user_id}")
    rest, link, _ = await round_of(tenant.people, first["@odata.nextLink"])
    seen = {item["id"] for item in [*first["value"], *rest]}
    assert seen >= {user["id"] for user in tenant.state.users}
    gone = {item["id"] for item in (await round_of(tenant.people, link))[0] if "@removed" in item}
    assert gone == {order[3], order[49]}


async def test_members_of_groups(tenant: Tenant, hires: list[str]) -> None:
    group_id = await tenant.new_group(**binding(*hires[:3]))
    items, link, _ = await round_of(tenant.admin, "/groups/delta?$select=displayName,members")
    user = "#microsoft.graph.user"
    assert items == [
        {
            "displayName": "Enrollment",
            "id": group_id,
            "members@delta": [{"@odata.type": user, "id": member} for member in hires[:3]],
        }
    ]
    await tenant.admin.delete(f"/groups/{group_id}/members/{hires[0]}/$ref")
    await tenant.admin.post(f"/groups/{group_id}/members/$ref", reference(hires[4]))
    await tenant.http.delete(f"/_local/users/{hires[1]}")
    items, link, _ = await round_of(tenant.admin, link)
    assert items[0]["members@delta"] == [
        {"@odata.type": user, "id": hires[0], "@removed": {"reason": "deleted"}},
        {"@odata.type": user, "id": hires[4]},
    ], "the deletion of a person is not the removal of a member"
    await tenant.admin.patch(f"/groups/{group_id}", {"description": "not selected"})
    assert (await round_of(tenant.admin, link))[0] == []
    await tenant.admin.delete(f"/groups/{group_id}")
    assert (await round_of(tenant.admin, link))[0] == [{"id": group_id, "@removed": {"reason": "changed"}}]


async def test_a_large_membership_is_spread(tenant: Tenant) -> None:
    group_id = await tenant.new_group()
    people = seed_users(tenant.state, 2_500)
    tenant.state.members[group_id] = dict.fromkeys(people)
    items, _, _ = await round_of(tenant.admin, "/groups/delta")
    assert [len(item["members@delta"]) for item in items] == [1_000, 1_000, 500]
    assert {item["id"] for item in items} == {group_id}


async def test_no_change_costs_next_to_nothing(tenant: Tenant) -> None:
    seed_users(tenant.state, 50_000)
    link = await latest(tenant.people, "/users/delta")
    times = []
    for _ in range(5):
        start = time.process_time()
        assert (await tenant.people.get(link)).json()["value"] == []
        times.append(time.process_time() - start)
    assert min(times) < 0.02
