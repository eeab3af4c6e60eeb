"""The control side: settings, clock, people, faults, the log and the state."""

from typing import Any

import pytest

from local.identities import ADMINISTRATOR_USER_ID, PEOPLE, TENANT

from .support import REDIRECT_URI, Tenant, binding


async def test_the_log_and_its_counts(tenant: Tenant, hires: list[str]) -> None:
    group_id = await tenant.new_group()
    await tenant.admin.patch(f"/groups/{group_id}", binding(hires[0]))
    await tenant.people.get(f"/groups/{group_id}")
    await tenant.http.get("/msi/token")
    log = (await tenant.http.get("/_local/requests")).json()
    assert [(entry["method"], entry["template"], entry["status"]) for entry in log] == [
        ("POST", "/groups", 201),
        ("PATCH", "/groups/{group}", 204),
        ("GET", "/groups/{group}", 403),
        ("GET", "/msi/token", 401),
    ]
    assert (log[2]["path"], log[2]["clientAppId"]) == (f"/groups/{group_id}", PEOPLE.client_id)
    counts = (await tenant.http.get("/_local/requests?count=1")).json()
    assert counts["PATCH /groups/{group}"] == 1
    assert (await tenant.http.delete("/_local/requests")).status_code == 204
    assert (await tenant.http.get("/_local/requests")).json() == []


async def test_faults(tenant: Tenant) -> None:
    body = {"error": {"code": "TooManyRequests", "message": "Please retry again later."}}
    fault = {"method": "get", "path": "^/v1.0/groups", "status": 429, "body": body, "times": 2}
    assert (await tenant.http.post("/_local/faults", json=fault)).status_code == 201
    assert [(await tenant.admin.get("/groups")).status_code for _ in range(3)] == [429, 429, 200]
    [state] = (await tenant.http.get("/_local/faults")).json()
    assert state["hits"] == 2
    await tenant.http.post("/_local/faults", json={"path": "/msi/token", "status": 500})
    assert (await tenant.http.get("/msi/token")).status_code == 500
    await tenant.http.delete("/_local/faults")
    assert (await tenant.http.get("/msi/token")).status_code == 401


async def test_a_dropped_call_has_an_effect_only_when_dropped_after(tenant: Tenant) -> None:
    for drop, groups in (("before", 0), ("after", 1)):
        await tenant.http.post("/_local/faults", json={"path": "/groups", "drop": drop, "times": 1})
        with pytest.raises(ConnectionResetError):
            await tenant.new_group()
        assert len(tenant.state.groups) == groups


async def test_settings_and_clock(tenant: Tenant) -> None:
    settings = (await tenant.http.patch("/_local/settings", json={"lag": 5, "licenseP1": False})).json()
    assert (settings["lag"], settings["licenseP1"]) == (5.0, False)
    assert (await tenant.http.get("/_local/clock")).json() == {"now": "2026-11-25T09:00:00Z"}
    moved = await tenant.http.post("/_local/clock", json={"advance": 3600})
    assert moved.json() == {"now": "2026-11-25T10:00:00Z"}


async def test_people(tenant: Tenant) -> None:
    response = await tenant.http.post("/_local/users", json=[{"displayName": "Ada Abe", "employeeId": "X1"}, {}])
    ada, other = response.json()["ids"]
    [shown] = await tenant.people.value("/users?$filter=employeeId eq 'X1'&$select=id,userPrincipalName")
    assert shown == {"id": ada, "userPrincipalName": "ada.abe@example.com"}
    assert (await tenant.http.patch(f"/_local/users/{ada}", json={"accountEnabled": False})).status_code == 200
    changes = {other: {"department": "Sales"}, "ada.abe@example.com": {"jobTitle": "Boss"}}
    assert (await tenant.http.patch("/_local/users", json=changes)).status_code == 204
    user = (await tenant.http.get(f"/_local/users/{ada}")).json()
    assert (user["accountEnabled"], user["jobTitle"]) == (False, "Boss")
    group_id = await tenant.new_group(**binding(ada))
    assert (await tenant.http.request("DELETE", "/_local/users", json=[ada, other])).status_code == 204
    assert (await tenant.people.get(f"/users/{ada}")).status_code == 404
    assert tenant.state.members[group_id] == {}
    more = (await tenant.http.post("/_local/users", json={"count": 3})).json()["ids"]
    assert tenant.state.users.objects[more[0]]["employeeId"] == "E000121"


async def test_registrations_and_passes(tenant: Tenant, hires: list[str]) -> None:
    given = await tenant.http.post("/_local/registrations", json={"userId": hires[0], "method": "fido2"})
    assert given.json()["@odata.type"] == "#microsoft.graph.fido2AuthenticationMethod"
    assert list((await tenant.http.get("/_local/registrations")).json()) == [hires[0]]
    await tenant.http.request("DELETE", "/_local/registrations", json={"userId": hires[0]})
    assert (await tenant.http.get("/_local/registrations")).json() == {}
    made = await tenant.http.post(f"/_local/users/{hires[0]}/temporary-access-pass")
    assert (made.status_code, len(made.json()["temporaryAccessPass"])) == (201, 8)


async def test_roles(tenant: Tenant) -> None:
    held = (await tenant.http.get("/_local/roles")).json()
    assert held[TENANT.client_id] == sorted(TENANT.roles)
    held = (await tenant.http.put("/_local/roles", json={TENANT.client_id: []})).json()
    assert held[TENANT.client_id] == []
    assert (await tenant.admin.get("/groups")).status_code == 403


async def test_the_state_is_the_same_until_something_changes(tenant: Tenant, hires: list[str]) -> None:
    before = (await tenant.http.get("/_local/state")).json()
    await tenant.admin.get("/groups")
    tenant.state.clock.advance(10)
    assert (await tenant.http.get("/_local/state")).json() == before
    group_id = await tenant.new_group(**binding(hires[1], hires[0]))
    application, principal = await tenant.new_web_app()
    after = (await tenant.http.get("/_local/state")).json()
    assert after["groups"] == [
        {
            "id": group_id,
            "displayName": "Enrollment",
            "uniqueName": None,
            "members": sorted(hires[:2]),
            "owners": [],
        }
    ]
    assert [item["id"] for item in after["applications"]] == [application["id"]]
    assert principal["id"] in {item["id"] for item in after["servicePrincipals"]}


async def test_the_client_id_of_a_redirect_uri(tenant: Tenant) -> None:
    query = {"redirect_uri": REDIRECT_URI}
    assert (await tenant.http.get("/_local/client-id", params=query)).status_code == 404
    application, _ = await tenant.new_web_app()
    assert (await tenant.http.get("/_local/client-id", params=query)).json() == {"clientId": application["appId"]}


@pytest.mark.parametrize(
    ("method", "path", "body", "words"),
    [
        ("PATCH", "settings", {"lagg": 1}, "There is no setting 'lagg'"),
        ("PATCH", "settings", {"lag": "1"}, "takes a value of type float"),
        ("PATCH", "settings", {"licenseP1": 1}, "takes a value of type bool"),
        ("PATCH", "settings", [], "must be a JSON object"),
        ("POST", "clock", {"advance": -1}, "not negative"),
        ("POST", "faults", {}, "at least 'path'"),
        ("POST", "faults", {"path": "("}, "not a regular expression"),
        ("POST", "faults", {"path": "x"}, "it would do nothing"),
        ("POST", "faults", {"path": "x", "drop": "soon"}, "'before' or 'after'"),
        ("POST", "faults", {"path": "x", "status": "500"}, "a whole number"),
        ("POST", "faults", {"path": "x", "sta": 1}, "A fault has no 'sta'"),
        ("POST", "users", {"number": 3}, "takes a list of people"),
        ("POST", "users", [{"shoeSize": 42}], "no property 'shoeSize'"),
        ("POST", "users", [{"id": ADMINISTRATOR_USER_ID}], "already"),
        ("POST", "users", [{"userPrincipalName": "admin@example.com"}], "already"),
        ("PATCH", "users", {"nobody": {}}, "There is no person"),
        ("PATCH", "users/nobody", {}, "There is no person"),
        ("DELETE", "users", {}, "takes a JSON list"),
        ("POST", "registrations", {}, "with a 'userId'"),
        ("POST", "registrations", {"userId": ADMINISTRATOR_USER_ID, "method": "x"}, "There is no method 'x'"),
        ("POST", f"users/{ADMINISTRATOR_USER_ID}/temporary-access-pass", {"lifetimeInMinutes": 1}, "valid range"),
        ("PUT", "roles", {PEOPLE.client_id: ["Everything"]}, "'Everything' is not an application permission"),
        ("PUT", "roles", {PEOPLE.client_id: "Group.Read.All"}, "must be a list"),
        ("GET", "client-id", None, "needs the query parameter"),
    ],
)
async def test_bad_input_is_explained(tenant: Tenant, method: str, path: str, body: Any, words: str) -> None:
    response = await tenant.http.request(method, f"/_local/{path}", json=body)
    assert response.status_code == 400
    assert words in response.json()["error"]


async def test_control_bodies_must_be_json(tenant: Tenant) -> None:
    for path in ("settings", "users/admin@example.com"):
        response = await tenant.http.patch(f"/_local/{path}", content=b"{")
        assert response.status_code == 400
        assert "must be JSON" in response.json()["error"]
