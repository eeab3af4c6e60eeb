"""Everything the stand-in tenant knows. Handlers are synchronous, so each request sees and leaves a whole state."""

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from local.identities import TENANT_ID
from local.tenant.clock import Clock
from local.tenant.collection import Collection, Entity
from local.tenant.faults import Fault
from local.tenant.request_log import RequestLog
from local.tenant.settings import Settings

GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"
GLOBAL_ADMINISTRATOR_ROLE = "62e90394-69f5-4237-9190-012177145e10"
NO_APP_ROLE = "00000000-0000-0000-0000-000000000000"

IdFactory = Callable[[], str]


def random_ids(seed: int | None = None) -> IdFactory:
    """New object ids: random ones, or the same sequence for the same seed."""
    if seed is None:
        return lambda: str(uuid.uuid4())
    source = random.Random(seed)
    return lambda: str(uuid.UUID(int=source.getrandbits(128), version=4))


@dataclass
class Deleted:
    """An object in the recycle bin, where it stays 30 days and keeps its uniqueName."""

    kind: str
    entity: Entity
    when: datetime
    members: dict[str, None] = field(default_factory=dict)


@dataclass
class TenantState:
    """The tenant's objects, what tests changed about its behaviour, and what it was asked.

    Args:
        clock: time of the directory; tests advance it.
        ids: factory of object ids.
        identity_header: what `X-IDENTITY-HEADER` must carry at the managed-identity endpoint; None accepts any value.
    """

    tenant_id: str = TENANT_ID
    clock: Clock = field(default_factory=Clock)
    ids: IdFactory = field(default_factory=random_ids)
    identity_header: str | None = None
    settings: Settings = field(default_factory=Settings)
    faults: list[Fault] = field(default_factory=list)
    requests: RequestLog = field(default_factory=RequestLog)
    deleted: dict[str, Deleted] = field(default_factory=dict)
    owners: dict[str, list[str]] = field(default_factory=dict)
    members: dict[str, dict[str, None]] = field(default_factory=dict)
    removals: dict[tuple[str, str], datetime] = field(default_factory=dict)
    assignments: dict[str, Entity] = field(default_factory=dict)
    directory_roles: list[Entity] = field(default_factory=list)
    methods: dict[str, list[Entity]] = field(default_factory=dict)
    passes: dict[str, Entity] = field(default_factory=dict)
    logos: dict[str, bytes] = field(default_factory=dict)
    federated_credentials: dict[str, list[Entity]] = field(default_factory=dict)
    sign_ins: list[dict[str, Any]] = field(default_factory=list)
    seeded_users: int = 0

    def __post_init__(self) -> None:
        self.users = self.collection()
        self.groups = self.collection()
        self.applications = self.collection()
        self.service_principals = self.collection()
        self.policies = self.collection()

    def collection(self) -> Collection:
        return Collection(now=self.clock.now, lag=lambda: self.settings.lag)

    @property
    def by_type(self) -> dict[str, Collection]:
        """The kinds of directory object that can be members, owners or in the recycle bin."""
        return {
            "user": self.users,
            "group": self.groups,
            "application": self.applications,
            "servicePrincipal": self.service_principals,
        }

    def directory_object(self, object_id: str) -> tuple[str, Entity] | None:
        """The kind and the object of an id, whatever its kind, when it exists and has replicated."""
        for kind, objects in self.by_type.items():
            found = objects.get(object_id)
            if found is not None:
                return kind, found
        return None

    def owns(self, owner_id: str, object_id: str) -> bool:
        return owner_id in self.owners.get(object_id, ())

    def add_owner(self, object_id: str, owner_id: str) -> None:
        owners = self.owners.setdefault(object_id, [])
        if owner_id not in owners:
            owners.append(owner_id)

    def roles_of(self, service_principal_id: str) -> list[str]:
        """Names of the Graph application permissions that were granted to a service principal."""
        graph = self.service_principals.find("appId", GRAPH_APP_ID)
        if graph is None:
            return []
        names = {role["id"]: str(role["value"]) for role in graph["appRoles"]}
        return [
            names[item["appRoleId"]]
            for item in self.assignments.values()
            if item["principalId"] == service_principal_id and item["resourceId"] == graph["id"]
        ]

    def user(self, key: str) -> Entity | None:
        """A person by object id or user principal name."""
        return self.users.find("userPrincipalName", key) if "@" in key else self.users.get(key)

    def groups_of(self, object_id: str) -> set[str]:
        """Ids of the groups an object is in, nested ones included (Conditional Access honours nesting)."""
        found: set[str] = set()
        waiting = [object_id]
        while waiting:
            member = waiting.pop()
            for group_id, members in self.members.items():
                if member in members and group_id not in found:
                    found.add(group_id)
                    waiting.append(group_id)
        return found

    def roles_in_directory(self, principal_id: str) -> set[str]:
        """Template ids of the directory roles somebody holds."""
        return {item["roleDefinitionId"] for item in self.directory_roles if item["principalId"] == principal_id}
