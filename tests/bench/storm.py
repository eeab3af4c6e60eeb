"""5,000 deliveries, 30 % of them sent twice and all in disorder, with Graph unwell and the host killed five times.

Everybody must end in exactly the right state. The senders are patient as real ones are: what was not answered 200 is
sent again. Real storage (Azurite), the whole stack, the tenant in a process of its own.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx

from local.demo_world import DemoWorld, open_world
from local.stack import Stack, StackOptions
from provisioning.clock import utc_now
from provisioning.errors import TransientError
from provisioning.model.ledger import EnrollmentState
from provisioning.store.poison import count_poison
from provisioning.store.storage import Storage, message_count
from tests.bench.figures import report

DELIVERIES = 5_000
DUPLICATED = 0.3
KILLS = 5
PARALLEL = 30
STORM = {"storm": {"seed": 7, "rate": 0.1, "path": "/v1.0/"}}
PATIENCE = 900.0  # seconds
# The timer stays away, and a storm is no attack: the cap on ends would rightly hold most of it back.
SETTINGS = {"SWEEP_SCHEDULE": "0 0 0 1 1 *", "HR_MAX_ENDS_PER_HOUR": "100000"}
INSIDE = (EnrollmentState.INVITED, EnrollmentState.REGISTERED)


@dataclass(frozen=True)
class Delivery:
    """One event of one person."""

    employee_id: str
    kind: str
    start: str
    at: datetime

    @property
    def event_id(self) -> str:
        """The same each time it is sent."""
        return f"{self.employee_id}:{self.kind}:{self.at:%H%M%S}"


async def run() -> None:
    """Send, kill, wait for calm, and look at everybody."""
    options = StackOptions(queue_lease=5, longest_poll=0.5, settings=SETTINGS)
    async with Stack.start(options) as stack, open_world(stack.info) as world:
        await world.operate("apply")
        await measure(stack, world)


async def measure(stack: Stack, world: DemoWorld) -> None:
    """One storm."""
    told = stories()
    ids = await accounts_of(world, told)
    order = [*told, *random.Random(1).sample(told, k=DELIVERIES - len(told))]
    random.Random(2).shuffle(order)
    await world.http.post(f"{stack.info.tenant}/_local/faults", json=STORM)
    started = time.perf_counter()
    async with killed(stack, times=KILLS, during=lambda: sent(world, order)) as tries:
        pass
    await until(lambda: calm(world.storage), "the queue to be empty")
    await world.http.delete(f"{stack.info.tenant}/_local/faults")
    seconds = time.perf_counter() - started
    await check(world, told, ids)
    note = f"{DUPLICATED:.0%} twice, in disorder, Graph failing at 10 %, {KILLS} kills; {tries[0]} posts were needed"
    report("storm", DELIVERIES, seconds, "s", note=f"{note}; {len(ids)} people, everybody in the right state")


def stories() -> list[Delivery]:
    """What happens to each person, until there are enough deliveries: hired; cancelled; hired again; moved far away."""
    today, begin = utc_now().date(), utc_now().replace(microsecond=0) - timedelta(hours=1)
    soon, far = (today + timedelta(days=3)).isoformat(), (today + timedelta(days=60)).isoformat()
    told: list[Delivery] = []
    number = 0
    while len(told) < DELIVERIES / (1 + DUPLICATED):
        who = f"S{number:05d}"
        steps = [("hire", soon), ("cancelled", soon), ("rehired", soon)][: 1 + number % 3]
        steps += [("start_date_changed", far)] if number % 4 == 0 and number % 3 != 1 else []
        told += [
            Delivery(who, kind, start, begin + timedelta(seconds=place)) for place, (kind, start) in enumerate(steps)
        ]
        number += 1
    return told


async def accounts_of(world: DemoWorld, told: list[Delivery]) -> dict[str, str]:
    """An account for everybody, by employee id."""
    names = sorted({delivery.employee_id for delivery in told})
    made = await world.create_accounts([{"displayName": name, "employeeId": name} for name in names])
    return dict(zip(names, made, strict=True))


async def sent(world: DemoWorld, order: list[Delivery]) -> int:
    """Send everything, some at a time, again and again until it is answered 200; returns how many posts that took."""
    gate = asyncio.Semaphore(PARALLEL)
    posts = 0

    async def send(delivery: Delivery) -> None:
        nonlocal posts
        async with gate:
            while True:
                posts += 1
                if await answered(world, delivery):
                    return
                await asyncio.sleep(0.5)

    await asyncio.gather(*(send(delivery) for delivery in order))
    return posts


async def answered(world: DemoWorld, delivery: Delivery) -> bool:
    """Whether one post was answered 200; a host that was killed answers nothing."""
    at = delivery.at.strftime("%Y-%m-%dT%H:%M:%SZ")
    try:
        answer = await world.post_standard(
            delivery.event_id, kind=delivery.kind, employee_id=delivery.employee_id, start=delivery.start, at=at
        )
    except httpx.HTTPError:
        return False
    return answer.status_code == 200


@asynccontextmanager
async def killed(stack: Stack, *, times: int, during: Callable[[], Awaitable[int]]) -> AsyncIterator[list[int]]:
    """Kill and start the host so often while something goes on; gives what that returned."""
    work = asyncio.ensure_future(during())
    for _ in range(times):
        await asyncio.sleep(4)
        await stack.kill_host()
        await stack.start_host()
    yield [await work]


async def calm(storage: Storage) -> bool:
    """Whether nothing is on the queue, visible or put off; storage may be too busy to say."""
    try:
        return not await message_count(storage, "hires")
    except TransientError:
        return False


async def until(look: Callable[[], Awaitable[bool]], what: str) -> None:
    """Look until it is so."""
    end = time.monotonic() + PATIENCE
    while not await look():
        if time.monotonic() > end:
            raise RuntimeError(f"Gave up after {PATIENCE:.0f} s of waiting for {what}.")
        await asyncio.sleep(0.5)


async def check(world: DemoWorld, told: list[Delivery], ids: dict[str, str]) -> None:
    """Compare everybody with what their newest event asks for."""
    newest: dict[str, Delivery] = {}
    for delivery in told:
        if delivery.employee_id not in newest or delivery.at > newest[delivery.employee_id].at:
            newest[delivery.employee_id] = delivery
    inside = {ids[who] for who, last in newest.items() if last.kind in ("hire", "rehired")}
    members = await world.members()
    people = {person.object_id: person async for person in world.people.all_people()}
    invited = {object_id for object_id, person in people.items() if person.state in INSIDE}
    lost = await count_poison(world.storage, "hires")
    if members != inside or invited != inside or lost:
        raise RuntimeError(
            f"{len(members ^ inside)} people are not where they should be, {len(invited ^ inside)} have a wrong row, "
            f"{lost} messages are in the poison queue."
        )
    if not all(people[object_id].added_by_product for object_id in inside):
        raise RuntimeError("Somebody is in the group whom a cancellation would not take out.")
