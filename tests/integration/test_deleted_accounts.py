"""Accounts that are deleted, and some that are restored (cases E4 and S19; microsoft-graph-docs#4498)."""

import pytest

from local.entra.directory.deleted_item.recycling import bring_back
from provisioning.model.hires import HireEventType
from provisioning.model.ledger import EnrollmentState, Person
from provisioning.people.person_changes import DELETED
from tests.integration.conftest import World
from tests.integration.test_registration import register, seen


async def invited(world: World, **fields: object) -> str:
    mia = await world.add_user(employeeId="1187", **fields)
    await world.send_hire("1187")
    await world.work()
    await world.sweep()
    assert world.members() == {mia}
    return mia


async def row(world: World, object_id: str) -> Person:
    person = await world.people.person(object_id)
    assert person is not None
    return person


async def delete(world: World, object_id: str) -> None:
    answer = await world.control.request("DELETE", "/_local/users", json=[object_id])
    assert answer.status_code < 300, answer.text


async def restore(world: World, object_id: str) -> None:
    """As an admin does; Entra gives the membership back with the account."""
    bring_back(world.tenant, object_id)


@pytest.mark.parametrize("state", ["invited", "registered"])
async def test_a_deletion_that_delta_does_not_tell_is_found_by_the_daily_reading(ready: World, state: str) -> None:
    """It falls between the last reading of changes and the beginning of a new round."""
    mia = await invited(ready)
    if state == "registered":
        await register(ready, mia, "fido2")
        await seen(ready, mia)
    ready.clock.advance(hours=23, minutes=50)
    await ready.sweep()
    await delete(ready, mia)
    ready.clock.advance(minutes=15)
    await ready.sweep()
    person = await row(ready, mia)
    assert (person.state, person.reason) == (EnrollmentState.LEFT, DELETED)


async def test_an_account_that_is_gone_is_not_called_taken_out_by_hand(ready: World) -> None:
    mia = await invited(ready)
    await delete(ready, mia)
    ready.clock.advance(days=1, minutes=1)
    await ready.sweep()
    person = await row(ready, mia)
    assert (person.state, person.reason) == (EnrollmentState.LEFT, DELETED)
    assert person.added_by_product, "Entra gives the membership back with the account"


async def test_a_cancellation_of_a_restored_account_takes_it_out(ready: World) -> None:
    """Entra puts the membership back, so what we added is still ours."""
    mia = await invited(ready)
    await delete(ready, mia)
    ready.clock.advance(minutes=15)
    await ready.sweep()
    await restore(ready, mia)
    ready.clock.advance(minutes=15)
    await ready.sweep()
    assert (ready.members(), (await row(ready, mia)).state) == ({mia}, EnrollmentState.INVITED)
    ready.clock.advance(minutes=15)
    await ready.send_hire("1187", kind=HireEventType.CANCELLED)
    await ready.work()
    assert ready.members() == set()


async def test_a_cancellation_while_the_account_is_deleted_counts_when_it_is_back(ready: World) -> None:
    mia = await invited(ready)
    await delete(ready, mia)
    ready.clock.advance(minutes=15)
    await ready.sweep()
    await ready.send_hire("1187", kind=HireEventType.CANCELLED)
    await ready.work()
    await restore(ready, mia)
    ready.clock.advance(minutes=15)
    await ready.sweep()
    assert ready.members() == set()
