"""Membership ends: everybody the product added is judged again every day (case S6), and done people leave."""

from collections.abc import Awaitable, Callable
from uuid import uuid4

import pytest

from local import identities
from provisioning.model.ledger import EnrollmentState, Person
from tests.integration.conftest import World
from tests.integration.test_registration import register, seen

ROLE = "fe930be7-5e62-47db-91af-98c3a49a38b1"


async def make_eligible(world: World, *principals: str) -> None:
    await world.control.patch("/_local/settings", json={"licenseP2": True})
    rows = [{"principalId": principal, "roleDefinitionId": ROLE} for principal in principals]
    answer = await world.control.put("/_local/role-eligibilities", json=rows)
    assert answer.status_code < 300, answer.text


async def give_role(world: World, mia: str) -> None:
    assignment = world.tenant.directory_roles[0]
    world.tenant.directory_roles.append({**assignment, "id": "x", "principalId": mia})


async def give_role_through_a_group(world: World, mia: str) -> None:
    group_id = str(uuid4())
    world.tenant.groups.add({"id": group_id, "displayName": "Role holders"})
    world.tenant.members[group_id] = {mia: None}
    await give_role(world, group_id)


async def make_eligible_for_a_role(world: World, mia: str) -> None:
    await make_eligible(world, mia)


async def disable(world: World, mia: str) -> None:
    await world.control.patch(f"/_local/users/{mia}", json={"accountEnabled": False})


async def make_guest(world: World, mia: str) -> None:
    await world.control.patch(f"/_local/users/{mia}", json={"userType": "Guest"})


async def make_external(world: World, mia: str) -> None:
    name = f"{mia[:8]}_partner.example#EXT#@example.com"
    await world.control.patch(f"/_local/users/{mia}", json={"userPrincipalName": name})


Change = Callable[[World, str], Awaitable[None]]
CHANGES: dict[str, tuple[Change, str]] = {
    "role": (give_role, "directory role"),
    "role through a group": (give_role_through_a_group, "directory role"),
    "eligible": (make_eligible_for_a_role, "directory role"),
    "disabled": (disable, "disabled"),
    "guest": (make_guest, "guest"),
    "external": (make_external, "another organization"),
}


async def next_day(world: World, object_id: str) -> Person:
    world.clock.advance(days=1, minutes=1)
    await world.sweep()
    person = await world.people.person(object_id)
    assert person is not None
    return person


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("registered", [False, True])
@pytest.mark.parametrize("old", [False, True])
async def test_a_member_who_may_not_be_one_any_more_is_taken_out(
    ready: World, monkeypatch: pytest.MonkeyPatch, change: str, registered: bool, old: bool
) -> None:
    """Also one whose account is not new any more: no reading of everybody judges it again."""
    monkeypatch.setenv("RECENT_DAYS", "1")
    mia = await ready.add_user(employeeId="1")
    await ready.sweep()
    if registered:
        await register(ready, mia, "fido2")
        await seen(ready, mia)
    for _ in range(2 if old else 0):
        await next_day(ready, mia)
    assert ready.members() == {mia}
    make, words = CHANGES[change]
    await make(ready, mia)
    person = await next_day(ready, mia)
    assert ready.members() == set()
    assert person.state is EnrollmentState.PARKED
    assert words in (person.reason or "")
    assert not person.added_by_product


async def test_a_member_that_an_admin_added_stays_whatever_they_are(ready: World) -> None:
    mia = await ready.add_user(employeeId="1")
    (group,) = ready.tenant.groups
    ready.tenant.members[group["id"]][mia] = None
    await ready.sweep()
    await give_role(ready, mia)
    await next_day(ready, mia)
    assert ready.members() == {mia}


async def test_an_emergency_account_is_never_put_in(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    mia = await ready.add_user(employeeId="1")
    monkeypatch.setenv("BREAK_GLASS_USER_IDS", f"{identities.BREAK_GLASS_USER_ID},{mia}")
    await ready.send_hire("1")
    await ready.work()
    await ready.sweep()
    assert ready.members() == set()
    person = await ready.people.person(mia)
    assert person is not None
    assert "BREAK_GLASS_USER_IDS" in (person.reason or "")


async def test_a_member_who_becomes_an_emergency_account_is_taken_out(
    ready: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    mia = await ready.add_user(employeeId="1")
    await ready.sweep()
    monkeypatch.setenv("BREAK_GLASS_USER_IDS", f"{identities.BREAK_GLASS_USER_ID},{mia.upper()}")
    assert (await next_day(ready, mia)).state is EnrollmentState.PARKED
    assert ready.members() == set()


async def test_who_may_activate_a_role_is_not_invited(ready: World) -> None:
    """Privileged Identity Management: such a person is an administrator whenever they want to be."""
    mia = await ready.add_user(employeeId="1")
    await make_eligible(ready, mia)
    await ready.sweep()
    assert ready.members() == set()


async def test_without_a_license_for_eligible_roles_people_are_invited(ready: World) -> None:
    mia = await ready.add_user(employeeId="1")
    await ready.control.patch("/_local/settings", json={"licenseP2": False})
    await ready.sweep()
    assert ready.members() == {mia}


async def test_who_registered_long_ago_is_done_and_out(ready: World) -> None:
    mia = await ready.add_user(employeeId="1")
    await ready.sweep()
    invited_at = ready.clock()
    await register(ready, mia, "fido2")
    await seen(ready, mia)
    ready.clock.advance(days=29)
    await ready.sweep()
    assert ready.members() == {mia}
    person = await next_day(ready, mia)
    assert (ready.members(), person.state) == (set(), EnrollmentState.DONE)
    assert (person.methods, person.invited_at) == (("fido2",), invited_at), "the history stays"
    assert (await next_day(ready, mia)).state is EnrollmentState.DONE
    assert ready.members() == set()


async def test_membership_for_ever_is_a_setting(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEMBERSHIP_DAYS_AFTER_REGISTRATION", "0")
    mia = await ready.add_user(employeeId="1")
    await ready.sweep()
    await register(ready, mia, "fido2")
    await seen(ready, mia)
    ready.clock.advance(days=400)
    await ready.sweep()
    assert ready.members() == {mia}


@pytest.mark.parametrize("fields", [{"userType": "Member"}, {}])
async def test_an_external_member_is_parked_on_every_path(ready: World, fields: dict[str, str]) -> None:
    """Case E1: cross-tenant synchronization makes members whose methods are in their home tenant."""
    kai = await ready.add_user(
        employeeId="P-77", userPrincipalName="kai.lund_partner.example#EXT#@example.com", **fields
    )
    await ready.sweep()
    await ready.send_hire("P-77")
    await ready.work()
    assert ready.members() == set()
    person = await ready.people.person(kai)
    assert person is not None
    assert (person.state, "from another organization" in (person.reason or "")) == (EnrollmentState.PARKED, True)
