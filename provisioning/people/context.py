"""What the people role works with, and the ids it needs before it can do anything."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from provisioning.address_encryption import AddressOpener
from provisioning.clock import Clock
from provisioning.errors import NotReady
from provisioning.graph.accounts import verified_domains
from provisioning.graph.client import Graph
from provisioning.graph.directory_roles import administrators, members_of_any, role_groups
from provisioning.people.eligibility import Rules
from provisioning.people_settings import PeopleSettings
from provisioning.store.delivery_notes import DeliveryNotes
from provisioning.store.inbox import Inbox
from provisioning.store.lease import Lease
from provisioning.store.ledger import Ledger, Row
from provisioning.store.sweep_state import SweepState
from provisioning.store.tenant_objects import TenantObjectStore

REMEMBERED = timedelta(minutes=5)  # how long such a list is believed

Read = Callable[[], Awaitable[frozenset[str]]]


@dataclass
class Cached:
    """A list of the tenant's that every hire needs and that changes rarely; read once in five minutes.

    Args:
        read: How to read it.
        now: Clock.
    """

    read: Read
    now: Clock
    known: frozenset[str] = frozenset()
    read_at: datetime | None = None

    async def get(self) -> frozenset[str]:
        """Return the ids, read again once they are old."""
        if self.read_at is None or self.now() - self.read_at > REMEMBERED:
            self.known = await self.read()
            self.read_at = self.now()
        return self.known


class DirectoryCache:
    """What is remembered of the tenant from one message to the next.

    `administrators` are the object ids that hold a directory role, which must not be pushed into the registration;
    `role_groups` what else holds one, and whose members do; `domains` the tenant's own.

    Args:
        graph: As an identity with RoleManagement.Read.Directory and User.Read.All.
        now: Clock.
    """

    def __init__(self, graph: Graph, now: Clock) -> None:
        async def groups() -> frozenset[str]:
            return await role_groups(graph, await self.administrators.get())

        self.administrators = Cached(partial(administrators, graph), now)
        self.role_groups = Cached(groups, now)
        self.domains = Cached(partial(verified_domains, graph), now)


@dataclass(frozen=True)
class PeopleContext:
    """Everything the people role works with.

    Args:
        graph: As the people identity.
        ledger: The rows of hires and accounts.
        sweep_state: What is due, and where the sweep stands.
        tenant_objects: Ids of the tenant objects.
        settings: Window and rules.
        directory: What is remembered of the tenant.
        opener: Opens announced addresses; None where they are not used.
        inbox: Events from HR that have not been handled yet.
        delivery_notes: Which deliveries front refused.
        now: Clock.
        new_id: Names a run in its lease.
        lease: What the work under way holds; None outside of it.
    """

    graph: Graph
    ledger: Ledger
    sweep_state: SweepState
    tenant_objects: TenantObjectStore
    settings: PeopleSettings
    directory: DirectoryCache
    opener: AddressOpener | None
    inbox: Inbox
    delivery_notes: DeliveryNotes
    now: Clock
    new_id: Callable[[], str] = field(repr=False)
    lease: Lease | None = None

    async def rules(self) -> Rules:
        """Return what everybody is judged by now."""
        administrators = await self.directory.administrators.get()
        cursor = await self.sweep_state.cursor()
        return Rules(administrators, self.now(), self.settings, decided_at=cursor.decided_at)

    async def methods_off(self) -> frozenset[str]:
        """Return which kinds of second factor nobody may use; the tenant role, which may see that, keeps it."""
        return await self.tenant_objects.looks.methods_off(now=self.now())

    def check_lease(self) -> None:
        """Make sure that this work still holds its lease; called before each write.

        Raises:
            LeaseLost: Another run may be at the same work.
        """
        if self.lease is not None:
            self.lease.check()

    async def save(self, row: Row) -> Row:
        """Write a row of the ledger, if this work still holds its lease; returns it with its new ETag.

        Raises:
            Conflict: Another worker wrote it meanwhile.
            LeaseLost: Another run may be at the same work.
            TransientError: The storage account cannot be reached.
        """
        self.check_lease()
        return await self.ledger.save(row)

    async def group_id(self) -> str:
        """Return the enrollment group.

        Raises:
            NotReady: The tenant has not been set up.
        """
        objects = await self.tenant_objects.objects()
        if objects is None or objects.group_id is None:
            raise NotReady("the tenant to be set up (POST /api/tenant)", after=60)
        return objects.group_id


async def administrators_among(object_ids: Collection[str], *, context: PeopleContext) -> frozenset[str]:
    """Return which of these hold a directory role through a group; asked just before they would be invited."""
    groups = await context.directory.role_groups.get() if object_ids else frozenset()
    return await members_of_any(context.graph, sorted(object_ids), groups) if groups else frozenset()
