"""5,000 deliveries, 30 % of them sent twice and all in disorder, with Graph unwell and the host killed five times.

Meanwhile sweeps run, employee ids move from account to account, accounts are deleted and restored, and people become
administrators. Two of ten Graph requests fail. Everybody must end in exactly the right state. The senders are patient
as real ones are: what was not answered 200 is sent again. Real storage (Azurite), the whole stack, the tenant in a
process of its own.
"""

import asyncio
import random
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import httpx

from local.demo_world import DemoWorld, open_world
from local.stack import Stack, StackOptions
from provisioning.clock import utc_now
from provisioning.errors import TransientError
from provisioning.model.ledger import EnrollmentState
from provisioning.model.sweep import SweepOutcome
from provisioning.store.poison import count_poison
from provisioning.store.storage import Storage, message_count
from provisioning.store.sweep_state import SweepState
from tests.bench.figures import report
from tests.bench.storm_directory import Directory

DELIVERIES = 5_000
DUPLICATED = 0.3
KILLS = 5
PARALLEL = 20
LONGEST_WAIT = 8.0  # seconds of a sender whose delivery was not answered 200; doubled up to that, as real ones do
STORM = {"storm": {"seed": 7, "rate": 0.2, "path": "/v1.0/"}}
ROUNDS = 5  # in which accounts change
BETWEEN = 4.0  # seconds from one kill or round to the next
SWEEP_EVERY = 10.0  # seconds
PATIENCE = 1500.0  # seconds
# The timer stays away, since sweeps are started here. A storm is no attack: the brakes would rightly hold most of it.
SETTINGS = {
    "SWEEP_SCHEDULE": "0 0 0 1 1 *",
    "HR_MAX_ENDS_PER_HOUR": "100000",
    "SWEEP_MAX_CHANGES": "100000",
}
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
    directory = Directory(world, await accounts_of(world, told), random.Random(3))
    order = [*told, *random.Random(1).sample(told, k=DELIVERIES - len(told))]
    random.Random(2).shuffle(order)
    await world.http.post(f"{stack.info.tenant}/_local/faults", json=STORM)
    started = time.perf_counter()
    sweeps = asyncio.ensure_future(sweep_again_and_again(world))
    async with killed(stack, times=KILLS, during=lambda: sent_meanwhile(world, order, directory)) as tries:
        pass
    await until(lambda: calm(world.storage), "the queue to be empty")
    sweeps.cancel()
    with suppress(asyncio.CancelledError):
        await sweeps
    await world.http.delete(f"{stack.info.tenant}/_local/faults")
    await daily_sweep(world)
    await until(lambda: calm(world.storage), "the queue to be empty")
    seconds = time.perf_counter() - started
    await check(world, told, directory)
    happened = ", ".join(f"{number} {what}" for what, number in directory.figures.items())
    note = (
        f"{DUPLICATED:.0%} twice, in disorder, {STORM['storm']['rate']:.0%} of Graph's answers failing, {KILLS} kills, "
        f"accounts: {happened}; {tries[0]} posts were needed"
    )
    report("storm", DELIVERIES, seconds, "s", note=f"{note}; {len(directory.holder)} people, everybody right")


async def sent_meanwhile(world: DemoWorld, order: list[Delivery], directory: Directory) -> int:
    """Send everything while accounts change; returns how many posts that took."""

    async def change() -> None:
        for _ in range(ROUNDS):
            await asyncio.sleep(BETWEEN)
            await directory.round()

    posts, _ = await asyncio.gather(sent(world, order), change())
    return posts


async def sweep_again_and_again(world: DemoWorld) -> None:
    """Start sweeps until cancelled; the host may be away, the sweep before may still run, and Graph may refuse it."""
    while True:
        with suppress(httpx.HTTPError):
            await start_sweep(world)
        await asyncio.sleep(SWEEP_EVERY)


async def start_sweep(world: DemoWorld) -> None:
    """Start the timer's function, as the admin API of the host can."""
    headers = {"x-functions-key": world.info.master_key}
    await world.http.post(f"{world.info.admin}/admin/functions/sweep", json={"input": ""}, headers=headers)


async def daily_sweep(world: DemoWorld) -> None:
    """Let a day pass for the sweep, and have it read and judge everybody."""
    state = SweepState(world.storage, tenant_id=world.info.tenant_id, now=utc_now)
    cursor = await state.cursor()
    await state.move(replace(cursor, full_since=None, full_done_at=None, reconciled_at=None))
    begun = utc_now()

    async def ended() -> bool:
        last: dict[str, Any] = await world.people.last_sweep() or {}
        if last.get("outcome") == SweepOutcome.DONE and datetime.fromisoformat(last["at"]) > begun:
            cursor = await state.cursor()
            if cursor.reconciled_at is not None and cursor.reconciled_at > begun:
                return True
        await start_sweep(world)
        return False

    await until(ended, "the daily sweep", every=BETWEEN)


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
            wait = 0.5
            while True:
                posts += 1
                if await answered(world, delivery):
                    return
                await asyncio.sleep(wait)
                wait = min(2 * wait, LONGEST_WAIT)

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
        await asyncio.sleep(BETWEEN)
        await stack.kill_host()
        await stack.start_host()
    yield [await work]


async def calm(storage: Storage) -> bool:
    """Whether nothing is on the queue, visible or put off; storage may be too busy to say."""
    try:
        return not await message_count(storage, "hires")
    except TransientError:
        return False


async def until(look: Callable[[], Awaitable[bool]], what: str, *, every: float = 0.5) -> None:
    """Look until it is so; `every` so many seconds."""
    end = time.monotonic() + PATIENCE
    while not await look():
        if time.monotonic() > end:
            raise RuntimeError(f"Gave up after {PATIENCE:.0f} s of waiting for {what}.")
        await asyncio.sleep(every)


async def check(world: DemoWorld, told: list[Delivery], directory: Directory) -> None:
    """Compare everybody with what the newest event asks for of the number that their account has now."""
    newest: dict[str, Delivery] = {}
    for delivery in told:
        if delivery.employee_id not in newest or delivery.at > newest[delivery.employee_id].at:
            newest[delivery.employee_id] = delivery
    inside = {directory.holder[who] for who, last in newest.items() if last.kind in ("hire", "rehired")}
    inside -= directory.deleted | directory.administrators
    members = await world.members()
    people = {person.object_id: person async for person in world.people.all_people()}
    invited = {object_id for object_id, person in people.items() if person.state in INSIDE}
    lost = await count_poison(world.storage, "hires")
    wrong = {object_id: people.get(object_id) for object_id in (members ^ inside) | (invited ^ inside)}
    if wrong or lost:
        for object_id, person in wrong.items():
            print(object_id, object_id in inside, object_id in members, person, file=sys.stderr)
        raise RuntimeError(
            f"{len(members ^ inside)} people are not where they should be, {len(invited ^ inside)} have a wrong row, "
            f"{lost} messages are in the poison queue."
        )
    if not all(people[object_id].added_by_product for object_id in inside):
        raise RuntimeError("A person is in the group that a cancellation would not take out.")
