"""What the people role works with, and the ids it needs before it can do anything."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from provisioning.address_encryption import Seal
from provisioning.clock import Clock
from provisioning.errors import Misconfigured, Waiting
from provisioning.graph.accounts import verified_domains
from provisioning.graph.client import Graph
from provisioning.graph.directory_roles import administrators, members_of_any, role_groups
from provisioning.people.eligibility import Rules
from provisioning.settings import PeopleSettings
from provisioning.store.ledger import People
from provisioning.store.sweep_state import Schedule
from provisioning.store.tenant_objects import StateTable

REMEMBERED = timedelta(minutes=5)  # how long such a list is believed

Read = Callable[[], Awaitable[frozenset[str]]]


@dataclass
class Remembered:
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
        """The list."""
        if self.read_at is None or self.now() - self.read_at > REMEMBERED:
            self.known = await self.read()
            self.read_at = self.now()
        return self.known


class Lists:
    """What is remembered of the tenant from one message to the next.

    `administrators` are the object ids that hold a directory role, whom nobody may push into the registration;
    `role_groups` what else holds one, and whose members do; `domains` the tenant's own.

    Args:
        graph: As an identity with RoleManagement.Read.Directory and User.Read.All.
        now: Clock.
    """

    def __init__(self, graph: Graph, now: Clock) -> None:
        async def groups() -> frozenset[str]:
            return await role_groups(graph, await self.administrators.get())

        self.administrators = Remembered(partial(administrators, graph), now)
        self.role_groups = Remembered(groups, now)
        self.domains = Remembered(partial(verified_domains, graph), now)


@dataclass(frozen=True)
class Enrollment:
    """Everything the people role works with.

    Args:
        graph: As the people identity.
        people: The ledger.
        schedule: What is due, and where the sweep stands.
        state: Ids of the tenant objects.
        settings: Window and rules.
        lists: What is remembered of the tenant.
        seal: Opens announced addresses; None where they are not used.
        now: Clock.
        new_id: Names a run in its lease.
    """

    graph: Graph
    people: People
    schedule: Schedule
    state: StateTable
    settings: PeopleSettings
    lists: Lists
    seal: Seal | None
    now: Clock
    new_id: Callable[[], str] = field(repr=False)

    async def rules(self) -> Rules:
        """What everybody is judged by now."""
        return Rules(await self.lists.administrators.get(), self.now(), self.settings)

    async def group_id(self) -> str:
        """The enrollment group.

        Raises:
            Waiting: The tenant has not been set up.
        """
        objects = await self.state.objects()
        if objects is None or objects.group_id is None:
            raise Waiting("the tenant to be set up (POST /api/tenant)", after=60)
        return objects.group_id


async def administrators_among(object_ids: Collection[str], *, enrollment: Enrollment) -> frozenset[str]:
    """Which of these hold a directory role through a group; asked just before they would be invited."""
    groups = await enrollment.lists.role_groups.get() if object_ids else frozenset()
    return await members_of_any(enrollment.graph, sorted(object_ids), groups) if groups else frozenset()


def not_owner(group_id: str) -> Misconfigured:
    """Why the group takes nobody (microsoftgraph/msgraph-bicep-types#233: an app is not the owner of what it made)."""
    return Misconfigured(
        "PEOPLE_PRINCIPAL_ID",
        fault=f"names an identity that may not change the members of group {group_id}: it is not its owner",
        remedy='Apply again (POST /api/tenant {"mode":"apply"}), which puts the owner back.',
    )
