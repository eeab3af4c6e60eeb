"""Rows of a table: read, written under the condition that nobody else did meanwhile, and found by their keys."""

from collections.abc import AsyncIterator, Mapping
from types import MappingProxyType
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import UpdateMode
from azure.data.tables.aio import TableClient

from provisioning.store.storage import adding_to, reaching


async def read_row(table: TableClient, partition: str, row: str) -> dict[str, Any] | None:
    """Return one row, or None; a table that does not exist yet has no rows."""
    async with reaching(f"table {table.table_name}"):
        try:
            entity = await table.get_entity(partition, row)
        except ResourceNotFoundError:
            return None
    return {**entity, "etag": entity.metadata["etag"]}


async def write_row(table: TableClient, entity: dict[str, Any], *, etag: str | None) -> str:
    """Create a row, or replace one as it was read; returns the new ETag.

    Raises:
        ConfigurationError: There is no such table.
        ResourceExistsError: There is such a row already.
        ResourceModifiedError: Another writer replaced it meanwhile.
        ResourceNotFoundError: It was deleted meanwhile.
    """
    if etag is None:
        return await add_row(table, entity)
    async with reaching(f"table {table.table_name}"):
        written = await table.update_entity(
            entity, mode=UpdateMode.REPLACE, etag=etag, match_condition=MatchConditions.IfNotModified
        )
    return str(written["etag"])


async def add_row(table: TableClient, entity: dict[str, Any]) -> str:
    """Create a row and return its ETag; needs no more than the right to add rows.

    Raises:
        ResourceExistsError: There is such a row already.
        ConfigurationError: There is no such table.
    """
    async with adding_to(f"table {table.table_name}"):
        written = await table.create_entity(entity)
    return str(written["etag"])


async def upsert(table: TableClient, entity: dict[str, Any]) -> None:
    """Write a row whatever is there."""
    async with adding_to(f"table {table.table_name}"):
        await table.upsert_entity(entity, mode=UpdateMode.REPLACE)


async def delete_row(table: TableClient, partition: str, row: str) -> None:
    """Delete a row whatever it says; one that is gone already is no error (azure-data-tables, delete_entity)."""
    async with reaching(f"table {table.table_name}"):
        await table.delete_entity(partition, row)


async def key_range(
    table: TableClient,
    partition: str,
    *,
    low: str,
    high: str,
    where: str = "",
    values: Mapping[str, str] = MappingProxyType({}),
    select: list[str] | None = None,
) -> AsyncIterator[dict[str, Any]]:
    """Yield the rows with a key in [low, high), in the order of their keys; a table that does not exist has none.

    Args:
        table: Where.
        partition: Of the rows.
        low: The first key.
        high: The first key behind the last one.
        where: A further condition, which the service looks through the range for.
        values: What stands in `where` as @name.
        select: The properties that are wanted; None for all.
    """
    query = "PartitionKey eq @partition and RowKey ge @low and RowKey lt @high" + (f" and {where}" if where else "")
    parameters = {"partition": partition, "low": low, "high": high, **values}
    async with reaching(f"table {table.table_name}"):
        try:
            async for entity in table.query_entities(query, parameters=parameters, select=select):
                yield {**entity, "etag": entity.metadata["etag"]}
        except ResourceNotFoundError:
            return
