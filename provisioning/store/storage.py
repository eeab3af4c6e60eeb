"""Clients of the storage account, with time limits that let an HTTP function answer in time."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.request import getproxies

from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceNotFoundError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.data.tables.aio import TableClient, TableServiceClient

from provisioning.errors import ConfigurationError, TransientError
from provisioning.settings import StorageSettings, load

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.storage.queue.aio import QueueClient, QueueServiceClient

# The queue client's own defaults wait about 15 s before the first retry, and jitter by 3; a webhook has three in all.
PATIENCE: dict[str, Any] = {
    "connection_timeout": 2,
    "read_timeout": 10,
    "retry_total": 2,
    "retry_connect": 1,
    "retry_read": 1,
    "initial_backoff": 0.2,  # queues: azure-storage-queue's ExponentialRetry
    "increment_base": 0,  # added to the power of the try: with 1, every wait would be a second longer
    "random_jitter_range": 0.1,
    "retry_backoff_factor": 0.2,  # tables: azure-core's RetryPolicy
    # Where the environment names no proxy, none is looked for: aiohttp 3.14 asks a thread for it at every request.
    "use_env_settings": bool(getproxies()),
}
QUEUES = ("hires", "seen", "outgoing", "passes", "tenant")
TABLES = ("board", "inbox", "outbox", "people", "passclaims", "passes", "operations", "state")


class Storage:
    """Queues and tables of one storage account, for one event loop.

    Args:
        open_queues: Makes the client of the queue service, on first use: its package costs a tenth of a second to
            import, and a command that plans or applies asks tables alone.
        tables: Client of the table service.
        credential: Closed with the clients, if any.
    """

    def __init__(
        self,
        open_queues: "Callable[[], QueueServiceClient]",
        tables: TableServiceClient,
        *,
        credential: "AsyncTokenCredential | None" = None,
    ) -> None:
        self.open_queues = open_queues
        self.opened_queues: QueueServiceClient | None = None
        self.table_service = tables
        self.credential = credential
        self.queues: dict[str, QueueClient] = {}
        self.tables: dict[str, TableClient] = {}

    @property
    def queue_service(self) -> "QueueServiceClient":
        """The client of the queue service."""
        if self.opened_queues is None:
            self.opened_queues = self.open_queues()
        return self.opened_queues

    def queue(self, name: str) -> "QueueClient":
        """Return the client of a queue. Text goes in as it is, since host.json says `messageEncoding: none`."""
        if name not in self.queues:
            self.queues[name] = self.queue_service.get_queue_client(name)
        return self.queues[name]

    def table(self, name: str) -> TableClient:
        """Return the client of a table."""
        if name not in self.tables:
            self.tables[name] = self.table_service.get_table_client(name)
        return self.tables[name]

    async def close(self) -> None:
        """Close all connections."""
        if self.opened_queues is not None:
            await self.opened_queues.close()
        await self.table_service.close()
        if self.credential is not None:
            await self.credential.close()


def key_time(at: datetime) -> str:
    """Return a time as keys have it, to the second: one width and one zone, so that they sort by it."""
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%S}"


def open_storage(*, credential: "AsyncTokenCredential | None" = None) -> Storage:
    """Make the clients as the settings say: a connection string on a laptop, the app's identity in Azure.

    Args:
        credential: Takes the place of the app's identity; its maker closes it.

    Raises:
        ConfigurationError: The settings name no storage account, or not in a form that can be read.
    """
    settings = load(StorageSettings)
    if settings.connection_string is not None:
        return connect(settings.connection_string.get_secret_value())
    if credential is not None:
        return connect_as(credential, settings=settings)
    from azure.identity.aio import ManagedIdentityCredential

    own = ManagedIdentityCredential(client_id=settings.client_id)
    storage = connect_as(own, settings=settings)
    storage.credential = own
    return storage


def connect_as(credential: "AsyncTokenCredential", *, settings: StorageSettings) -> Storage:
    """Make the clients for an identity, at the addresses that the settings name."""

    def open_queues() -> "QueueServiceClient":
        from azure.storage.queue.aio import QueueServiceClient

        return QueueServiceClient(str(settings.queue_service_uri), credential=credential, **PATIENCE)

    return Storage(
        open_queues,
        TableServiceClient(str(settings.table_service_uri), credential=credential, **PATIENCE),
    )


def connect(connection_string: str) -> Storage:
    """Make the clients for a connection string, which only a laptop's storage has.

    Raises:
        ConfigurationError: The text is not a connection string.
    """

    def open_queues() -> "QueueServiceClient":
        from azure.storage.queue.aio import QueueServiceClient

        with reading_connection_string():
            return QueueServiceClient.from_connection_string(connection_string, **PATIENCE)

    with reading_connection_string():
        return Storage(open_queues, TableServiceClient.from_connection_string(connection_string, **PATIENCE))


@contextmanager
def reading_connection_string() -> Iterator[None]:
    """Turn what the SDK says of a connection string into our own error.

    Raises:
        ConfigurationError: The text is not a connection string, or lacks a service.
    """
    try:
        yield
    except ValueError:
        raise ConfigurationError(
            "AzureWebJobsStorage",
            fault="is not a connection string",
            remedy="Copy the complete connection string again.",
        ) from None


@asynccontextmanager
async def reaching(what: str) -> AsyncIterator[None]:
    """Turn what storage says of itself into our own errors; what it says of one row or message passes through.

    Raises:
        TransientError: It cannot be reached, or is unwell.
        ConfigurationError: It refuses this app.
    """
    try:
        yield
    except (ServiceRequestError, ServiceResponseError) as error:
        raise TransientError(
            f"The storage account could not be reached for {what} ({type(error).__name__})."
        ) from error
    except HttpResponseError as error:
        if isinstance(error, ClientAuthenticationError) or error.status_code in (401, 403):
            raise ConfigurationError(
                "AzureWebJobsStorage",
                fault=f"names an account that refuses this app for {what} ({error.status_code})",
                remedy="Grant the app's identity the storage roles that infra/ lists, and wait a few minutes.",
            ) from error
        if error.status_code is not None and (error.status_code >= 500 or error.status_code == 429):
            raise TransientError(f"The storage account answered {error.status_code} for {what}.") from error
        raise


@asynccontextmanager
async def adding_to(what: str) -> AsyncIterator[None]:
    """Do as `reaching` does where something is added, so that a 404 means that what it is added to is not there.

    Deployment makes every queue and table; nothing is made at run time, since no app may do so in Azure.

    Raises:
        TransientError: Storage cannot be reached, or is unwell.
        ConfigurationError: It refuses this app, or the queue or table was not deployed.
    """
    async with reaching(what):
        try:
            yield
        except ResourceNotFoundError as error:
            raise ConfigurationError(
                "AzureWebJobsStorage",
                fault=f"names an account that has no {what}",
                remedy="Deploy infra/ again, which creates every queue and table.",
            ) from error


async def message_count(storage: Storage, queue_name: str) -> int:
    """About how many messages a queue holds, those put off included; a queue that does not exist yet holds none.

    Raises:
        TransientError: The storage account cannot be reached.
    """
    async with reaching(f"queue {queue_name}"):
        try:
            properties = await storage.queue(queue_name).get_queue_properties()
        except ResourceNotFoundError:
            return 0
    return int(properties.approximate_message_count or 0)
