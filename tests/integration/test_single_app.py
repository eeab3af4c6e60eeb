"""One identity for every role, as where one app runs everything: the whole story works, and an admin is told."""

from datetime import timedelta

import pytest

from local import identities
from provisioning.model.ledger import EnrollmentState
from provisioning.model.operation import Mode, OperationState
from provisioning.model.plan import PlannedAction
from provisioning.support.health import examine
from tests.integration.conftest import World
from tests.integration.findings import findings, refused, set_roles

ONE = identities.TENANT


@pytest.fixture
async def single(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A tenant that is not set up, whose one identity holds the roles of people and of tenant."""
    monkeypatch.setenv("SINGLE_APP", "true")
    monkeypatch.setenv("PEOPLE_CLIENT_ID", ONE.client_id)
    monkeypatch.setenv("PEOPLE_PRINCIPAL_ID", ONE.principal_id)
    await set_roles(world, *ONE.roles, *identities.PEOPLE.roles)
    return world


async def test_it_sets_the_tenant_up_invites_and_takes_everything_away(single: World) -> None:
    operation = await single.operate()
    assert operation.state is OperationState.SUCCEEDED, operation.as_json()
    (group,) = [item for item in single.tenant.groups if item["displayName"] == "MFA Pre-Enrollment"]
    assert single.tenant.owns(ONE.principal_id, group["id"])
    mia, ben = await single.add_user(employeeId="1187"), await single.add_user(employeeId="1188")
    await single.send_hire("1187", start=single.clock().date() + timedelta(days=3))
    await single.work()
    assert single.members() == {mia}
    assert (await single.sweep())["outcome"] == "done"
    assert single.members() == {mia, ben}, "found by the sweep"
    assert await single.state_of(mia) is EnrollmentState.INVITED
    assert {step.action for step in (await single.plan()).steps} == {PlannedAction.NONE}, "the owner is right as it is"
    removal = await single.plan(Mode.REMOVE)
    assert (await single.operate(Mode.REMOVE, plan_id=removal.plan_id)).state is OperationState.SUCCEEDED


async def test_an_admin_is_told_what_it_means_and_of_no_surplus(single: World) -> None:
    found = findings(await single.plan())
    assert "permission_surplus" not in found
    warned = found["single_app"]
    assert (warned.level, "take this one down" in warned.remedy) == ("warning", True)
    (check,) = [item for item in (await examine(services=single.services)).checks if item.name == "apps"]
    assert (check.healthy, "for trying out only" in check.detail) == (True, True)


async def test_without_the_word_for_it_an_identity_of_two_roles_is_a_mistake(
    single: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SINGLE_APP")
    found = findings((await refused(single, "wrong_id")).plan)
    assert "belongs to the tenant identity itself" in found["wrong_id"].text
    assert set(found["permission_surplus"].object_ids) == set(identities.PEOPLE.roles) - set(ONE.roles)
    assert "apps" not in {item.name for item in (await examine(services=single.services)).checks}


async def test_the_word_alone_makes_no_other_identity_s_roles_ours(
    single: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEOPLE_PRINCIPAL_ID", identities.PEOPLE.principal_id)
    assert "permission_surplus" in findings(await single.plan())
