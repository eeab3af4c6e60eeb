"""Whatever happens, in whatever order: after a reconcile nobody is in the group who may not be or was cancelled."""

import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import uuid4

import pytest

from local import identities
from local.entra.directory.deleted_item.recycling import bring_back
from provisioning.errors import TransientError
from provisioning.model.hires import HireEventType
from provisioning.model.ledger import EnrollmentState
from tests.integration.conftest import World

STEPS = 14  # before everybody's account grows old, and as many after it
ROLE = "fe930be7-5e62-47db-91af-98c3a49a38b1"


@dataclass
class History:
    """Some people, and what happened to them.

    Attributes:
        world: The tenant and the product.
        random: Decides what happens next.
        people: Object ids of accounts that were made.
        deleted: Those of them that are deleted.
        barred: Those who may not be in the group.
        cancelled: Employee ids whose last word from HR is an end.
        taken_out: Those an admin took out of the group, and did not put back.
        log: What happened, for a failure.
    """

    world: World
    random: random.Random
    people: list[str] = field(default_factory=list)
    deleted: set[str] = field(default_factory=set)
    barred: set[str] = field(default_factory=set)
    cancelled: set[str] = field(default_factory=set)
    taken_out: set[str] = field(default_factory=set)
    log: list[str] = field(default_factory=list)

    def someone(self) -> str:
        """Return an account that is there."""
        return self.random.choice([who for who in self.people if who not in self.deleted])

    def user(self, object_id: str) -> dict[str, object]:
        """Return the account as Entra has it."""
        return next(item for item in self.world.tenant.users if item["id"] == object_id)


async def arrive(history: History) -> None:
    """A new account; or an old one of a person who starts tomorrow, which is soon like any other old account."""
    number, fields = f"E{len(history.people)}", {}
    if history.random.random() < 0.5:
        now = history.world.clock()
        fields = {
            "createdDateTime": f"{now - timedelta(days=400):%Y-%m-%dT%H:%M:%SZ}",
            "employeeHireDate": f"{now + timedelta(days=1):%Y-%m-%dT00:00:00Z}",
        }
    history.people.append(await history.world.add_user(employeeId=number, **fields))


async def announce(history: History) -> None:
    employee_id = history.user(history.someone())["employeeId"]
    history.cancelled.discard(str(employee_id))
    await history.world.send_hire(str(employee_id), kind=HireEventType.REHIRED)
    await history.world.work()


async def cancel(history: History) -> None:
    employee_id = history.user(history.someone())["employeeId"]
    history.cancelled.add(str(employee_id))
    await history.world.send_hire(str(employee_id), kind=HireEventType.CANCELLED)
    await history.world.work()


async def swap(history: History) -> None:
    """Two accounts exchange their numbers; what HR said goes with the number."""
    one, other = history.user(history.someone()), history.user(history.someone())
    first, second = one["employeeId"], other["employeeId"]
    for user, number in ((one, None), (other, first), (one, second)):
        await history.world.control.patch(f"/_local/users/{user['id']}", json={"employeeId": number})


async def delete(history: History) -> None:
    if len(history.deleted) + 1 >= len(history.people):
        return
    gone = history.someone()
    history.deleted.add(gone)
    await history.world.control.request("DELETE", "/_local/users", json=[gone])


async def restore(history: History) -> None:
    """Entra keeps a deleted account for 30 days."""
    if there := sorted(history.deleted & history.world.tenant.deleted.keys()):
        back = history.random.choice(there)
        history.deleted.discard(back)
        bring_back(history.world.tenant, back)


async def promote(history: History) -> None:
    who = history.someone()
    history.barred.add(who)
    assignment = history.world.tenant.directory_roles[0]
    history.world.tenant.directory_roles.append({**assignment, "id": str(uuid4()), "principalId": who})


async def make_eligible(history: History) -> None:
    who = history.someone()
    history.barred.add(who)
    await history.world.control.patch("/_local/settings", json={"licenseP2": True})
    rows = [{"principalId": item, "roleDefinitionId": ROLE} for item in sorted(history.barred)]
    await history.world.control.put("/_local/role-eligibilities", json=rows)


async def estrange(history: History) -> None:
    who = history.someone()
    history.barred.add(who)
    change = history.random.choice(
        [
            {"userType": "Guest"},
            {"userPrincipalName": f"{who[:8]}_p.example#EXT#@example.com"},
            {"accountEnabled": False},
        ]
    )
    await history.world.control.patch(f"/_local/users/{who}", json=change)


async def stumble(history: History) -> None:
    """Graph refuses two requests in the middle of what comes next."""
    path = history.random.choice(["/users/delta", "/members", "/reports/", "roleManagement", "/users"])
    await history.world.fault(path=path, status=503, headers={"Retry-After": "60"}, times=2)


async def register(history: History) -> None:
    """A person opens the page, and has a second factor."""
    who = history.someone()
    answer = await history.world.control.post("/_local/registrations", json={"userId": who, "method": "fido2"})
    assert answer.status_code < 300, answer.text
    await history.world.send_seen(who)
    await history.world.work()


async def sweep(history: History) -> None:
    history.world.clock.advance(minutes=history.random.choice([15, 240, 1450, 60_000]))
    with suppress(TransientError):
        await history.world.sweep()


async def take_out(history: History) -> None:
    """An admin takes a person out of the group who has not registered, and the daily reconcile comes by."""
    world = history.world
    invited = [who for who in sorted(world.members()) if await world.state_of(who) is EnrollmentState.INVITED]
    if not invited:
        return
    who = history.random.choice(invited)
    (group,) = world.tenant.groups
    world.tenant.unlink_member(group["id"], who)
    history.taken_out.add(who)
    await world.control.delete("/_local/faults")
    for _ in range(2):
        world.clock.advance(days=1, minutes=1)
        await world.sweep()


async def put_back(history: History) -> None:
    if there := sorted(history.taken_out - history.deleted):
        who = history.random.choice(there)
        (group,) = history.world.tenant.groups
        history.world.tenant.link_member(group["id"], who)
        history.taken_out.discard(who)


Step = Callable[[History], Awaitable[None]]
WHAT: tuple[Step, ...] = (
    arrive,
    announce,
    cancel,
    swap,
    delete,
    restore,
    promote,
    make_eligible,
    estrange,
    stumble,
    register,
)


BY_HAND: tuple[Step, ...] = (
    arrive,
    announce,
    delete,
    restore,
    restore,
    estrange,
    stumble,
    register,
    take_out,
    put_back,
)


async def live(history: History, *, what: tuple[Step, ...] = WHAT) -> None:
    """Let one thing after the other happen; in the end Graph is well again."""
    for _ in range(STEPS):
        step = history.random.choice((*what, sweep, sweep, sweep))
        history.log.append(step.__name__)
        await step(history)
        history.world.clock.advance(minutes=1)
    await history.world.control.delete("/_local/faults")


@pytest.mark.parametrize("seed", range(8))
async def test_nobody_is_in_the_group_who_may_not_be(ready: World, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    history = History(ready, random.Random(seed))
    for _ in range(4):
        await arrive(history)
    emergency = history.people[3]
    monkeypatch.setenv("BREAK_GLASS_USER_IDS", f"{identities.BREAK_GLASS_USER_ID},{emergency}")
    history.barred.add(emergency)
    await live(history)
    # From here on nobody is new, and a change that users/delta does not tell is met by the daily review alone.
    for days in (45, 2):
        ready.clock.advance(days=days)
        await ready.sweep()
    await live(history)
    for _ in range(3):  # what was put off meanwhile, then the daily reading, and what that left for later
        ready.clock.advance(days=1, minutes=1)
        await ready.sweep()
    members = ready.members()
    assert not members & history.barred, history.log
    for who in members:
        assert history.user(who)["employeeId"] not in history.cancelled, history.log


@pytest.mark.parametrize("seed", [0, 41, 48])  # in each of these, an account that was taken out is deleted and restored
async def test_who_an_admin_took_out_stays_out_until_an_admin_or_hr_says_otherwise(ready: World, seed: int) -> None:
    history = History(ready, random.Random(seed))
    for _ in range(4):
        await arrive(history)
    await ready.sweep()
    for _ in range(3):
        await take_out(history)
    await live(history, what=BY_HAND)
    for _ in range(3):
        ready.clock.advance(days=1, minutes=1)
        await ready.sweep()
    assert not ready.members() & history.taken_out, history.log
