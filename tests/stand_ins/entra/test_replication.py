"""Replication lag: per object, per reader, and in the index of advanced queries."""

from .support import EVENTUAL, Tenant, binding, new_policy, reference, refused


def configure(tenant: Tenant, **changes: object) -> None:
    tenant.state.settings = tenant.state.settings.changed(changes)


async def seen(tenant: Tenant, path: str, *, times: int) -> list[int]:
    return [(await tenant.admin.get(path)).status_code for _ in range(times)]


async def test_one_replica_hides_a_new_object_for_the_whole_lag(tenant: Tenant) -> None:
    configure(tenant, lag=60)
    group_id = await tenant.new_group()
    assert await seen(tenant, f"/groups/{group_id}", times=3) == [404, 404, 404]
    tenant.state.clock.advance(60)
    assert await seen(tenant, f"/groups/{group_id}", times=3) == [200, 200, 200]


async def test_replicas_in_turn_flap_until_the_last_one_has_it(tenant: Tenant) -> None:
    configure(tenant, lag=60, replicas=3, replicaChoice="roundRobin")
    path = f"/groups/{await tenant.new_group()}"
    counts = []
    for advance in (0, 30, 30):
        tenant.state.clock.advance(advance)
        counts.append((await seen(tenant, path, times=6)).count(200))
    assert counts == [2, 4, 6]


async def test_a_pinned_client_reads_one_replica(tenant: Tenant) -> None:
    configure(tenant, lag=60, replicas=3)
    for _ in range(3):
        answers = await seen(tenant, f"/groups/{await tenant.new_group()}", times=4)
        assert len(set(answers)) == 1


async def test_two_clients_may_see_different_things(tenant: Tenant) -> None:
    configure(tenant, lag=60, replicas=2)
    clients = [tenant.with_roles("Group.Read.All") for _ in range(8)]
    path = f"/groups/{await tenant.new_group()}"
    assert {(await client.get(path)).status_code for client in clients} == {200, 404}


async def test_objects_differ_in_the_replica_that_has_them_first(tenant: Tenant) -> None:
    configure(tenant, lag=60, replicas=2)
    answers = [(await seen(tenant, f"/groups/{await tenant.new_group()}", times=1))[0] for _ in range(12)]
    assert set(answers) == {200, 404}


async def test_the_index_of_advanced_queries_is_later(tenant: Tenant) -> None:
    configure(tenant, indexLag=120)
    await tenant.new_group(displayName="Fresh")
    query = "/groups?$filter=displayName eq 'Fresh'&$count=true"
    assert len((await tenant.admin.get(query)).json()["value"]) == 1
    assert (await tenant.admin.get(query, headers=EVENTUAL)).json()["@odata.count"] == 0
    assert (await tenant.admin.get("/groups/$count", headers=EVENTUAL)).text == "0"
    tenant.state.clock.advance(120)
    assert (await tenant.admin.get(query, headers=EVENTUAL)).json()["@odata.count"] == 1


async def test_a_person_is_late_in_every_kind_of_read(tenant: Tenant) -> None:
    configure(tenant, lag=60)
    person = {"displayName": "Late Person", "employeeId": "L1", "userPrincipalName": "late@example.com"}
    created = await tenant.http.post("/_local/users", json=[person])
    user_id = created.json()["ids"][0]
    paths = (f"/users/{user_id}", "/users/late@example.com")
    assert [(await tenant.people.get(path)).status_code for path in paths] == [404, 404]
    assert await tenant.people.value("/users?$filter=employeeId eq 'L1'") == []
    tenant.state.clock.advance(60)
    assert [(await tenant.people.get(path)).status_code for path in paths] == [200, 200]
    assert len(await tenant.people.value("/users?$filter=employeeId eq 'l1'")) == 1


async def test_what_follows_on_an_object_that_is_late(tenant: Tenant, hires: list[str]) -> None:
    """404 for links, 400 for a service principal, an assignment and a policy."""
    configure(tenant, lag=60)
    late_group, application = await tenant.new_group(), await tenant.new_application()
    response = await tenant.admin.post(f"/groups/{late_group}/members/$ref", reference(hires[0]))
    assert (response.status_code, response.json()["error"]["code"]) == (404, "Request_ResourceNotFound")
    response = await tenant.admin.patch(f"/groups/{late_group}", binding(hires[0]))
    assert response.status_code == 404
    app_id = application["appId"]
    response = await tenant.admin.post("/servicePrincipals", {"appId": app_id})
    refused(
        response,
        400,
        "Request_BadRequest",
        f"The appId '{app_id}' of the service principal does not reference a valid application object.",
    )
    assert response.json()["error"]["details"][0]["code"] == "NoBackingApplicationObject"
    configure(tenant, unreplicatedApplication="denied")
    refused(
        await tenant.admin.post("/servicePrincipals", {"appId": app_id}),
        403,
        "Authorization_RequestDenied",
        "When using this permission, the backing application of the service principal being created must in the local "
        "tenant",
    )
    tenant.state.clock.advance(60)
    principal = (await tenant.admin.post("/servicePrincipals", {"appId": app_id})).json()
    response = await tenant.admin.post("/identity/conditionalAccess/policies", new_policy(app_id))
    assert (response.status_code, "ServicePrincipalNotFound" in response.text) == (400, True)
    tenant.state.clock.advance(60)
    late_group = await tenant.new_group()
    body = {
        "principalId": late_group,
        "resourceId": principal["id"],
        "appRoleId": "00000000-0000-0000-0000-000000000000",
    }
    path = f"/servicePrincipals/{principal['id']}/appRoleAssignedTo"
    refused(await tenant.admin.post(path, body), 400, "Request_BadRequest", "Not a valid reference update.")
    tenant.state.clock.advance(60)
    assert (await tenant.admin.post(path, body)).status_code == 201


async def test_memberships_are_late_too(tenant: Tenant, hires: list[str]) -> None:
    """A reader that adds what it does not see gets "already exist", as with the real service."""
    path = f"/groups/{await tenant.new_group(**binding(hires[0]))}"
    configure(tenant, memberLag=60)

    async def members() -> list[str]:
        return [item["id"] for item in await tenant.admin.value(f"{path}/members?$select=id")]

    assert (await tenant.admin.patch(path, binding(hires[1]))).status_code == 204
    assert (await tenant.admin.delete(f"{path}/members/{hires[0]}/$ref")).status_code == 204
    assert await members() == [hires[0]]
    refused(
        await tenant.admin.post(f"{path}/members/$ref", reference(hires[1])),
        400,
        "Request_BadRequest",
        "One or more added object references already exist for the following modified properties: 'members'.",
    )
    tenant.state.clock.advance(60)
    assert await members() == [hires[1]]


async def test_settings_with_few_values_refuse_others(tenant: Tenant) -> None:
    response = await tenant.http.patch("/_local/settings", json={"replicaChoice": "random"})
    assert response.status_code == 400
    assert response.json()["error"] == "The setting 'replicaChoice' takes one of pinned, roundRobin, not 'random'."
