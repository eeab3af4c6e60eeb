"""The roles of the board on the application, beside an admin's own, and what they mean for the group's assignment."""

from typing import Any

import pytest

from provisioning.model.board import READER
from provisioning.model.board_actions import ACTOR
from provisioning.model.operation import Mode, OperationState
from provisioning.model.passes import ISSUER
from provisioning.tenant.resources.app_roles import PERSON, PERSON_ROLE, role_id
from tests.integration.conftest import World

DEFAULT_ROLE = "00000000-0000-0000-0000-000000000000"


def application(world: World) -> dict[str, Any]:
    (found,) = world.tenant.applications.ordered()
    return dict(found)


def roles(world: World) -> dict[str, bool]:
    return {role["value"]: role["isEnabled"] for role in application(world).get("appRoles") or ()}


def group_roles(world: World) -> list[str]:
    return [row["appRoleId"] for row in world.tenant.assignments.values() if row["principalType"] == "Group"]


async def apply(world: World) -> None:
    operation = await world.settle(await world.operate())
    assert operation.state is OperationState.SUCCEEDED, operation.as_json()


async def test_a_new_tenant_gets_the_roles_and_the_group_the_one_that_opens_the_page(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Graph takes no assignment to the default role once there are roles (facts: appRoleAssignment resource type)."""
    monkeypatch.setenv("BOARD", "true")
    await apply(world)
    assert roles(world) == dict.fromkeys((PERSON, READER), True)
    assert group_roles(world) == [PERSON_ROLE]
    assert not (await world.plan()).changes_something


async def test_replicas_that_lag_do_not_stop_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOARD", "true")
    await world.control.patch("/_local/settings", json={"lag": 20})
    await apply(world)
    assert group_roles(world) == [PERSON_ROLE]


async def test_the_default_assignment_goes_on_when_the_roles_come_later(
    ready: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert roles(ready) == {}
    monkeypatch.setenv("BOARD", "true")
    await apply(ready)
    assert roles(ready) == dict.fromkeys((PERSON, READER), True)
    assert group_roles(ready) == [DEFAULT_ROLE]
    assert not (await ready.plan()).changes_something


async def test_without_the_board_readers_lose_it_and_newcomers_keep_their_page(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOARD", "true")
    await apply(world)
    monkeypatch.setenv("BOARD", "false")
    await apply(world)
    assert roles(world) == {PERSON: True, READER: False}
    for row in [row for row in world.tenant.assignments.values() if row["principalType"] == "Group"]:
        del world.tenant.assignments[row["id"]]
    await apply(world)
    assert group_roles(world) == [PERSON_ROLE], "Graph would refuse the default role"
    assert not (await world.plan()).changes_something


async def test_an_admins_own_role_is_left_alone(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    own = {
        "id": "11111111-1111-4111-8111-111111111111",
        "value": "Own.Role",
        "displayName": "Own",
        "description": "Own",
        "allowedMemberTypes": ["Application"],
        "isEnabled": True,
        "origin": "Application",
    }
    (found,) = ready.tenant.applications.ordered()
    found["appRoles"] = [own]
    assert not (await ready.plan()).changes_something
    monkeypatch.setenv("BOARD", "true")
    await apply(ready)
    assert set(roles(ready)) == {"Own.Role", PERSON, READER}
    assert not (await ready.plan()).changes_something


async def test_a_group_that_holds_the_readers_role_is_not_taken_for_assigned(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOARD", "true")
    await apply(world)
    for row in world.tenant.assignments.values():
        if row["principalType"] == "Group":
            row["appRoleId"] = role_id(READER)
    await apply(world)
    assert sorted(group_roles(world)) == sorted([PERSON_ROLE, role_id(READER)])


async def test_removal_takes_the_roles_away_with_the_application(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOARD", "true")
    await apply(world)
    plan = await world.plan(Mode.REMOVE)
    operation = await world.settle(await world.operate(Mode.REMOVE, plan_id=plan.plan_id))
    assert operation.state is OperationState.SUCCEEDED, operation.as_json()
    assert world.tenant.applications.ordered() == []


async def test_who_may_act_gets_a_role_of_its_own_where_the_board_takes_actions(
    ready: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOARD_ACTIONS", "true")
    assert not (await ready.plan()).changes_something, "there is no board"
    monkeypatch.setenv("BOARD", "true")
    await apply(ready)
    assert roles(ready) == dict.fromkeys((PERSON, READER, ACTOR), True)
    assert group_roles(ready) == [DEFAULT_ROLE]
    monkeypatch.setenv("BOARD_ACTIONS", "false")
    await apply(ready)
    assert roles(ready) == {PERSON: True, READER: True, ACTOR: False}


async def test_a_helpdesk_gets_a_role_of_its_own_where_it_may_hand_over_passes(
    ready: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASS_HELPDESK", "true")
    assert not (await ready.plan()).changes_something, "there are no passes"
    monkeypatch.setenv("PASSES", "true")
    await apply(ready)
    assert roles(ready) == {PERSON: True, ISSUER: True}
    monkeypatch.setenv("PASSES", "false")
    await apply(ready)
    assert roles(ready) == {PERSON: True, ISSUER: False}
