"""Makes queues and tables on a laptop, as the template does in Azure."""

from typing import TYPE_CHECKING

from azure.core.exceptions import ResourceExistsError
from azure.data.tables.aio import TableClient

from provisioning.store.storage import QUEUES, TABLES, Storage

if TYPE_CHECKING:
    from azure.storage.queue.aio import QueueClient


async def create_queues_and_tables(storage: Storage) -> None:
    """Create every queue and table that is not there. For a laptop and for tests: in Azure the template makes them."""
    for name in QUEUES:
        await create_queue(storage.queue(name))
        await create_queue(storage.queue(f"{name}-poison"))
    for name in TABLES:
        await create_table(storage.table(name))


async def create_table(table: TableClient) -> None:
    """Create a table unless it is there."""
    try:
        await table.create_table()
    except ResourceExistsError:
        return


async def create_queue(queue: "QueueClient") -> None:
    """Create a queue unless it is there."""
    try:
        await queue.create_queue()
    except ResourceExistsError:
        return
