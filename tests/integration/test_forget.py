"""`people forget`: what is erased, what stays, and when it is refused."""

import asyncio
from datetime import timedelta

import pytest

from provisioning.cli.main import main
from provisioning.model.hires import HireEventType
from provisioning.model.ledger import EnrollmentState, Person
from tests.integration.conftest import World

ACCOUNT = "0d9f2c1e-6c1f-4f0e-8a53-0f5a7b1c2d3e"


async def forget(*arguments: str) -> int:
    """Run `people forget` beside the running loop."""
    return await asyncio.to_thread(main, ["people", "forget", *arguments])


async def left(world: World) -> str:
    """A person who was invited and whose hire HR then cancelled."""
    object_id = await world.add_user(employeeId="1187")
    await world.send_hire("1187", start=world.clock().date())
    await world.work()
    world.clock.advance(minutes=5)
    await world.send_hire("1187", kind=HireEventType.CANCELLED)
    await world.work()
    assert await world.state_of(object_id) is EnrollmentState.LEFT
    return object_id


@pytest.mark.parametrize("by", ["employee id", "object id"])
async def test_everything_of_a_person_is_erased(ready: World, capsys: pytest.CaptureFixture[str], by: str) -> None:
    object_id = await left(ready)
    assert await forget("1187" if by == "employee id" else object_id, "--yes") == 0
    assert object_id in capsys.readouterr().out
    assert await ready.people.person(object_id) is None
    assert await ready.people.hire_record("1187") is None
    rows = [row async for row in ready.people.table.query_entities(f"PartitionKey eq '{ready.tenant_id}'")]
    assert [row["RowKey"] for row in rows if object_id in str(row) and not row["RowKey"].startswith("due")] == []


async def test_a_note_of_when_they_are_due_is_dropped_by_the_next_sweep(ready: World) -> None:
    object_id = await left(ready)
    await forget(object_id, "--yes")
    ready.clock.advance(days=40)
    assert (await ready.sweep())["outcome"] == "done"
    rows = [row async for row in ready.people.table.query_entities(f"PartitionKey eq '{ready.tenant_id}'")]
    assert [row["RowKey"] for row in rows if row.get("of", "").endswith(object_id)] == []


@pytest.mark.parametrize("state", [EnrollmentState.WAITING, EnrollmentState.INVITED])
async def test_a_person_the_product_is_at_work_for_is_not_forgotten(
    world: World, capsys: pytest.CaptureFixture[str], state: EnrollmentState
) -> None:
    """A forgotten member could never be taken out again."""
    await world.people.save(Person(ACCOUNT, state, next_try=world.clock() + timedelta(days=1)))
    assert await forget(ACCOUNT, "--yes") == 1
    assert f"whose state is {state}" in capsys.readouterr().err
    assert await world.state_of(ACCOUNT) is state


async def test_without_a_yes_nothing_is_erased(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    await world.people.save(Person(ACCOUNT, EnrollmentState.DONE))
    assert await forget(ACCOUNT) == 1
    assert "Nothing was erased." in capsys.readouterr().err
    assert await world.state_of(ACCOUNT) is EnrollmentState.DONE


async def test_nobody_is_said(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert await forget("4711", "--yes") == 1
    assert "holds nobody, or several accounts, under the ID 4711" in capsys.readouterr().err
