"""Where clients are made: once for each event loop, on first use, and only those that are used.

A client that outlives its loop fails with "Event loop is closed" (msgraph-sdk-python#366), so the cache is keyed by
the running loop. Importing this module imports neither Graph nor storage.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

from provisioning.clock import Clock, NewId, RandomBytes, Sleep, new_id, random_bytes, utc_now

if TYPE_CHECKING:
    import httpx
    from azure.core.credentials_async import AsyncTokenCredential

    from provisioning.graph.client import Graph
    from provisioning.settings import AppSettings
    from provisioning.store.delivery_notes import DeliveryNotes
    from provisioning.store.inbox import Inbox
    from provisioning.store.ledger import Ledger
    from provisioning.store.operations import Operations
    from provisioning.store.pass_claims import PassClaims
    from provisioning.store.passes import Passes
    from provisioning.store.storage import Storage
    from provisioning.store.sweep_state import SweepState
    from provisioning.store.tenant_objects import TenantObjectStore

Kept = TypeVar("Kept")
Group = TypeVar("Group", bound="AppSettings")


class Services:
    """The clients of one event loop. `function_app.py` gets one from Runtime; tests make their own.

    Args:
        now: Clock.
        sleep: asyncio.sleep.
        new_id: Source of random ids.
        random_bytes: Source of secrets.
        credential: Takes the place of every managed identity, for Graph and for storage; closed with the services.
    """

    def __init__(
        self,
        *,
        now: Clock = utc_now,
        sleep: Sleep = asyncio.sleep,
        new_id: NewId = new_id,
        random_bytes: RandomBytes = random_bytes,
        credential: "AsyncTokenCredential | None" = None,
    ) -> None:
        self.now = now
        self.sleep = sleep
        self.new_id = new_id
        self.random_bytes = random_bytes
        self.credential = credential
        self.transport: httpx.AsyncBaseTransport | None = None  # for tests: where requests go that are not Graph's
        self.graphs: dict[str, Graph] = {}
        self.opened: Storage | None = None
        self.kept: dict[type, Any] = {}

    def cached(self, kind: type[Kept], make: Callable[[], Kept]) -> Kept:
        """Return a cached instance that outlives a single message."""
        if kind not in self.kept:
            self.kept[kind] = make()
        kept: Kept = self.kept[kind]
        return kept

    def settings(self, kind: type[Group]) -> Group:
        """Read one group of app settings.

        Raises:
            ConfigurationError: A setting is missing or wrong.
        """
        from provisioning.settings import load

        return load(kind)

    @property
    def tenant_id(self) -> str:
        """The tenant that this deployment serves, which is the partition of every row."""
        from provisioning.settings import TenantSettings

        return str(self.settings(TenantSettings).tenant_id)

    @property
    def inbox(self) -> "Inbox":
        """Events from HR that have not been handled yet."""
        from provisioning.store.inbox import Inbox

        return Inbox(self.storage, tenant_id=self.tenant_id)

    @property
    def delivery_notes(self) -> "DeliveryNotes":
        """Which deliveries of HR systems were refused."""
        from provisioning.store.delivery_notes import DeliveryNotes

        return DeliveryNotes(self.storage, tenant_id=self.tenant_id)

    @property
    def ledger(self) -> "Ledger":
        """What HR said and what became of each account."""
        from provisioning.store.ledger import Ledger

        return Ledger(self.storage, tenant_id=self.tenant_id)

    @property
    def sweep_state(self) -> "SweepState":
        """What is due, and where the sweep stands."""
        from provisioning.store.sweep_state import SweepState

        return SweepState(self.storage, tenant_id=self.tenant_id, now=self.now)

    @property
    def operations(self) -> "Operations":
        """Operations on the tenant's objects."""
        from provisioning.store.operations import Operations

        return Operations(self.storage, tenant_id=self.tenant_id)

    @property
    def pass_claims(self) -> "PassClaims":
        """Claims of passes."""
        from provisioning.store.pass_claims import PassClaims

        return PassClaims(self.storage, tenant_id=self.tenant_id)

    @property
    def passes(self) -> "Passes":
        """What became of claims; no pass in clear."""
        from provisioning.store.passes import Passes

        return Passes(self.storage, tenant_id=self.tenant_id)

    @property
    def tenant_objects(self) -> "TenantObjectStore":
        """Ids of the tenant's objects."""
        from provisioning.store.tenant_objects import TenantObjectStore

        return TenantObjectStore(self.storage, tenant_id=self.tenant_id)

    @property
    def storage(self) -> "Storage":
        """Queues and tables."""
        if self.opened is None:
            from provisioning.store.storage import open_storage

            self.opened = open_storage(credential=self.credential)
        return self.opened

    def graph(self, client_id: str) -> "Graph":
        """Graph as the managed identity with this client id."""
        if client_id not in self.graphs and self.credential is not None:
            self.graphs[client_id] = self.graph_as(self.credential)
        if client_id not in self.graphs:
            from azure.identity.aio import ManagedIdentityCredential

            self.graphs[client_id] = self.graph_as(ManagedIdentityCredential(client_id=client_id))
        return self.graphs[client_id]

    def graph_as(self, credential: "AsyncTokenCredential") -> "Graph":
        """Graph with any credential of azure-identity."""
        from provisioning.graph.client import Graph
        from provisioning.settings import GraphSettings

        settings = self.settings(GraphSettings)
        return Graph(credential, endpoint=settings.endpoint, scope=settings.scope, sleep=self.sleep, now=self.now)

    async def close(self) -> None:
        """Close every client that was opened."""
        for graph in self.graphs.values():
            await graph.close()
        self.graphs.clear()
        if self.opened is not None:
            await self.opened.close()
            self.opened = None
        if self.credential is not None:
            await self.credential.close()


class Runtime:
    """One set of services for each event loop that is alive."""

    def __init__(self) -> None:
        self.by_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, Services] = WeakKeyDictionary()

    def services(self) -> Services:
        """Return the services of the running loop."""
        loop = asyncio.get_running_loop()
        if loop not in self.by_loop:
            self.by_loop[loop] = Services()
        return self.by_loop[loop]
