"""The random walks fail where the product is broken: each invariant is held against a product that violates it.

A product that tells nothing, guards nothing or cannot turn off must not pass; what stops it is the walk's own check and
no other.
"""

import random
from collections.abc import Callable
from typing import Any

import pytest

from provisioning.errors import Rejected
from provisioning.model.operation import Mode
from provisioning.tenant import engine, switch_off, watch
from provisioning.tenant.preflight import exposure_findings
from tests.integration.conftest import World
from tests.integration.policy_walk import Walk
from tests.integration.prepared import Prepared
from tests.integration.test_policy_walks import (
    begin,
    check_told,
    go,
    kept_starts,
    lose_nothing,
    operate_and_check,
    starts,
)

__all__ = ["kept_starts", "starts"]  # the fixtures

Mutation = Callable[[pytest.MonkeyPatch], Any]


async def walk_of(world: World, start: Prepared, monkeypatch: pytest.MonkeyPatch, seed: int = 0) -> Walk:
    walk = Walk(world, random.Random(seed), monkeypatch)
    await begin(walk, start)
    return walk


def nothing_told(*_: Any, **__: Any) -> tuple[()]:
    return ()


def forget_emergency_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    """No finding, and no repair that would show in the plan's steps."""
    monkeypatch.setattr(exposure_findings, "about_emergency_accounts_met", nothing_told)
    monkeypatch.setattr("provisioning.tenant.resources.policies.EnrollmentPolicy.diff", nothing_told)
    monkeypatch.setattr("provisioning.tenant.resources.policies.RegistrationPolicy.diff", nothing_told)


def tell_the_plan_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan says it, and the daily look keeps it from health."""
    monkeypatch.setattr(watch, "alarms_among", nothing_told)
    monkeypatch.setattr(watch, "changed", nothing_told)


def forget_the_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exposure_findings, "unguarded", nothing_told)


def believe_every_policy_guards(monkeypatch: pytest.MonkeyPatch) -> None:
    """The computation itself is wrong, not what is said of it."""
    monkeypatch.setattr("provisioning.tenant.preflight.exposure.may_guard", lambda _: True)


@pytest.mark.parametrize(
    ("mutation", "hand", "words"),
    [
        (forget_emergency_accounts, "nobody excluded", r"\(a\) the plan does not say"),
        (tell_the_plan_alone, "nobody excluded", r"\(a\) health"),
        (forget_the_guard, "guard off", r"\(b\) asked and unguarded"),
        (tell_the_plan_alone, "guard off", r"\(b\) health"),
        (believe_every_policy_guards, "guard off", r"\(b\) asked and unguarded"),
    ],
)
async def test_a_product_that_keeps_silent_does_not_pass(
    world: World,
    starts: list[Prepared],
    monkeypatch: pytest.MonkeyPatch,
    mutation: Mutation,
    hand: str,
    words: str,
) -> None:
    walk = await walk_of(world, starts[1], monkeypatch)
    if hand == "guard off":
        guard = next(item for item in walk.ours if ": register" in item["displayName"])
        guard["state"] = "enabledForReportingButNotEnforced"
    else:
        for policy in walk.ours:
            policy["conditions"]["users"].update(excludeUsers=[], includeUsers=["All"])
    await check_told(walk)  # the product as it is passes
    with monkeypatch.context() as mutated:
        mutation(mutated)
        with pytest.raises(AssertionError, match=words):
            await check_told(walk)


def refuse_to_turn_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """A finding, a setting, a lock: whatever stands in the way of turning off."""

    async def turn_off(*_: Any, **__: Any) -> Any:
        raise Rejected("Something is not as it should be.", remedy="Put it right first.")

    monkeypatch.setattr(engine, "turn_off", turn_off)


def forget_the_second_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    find_targets = switch_off.find_targets

    async def first_alone(*given: Any) -> Any:
        return (await find_targets(*given))[:1]

    monkeypatch.setattr(switch_off, "find_targets", first_alone)


def believe_the_write(monkeypatch: pytest.MonkeyPatch) -> None:
    """The state is sent nowhere and not read back."""

    async def nothing(*_: Any) -> bool:
        return False

    monkeypatch.setattr(switch_off, "write_off", nothing)
    monkeypatch.setattr(switch_off, "shows_in_force", nothing)


@pytest.mark.parametrize(
    ("mutation", "words"),
    [
        (refuse_to_turn_off, r"\(c\) Something is not as it should be"),
        (forget_the_second_policy, r"\(c\) a policy of ours is in force after disable"),
        (believe_the_write, r"\(c\) a policy of ours is in force after disable"),
    ],
)
async def test_a_product_that_does_not_turn_off_does_not_pass(
    world: World, starts: list[Prepared], monkeypatch: pytest.MonkeyPatch, mutation: Mutation, words: str
) -> None:
    with monkeypatch.context() as mutated:
        mutation(mutated)
        with pytest.raises(AssertionError, match=words):
            await operate_and_check(await walk_of(world, starts[1], monkeypatch), Mode.DISABLE)
    await operate_and_check(await walk_of(world, starts[1], monkeypatch), Mode.DISABLE)


# Seeds of walks that come across each fault by themselves; the same walks pass on the product as it is.
MET_BY_CHANCE: list[tuple[Mutation, int, str]] = [
    (forget_emergency_accounts, 0, "(a)"),
    (forget_the_guard, 11, "(b)"),
    (forget_the_second_policy, 2, "(c)"),
]


async def fault_of(walk: Walk) -> str | None:
    """What a walk finds."""
    try:
        await go(walk)
    except AssertionError as error:
        return str(error)
    finally:
        lose_nothing(walk)
    return None


@pytest.mark.parametrize(("mutation", "seed", "words"), MET_BY_CHANCE)
async def test_random_walks_come_across_it(
    world: World, starts: list[Prepared], monkeypatch: pytest.MonkeyPatch, mutation: Mutation, seed: int, words: str
) -> None:
    with monkeypatch.context() as mutated:
        mutation(mutated)
        fault = await fault_of(await walk_of(world, starts[1], monkeypatch, seed))
    assert fault is not None
    assert fault.startswith(words)
    assert await fault_of(await walk_of(world, starts[1], monkeypatch, seed)) is None
