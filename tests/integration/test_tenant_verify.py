"""Verification asks Entra's own What-If, and says what was proved."""

import pytest

from local import identities
from provisioning.model.operation import Mode, OperationState
from tests.integration.conftest import World

CHECKS = ["member at our application", "break-glass account at our application", "member at another application"]


@pytest.fixture
async def joined(ready: World) -> World:
    """A tenant with a member in the group."""
    objects = await ready.state.objects()
    assert objects is not None
    ready.tenant.link_member(str(objects.group_id), await ready.add_user(employeeId="9"))
    return ready


@pytest.mark.parametrize("mode", [Mode.DISABLE, Mode.ENABLE])
async def test_a_good_policy_is_proved_for_all_three_before_and_after_it_is_on(joined: World, mode: Mode) -> None:
    await joined.operate(mode)
    await joined.forget_requests()
    operation = await joined.operate(Mode.VERIFY)
    assert operation.state is OperationState.SUCCEEDED, operation.as_json()
    assert {step.name: step.outcome for step in operation.steps if step.name in CHECKS} == dict.fromkeys(
        CHECKS, "passed"
    )
    assert {step.seconds for step in operation.steps if step.name in CHECKS} == {None}, "none has a time of its own"
    assert not [line for line in await joined.requests("P") if "evaluate" not in line]


async def test_a_break_glass_account_that_lost_its_exclusion_is_found(joined: World) -> None:
    (policy,) = joined.tenant.policies
    objects = await joined.state.objects()
    assert objects is not None
    joined.tenant.link_member(str(objects.group_id), identities.BREAK_GLASS_USER_ID)
    policy["conditions"]["users"]["excludeUsers"] = []
    operation = await joined.operate(Mode.VERIFY)
    assert operation.state is OperationState.FAILED
    failed = {step.name for step in operation.steps if step.outcome == "failed"}
    assert failed - {"policies in force"} == {CHECKS[1]}


async def test_a_policy_that_reaches_another_application_is_found(joined: World) -> None:
    (policy,) = joined.tenant.policies
    policy["conditions"]["applications"]["includeApplications"] = ["All"]
    operation = await joined.operate(Mode.VERIFY)
    assert {step.name for step in operation.steps if step.outcome == "failed"} == {CHECKS[2]}


async def test_a_policy_that_was_switched_off_asks_nobody(joined: World) -> None:
    (policy,) = joined.tenant.policies
    policy["state"] = "disabled"
    operation = await joined.operate(Mode.VERIFY)
    assert operation.state is OperationState.FAILED
    assert {step.name for step in operation.steps if step.outcome == "failed"} == {CHECKS[0]}


async def test_without_a_member_the_rest_is_proved_and_the_gap_is_said(ready: World) -> None:
    operation = await ready.operate(Mode.VERIFY)
    assert operation.state is OperationState.UNPROVED
    outcomes = {step.name: step.outcome for step in operation.steps}
    assert outcomes[CHECKS[0]] == "unproved"
    assert outcomes[CHECKS[1]] == "passed"


async def test_there_is_nothing_to_verify_before_an_apply(world: World) -> None:
    operation = await world.operate(Mode.VERIFY)
    assert operation.state is OperationState.REFUSED
    assert "Apply first" in (operation.detail or "")
