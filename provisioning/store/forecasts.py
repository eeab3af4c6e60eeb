"""The last forecasts' numbers: rows of table `state`, which the tenant role writes, and of table `board`.

Front may read the latter alone. The people role, which may read the one and write the other, brings them over when it
makes the board.
"""

from azure.data.tables.aio import TableClient

from provisioning.model.forecast_counts import ForecastCounts
from provisioning.store.rows import DocumentFormat
from provisioning.store.tables import key_range, upsert

FORECAST, FORECAST_END = "forecast.", "forecast/"
FORECASTS = DocumentFormat(ForecastCounts)


class KeptForecasts:
    """The rows of one tenant.

    Args:
        table: Table `state` or `board`.
        tenant_id: The partition.
    """

    def __init__(self, table: TableClient, *, tenant_id: str) -> None:
        self.table = table
        self.tenant_id = tenant_id

    async def all(self) -> list[ForecastCounts]:
        """Return what is kept, none before the first time.

        Raises:
            TransientError: The storage account cannot be reached.
        """
        rows = key_range(self.table, self.tenant_id, low=FORECAST, high=FORECAST_END)
        return [FORECASTS.load(row) async for row in rows]

    async def save(self, counts: ForecastCounts) -> None:
        """Keep numbers in place of those before.

        Raises:
            TransientError: The storage account cannot be reached.
        """
        key = f"{FORECAST}{counts.slot}"
        await upsert(self.table, {**FORECASTS.dump(counts), "PartitionKey": self.tenant_id, "RowKey": key})
