"""Authentication methods, Temporary Access Passes and directory roles."""

from typing import Any

import pytest

from local.entra.authentication.method.kinds import METHOD_TYPES, register_method
from local.entra.ids import GLOBAL_ADMINISTRATOR_ROLE
from local.identities import ADMINISTRATOR_USER_ID, BREAK_GLASS_USER_ID

from .support import Tenant, refused


def passes(user_id: str) -> str:
    return f"/users/{user_id}/authentication/temporaryAccessPassMethods"


async def test_everybody_has_a_password(tenant: Tenant, hires: list[str]) -> None:
    [method] = await tenant.people.value(f"/users/{hires[0]}/authentication/methods")
    assert method["@odata.type"] == "#microsoft.graph.passwordAuthenticationMethod"
    assert method["id"] == "28c10230-6103-485e-b985-444c60001490"


async def test_registered_methods_are_listed(tenant: Tenant, hires: list[str]) -> None:
    for kind in METHOD_TYPES:
        register_method(tenant.state, hires[0], kind)
    rows = await tenant.people.value(f"/users/{hires[0]}/authentication/methods")
    assert {row["@odata.type"] for row in rows[1:]} == set(METHOD_TYPES.values())
    refused(
        await tenant.admin.get(f"/users/{hires[0]}/authentication/methods"),
        403,
        "accessDenied",
        "Request Authorization failed",
    )


async def test_a_pass_shows_its_code_once_and_replaces_the_last(tenant: Tenant, hires: list[str]) -> None:
    caller = tenant.with_roles("UserAuthMethod-TAP.ReadWrite.All", "UserAuthenticationMethod.Read.All")
    first = (await caller.post(passes(hires[0]), {})).json()
    assert (len(first["temporaryAccessPass"]), first["lifetimeInMinutes"], first["isUsable"]) == (8, 60, True)
    second = await caller.post(passes(hires[0]), {"isUsableOnce": True, "lifetimeInMinutes": 120})
    assert second.status_code == 201
    [shown] = await caller.value(passes(hires[0]))
    assert (shown["id"], shown["temporaryAccessPass"]) == (second.json()["id"], None)
    types = [row["@odata.type"] for row in await caller.value(f"/users/{hires[0]}/authentication/methods")]
    assert types[-1] == "#microsoft.graph.temporaryAccessPassAuthenticationMethod"
    assert (await caller.delete(f"{passes(hires[0])}/{first['id']}")).status_code == 404
    assert (await caller.delete(f"{passes(hires[0])}/{shown['id']}")).status_code == 204
    assert await caller.value(passes(hires[0])) == []


@pytest.mark.parametrize(
    ("seconds", "once_used", "reason"),
    [
        (-60, False, "NotYetValid"),
        (0, False, "EnabledByPolicy"),
        (0, True, "OneTimeUsed"),
        (3600, False, "Expired"),
    ],
)
async def test_usability(tenant: Tenant, hires: list[str], seconds: int, once_used: bool, reason: str) -> None:
    caller = tenant.with_roles("UserAuthMethod-TAP.ReadWrite.All")
    body = {"startDateTime": "2026-11-25T09:01:00Z", "isUsableOnce": True}
    await caller.post(passes(hires[0]), body)
    tenant.state.passes[hires[0]]["used"] = once_used
    tenant.state.clock.advance(60 + seconds)
    [shown] = await caller.value(passes(hires[0]))
    assert (shown["methodUsabilityReason"], shown["isUsable"]) == (reason, reason == "EnabledByPolicy")


@pytest.mark.parametrize(
    ("settings", "body", "message"),
    [
        (
            {},
            {"lifetimeInMinutes": 30},
            "Invalid LifetimeInMinutes specified. The valid range between 60 and 480.",
        ),
        (
            {"tapMinimumMinutes": 10, "tapMaximumMinutes": 20},
            {"lifetimeInMinutes": 30},
            "Invalid LifetimeInMinutes specified. The valid range between 10 and 20.",
        ),
        ({}, {"startDateTime": "soon"}, "Invalid StartDateTime specified."),
        (
            {"tapEnabled": False},
            {},
            "Converged UserCredentialPolicy does not allow creating or updating the method TemporaryAccessPass.",
        ),
    ],
)
async def test_refused_passes(
    tenant: Tenant, hires: list[str], settings: dict[str, Any], body: dict[str, Any], message: str
) -> None:
    tenant.state.settings = tenant.state.settings.changed(settings)
    caller = tenant.with_roles("UserAuthMethod-TAP.ReadWrite.All")
    refused(await caller.post(passes(hires[0]), body), 400, "badRequest", message)


async def test_a_second_pass_is_refused_where_the_setting_says_so(tenant: Tenant, hires: list[str]) -> None:
    """The reference says that it replaces the first; EphemGate and PSGraphKit expect a 400."""
    tenant.state.settings = tenant.state.settings.changed({"tapSecondPost": "refused"})
    caller = tenant.with_roles("UserAuthMethod-TAP.ReadWrite.All")
    first = (await caller.post(passes(hires[0]), {})).json()
    message = "A Temporary Access Pass already exists for this user."
    refused(await caller.post(passes(hires[0]), {}), 400, "badRequest", message)
    assert (await caller.delete(f"{passes(hires[0])}/{first['id']}")).status_code == 204
    assert (await caller.post(passes(hires[0]), {})).status_code == 201


@pytest.mark.parametrize(("scope", "reached"), [("/", [0, 1]), ("unit", [0]), ("other unit", [])])
async def test_a_directory_role_makes_passes_within_its_scope(
    tenant: Tenant, hires: list[str], scope: str, reached: list[int]
) -> None:
    """Authentication Administrator: never for who holds a role, and of no use without a right to read people."""
    state, caller = tenant.state, tenant.with_roles("User.Read.All")
    for unit, members in (("unit", [hires[0], ADMINISTRATOR_USER_ID]), ("other unit", [])):
        state.units[unit] = {"id": unit}
        state.unit_members[unit] = dict.fromkeys(members)
    blind = tenant.with_roles()
    for number, principal in enumerate(state.service_principals.ordered()[-2:]):
        directory_scope = scope if scope == "/" else f"/administrativeUnits/{scope}"
        row = {"roleDefinitionId": "c4e39bd9-1100-46d3-8c65-fb160da0071f", "directoryScopeId": directory_scope}
        state.directory_roles.append({"id": f"scoped-{number}", "principalId": principal["id"], **row})
    everybody = [hires[0], hires[1], ADMINISTRATOR_USER_ID]
    statuses = [(await caller.post(passes(user_id), {})).status_code for user_id in everybody]
    assert statuses == [201 if number in reached else 403 for number in range(3)]
    assert {(await blind.post(passes(user_id), {})).status_code for user_id in everybody} == {403}


async def test_guests_get_no_pass(tenant: Tenant) -> None:
    guest = next(user["id"] for user in tenant.state.users if user["userType"] == "Guest")
    caller = tenant.with_roles("UserAuthMethod-TAP.ReadWrite.All")
    refused(
        await caller.post(passes(guest), {}),
        400,
        "badRequest",
        "Temporary Access Pass cannot be added to an external guest user.",
    )


async def test_role_assignments(tenant: Tenant) -> None:
    path = "/roleManagement/directory/roleAssignments"
    [row] = await tenant.people.value(f"{path}?$filter=principalId eq '{ADMINISTRATOR_USER_ID}'")
    assert row["roleDefinitionId"] == GLOBAL_ADMINISTRATOR_ROLE
    holders = {row["principalId"] for row in await tenant.people.value(path)}
    assert holders == {ADMINISTRATOR_USER_ID, BREAK_GLASS_USER_ID}
    assert (await tenant.with_roles("User.Read.All").get(path)).status_code == 403


async def test_objects_by_ids(tenant: Tenant, hires: list[str]) -> None:
    body = {"ids": [*hires[:2], tenant.state.ids()], "types": ["user"]}
    assert (await tenant.with_roles("User.ReadBasic.All").post("/directoryObjects/getByIds", body)).status_code == 403
    caller = tenant.with_roles("Directory.Read.All")
    rows = (await caller.post("/directoryObjects/getByIds", body)).json()["value"]
    assert [row["id"] for row in rows] == hires[:2]
    assert (await caller.post("/directoryObjects/getByIds", {"ids": ["x"] * 1001})).status_code == 400


async def test_objects_by_ids_for_who_may_read_people_only(tenant: Tenant, hires: list[str]) -> None:
    """microsoft-graph-docs-contrib#8798: User.Read.All suffices for users, against the documentation."""
    group_id = await tenant.new_group()
    body = {"ids": [group_id, hires[0]]}
    rows = (await tenant.people.post("/directoryObjects/getByIds", body)).json()["value"]
    assert [row["id"] for row in rows] == [hires[0]]
    tenant.state.settings = tenant.state.settings.changed({"getByIdsNeedsDirectoryRead": True})
    assert (await tenant.people.post("/directoryObjects/getByIds", body)).status_code == 403
    assert (await tenant.with_roles("Directory.Read.All").post("/directoryObjects/getByIds", body)).status_code == 200
