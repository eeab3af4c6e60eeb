"""A run that loses its lease writes nothing more, wherever it stands: another run may be at the same work by then."""

from typing import Any

import pytest
from azure.data.tables.aio import TableClient

from local import identities
from provisioning.model.hires import HireEventType
from provisioning.model.ledger import EnrollmentState
from provisioning.store.lease import Lease, Leases
from tests.integration.conftest import World
from tests.integration.in_process import InProcess
from tests.integration.test_people_crash_points import HIRE_CALLS, SWEEP_CALLS, check, newcomers

END_CALLS = 2  # Graph calls of a cancellation
TABLE_WRITES = ("create_entity", "update_entity", "upsert_entity", "delete_entity")


class Loss:
    """Takes every lease from its holder once Graph was called so often, and keeps what is written after that."""

    def __init__(self, world: World, patch: pytest.MonkeyPatch, *, at: int) -> None:
        transport = world.services.graphs[identities.PEOPLE.client_id].transport
        assert isinstance(transport, InProcess)
        self.world = world
        self.transport = transport
        self.at = at
        self.held: list[Lease] = []
        self.happened = False
        self.written: list[str] = []
        transport.calls = 0
        transport.watch = self.watch
        take = Leases.take

        async def keeping(leases: Leases, *arguments: Any, **options: Any) -> Lease:
            self.held.append(await take(leases, *arguments, **options))
            return self.held[-1]

        patch.setattr(Leases, "take", keeping)
        for name in TABLE_WRITES:
            self.note_writes(patch, name)

    def watch(self, number: int, moment: str) -> None:
        """Take the leases behind that call."""
        if (number, moment) == (self.at, "after"):
            self.happened = True
            self.asked = len(self.world.tenant.requests.entries)
            for lease in self.held:
                lease.taken_over = True

    def note_writes(self, patch: pytest.MonkeyPatch, name: str) -> None:
        """Keep which rows are written behind the loss; a lease's own row is no work."""
        original = getattr(TableClient, name)

        async def noting(table: TableClient, *arguments: Any, **options: Any) -> Any:
            first = arguments[0]
            key = str(first["RowKey"] if isinstance(first, dict) else arguments[1])
            if self.happened and not key.startswith("lease-"):
                self.written.append(f"{name} {key}")
            return await original(table, *arguments, **options)

        patch.setattr(TableClient, name, noting)

    def graph_writes(self) -> list[str]:
        """What Graph was asked to write behind the loss."""
        entries = self.world.tenant.requests.entries[self.asked :]
        lines = [f"{entry.method} {entry.template}" for entry in entries if entry.method != "GET"]
        return [line for line in lines if line not in ("POST /$batch", "POST /directoryObjects/getByIds")]

    def over(self) -> None:
        """Look what was written; the next run is an ordinary one."""
        assert self.happened, "there are fewer calls than thought"
        assert self.written == []
        assert self.graph_writes() == []
        self.happened = False
        self.transport.watch = None


@pytest.mark.usefixtures("small_writes")
@pytest.mark.parametrize("call", range(1, SWEEP_CALLS + 1))
async def test_a_sweep_that_lost_its_lease_stops_and_the_next_finishes(
    ready: World, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    ids = await newcomers(ready)
    loss = Loss(ready, monkeypatch, at=call)
    await ready.sweep()
    loss.over()
    ready.clock.advance(minutes=15)
    await ready.sweep()
    await check(ready, ids)


@pytest.mark.parametrize("call", range(1, HIRE_CALLS + 1))
async def test_a_hire_that_lost_its_lease_stops_and_comes_again(
    ready: World, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    mia = await ready.add_user(employeeId="1")
    at = ready.clock()
    await ready.send_hire("1", event_id="e-1", occurred_at=at)
    loss = Loss(ready, monkeypatch, at=call)
    await ready.work()
    loss.over()
    await ready.send_hire("1", event_id="e-1", occurred_at=at)
    await ready.work()
    await check(ready, {mia})


@pytest.mark.parametrize("call", range(1, END_CALLS + 1))
async def test_an_end_that_lost_its_lease_stops_and_comes_again(
    ready: World, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    mia = await ready.add_user(employeeId="1")
    await ready.send_hire("1")
    await ready.work()
    ready.clock.advance(minutes=1)
    at = ready.clock()
    await ready.send_hire("1", event_id="e-2", occurred_at=at, kind=HireEventType.CANCELLED)
    loss = Loss(ready, monkeypatch, at=call)
    await ready.work()
    loss.over()
    await ready.send_hire("1", event_id="e-2", occurred_at=at, kind=HireEventType.CANCELLED)
    await ready.work()
    assert ready.members() == set()
    assert await ready.state_of(mia) is EnrollmentState.LEFT
