"""Before the first write: what other policies mean for ours, how many there may be, and what was done to ours."""

from uuid import uuid4

import pytest

from provisioning.model.operation import Mode, OperationState
from tests.integration.conftest import World
from tests.integration.findings import REGISTRATION, add_policy, findings, policy, refused


@pytest.fixture
def strict(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody said that registration may stay unguarded."""
    del world  # sets it
    monkeypatch.delenv("ACKNOWLEDGE_UNPROTECTED_REGISTRATION")


async def test_mfa_at_every_application_means_the_tile_is_not_the_first_place(ready: World) -> None:
    policy_id = await add_policy(ready)
    found = findings(await ready.plan())["mfa_everywhere"]
    assert (found.level, found.object_ids) == ("warning", (policy_id,))
    objects = await ready.state.objects()
    assert objects is not None
    (policy,) = [policy for policy in ready.tenant.policies if policy["id"] == policy_id]
    policy["conditions"]["users"]["excludeGroups"] = [str(objects.group_id).upper()]
    assert "mfa_everywhere" not in findings(await ready.plan())


@pytest.mark.usefixtures("strict")
async def test_the_policy_stays_off_while_nothing_guards_registration(ready: World) -> None:
    """An attacker with the first password would enroll their own phone (entra-docs, security info registration)."""
    assert findings(await ready.plan())["registration_unguarded"].level == "warning"
    await refused(ready, "registration_unguarded", Mode.ENABLE)
    guard = await add_policy(ready, applications={"includeUserActions": [REGISTRATION]}, state="disabled")
    (policy,) = [policy for policy in ready.tenant.policies if policy["id"] == guard]
    for state in ("disabled", "enabledForReportingButNotEnforced"):
        policy["state"] = state
        await refused(ready, "registration_unguarded", Mode.ENABLE)
    policy["state"] = "enabled"
    operation = await ready.operate(Mode.ENABLE)
    assert operation.state is OperationState.SUCCEEDED, operation.as_json()
    assert findings(operation.plan) == {}


async def test_an_admin_may_say_that_registration_is_guarded_elsewhere(ready: World) -> None:
    operation = await ready.operate(Mode.ENABLE)
    assert operation.state is OperationState.SUCCEEDED
    assert findings(operation.plan)["registration_unguarded"].level == "warning"


@pytest.mark.usefixtures("strict")
async def test_our_own_guard_of_registration_is_enough(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGISTRATION_POLICY", "mfa")
    operation = await world.operate()
    assert operation.state is OperationState.SUCCEEDED, operation.as_json()
    assert findings(operation.plan) == {}
    operation = await world.operate(Mode.ENABLE)
    assert operation.state is OperationState.SUCCEEDED, operation.as_json()
    assert findings(operation.plan) == {}


@pytest.mark.parametrize(("count", "level"), [(189, None), (190, "warning"), (239, "warning"), (240, "blocking")])
async def test_a_tenant_full_of_policies(world: World, count: int, level: str | None) -> None:
    """Entra takes 240, and took 195 until 2026 (entra-docs, service limits)."""
    fill(world, count)
    if level == "blocking":
        await refused(world, "policy_limit")
        return
    found = findings(await world.plan()).get("policy_limit")
    assert (found.level if found else None) == level


async def test_a_full_tenant_that_has_our_policy_is_only_warned(ready: World) -> None:
    fill(ready, 239)
    assert findings(await ready.plan())["policy_limit"].level == "warning"
    assert (await ready.operate()).state is OperationState.SUCCEEDED


async def test_a_policy_of_ours_that_the_list_does_not_show_yet_needs_no_more_room(ready: World) -> None:
    others = [policy(state="disabled", id=str(uuid4()), displayName="Other") for _ in range(240)]
    await ready.fault(method="GET", path="/conditionalAccess/policies$", status=200, body={"value": others})
    assert findings(await ready.plan())["policy_limit"].level == "warning"


def fill(world: World, count: int) -> None:
    """Policies that are of no concern."""
    for _ in range(count):
        found = policy(state="disabled", id=str(uuid4()), displayName="Other")
        world.tenant.policies.add_settled({"createdDateTime": "2026-01-01T00:00:00Z", "sessionControls": None, **found})


async def test_a_policy_that_was_turned_off_is_told(ready: World) -> None:
    (policy,) = ready.tenant.policies
    policy["state"] = "disabled"
    for mode in (Mode.VERIFY, Mode.APPLY, Mode.ENABLE):
        operation = await ready.operate(mode)
        assert findings(operation.plan)["policy_disabled"].object_ids == (policy["id"],)
    assert policy["state"] == "enabled"
    assert "policy_disabled" not in findings(await ready.plan())


async def test_a_policy_that_was_changed_is_not_turned_on_as_it_is(ready: World) -> None:
    """The emergency account was taken out by hand: to turn that on could lock everybody out."""
    (policy,) = ready.tenant.policies
    policy["conditions"]["users"]["excludeUsers"] = []
    operation = await refused(ready, "policy_drifted", Mode.ENABLE)
    assert "conditions.users" in (operation.detail or "")
    await ready.operate()
    assert (await ready.operate(Mode.ENABLE)).state is OperationState.SUCCEEDED


async def test_an_unknown_strength_is_told_once(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTHENTICATION_STRENGTH", "nothing of the kind")
    operation = await refused(ready, "strength_unknown", Mode.ENABLE)
    assert "policy_drifted" not in findings(operation.plan)
