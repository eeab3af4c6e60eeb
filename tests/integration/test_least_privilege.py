"""Every Graph permission that is granted is needed by something the product does."""

import pytest

from local import identities
from provisioning.model.operation import Mode, OperationState
from provisioning.model.passes import TakeBackReason
from tests.integration.conftest import World
from tests.integration.handover import Handover, claim_for, set_manager

# Permissions no call of the run below needs, and why they are granted all the same.
KEPT: dict[str, dict[str, str]] = {"id-front": {}, "id-people": {}, "id-passes": {}, "id-tenant": {}}


async def test_every_granted_permission_is_used_or_explained(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSES", "true")
    monkeypatch.setenv("WEBSITE_AUTH_ENABLED", "True")
    await world.operate()
    for mode in (Mode.PLAN, Mode.ENABLE, Mode.DISABLE):
        assert (await world.operate(mode)).state is OperationState.SUCCEEDED
    ada, mia = await world.add_user(employeeId="1"), await world.add_user(employeeId="2")
    await world.send_hire("1")
    await world.work()
    await world.sweep()
    assert world.members() == {ada, mia}
    await hand_over_pass(world, ada)
    await world.control.post("/_local/registrations", json={"userId": ada})
    await world.send_seen(ada)
    await world.work()
    assert (await world.operate(Mode.VERIFY)).state is OperationState.SUCCEEDED
    removal = await world.plan(Mode.REMOVE)
    assert (await world.operate(Mode.REMOVE, plan_id=removal.plan_id)).state is OperationState.SUCCEEDED
    restored = await world.settle(await world.operate())
    assert restored.state is OperationState.SUCCEEDED, restored.as_json()
    assert [finding.code for finding in (await world.plan()).findings if "permission" in finding.code] == []
    reports = (await world.control.get("/_local/roles/report")).json()
    for identity in identities.MANAGED_IDENTITIES:
        report = reports.get(identity.client_id, {"refused": {}, "never": []})  # front asks Graph nothing
        assert report["refused"] == {}
        assert set(report["never"]) == set(KEPT[identity.name]), identity.name


async def hand_over_pass(world: World, person_id: str) -> None:
    """Have a pass made for a person, and taken back."""
    manager_id = await world.add_user()
    await set_manager(world, person_id, manager_id)
    code = await claim_for(world, person_id, manager_id=manager_id)
    handover = Handover(world, person_id, manager_id, code)
    assert await handover.receive()
    await handover.take_back(TakeBackReason.LEFT)
    assert person_id not in world.tenant.passes
