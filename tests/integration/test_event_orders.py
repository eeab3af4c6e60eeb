"""HR's events about several people, delivered in any order and more than once, end in one and the same state."""

import random
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

import pytest

from provisioning.model.hires import HireEventType
from provisioning.model.ledger import HireRecord
from tests.integration.conftest import World

PEOPLE = ("1", "2", "3", "4", "5")
VOLATILE = {"etag", "delivered", "next_try", "tries", "object_id"}


def story(world: World) -> list[dict[str, Any]]:
    """Everything that can happen to a hire, as an HR system tells it."""
    today = world.clock().date()
    soon, far = today + timedelta(days=3), today + timedelta(days=60)

    def told(minute: int, employee_id: str, kind: HireEventType, start: date | None = None) -> dict[str, Any]:
        at = world.clock() + timedelta(minutes=minute)
        event_id = f"{employee_id}:{minute}"
        return {"employee_id": employee_id, "kind": kind, "start": start, "occurred_at": at, "event_id": event_id}

    return [
        told(0, "1", HireEventType.HIRE, soon),
        told(0, "2", HireEventType.HIRE, soon),
        told(1, "2", HireEventType.CANCELLED),
        told(0, "3", HireEventType.HIRE, soon),
        told(1, "3", HireEventType.TERMINATED),
        told(2, "3", HireEventType.REHIRED, soon),
        told(0, "4", HireEventType.HIRE, soon),
        told(1, "4", HireEventType.START_DATE_CHANGED, far),
        told(0, "5", HireEventType.HIRE, far),
        told(1, "5", HireEventType.START_DATE_CHANGED),
    ]


async def deliver(world: World, order: list[dict[str, Any]], *, one_by_one: bool) -> None:
    for event in order:
        await world.send_hire(**event)
        if one_by_one:
            await world.work()
    await world.work()
    await world.sweep()


def lasting(rows: dict[str, HireRecord]) -> dict[str, dict[str, Any]]:
    """What does not depend on when one looked."""
    return {
        key: {name: value for name, value in asdict(row).items() if name not in VOLATILE} for key, row in rows.items()
    }


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("accounts_first", [True, False])
async def test_any_order_ends_in_the_same_state(ready: World, seed: int, accounts_first: bool) -> None:
    """Also where a person was invited before the far first day was known: 4 and 5 come out again."""
    ids = {key: await ready.add_user(employeeId=key) for key in PEOPLE} if accounts_first else {}
    told = story(ready)
    shuffler = random.Random(seed)
    order = told + shuffler.sample(told, k=5)
    shuffler.shuffle(order)
    await deliver(ready, order, one_by_one=bool(seed % 2))
    if not accounts_first:
        ids = {key: await ready.add_user(employeeId=key) for key in PEOPLE}
        await ready.sweep()
    assert ready.members() == {ids["1"], ids["3"]}
    rows = {row.employee_id: row async for row in ready.people.all_hire_records()}
    newest = {event["employee_id"]: event for event in told}
    for key, row in rows.items():
        assert (row.kind, row.event_id) == (newest[key]["kind"], newest[key]["event_id"])
    far = ready.clock().date() + timedelta(days=60)
    assert (rows["4"].start_date, rows["5"].start_date) == (far, far)
    before = lasting(rows)
    await deliver(ready, order, one_by_one=False)
    assert lasting({row.employee_id: row async for row in ready.people.all_hire_records()}) == before
