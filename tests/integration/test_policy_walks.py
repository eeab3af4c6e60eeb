"""Random walks over settings, hands in Entra, operations and lost writes; what is in force is told, and can be ended.

The stand-in's own evaluation of policies says which people they meet, not the product's. WALKS sets how many walks
there are; a walk that fails names its seed and its way, and WALK_SEEDS ("7,12") runs these alone.
"""

import os
import random
from copy import deepcopy
from typing import Any
from uuid import uuid4

import httpx
import pytest

from local import identities
from local.entra.protocol.collection import Collection
from provisioning.model.operation import ErrorCode, Mode, Operation, OperationState
from provisioning.model.plan import Plan, PlannedAction
from provisioning.store.tenant_look import TenantLooks
from provisioning.tenant.watch import on_watch
from tests.integration.conftest import World
from tests.integration.policy_walk import FIRST, HANDS, SECOND, Walk
from tests.integration.prepared import Prepared, prepare
from tests.integration.test_exposure import give_role, join

BATCH = 20
COUNT = int(os.environ.get("WALKS", "8"))
PINNED = (214, 216)  # a policy that was found again once seemed young to every plan, so that none ever ended
SEEDS = [int(item) for item in os.environ.get("WALK_SEEDS", "").split(",") if item] or [*range(COUNT), *PINNED]
SETTINGS: dict[str, tuple[str, ...]] = {
    "POLICY_USERS": ("group", "all"),
    "REGISTRATION_POLICY": ("off", "mfa", "mfa_or_trusted_location"),
    "REGISTRATION_POLICY_USERS": ("group", "all"),
    "ACKNOWLEDGE_UNPROTECTED_REGISTRATION": ("true", "false"),
    "BREAK_GLASS_USER_IDS": (FIRST, f"{FIRST},{SECOND}", SECOND),
    "DISPLAY_NAME": ("MFA Pre-Enrollment", "First sign-in"),
}
GUARDED = {**{name: values[0] for name, values in SETTINGS.items()}, "REGISTRATION_POLICY": "mfa"}
MODES = (Mode.PLAN, Mode.APPLY, Mode.APPLY, Mode.APPLY, Mode.ENABLE, Mode.ENABLE, Mode.DISABLE, Mode.VERIFY)


def lose(walk: Walk, how: str) -> None:
    """Let the next write of a policy be answered and not done, or done and not answered."""
    graph = walk.world.services.graphs[identities.TENANT.client_id]
    exchange, policies = type(graph).exchange, walk.world.tenant.policies
    walk.lost = None

    async def lossy(info: Any) -> httpx.Response:
        writes = info.http_method.value in ("PATCH", "POST") and info.url.split("?")[0].find("Access/policies") > 0
        if not writes or walk.lost is not None:
            return await exchange(graph, info)
        before = deepcopy(policies.objects)
        response = await exchange(graph, info)
        if response.is_success:
            walk.lost = how
            walk.way.append(f"  lost: {info.http_method.value} {how}")
            if how == "effect":
                policies.objects, policies.sequence = before, None
            else:
                raise httpx.ReadError("The answer was lost.")
        return response

    graph.exchange = lossy  # type: ignore[method-assign]


def lose_nothing(walk: Walk) -> None:
    vars(walk.world.services.graphs[identities.TENANT.client_id]).pop("exchange", None)


# The walk


async def begin(walk: Walk, start: Prepared) -> None:
    """Make the tenant as it was when its policies were put in force, or only made; each walk has its own rows."""
    world, tenant = walk.world, walk.world.tenant
    world.tenant_id = str(uuid4())
    walk.monkeypatch.setenv("TENANT_ID", world.tenant_id)
    walk.configure(**GUARDED)
    start.tenant.give_to(tenant)
    for part in vars(tenant).values():
        if isinstance(part, Collection):
            part.sequence = None
            part.earlier.clear()
    world.services.kept.clear()
    await start.copy_rows(world.services.storage, tenant_id=world.tenant_id)
    world.clock.advance(minutes=30)
    await look_up(walk)


async def look_up(walk: Walk) -> None:
    walk.objects = await walk.world.state.objects() or walk.objects


async def go(walk: Walk) -> None:
    """Two to four rounds of hands, settings and one operation each."""
    for _ in range(walk.random.randint(2, 4)):
        for _ in range(walk.random.choice((0, 1, 1, 2))):
            if walk.random.random() < 0.4:
                name = walk.random.choice(list(SETTINGS))
                walk.configure(**{name: walk.random.choice(SETTINGS[name])})
                walk.way.append(f"{name}={walk.settings[name]}")
            else:
                hand = walk.random.choice(list(HANDS))
                walk.way.append(hand)
                HANDS[hand](walk)
        if walk.random.random() < 0.5:
            walk.world.clock.advance(minutes=walk.random.choice((1, 20)))
        mode = Mode.REMOVE if walk.random.random() < 0.05 else walk.random.choice(MODES)
        await operate_and_check(walk, mode)


async def operate_and_check(walk: Walk, mode: Mode) -> None:
    """Run an operation, perhaps with a write that is lost, and hold the tenant against what must be so."""
    plan_id, how = None, walk.random.choice((None, None, None, "effect", "answer"))
    if mode is Mode.REMOVE or walk.random.random() < 0.3:
        plan_id = (await plan_of(walk, Mode.APPLY if mode in (Mode.PLAN, Mode.VERIFY) else mode)).plan_id
    before, existing = walk.reach(), {policy["id"] for policy in walk.ours}
    walk.way.append(f"{mode}{' with its plan' if plan_id else ''}")
    if how is not None:
        lose(walk, how)
    sent = plan_id if mode not in (Mode.PLAN, Mode.VERIFY) else None
    operation = await settle(walk, await walk.world.operate(mode, plan_id=sent))
    lose_nothing(walk)
    walk.way.append(f"  -> {operation.state}: {operation.detail}")
    await look_up(walk)
    assert operation.error is None or operation.error.code is not ErrorCode.INTERNAL
    if operation.state in (OperationState.FAILED, OperationState.REFUSED):
        check_no_wider(walk, operation, before, existing)
    if mode is Mode.DISABLE:
        await check_off(walk, operation, lost=how is not None and walk.lost is not None)
    await check_told(walk)


def check_no_wider(walk: Walk, operation: Operation, before: set[tuple[str, str, str]], existing: set[str]) -> None:
    """What failed or was refused meets nobody that it did not meet before, except as its plan said."""
    steps = operation.plan.steps if operation.plan is not None else ()
    said = {step.object_id for step in steps if step.action is PlannedAction.UPDATE}
    makes = any(step.action is PlannedAction.CREATE for step in steps)
    refused = any(step.name == "preflight" and step.outcome == "refused" for step in operation.steps)
    for who, policy_id, target in walk.reach() - before:
        allowed = policy_id in said or (makes and policy_id not in existing)
        assert allowed, f"(d) {policy_id} meets {who} at {target} after {operation.detail}"
        assert not refused, f"(d) {policy_id} meets {who} at {target} after {operation.detail}"


async def check_off(walk: Walk, operation: Operation, *, lost: bool) -> None:
    """Turning off never fails, unless its own write was lost, and then not twice; nothing is in force after it."""
    if lost and operation.state is not OperationState.SUCCEEDED:
        operation = await settle(walk, await walk.world.operate(Mode.DISABLE))
    assert operation.state is OperationState.SUCCEEDED, f"(c) {operation.detail}"
    assert walk.in_force == [], "(c) a policy of ours is in force after disable"


async def check_told(walk: Walk) -> None:
    """Everybody who is caught, or is asked without a guard, is in the next plan and in the watch's look."""
    plan, unguarded = await plan_of(walk), walk.unguarded()
    caught = {account: {policy for policy, _ in walk.met(account, walk.in_force)} for account in walk.accounts}
    caught = {account: policies for account, policies in caught.items() if policies}
    codes = {finding.code for finding in plan.findings}
    for account, policies in caught.items():
        assert says(plan, account, policies), f"(a) the plan does not say that {account} is caught: {sorted(codes)}"
    if unguarded:
        assert "registration_unguarded" in codes, f"(b) asked and unguarded: {unguarded}; the plan says {sorted(codes)}"
    if caught or unguarded:
        await on_watch(services=walk.world.services)
        looks = TenantLooks(walk.world.state.table, tenant_id=walk.world.tenant_id)
        look = await looks.last()
        assert look is not None
        alarms = {alarm.code for alarm in look.alarms}
        seen = look.failure is not None
        assert not caught or seen or alarms & {"emergency_account_caught", "drift"}, f"(a) health: {sorted(alarms)}"
        assert not unguarded or seen or look.accepted or "registration_unguarded" in alarms, (
            f"(b) health: {sorted(alarms)}"
        )


def says(plan: Plan, account: str, policies: set[str]) -> bool:
    """Whether a plan names the account as caught, or will exclude it from every policy that catches it."""
    if any(finding.code == "emergency_account_caught" and account in finding.object_ids for finding in plan.findings):
        return True
    freed = {
        step.object_id
        for step in plan.steps
        for change in step.changes
        if step.action is PlannedAction.DELETE
        or (change.field == "conditions.users" and account in change.after["excludeUsers"])
    }
    return policies <= freed


async def settle(walk: Walk, operation: Operation) -> Operation:
    return await walk.world.settle(operation, every=300)


async def plan_of(walk: Walk, of: Mode = Mode.APPLY) -> Plan:
    operation = await settle(walk, await walk.world.operate(Mode.PLAN, of=of))
    assert operation.plan is not None, f"no plan: {operation.as_json()}"
    await look_up(walk)
    return operation.plan


@pytest.fixture(scope="module")
def kept_starts() -> list[Prepared]:
    """What `starts` made for the first test."""
    return []


@pytest.fixture
async def starts(world: World, monkeypatch: pytest.MonkeyPatch, kept_starts: list[Prepared]) -> list[Prepared]:
    """A tenant whose two policies are report-only, and the same with them in force."""
    for name, value in GUARDED.items():
        monkeypatch.setenv(name, value)
    if kept_starts:
        return kept_starts
    second = await world.add_user(id=SECOND, displayName="Second emergency account")
    assert second == SECOND
    give_role(world, SECOND)
    for mode in (Mode.APPLY, Mode.ENABLE):
        assert (await world.operate(mode)).state is OperationState.SUCCEEDED
        if mode is Mode.APPLY:
            await join(world, await world.add_user(employeeId="1"))
            await world.add_user(employeeId="2")
        kept_starts.append(await prepare(world.tenant, world.services.storage, tenant_id=world.tenant_id))
    return kept_starts


@pytest.mark.parametrize(
    "seeds",
    [SEEDS[start : start + BATCH] for start in range(0, len(SEEDS), BATCH)],
    ids=lambda seeds: f"from {seeds[0]}",
)
async def test_what_is_in_force_is_told_and_can_be_ended(
    world: World, starts: list[Prepared], monkeypatch: pytest.MonkeyPatch, seeds: list[int]
) -> None:
    failures = []
    for seed in seeds:
        walk = Walk(world, random.Random(seed), monkeypatch)
        await begin(walk, starts[walk.random.choice((0, 1, 1))])
        try:
            await go(walk)
        except AssertionError as error:
            failures.append(f"seed {seed}: {error}\n  " + "\n  ".join(walk.way))
        finally:
            lose_nothing(walk)
    assert not failures, f"{len(failures)} of {len(seeds)} walks failed:\n" + "\n".join(failures)
