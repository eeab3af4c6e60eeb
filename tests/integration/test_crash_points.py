"""The process dies at every single Graph call of an apply, before or after the call took effect; then it runs again.

Same end state as an uninterrupted apply, no duplicate, nothing left over.
"""

from contextlib import suppress
from typing import Any

import pytest

from local import identities
from local.entra.control.snapshot import snapshot
from provisioning.model.operation import Mode, Operation, OperationState
from provisioning.store.operations import Operations
from provisioning.tenant.planner import MAKING_ORDER
from tests.integration.conftest import World
from tests.integration.in_process import InProcess

# Graph calls of a first apply, each policy read back; a test keeps the number honest.
CALLS = 19


class Killed(BaseException):
    """The process is gone: nothing catches this, and nothing after it runs."""


def interrupt(world: World, *, dies_at: int = 0, moment: str = "before") -> InProcess:
    """Let the process die at the tenant identity's call of this number, or at none; returns what counts the calls."""
    transport = world.services.graphs[identities.TENANT.client_id].transport
    assert isinstance(transport, InProcess)

    def watch(number: int, now: str) -> None:
        if (number, now) == (dies_at, moment):
            raise Killed

    transport.watch = watch
    return transport


def shape(world: World) -> dict[str, Any]:
    """What is in the tenant, without ids, which differ from run to run."""
    found = snapshot(world.tenant)
    (group,) = found["groups"]
    (application,) = found["applications"]
    (policy,) = [item for item in found["policies"] if "register" not in item["displayName"]]
    assert len(found["policies"]) == 2
    principals = [item for item in found["servicePrincipals"] if item["appId"] == application["appId"]]
    return {
        "group owners": group["owners"],
        "application owners": application["owners"],
        "service principals": [(item["tags"], item["owners"]) for item in principals],
        "assignments": sum(item["principalId"] == group["id"] for item in found["assignments"]),
        "policy": (policy["state"], policy["conditions"]["users"]["includeGroups"] == [group["id"]]),
        "credentials": [item["name"] for items in world.tenant.federated_credentials.values() for item in items],
        "logos": len(world.tenant.logos),
    }


@pytest.fixture(autouse=True)
def everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """All optional objects too."""
    monkeypatch.setenv("FRONT_PRINCIPAL_ID", identities.PEOPLE.principal_id)
    monkeypatch.setenv("REGISTRATION_POLICY", "mfa")


async def test_the_number_of_calls_is_known(world: World) -> None:
    counting = interrupt(world)
    assert (await world.operate()).state is OperationState.SUCCEEDED
    assert counting.calls == CALLS, "change CALLS, so that every call is a crash point"


async def test_an_apply_with_nothing_to_do_asks_and_writes_little(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.operate()
    world.clock.advance(minutes=20)
    counting = interrupt(world)
    before = counting.calls
    kept: list[OperationState] = []
    save = Operations.save

    async def noting(operations: Operations, operation: Operation) -> None:
        kept.append(operation.state)
        await save(operations, operation)

    monkeypatch.setattr(Operations, "save", noting)
    done = await world.operate()
    assert {step.name for step in done.steps} == {"preflight", *(resource.name for resource in MAKING_ORDER)}
    assert {step.outcome for step in done.steps} == {"unchanged"}
    assert counting.calls - before <= 10
    assert kept == ["queued", "running", "running", "succeeded"], "asked for, begun, admitted, done"


@pytest.mark.usefixtures("dead_hands")
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("call", range(1, CALLS + 1))
async def test_a_crash_at_any_call_changes_nothing_in_the_end(world: World, call: int, moment: str) -> None:
    interrupt(world, dies_at=call, moment=moment)
    with suppress(Killed):
        await world.operate()
    interrupt(world)
    second = await world.settle(await world.operate())
    assert second.state is OperationState.SUCCEEDED, second.as_json()
    assert shape(world) == {
        "group owners": [identities.PEOPLE.principal_id],
        "application owners": [identities.TENANT.principal_id],
        "service principals": [(["WindowsAzureActiveDirectoryIntegratedApp"], [identities.TENANT.principal_id])],
        "assignments": 1,
        "policy": ("enabledForReportingButNotEnforced", True),
        "credentials": ["landing-page"],
        "logos": 1,
    }
    await world.forget_requests()
    third = await world.settle(await world.operate(Mode.APPLY))
    assert {step.outcome for step in third.steps} == {"unchanged"}
    assert await world.requests("P") == []
