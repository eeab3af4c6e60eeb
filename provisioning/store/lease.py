"""Leases: mutual exclusion across processes. A row of a table is the lease.

A lease is short and renewed while its holder works, so that a holder that died is in nobody's way for long. Its age is
measured by the storage service's own clock alone: the row's Timestamp against the Date of the answer that showed it.
The clocks of two machines may differ by minutes; the service's is one.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.core.pipeline import PipelineResponse
from azure.data.tables.aio import TableClient

from provisioning.clock import new_id
from provisioning.errors import ConfigurationError, NotReady, TransientError
from provisioning.store.storage import reaching
from provisioning.store.tables import write_row

LEASE_SECONDS = 15.0  # how long a holder that died holds others up
RENEWALS = 3  # a lease is renewed so often in its time, so that one slow answer of the storage account loses nothing
MARGIN = 1.0  # seconds before its end in which a holder no longer trusts a lease it could not renew
TRY_AGAIN = 5.0  # seconds


class LeaseLost(NotReady):
    """Another run may hold the lease by now, so this one must write nothing more."""


class Lease:
    """A lease that is held. `check` it before each write.

    Args:
        table: Where its row is.
        entity: The row: its key, `holder`, `seconds`, and a `token` that no other lease has.
        etag: Of the row as this holder wrote it last.
        asked_at: On the monotonic clock, before that was sent.
        monotonic: Seconds on a clock that is never set.
    """

    def __init__(
        self,
        table: TableClient,
        *,
        entity: dict[str, Any],
        etag: str,
        asked_at: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.table = table
        self.entity = entity
        self.etag = etag
        self.asked_at = asked_at
        self.monotonic = monotonic
        self.taken_over = False

    @property
    def seconds(self) -> float:
        """Return how long it lasts from its last renewal."""
        return float(self.entity["seconds"])

    def check(self) -> None:
        """Make sure that the lease is still held.

        Raises:
            LeaseLost: Another run took it over, or it could not be renewed in time.
        """
        if self.taken_over or self.monotonic() - self.asked_at > self.seconds - MARGIN:
            raise LeaseLost(f"another run to finish: {self.entity['holder']} lost its lease", after=TRY_AGAIN)

    async def renew(self) -> None:
        """Start the lease's time again.

        Raises:
            LeaseLost: Another run took it over, or it could not be renewed in time.
            TransientError: The storage account cannot be reached.
        """
        self.check()
        asked_at = self.monotonic()
        try:
            self.etag = await write_row(self.table, self.entity, etag=self.etag)
        except (ResourceModifiedError, ResourceNotFoundError):
            self.etag = await self.etag_of_our_row()
        self.check()
        self.asked_at = asked_at

    async def etag_of_our_row(self) -> str:
        """Return the row's ETag if the row is still ours after a lost answer; the library repeats such requests."""
        row, _ = await read_lease(self.table, self.entity["PartitionKey"], self.entity["RowKey"])
        self.taken_over = row is None or not is_same_lease(row, self.entity)
        return self.etag if row is None else str(row["etag"])

    async def keep_alive(self, *, until: asyncio.Event) -> None:
        """Renew the lease again and again until it is lost or no longer needed.

        Args:
            until: Set when the work is done.
        """
        with suppress(LeaseLost):
            while not until.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(until.wait(), timeout=self.seconds / RENEWALS)
                    return
                with suppress(TransientError, ConfigurationError):  # storage is unwell: tried until the time is over
                    await self.renew()

    async def release(self) -> None:
        """Give the lease back, unless another run took it over."""
        async with reaching(f"table {self.table.table_name}"):
            with suppress(ResourceModifiedError, ResourceNotFoundError):
                await self.table.delete_entity(
                    self.entity["PartitionKey"],
                    self.entity["RowKey"],
                    etag=self.etag,
                    match_condition=MatchConditions.IfNotModified,
                )


class Leases:
    """The leases of one tenant in one table.

    Args:
        table: Where the rows are.
        tenant_id: The partition.
    """

    def __init__(self, table: TableClient, *, tenant_id: str) -> None:
        self.table = table
        self.tenant_id = tenant_id

    @asynccontextmanager
    async def hold(self, name: str, *, holder: str, seconds: float = LEASE_SECONDS) -> AsyncIterator[Lease]:
        """Hold a lease while the block runs, renewed in the background.

        Args:
            name: What is to be done by one run at a time.
            holder: The worker's name, shown to those who wait.
            seconds: How long it outlives a holder that died.

        Raises:
            NotReady: Another run holds it.
            TransientError: The storage account cannot be reached.
        """
        lease = await self.take(name, holder=holder, seconds=seconds)
        done = asyncio.Event()
        renewals = asyncio.create_task(lease.keep_alive(until=done))
        try:
            yield lease
        finally:
            done.set()
            await renewals  # not cancelled: a renewal under way would leave a row that this holder cannot delete
            await lease.release()

    async def take(self, name: str, *, holder: str, seconds: float = LEASE_SECONDS) -> Lease:
        """Take a lease without renewing it.

        Raises:
            NotReady: Another run holds it.
            TransientError: The storage account cannot be reached.
            ConfigurationError: It has no such table.
        """
        key = f"lease-{name}"
        entity = {
            "PartitionKey": self.tenant_id,
            "RowKey": key,
            "holder": holder,
            "seconds": seconds,
            "token": new_id(),
        }
        asked_at = time.monotonic()
        try:
            etag = await write_row(self.table, entity, etag=None)  # first of all, since nearly always nobody holds it
        except ResourceExistsError:
            asked_at, etag = await self.take_over(entity, asked_at=asked_at)
        return Lease(self.table, entity=entity, etag=etag, asked_at=asked_at)

    async def take_over(self, entity: dict[str, Any], *, asked_at: float) -> tuple[float, str]:
        """Take a lease whose row is there already, if it has ended or is our own.

        Args:
            entity: The row to be written.
            asked_at: On the monotonic clock, before it was sent the first time.

        Returns:
            When what was written was sent, and its ETag.

        Raises:
            NotReady: Another run holds it.
        """
        row, service_time = await read_lease(self.table, self.tenant_id, entity["RowKey"])
        if row is not None and is_same_lease(row, entity):
            return asked_at, str(row["etag"])  # the first answer was lost, and the library repeated the request
        if row is not None and not has_ended(row, service_time):
            raise NotReady(f"{row['holder']} to finish", after=TRY_AGAIN)
        asked_at = time.monotonic()
        try:
            return asked_at, await write_row(self.table, entity, etag=None if row is None else row["etag"])
        except (ResourceExistsError, ResourceModifiedError, ResourceNotFoundError):
            raise NotReady("a run that began at the same moment to finish", after=TRY_AGAIN) from None


async def read_lease(table: TableClient, partition: str, key: str) -> tuple[dict[str, Any] | None, datetime | None]:
    """Read a lease's row and the storage service's time; None where the lease is free."""
    dates: list[str] = []

    def note_date(response: PipelineResponse[Any, Any]) -> None:
        dates.append(response.http_response.headers.get("Date", ""))

    async with reaching(f"table {table.table_name}"):
        try:
            entity = await table.get_entity(partition, key, raw_response_hook=note_date)
        except ResourceNotFoundError:
            return None, None
    row = {**entity, "etag": entity.metadata["etag"], "renewed_at": entity.metadata["timestamp"]}
    return row, parsedate_to_datetime(dates[-1])


def is_same_lease(row: dict[str, Any], entity: dict[str, Any]) -> bool:
    """Tell whether a row is the one that a holder wrote: no two leases have the same token."""
    return bool(row.get("token") == entity["token"])


def has_ended(row: dict[str, Any], service_time: datetime | None) -> bool:
    """Return whether a lease was not renewed in time. The Date header has whole seconds, cut: never too early."""
    if service_time is None:
        return False
    age: float = max(0.0, (service_time - row["renewed_at"]).total_seconds())
    return age >= float(row.get("seconds", LEASE_SECONDS))
