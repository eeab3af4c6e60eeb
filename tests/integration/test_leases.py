"""Leases in a real table: of two holders one works, and one that lost its lease knows it."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from azure.data.tables.aio import TableClient

from provisioning.clock import utc_now
from provisioning.errors import ConfigurationError, NotReady
from provisioning.store.lease import LEASE_SECONDS, LeaseLost, Leases, has_ended
from provisioning.store.tables import write_row
from tests.integration.conftest import World


@pytest.fixture
def leases(world: World) -> Leases:
    return world.state.leases


def test_a_holder_that_died_holds_nobody_up_for_longer_than_a_newcomer_waits() -> None:
    assert LEASE_SECONDS <= 15


async def test_one_holder_at_a_time_and_the_next_at_once_after_it(leases: Leases) -> None:
    async with leases.hold("work", holder="first"):
        with pytest.raises(NotReady, match="Waiting for first to finish"):
            await leases.take("work", holder="second")
    async with leases.hold("work", holder="second") as lease:
        lease.check()


async def test_a_table_that_was_not_deployed_is_said_and_nobody_waits_for_it(world: World) -> None:
    leases = Leases(world.services.storage.table("nowhere"), tenant_id=world.tenant_id)
    with pytest.raises(ConfigurationError, match="no table nowhere"):
        await leases.take("work", holder="first")


async def test_of_many_at_the_same_moment_one_gets_it(leases: Leases) -> None:
    async def work(number: int) -> bool:
        try:
            await leases.take("work", holder=f"run {number}")
        except NotReady:
            return False
        return True

    assert sum(await asyncio.gather(*(work(number) for number in range(8)))) == 1


async def test_a_lease_is_renewed_while_its_holder_works(leases: Leases) -> None:
    async with leases.hold("work", holder="slow", seconds=6) as lease:
        for _ in range(7):
            await asyncio.sleep(1)
            lease.check()
            with pytest.raises(NotReady):
                await leases.take("work", holder="waiting")


async def test_a_holder_that_was_paused_learns_that_another_took_over(leases: Leases) -> None:
    """A process that stood still (a paused container, a closed laptop) must not go on writing."""
    paused = await leases.take("work", holder="paused", seconds=1.5)
    await asyncio.sleep(2.6)
    with pytest.raises(LeaseLost, match="paused lost its lease"):
        paused.check()
    other = await leases.take("work", holder="other")
    with pytest.raises(LeaseLost):
        await paused.renew()
    await paused.release()
    with pytest.raises(NotReady, match="other"):
        await leases.take("work", holder="third")
    other.check()


async def test_a_renewal_whose_answer_was_lost_is_not_taken_for_another_holder(leases: Leases) -> None:
    lease = await leases.take("work", holder="mine")
    await write_row(lease.table, lease.entity, etag=lease.etag)  # took effect; its answer, the new ETag, got lost
    await lease.renew()
    lease.check()
    await lease.release()
    await leases.take("work", holder="next")


async def test_a_lost_answer_to_the_request_that_took_it_takes_nothing_away(
    leases: Leases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library repeats a request that was not answered, and the second one meets the row of the first."""
    written: list[str] = []

    async def twice(table: TableClient, entity: dict[str, Any], *, etag: str | None) -> str:
        written.append(await write_row(table, entity, etag=etag))
        return await write_row(table, entity, etag=etag)

    monkeypatch.setattr("provisioning.store.lease.write_row", twice)
    lease = await leases.take("work", holder="mine")
    monkeypatch.undo()
    assert lease.etag == written[0]
    await lease.renew()
    with pytest.raises(NotReady, match="mine to finish"):
        await leases.take("work", holder="second")


async def test_a_row_that_another_wrote_ends_the_lease(leases: Leases) -> None:
    lease = await leases.take("work", holder="mine")
    await write_row(lease.table, {**lease.entity, "token": "another"}, etag=lease.etag)
    with pytest.raises(LeaseLost):
        await lease.renew()


def test_a_lease_of_an_earlier_version_ends_too() -> None:
    """Its row says `until` by the holder's clock, which is not believed."""
    row = {"holder": "old", "until": "2099-01-01T00:00:00+00:00", "renewed_at": utc_now()}
    assert not has_ended(row, utc_now() + timedelta(seconds=LEASE_SECONDS - 1))
    assert has_ended(row, utc_now() + timedelta(seconds=LEASE_SECONDS + 1))
