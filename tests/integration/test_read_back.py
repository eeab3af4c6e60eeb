"""What was written is read back: a policy that is not as it was sent does not stay in force (policy-and-objects B8)."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from local import identities
from provisioning.model.operation import ErrorCode, Mode, OperationState
from tests.integration.conftest import World

Policy = dict[str, Any]
REPORT_ONLY = "enabledForReportingButNotEnforced"


def damage_after(world: World, method: str, damage: Callable[[Policy], None]) -> None:
    """Let the tenant keep another policy than was sent, the first time one is written so."""
    graph = world.services.graphs[identities.TENANT.client_id]
    exchange = graph.exchange
    done: list[str] = []

    async def lossy(info: Any) -> httpx.Response:
        response = await exchange(info)
        written = info.http_method.value == method and "conditionalAccess/policies" in info.url
        if written and response.is_success and not done:
            done.append(method)
            for policy in world.tenant.policies:
                damage(policy)
        return response

    graph.exchange = lossy  # type: ignore[method-assign]


def clear_groups(policy: Policy) -> None:
    policy["conditions"]["users"]["includeGroups"] = []


def include_all(policy: Policy) -> None:
    policy["conditions"]["users"]["includeUsers"] = ["All"]


def lose_break_glass(policy: Policy) -> None:
    policy["conditions"]["users"]["excludeUsers"] = []


def all_applications(policy: Policy) -> None:
    policy["conditions"]["applications"]["includeApplications"] = ["All"]


def no_controls(policy: Policy) -> None:
    policy["grantControls"]["builtInControls"] = []


def in_force(policy: Policy) -> None:
    policy["state"] = "enabled"


DAMAGES = [clear_groups, include_all, lose_break_glass, all_applications, no_controls, in_force]


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_new_policy_that_lost_a_field_is_no_success(world: World, damage: Callable[[Policy], None]) -> None:
    damage_after(world, "POST", damage)
    operation = await world.operate()
    assert operation.state is OperationState.FAILED, operation.as_json()
    assert operation.error is not None
    assert operation.error.code is ErrorCode.NOT_AS_WRITTEN
    assert "differs from what was written" in operation.error.message
    (policy,) = world.tenant.policies
    assert policy["state"] == REPORT_ONLY
    again = await world.operate()
    assert again.state is OperationState.SUCCEEDED, again.as_json()
    assert len(world.tenant.policies) == 1
    assert not (await world.plan()).changes_something


@pytest.mark.parametrize("damage", [clear_groups, lose_break_glass, all_applications])
async def test_a_policy_that_loses_a_field_when_it_is_turned_on_goes_back(
    ready: World, damage: Callable[[Policy], None]
) -> None:
    """An enable that loses break-glass ended "succeeded", and the policy was in force so."""
    damage_after(ready, "PATCH", damage)
    operation = await ready.operate(Mode.ENABLE)
    assert operation.state is OperationState.FAILED, operation.as_json()
    (policy,) = ready.tenant.policies
    assert policy["state"] == REPORT_ONLY
    assert operation.error is not None
    assert "turned back to report-only" in operation.error.message


async def test_the_guard_that_fails_stops_the_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGISTRATION_POLICY", "mfa")
    await world.operate()
    damage_after(world, "PATCH", lose_break_glass)
    assert (await world.operate(Mode.ENABLE)).state is OperationState.FAILED
    assert {policy["state"] for policy in world.tenant.policies} == {REPORT_ONLY}
