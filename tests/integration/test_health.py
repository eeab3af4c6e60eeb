"""Health: what is stuck is said with its remedy, and nothing stored or missing makes it a 500."""

import json
from typing import Any
from uuid import uuid4

import pytest

from provisioning.model.operation import Mode, Operation, OperationState
from provisioning.services import Services
from provisioning.store.ledger import SWEEP
from provisioning.store.storage import QUEUES
from provisioning.store.tables import upsert
from provisioning.support.health import get_health
from tests.integration.conftest import World

CHECKS = [
    "storage",
    *(f"queue {name}" for name in QUEUES),
    "graph",
    "sources",
    "people",
    "registrations",
    "sweep",
    "messages",
    "operation",
    "tenant",
]
OF_STORAGE = [name for name in CHECKS[1:] if name != "graph"]


async def health(services: Services) -> tuple[int, dict[str, dict[str, Any]]]:
    """The status, and every check by name; what fails carries a remedy."""
    answer = await get_health(services=services)
    content = json.loads(answer.body)
    assert content["status"] == ("healthy" if answer.status == 200 else "unhealthy")
    for check in content["checks"]:
        assert check["healthy"] or check["remedy"], check
    return answer.status, {check["name"]: check for check in content["checks"]}


@pytest.fixture
async def swept(ready: World) -> World:
    """A tenant that has been set up, whose sweep has just run, with nothing in any poison queue."""
    await ready.sweep()
    return ready


async def test_a_product_that_works_is_healthy(swept: World) -> None:
    await swept.send_hire("1187")
    status, checks = await health(swept.services)
    assert (status, list(checks)) == (200, CHECKS)
    assert (checks["queue hires"]["waiting"], checks["queue hires"]["poison"]) == (1, 0)
    assert checks["sweep"]["outcome"] == "done"
    assert (checks["operation"]["mode"], checks["operation"]["state"]) == ("apply", "succeeded")


@pytest.mark.parametrize("queue", QUEUES)
async def test_a_message_the_host_gave_up_on_is_unhealthy(swept: World, queue: str) -> None:
    poisoned = swept.services.storage.queue(f"{queue}-poison")
    await poisoned.send_message("{}")
    status, checks = await health(swept.services)
    await poisoned.clear_messages()
    assert (status, checks[f"queue {queue}"]["poison"]) == (503, 1)
    assert f"replay {queue}" in checks[f"queue {queue}"]["remedy"]
    assert [name for name, check in checks.items() if not check["healthy"]] == [f"queue {queue}"]


@pytest.mark.pitfall("H5")
async def test_a_sweep_that_stopped_coming_is_unhealthy(swept: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """azure-functions-host#1608: two apps on one storage account, and a timer that never fires."""
    swept.clock.advance(minutes=44)
    assert (await health(swept.services))[0] == 200
    swept.clock.advance(minutes=2)
    status, checks = await health(swept.services)
    assert (status, checks["sweep"]["healthy"]) == (503, False)
    assert "46 min ago" in checks["sweep"]["detail"]
    assert "SWEEP_STALE_MINUTES" in checks["sweep"]["remedy"]
    monkeypatch.setenv("SWEEP_STALE_MINUTES", "60")
    assert (await health(swept.services))[0] == 200


@pytest.mark.parametrize(
    ("outcome", "remedy"),
    [("limit_exceeded", "more people than its limits allow"), ("not_set_up", "Set up the tenant")],
)
async def test_a_sweep_that_could_not_do_its_work_is_unhealthy(swept: World, outcome: str, remedy: str) -> None:
    await swept.people.heartbeat({"outcome": outcome}, at=swept.clock())
    status, checks = await health(swept.services)
    assert (status, checks["sweep"]["outcome"]) == (503, outcome)
    assert remedy in checks["sweep"]["remedy"]


async def test_a_sweep_that_keeps_why_it_stopped_is_quoted(swept: World) -> None:
    kept: dict[str, int | str] = {"outcome": "misconfigured", "reason": "X is missing.", "remedy": "Set X."}
    await swept.people.heartbeat(kept, at=swept.clock())
    status, checks = await health(swept.services)
    assert (status, checks["sweep"]["remedy"]) == (503, "Set X.")
    assert checks["sweep"]["detail"].endswith("X is missing.")


async def test_before_the_first_sweep_and_the_first_operation(world: World) -> None:
    status, checks = await health(world.services)
    assert (status, checks["sweep"]["healthy"], checks["operation"]["healthy"]) == (503, False, True)
    assert "SWEEP_SCHEDULE" in checks["sweep"]["remedy"]


async def put(world: World, mode: Mode, state: OperationState) -> Operation:
    """An operation that moved just now."""
    operation = Operation(str(uuid4()), mode, state, world.clock(), world.clock())
    await world.operations.save(operation)
    return operation


@pytest.mark.parametrize(
    ("state", "healthy"),
    [
        (OperationState.FAILED, False),
        (OperationState.REFUSED, True),
        (OperationState.NEEDS_ADMIN, True),
        (OperationState.WAITING, True),
        (OperationState.SUCCEEDED, True),
    ],
)
async def test_the_last_operation_counts_and_a_plan_does_not(
    swept: World, state: OperationState, healthy: bool
) -> None:
    operation = await put(swept, Mode.VERIFY, state)
    await put(swept, Mode.PLAN, OperationState.FAILED)
    _, checks = await health(swept.services)
    assert (checks["operation"]["operation"], checks["operation"]["healthy"]) == (operation.operation_id, healthy)


async def test_an_operation_that_stopped_moving_says_how_to_go_on(swept: World) -> None:
    operation = await put(swept, Mode.APPLY, OperationState.RUNNING)
    swept.clock.advance(hours=2)
    _, checks = await health(swept.services)
    assert not checks["operation"]["healthy"]
    assert f"apply --resume {operation.operation_id}" in checks["operation"]["remedy"]


@pytest.mark.parametrize(
    "fields", [{}, {"at": "yesterday", "outcome": "done"}, {"at": "2026-11-25", "outcome": "done"}]
)
async def test_a_heartbeat_nobody_can_read_is_no_500(swept: World, fields: dict[str, str]) -> None:
    await upsert(swept.people.table, {**fields, "PartitionKey": swept.tenant_id, "RowKey": SWEEP})
    status, checks = await health(swept.services)
    assert (status, checks["sweep"]["healthy"], checks["storage"]["healthy"]) == (503, False, True)


async def test_an_operation_of_a_version_to_come_is_no_500(swept: World) -> None:
    row = {"PartitionKey": swept.tenant_id, "RowKey": str(uuid4()), "mode": "apply", "state": "dreaming"}
    await upsert(swept.operations.table, row)
    status, checks = await health(swept.services)
    assert (status, checks["operation"]["healthy"]) == (503, False)


async def test_with_storage_away_it_says_what_cannot_be_seen(away: Services) -> None:
    status, checks = await health(away)
    assert (status, list(checks)) == (503, CHECKS)
    assert "could not be reached" in checks["storage"]["detail"], "one failure is told once"
    assert sum("could not be reached" in check["detail"] for check in checks.values()) == 1
    assert all(name in checks["storage"]["detail"] for name in OF_STORAGE)


@pytest.mark.parametrize("setting", ["TENANT_ID", "AzureWebJobsStorage"])
async def test_a_missing_setting_is_named(world: World, monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    monkeypatch.delenv(setting)
    services = Services()
    status, checks = await health(services)
    await services.close()
    assert (status, list(checks)) == (503, ["settings"])
    assert setting in checks["settings"]["detail"]


async def test_it_only_looks(swept: World) -> None:
    await swept.send_hire("1187")
    before = [row async for row in swept.people.table.list_entities()]
    await swept.forget_requests()
    for _ in range(6):
        await health(swept.services)
    assert [row async for row in swept.people.table.list_entities()] == before
    assert set(await swept.requests()) <= {"GET /policies/identitySecurityDefaultsEnforcementPolicy"}, (
        "one cheap question"
    )
    (message,) = [item async for item in swept.services.storage.queue("hires").receive_messages()]
    assert message.dequeue_count == 1
