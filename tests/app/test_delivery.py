"""Hires on a host that dies: a queue delivers at least once, and everybody is enrolled exactly once."""

import asyncio

import pytest

from local.demo_world import DemoWorld, open_world, until
from local.stack import Stack, StackOptions
from provisioning.clock import utc_now
from provisioning.model.ledger import EnrollmentState

pytestmark = pytest.mark.app

HIRES = 40


async def test_hires_survive_a_host_that_is_killed_in_the_middle_of_them() -> None:
    options = StackOptions(queue_lease=2, longest_poll=0.3)
    async with Stack.start(options) as stack, open_world(stack.info) as world:
        await world.operate("apply")
        await survive(stack, world)


async def survive(stack: Stack, world: DemoWorld) -> None:
    """Deliver everything twice, kill the host while it works, start it again."""
    accounts = [{"displayName": f"Hire {number}", "employeeId": f"K{number}"} for number in range(HIRES)]
    ids = set(await world.create_accounts(accounts))
    at, day = utc_now().strftime("%Y-%m-%dT%H:%M:%SZ"), utc_now().date().isoformat()
    for _ in range(2):
        answers = await asyncio.gather(
            *(
                world.post_standard(f"msg_{number}", kind="hire", employee_id=f"K{number}", start=day, at=at)
                for number in range(HIRES)
            )
        )
        assert {answer.status_code for answer in answers} == {200}
    await stack.kill_host()
    before = await world.members()
    await stack.start_host()

    async def everybody() -> bool | None:
        return True if await world.members() == ids else None

    await until(everybody, f"all {HIRES} hires; {len(before)} of them were in the group when the host was killed")
    await until(lambda: settled(world, ids), "the ledger to say the same")


async def settled(world: DemoWorld, ids: set[str]) -> bool | None:
    """Whether the ledger has everybody as invited, once each."""
    people = [person async for person in world.people.all_people()]
    invited = {person.object_id for person in people if person.state is EnrollmentState.INVITED}
    return True if invited == ids and len(people) == len(ids) else None
