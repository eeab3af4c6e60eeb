"""The application permissions of Microsoft Graph ("app roles") that each Function App's managed identity needs.

The one table of them: the bootstrap grants it, preflight and health compare tokens with it, the stand-in tenant's
identities hold it, and docs/permissions.md is made of it.

Sources: microsoft-graph-devx-content (permissions/new/permissions.json) for what each call takes; the permissions
reference of Microsoft Graph for what each permission lets its holder do.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from provisioning.model.operation import MAY_ASK_PEOPLE, WRITING, Mode

ASSIGN = "AppRoleAssignment.ReadWrite.All"  # the only role that is needed once, and the most powerful of them
MAKING = frozenset({Mode.APPLY, Mode.REMOVE})
PROVING = frozenset({*MAY_ASK_PEOPLE, Mode.VERIFY})  # what looks at people and groups
READING = frozenset(Mode) - WRITING
ALL = frozenset({*WRITING, Mode.VERIFY})
DIRECTORY = ("Directory.Read.All", "Directory.ReadWrite.All")


@dataclass(frozen=True)
class GraphRole:
    """A permission that an identity needs.

    Args:
        purpose: What for, to be read after "to".
        modes: For which operations on the tenant's objects; empty for what every run needs.
        wider: Permissions that would do as well and allow more.
        narrower: Permissions that allow less and do in a pinch: what they do not show is then said to be unknown.
        reading: Permissions that do as well where nothing is written.
        once: Needed for a single step only, and taken away again; granted only if asked for.
        instead: What else does, which is why it is granted only if asked for; empty where nothing else does.
    """

    purpose: str
    modes: frozenset[Mode] = frozenset()
    wider: tuple[str, ...] = ()
    narrower: tuple[str, ...] = ()
    reading: tuple[str, ...] = ()
    once: bool = False
    instead: str = ""

    @property
    def by_default(self) -> bool:
        """Whether it is granted without being asked for."""
        return not self.once and not self.instead

    def is_met_by(self, name: str, held: frozenset[str], *, mode: Mode) -> bool:
        """Tell whether one of the permissions is held that will do for a mode."""
        enough = {name, *self.wider, *self.narrower, *(self.reading if mode in READING else ())}
        return not held.isdisjoint(enough)


FRONT_ROLES: Mapping[str, GraphRole] = {}

PEOPLE_ROLES: Mapping[str, GraphRole] = {
    "User.Read.All": GraphRole(
        "find accounts by employee ID, read hire dates, see who is disabled, a guest or external"
    ),
    "UserAuthenticationMethod.Read.All": GraphRole("see whether a person has registered a method"),
    "AuditLog.Read.All": GraphRole("read once a day who has registered, for many people at once"),
    "RoleManagement.Read.Directory": GraphRole(
        "leave out administrators, including those who may activate a role (Privileged Identity Management, where "
        "licensed)"
    ),
}

TENANT_ROLES: Mapping[str, GraphRole] = {
    "Group.ReadWrite.All": GraphRole(
        "make the enrollment group, give it its owner and read who is in it",
        frozenset({*MAKING, *PROVING}),
        reading=("Group.Read.All", *DIRECTORY),
    ),
    "Application.ReadWrite.OwnedBy": GraphRole(
        "make the application and its service principal", MAKING, ("Application.ReadWrite.All",)
    ),
    "Application.Read.All": GraphRole("look for foreign applications and name ours in a policy", WRITING),
    ASSIGN: GraphRole("assign the group to the application", frozenset({Mode.APPLY}), once=True),
    "Policy.Read.All": GraphRole("read policies and security defaults", ALL),
    "Policy.ReadWrite.ConditionalAccess": GraphRole("write the policy", WRITING),
    "User.Read.All": GraphRole(
        "check that the emergency accounts exist, are enabled and belong to the cloud",
        PROVING,
        ("User.ReadWrite.All", *DIRECTORY),
        narrower=("User.ReadBasic.All",),
    ),
    "LicenseAssignment.Read.All": GraphRole(
        "check for the Entra ID P1 license", MAY_ASK_PEOPLE, ("Organization.Read.All", *DIRECTORY)
    ),
    "RoleManagement.Read.Directory": GraphRole(
        "tell which administrators the policy asks", PROVING, ("RoleManagement.ReadWrite.Directory", *DIRECTORY)
    ),
}

MAKE_PASSES = "UserAuthMethod-TAP.ReadWrite.All"

PASSES_ROLES: Mapping[str, GraphRole] = {
    "User.Read.All": GraphRole("see whether an account is enabled, external or in a group, and who the manager is"),
    "UserAuthenticationMethod.Read.All": GraphRole("see whether a person has registered a method, or has a pass"),
    "RoleManagement.Read.Directory": GraphRole("refuse administrators, including those who may activate a role"),
    "PrivilegedEligibilitySchedule.Read.AzureADGroup": GraphRole(
        "refuse people who may join a group that holds a role (Privileged Identity Management for groups, where "
        "licensed)"
    ),
    "Policy.Read.AuthenticationMethod": GraphRole("read who may have a pass in the tenant, and for how long"),
    MAKE_PASSES: GraphRole(
        "make and delete passes in the whole tenant",
        instead="the Entra role Authentication Administrator over an administrative unit of newcomers",
    ),
}

GRAPH_ROLES: Mapping[str, Mapping[str, GraphRole]] = {
    "front": FRONT_ROLES,
    "people": PEOPLE_ROLES,
    "passes": PASSES_ROLES,
    "tenant": TENANT_ROLES,
}


def roles_together(apps: Iterable[str]) -> Mapping[str, GraphRole]:
    """Return the roles of an identity that serves several apps; one that two of them need stands once, for both.

    Args:
        apps: Of front, people, passes and tenant.
    """
    together: dict[str, GraphRole] = {}
    for app in apps:
        for name, role in GRAPH_ROLES[app].items():
            before = together.get(name)
            together[name] = replace(role, purpose=f"{before.purpose}; {role.purpose}") if before else role
    return together


DANGEROUS: Mapping[str, str] = {
    ASSIGN: "can grant any permission to anything, itself included",
    "Application.ReadWrite.All": "can add a credential to any application and act as it",
    "RoleManagement.ReadWrite.Directory": "can make anyone a Global Administrator",
    "Directory.ReadWrite.All": "can change nearly everything in the directory",
    "User.ReadWrite.All": "can change any account",
    MAKE_PASSES: "can give anyone a way to sign in, administrators included",
    "UserAuthenticationMethod.ReadWrite.All": "can give anyone's account a new sign-in method",
    "Policy.ReadWrite.SecurityDefaults": "can turn off security defaults",
}
