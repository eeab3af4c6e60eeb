"""The least-privilege report."""

from local.identities import PEOPLE, TENANT

from .support import Tenant, new_group


async def test_used_and_never_used(tenant: Tenant) -> None:
    await tenant.people.get("/users?$top=1")
    await tenant.people.get("/groups")
    report = (await tenant.http.get("/_local/roles/report")).json()[PEOPLE.client_id]
    assert report == {
        "held": sorted(PEOPLE.roles),
        "used": {"User.Read.All": {"GET /users": 1}},
        "never": ["AuditLog.Read.All", "RoleManagement.Read.Directory", "UserAuthenticationMethod.Read.All"],
        "refused": {"GET /groups": 1},
    }
    assert (await tenant.http.delete("/_local/roles/report")).status_code == 204
    assert (await tenant.http.get("/_local/roles/report")).json()[PEOPLE.client_id]["used"] == {}


async def test_a_role_counts_only_where_no_role_used_anyway_would_do(tenant: Tenant) -> None:
    caller = tenant.with_roles("Group.Create", "Group.Read.All", "Group.ReadWrite.All")
    group_id = (await caller.post("/groups", new_group())).json()["id"]
    await caller.get("/groups")
    await caller.delete(f"/groups/{group_id}")
    reports = (await tenant.http.get("/_local/roles/report")).json()
    [report] = [item for item in reports.values() if "Group.Create" in item["held"]]
    assert list(report["used"]) == ["Group.ReadWrite.All"]
    assert report["never"] == ["Group.Create", "Group.Read.All"]


async def test_what_an_owner_may_do_needs_only_the_owners_role(tenant: Tenant) -> None:
    application = await tenant.new_application()
    await tenant.admin.get(f"/applications/{application['id']}")
    report = (await tenant.http.get("/_local/roles/report")).json()[TENANT.client_id]
    assert list(report["used"]) == ["Application.ReadWrite.OwnedBy"]
