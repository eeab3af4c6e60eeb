"""Turning off always works: by ids alone, each policy by itself, whatever the settings and the findings."""

from datetime import datetime
from itertools import pairwise

import httpx
import pytest
from kiota_abstractions.request_information import RequestInformation

from local import identities
from provisioning.model.operation import Mode, OperationState
from provisioning.store.lease import Lease, LeaseLost
from provisioning.tenant.switch_off import turn_off
from tests.integration.conftest import World, set_up
from tests.integration.findings import set_roles, settings
from tests.integration.prepared import Prepared
from tests.integration.test_exposure import join

REPORT_ONLY = "enabledForReportingButNotEnforced"


@pytest.fixture
async def both(world: World, monkeypatch: pytest.MonkeyPatch, prepared: dict[str, Prepared]) -> World:
    """Both policies in force."""
    monkeypatch.setenv("REGISTRATION_POLICY", "mfa")
    await set_up(world, "both", prepared, modes=[Mode.APPLY, Mode.ENABLE])
    return world


def states(world: World) -> set[str]:
    return {policy["state"] for policy in world.tenant.policies}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOGO_FILE", "/nowhere.png"),
        ("BREAK_GLASS_USER_IDS", ""),
        ("BREAK_GLASS_USER_IDS", "not-an-id"),
        ("LANDING_URL", "ftp://example.com"),
        ("REGISTRATION_POLICY", "off"),
        ("REGISTRATION_POLICY", "nonsense"),
        ("PEOPLE_PRINCIPAL_ID", ""),
    ],
)
async def test_no_setting_is_in_the_way(both: World, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """A broken LOGO_FILE kept the policies in force (attacks S7)."""
    monkeypatch.setenv(name, value)
    operation = await both.operate(Mode.DISABLE)
    assert operation.state is OperationState.SUCCEEDED, operation.as_json()
    assert states(both) == {REPORT_ONLY}


async def test_one_that_is_gone_is_nothing_to_do_and_the_other_is_turned_off(both: World) -> None:
    (gone,) = [item for item in both.tenant.policies if ": register" not in item["displayName"]]
    both.tenant.policies.remove(gone["id"])
    operation = await both.operate(Mode.DISABLE)
    assert operation.state is OperationState.SUCCEEDED, operation.as_json()
    assert states(both) == {REPORT_ONLY}


async def test_policies_that_were_renamed_and_twins_are_turned_off_too(both: World) -> None:
    for number, policy in enumerate(list(both.tenant.policies)):
        both.tenant.policies.add({**policy, "id": f"00000000-0000-4000-8000-0000000000a{number}"})
        policy["displayName"] = f"CA-{number}"
    assert (await both.operate(Mode.DISABLE)).state is OperationState.SUCCEEDED
    assert states(both) == {REPORT_ONLY}


async def test_nobody_elses_policy_is_touched(both: World) -> None:
    (policy, _) = both.tenant.policies
    both.tenant.policies.add({**policy, "id": "00000000-0000-4000-8000-0000000000ff", "displayName": "theirs"})
    await both.operate(Mode.DISABLE)
    assert [item["state"] for item in both.tenant.policies if item["displayName"] == "theirs"] == ["enabled"]


async def test_one_that_graph_refuses_does_not_keep_the_other_on(both: World) -> None:
    first = next(item for item in both.tenant.policies if ": register" not in item["displayName"])
    await both.fault(
        method="PATCH",
        path=f"/policies/{first['id']}$",
        status=400,
        body={"error": {"code": "BadRequest", "message": "No."}},
        times=1,
    )
    operation = await both.operate(Mode.DISABLE)
    assert operation.state is OperationState.FAILED
    assert {step.name: step.outcome for step in operation.steps} == {
        "policy": "failed",
        "registration policy": "updated",
    }
    assert (await both.operate(Mode.DISABLE)).state is OperationState.SUCCEEDED
    assert states(both) == {REPORT_ONLY}


@pytest.mark.parametrize(("times", "expected"), [(1, OperationState.SUCCEEDED), (20, OperationState.FAILED)])
async def test_a_write_that_is_answered_and_not_done_is_seen(both: World, times: int, expected: OperationState) -> None:
    """A random walk found it: Graph answered 204, the policy stayed in force, and disable had succeeded."""
    await both.fault(method="PATCH", path="/conditionalAccess/policies", status=204, times=times)
    operation = await both.operate(Mode.DISABLE)
    assert operation.state is expected, operation.as_json()
    assert ("enabled" in states(both)) is (expected is OperationState.FAILED)


async def test_without_the_list_the_kept_ids_are_enough(both: World) -> None:
    error = {"error": {"code": "BadRequest", "message": "No."}}
    await both.fault(method="GET", path="/conditionalAccess/policies", status=400, body=error, times=20)
    assert (await both.operate(Mode.DISABLE)).state is OperationState.SUCCEEDED
    assert states(both) == {REPORT_ONLY}


async def test_before_any_apply_there_is_nothing_to_do(world: World) -> None:
    assert (await world.operate(Mode.DISABLE)).state is OperationState.SUCCEEDED
    assert (await world.operate(Mode.PLAN, of=Mode.DISABLE)).state is OperationState.SUCCEEDED


async def test_without_the_lease_and_without_a_queue(both: World) -> None:
    """What `disable --now` calls."""
    objects = await both.state.objects()
    assert objects is not None
    steps, failure = await turn_off(both.services.graph(identities.TENANT.client_id), objects)
    assert failure is None
    assert [step.outcome for step in steps] == ["updated", "updated"]
    assert states(both) == {REPORT_ONLY}


async def test_a_run_that_lost_its_lease_writes_no_further_policy(both: World) -> None:
    """Another run may be turning them on by then; the operation is taken up again, and then ends."""
    checks: list[int] = []

    def check_lease() -> None:
        checks.append(1)
        if len(checks) > 1:
            raise LeaseLost("another run to finish")

    objects = await both.state.objects()
    assert objects is not None
    with pytest.raises(LeaseLost):
        await turn_off(both.services.graph(identities.TENANT.client_id), objects, check_lease=check_lease)
    assert sorted(policy["state"] for policy in both.tenant.policies) == ["enabled", REPORT_ONLY]


async def test_an_operation_that_lost_its_lease_is_not_ended_by_the_run_that_lost_it(
    both: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(lease: Lease) -> None:
        raise LeaseLost("another run to finish")

    with monkeypatch.context() as patched:
        patched.setattr(Lease, "check", lost)
        operation = await both.operate(Mode.DISABLE)
    assert (operation.state, states(both)) == (OperationState.RUNNING, {"enabled"})
    assert (await both.resume(operation.operation_id)).state is OperationState.SUCCEEDED
    assert states(both) == {REPORT_ONLY}


async def test_conditional_access_is_asked_once_a_second_by_every_operation(
    both: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """throttling-limits: one request a second for all applications together; What-If counts, so does turning off."""
    graph = both.services.graph(identities.TENANT.client_id)
    exchange, asked = graph.exchange, list[tuple[datetime, str]]()

    async def noting(info: RequestInformation) -> httpx.Response:
        if "/conditionalAccess/" in info.url:
            asked.append((both.clock(), info.url))
        return await exchange(info)

    monkeypatch.setattr(graph, "exchange", noting)
    await join(both, await both.add_user(employeeId="1"))
    both.clock.advance(minutes=20)
    for mode in (Mode.VERIFY, Mode.DISABLE, Mode.ENABLE, Mode.APPLY):
        asked.clear()
        await both.operate(mode)
        times = [at for at, _ in asked]
        gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(times)]
        assert len(asked) > 2 or mode is Mode.APPLY
        assert all(gap >= 1 for gap in gaps), (mode, gaps, asked)
        both.clock.advance(seconds=5)


async def test_two_permissions_are_enough(both: World) -> None:
    await set_roles(both, "Policy.Read.All", "Policy.ReadWrite.ConditionalAccess", "Application.Read.All")
    await settings(both, securityDefaults=False)
    assert (await both.operate(Mode.DISABLE)).state is OperationState.SUCCEEDED
    assert states(both) == {REPORT_ONLY}
