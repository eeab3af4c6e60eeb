"""Where clients are made: once for each event loop, on first use, and only those that are used.

A client that outlives its loop fails with "Event loop is closed" (msgraph-sdk-python#366), so the cache is keyed by
the running loop. Importing this module imports neither Graph nor storage.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

from provisioning.clock import Clock, NewId, Sleep, new_id, utc_now

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

    from provisioning.graph.client import Graph
    from provisioning.store.storage import Storage

Kept = TypeVar("Kept")


class Services:
    """The clients of one event loop. `function_app.py` gets one from Runtime; tests make their own.

    Args:
        now: Clock.
        sleep: asyncio.sleep.
        new_id: Source of random ids.
        credential: Takes the place of every managed identity, for Graph and for storage; closed with the services.
    """

    def __init__(
        self,
        *,
        now: Clock = utc_now,
        sleep: Sleep = asyncio.sleep,
        new_id: NewId = new_id,
        credential: "AsyncTokenCredential | None" = None,
    ) -> None:
        self.now = now
        self.sleep = sleep
        self.new_id = new_id
        self.credential = credential
        self.graphs: dict[str, Graph] = {}
        self.opened: Storage | None = None
        self.kept: dict[type, Any] = {}

    def cached(self, kind: type[Kept], make: Callable[[], Kept]) -> Kept:
        """What is to outlive one message: made on first use, one of each kind."""
        if kind not in self.kept:
            self.kept[kind] = make()
        kept: Kept = self.kept[kind]
        return kept

    @property
    def storage(self) -> "Storage":
        """Queues and tables."""
        if self.opened is None:
            from provisioning.store.storage import open_storage

            self.opened = open_storage(now=self.now, credential=self.credential)
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
        from provisioning.settings import GraphSettings, load

        settings = load(GraphSettings)
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
        """The services of the running loop."""
        loop = asyncio.get_running_loop()
        if loop not in self.by_loop:
            self.by_loop[loop] = Services()
        return self.by_loop[loop]
