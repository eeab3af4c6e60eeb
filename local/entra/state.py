"""Everything the stand-in tenant knows. Handlers are synchronous, so each request sees and leaves a whole state."""

import zlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from local.entra.clock import Clock
from local.entra.conditional_access.policy.book import PolicyBook
from local.entra.control.request_log import RequestLog
from local.entra.control.settings import Settings
from local.entra.identity_platform.client_registry import SignInState
from local.entra.ids import GRAPH_APP_ID, IdFactory, random_ids
from local.entra.limits.faults import Fault
from local.entra.limits.meters import Meter
from local.entra.limits.role_use import RoleUse
from local.entra.limits.storm import Storm
from local.entra.protocol.collection import Collection, Entity, Replication
from local.entra.protocol.deleted import Deleted
from local.entra.protocol.journal import EVERYTHING, Change, Journal
from local.entra.protocol.link_log import LinkLog, by_itself
from local.identities import TENANT_ID


@dataclass
class TenantState:
    """The tenant's objects, what tests changed about its behavior, and what it was asked.

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
    storm: Storm | None = None
    meters: dict[tuple[str, ...], Meter] = field(default_factory=dict)
    role_use: RoleUse = field(default_factory=RoleUse)
    sign_in: SignInState = field(default_factory=SignInState)
    requests: RequestLog = field(default_factory=RequestLog)
    deleted: dict[str, Deleted] = field(default_factory=dict)
    owners: dict[str, list[str]] = field(default_factory=dict)
    members: dict[str, dict[str, None]] = field(default_factory=dict)
    removals: dict[tuple[str, str], datetime] = field(default_factory=dict)
    links: dict[tuple[str, str], datetime] = field(default_factory=dict)
    assignments: dict[str, Entity] = field(default_factory=dict)
    directory_roles: list[Entity] = field(default_factory=list)
    role_eligibilities: list[Entity] = field(default_factory=list)
    group_eligibilities: list[Entity] = field(default_factory=list)
    methods: dict[str, list[Entity]] = field(default_factory=dict)
    passes: dict[str, Entity] = field(default_factory=dict)
    logos: dict[str, bytes] = field(default_factory=dict)
    federated_credentials: dict[str, list[Entity]] = field(default_factory=dict)
    sign_ins: list[dict[str, Any]] = field(default_factory=list)
    policy_book: PolicyBook = field(default_factory=PolicyBook)
    mail: list[dict[str, Any]] = field(default_factory=list)
    mailbox_faults: dict[str, str] = field(default_factory=dict)
    mailbox_settings: dict[str, dict[str, str]] = field(default_factory=dict)
    claimed_roles: dict[str, tuple[datetime, list[str]]] = field(default_factory=dict)
    beta_properties: dict[str, dict[str, Any]] = field(default_factory=dict)
    managers: dict[str, str] = field(default_factory=dict)
    grants: dict[str, Entity] = field(default_factory=dict)
    units: dict[str, Entity] = field(default_factory=dict)
    unit_members: dict[str, dict[str, None]] = field(default_factory=dict)
    strengths: dict[str, Entity] = field(default_factory=dict)
    role_definitions: dict[str, Entity] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    """Secrets made by addPassword, by key id; the objects themselves hold only the hint."""
    seeded_users: int = 0
    reads: int = 0

    def __post_init__(self) -> None:
        self.journal = Journal(now=self.clock.now)
        self.replication = Replication(
            now=self.clock.now,
            lag=lambda: self.settings.lag,
            index_lag=lambda: self.settings.index_lag,
            replicas=lambda: self.settings.replicas,
            change_lag=lambda: self.settings.change_lag,
        )
        self.owner_log = LinkLog(self.replication, lambda: self.settings.owner_lag)
        self.assignment_log = LinkLog(self.replication, lambda: self.settings.assignment_lag)
        self.credential_log = LinkLog(self.replication, lambda: self.settings.credential_lag)
        self.users = self.collection("user", indexed=("userPrincipalName", "employeeId"))
        self.groups = self.collection("group")
        self.applications = self.collection()
        self.service_principals = self.collection()
        self.policies = self.collection()

    def collection(self, kind: str | None = None, *, indexed: tuple[str, ...] = ()) -> Collection:
        """An empty collection; those with a `kind` write into the journal."""
        if kind is None:
            return Collection(replication=self.replication, indexed=indexed)
        return Collection(
            replication=self.replication, indexed=indexed, note=lambda object_id: self.journal.note(kind, object_id)
        )

    def read_as(self, caller_id: str | None) -> None:
        """Choose the replica of the call that begins, by who asks or in turn; None ends it."""
        count = max(self.settings.replicas, 1)
        if caller_id is None:
            self.replication.reader = None
        elif self.settings.replica_choice == "roundRobin":
            self.reads += 1
            self.replication.reader = self.reads % count
        else:
            self.replication.reader = zlib.crc32(caller_id.encode()) % count

    def link_member(self, group_id: str, member: str) -> None:
        self.members[group_id][member] = None
        self.links[group_id, member] = self.clock.now()
        self.journal.note_member(group_id, member, added=True)

    def members_seen(self, group_id: str) -> list[str]:
        """The members of a group as the replica at hand knows them: late with those that came or went just now."""
        members, lag = self.members[group_id], self.settings.member_lag
        if lag <= 0:
            return list(members)
        now = self.clock.now()

        def replicated(when: datetime, member: str) -> bool:
            hidden = self.replication.lag_of(group_id + member, longest=lag)
            return (now - when).total_seconds() >= hidden

        seen = [
            member
            for member in members
            if (group_id, member) not in self.links or replicated(self.links[group_id, member], member)
        ]
        removed = [member for (group, member) in self.removals if group == group_id and member not in members]
        return seen + [member for member in removed if not replicated(self.removals[group_id, member], member)]

    def unlink_member(self, group_id: str, member: str) -> None:
        del self.members[group_id][member]
        self.removals[group_id, member] = self.clock.now()
        self.journal.note_member(group_id, member, added=False)

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

    def is_deletion(self, change: Change) -> bool:
        """Whether an entry of the journal says that an object came or went, and the object is not there now."""
        return change.properties == EVERYTHING and change.object_id not in self.by_type[change.kind]

    def owns(self, owner_id: str, object_id: str) -> bool:
        return owner_id in self.owners.get(object_id, ())

    def add_owner(self, object_id: str, owner_id: str) -> None:
        owners = self.owners.setdefault(object_id, [])
        if owner_id not in owners:
            owners.append(owner_id)
            self.owner_log.note_added(object_id, owner_id)

    def remove_owner(self, object_id: str, owner_id: str) -> None:
        self.owners[object_id].remove(owner_id)
        self.owner_log.note_removed(object_id, owner_id, owner_id)

    def owners_seen(self, object_id: str) -> list[str]:
        """The owners of an object as the replica at hand knows them."""
        return self.owner_log.seen(object_id, by_itself(self.owners.get(object_id, ())))

    def role_claims(self, principal: Entity) -> list[str]:
        """The permissions a new token carries: for a managed identity those of a while ago, by `roleClaimLag`."""
        lag, now = self.settings.role_claim_lag, self.clock.now()
        kept = self.claimed_roles.get(principal["id"])
        if principal["servicePrincipalType"] != "ManagedIdentity" or lag <= 0:
            return self.roles_of(principal["id"])
        if kept is None or (now - kept[0]).total_seconds() >= lag:
            kept = self.claimed_roles[principal["id"]] = (now, self.roles_of(principal["id"]))
        return kept[1]

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

    def app_roles_of(self, user_id: str, *, client_id: str) -> list[str]:
        """Values of the enabled app roles that a person holds at an application, by themselves or as a direct member.

        A nested group gives no role (entra-docs, howto-add-app-roles-in-apps).
        """
        application = self.applications.find("appId", client_id)
        principal = self.service_principals.find("appId", client_id)
        if application is None or principal is None:
            return []
        values = {role["id"].lower(): role["value"] for role in application.get("appRoles") or () if role["isEnabled"]}
        holders = {user_id, *(group_id for group_id, members in self.members.items() if user_id in members)}
        held = {
            item["appRoleId"].lower()
            for item in self.assignments.values()
            if item["resourceId"] == principal["id"] and item["principalId"] in holders
        }
        return sorted(str(values[role_id]) for role_id in held & values.keys())

    def user(self, key: str) -> Entity | None:
        """A person by object id or user principal name."""
        return self.users.find("userPrincipalName", key) if "@" in key else self.users.get(key)

    def groups_of(self, object_id: str) -> set[str]:
        """Ids of the groups an object is in, nested ones included (Conditional Access honors nesting)."""
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
        """Template ids of the directory roles a principal holds."""
        return {item["roleDefinitionId"] for item in self.directory_roles if item["principalId"] == principal_id}
