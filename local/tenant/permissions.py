"""Which application permissions suffice for which call, and what an owner may do without any.

Sources: microsoftgraph/microsoft-graph-devx-content at 6cbd6bb, permissions/new/permissions.json, reduced to the
permissions of `app_roles.py`; for `$ref` and `uniqueName=` paths, which it leaves out, the reference pages
`group-post-members`, `group-delete-members` and `application-upsert`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from local.tenant.errors import GraphError, denied
from local.tenant.routing import Caller
from local.tenant.state import TenantState

Roles = frozenset[str]


@dataclass(frozen=True)
class Rule:
    """What a call needs.

    Args:
        any_of: sets of permissions; holding all of one set suffices.
        owned: the same, for a caller that owns the object in the path. The empty set means ownership alone suffices.
        family: whose words a refusal has.
    """

    any_of: tuple[Roles, ...] = ()
    owned: tuple[Roles, ...] = ()
    family: str = "directory"
    hint: str = ""


def one_of(*names: str) -> tuple[Roles, ...]:
    return tuple(frozenset({name}) for name in names)


OWNER_ALONE = (frozenset[str](),)
DIRECTORY_READ = ("Directory.Read.All", "Directory.ReadWrite.All")
USER_READ = one_of("User.ReadBasic.All", "User.Read.All", "User.ReadWrite.All", *DIRECTORY_READ)
GROUP_READ = one_of(
    "GroupMember.Read.All",
    "GroupMember.ReadWrite.All",
    "Group.ReadBasic.All",
    "Group.Read.All",
    "Group.ReadWrite.All",
    *DIRECTORY_READ,
)
MEMBERS_READ = (*GROUP_READ, frozenset({"GroupMember.ReadBasic.All"}))
OWNERS_READ = one_of(
    "GroupMember.Read.All", "GroupMember.ReadWrite.All", "Group.Read.All", "Group.ReadWrite.All", *DIRECTORY_READ
)
GROUP_WRITE = one_of("Group.ReadWrite.All", "Directory.ReadWrite.All")
GROUP_CREATE = (*GROUP_WRITE, frozenset({"Group.Create"}))
MEMBERS_WRITE = (*GROUP_WRITE, frozenset({"GroupMember.ReadWrite.All"}))
APPLICATION_READ_OWNED = one_of("Application.ReadWrite.OwnedBy")
APPLICATION_READ = one_of("Application.Read.All", "Application.ReadWrite.All", *DIRECTORY_READ)
APPLICATION_LIST = (*APPLICATION_READ, *APPLICATION_READ_OWNED)
APPLICATION_WRITE = one_of("Application.ReadWrite.All", "Directory.ReadWrite.All")
APPLICATION_CREATE = one_of("Application.ReadWrite.OwnedBy", "Application.ReadWrite.All")
ASSIGN = tuple(
    frozenset({"AppRoleAssignment.ReadWrite.All", reader})
    for reader in ("Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All")
)
POLICY_READ = one_of("Policy.Read.All")
POLICY_WRITE = (frozenset({"Policy.Read.All", "Policy.ReadWrite.ConditionalAccess"}),)
METHODS_READ = one_of("UserAuthenticationMethod.Read.All", "UserAuthenticationMethod.ReadWrite.All")
PASS_WRITE = one_of("UserAuthMethod-TAP.ReadWrite.All", "UserAuthenticationMethod.ReadWrite.All")
PASS_READ = (*PASS_WRITE, *one_of("UserAuthMethod-TAP.Read.All", "UserAuthenticationMethod.Read.All"))
ROLES_READ = one_of("RoleManagement.Read.Directory", "RoleManagement.ReadWrite.Directory", *DIRECTORY_READ)
ORGANIZATION_READ = one_of("Organization.Read.All", "User.Read.All", *DIRECTORY_READ)
LICENCES_READ = one_of("LicenseAssignment.Read.All", "Organization.Read.All", *DIRECTORY_READ)
SECURITY_DEFAULTS_READ = one_of("Policy.Read.All")
DELETED_READ = (*APPLICATION_READ, *GROUP_READ, *USER_READ, *APPLICATION_READ_OWNED)

GROUP_OWNED_READ = Rule(GROUP_READ, OWNER_ALONE)
MEMBERS_CHANGE = Rule(MEMBERS_WRITE, OWNER_ALONE)
APP_READ = Rule(APPLICATION_READ, APPLICATION_READ_OWNED)
APP_WRITE = Rule(APPLICATION_WRITE, APPLICATION_READ_OWNED)
ASSIGNMENT_READ = Rule(APPLICATION_READ, APPLICATION_READ_OWNED)
DENIED_METHODS = "authentication"
DENIED_POLICY = "policy"

RULES: Mapping[str, Rule] = {
    "GET /users": Rule(USER_READ),
    "GET /users/$count": Rule(USER_READ),
    "GET /users/{user}": Rule(USER_READ),
    "GET /users/delta": Rule(one_of("User.Read.All", "User.ReadWrite.All", *DIRECTORY_READ)),
    "GET /users/{user}/authentication/methods": Rule(METHODS_READ, family=DENIED_METHODS),
    "GET /users/{user}/authentication/temporaryAccessPassMethods": Rule(PASS_READ, family=DENIED_METHODS),
    "POST /users/{user}/authentication/temporaryAccessPassMethods": Rule(PASS_WRITE, family=DENIED_METHODS),
    "GET /users/{user}/authentication/temporaryAccessPassMethods/{method}": Rule(PASS_READ, family=DENIED_METHODS),
    "DELETE /users/{user}/authentication/temporaryAccessPassMethods/{method}": Rule(PASS_WRITE, family=DENIED_METHODS),
    "GET /groups": Rule(GROUP_READ),
    "GET /groups/delta": Rule(GROUP_READ),
    "POST /groups": Rule(GROUP_CREATE),
    "GET /groups/{group}": GROUP_OWNED_READ,
    "GET /groups(uniqueName='{uniqueName}')": GROUP_OWNED_READ,
    "PATCH /groups/{group}": Rule(GROUP_WRITE),
    "PATCH /groups/{group}#members": MEMBERS_CHANGE,
    "PATCH /groups(uniqueName='{uniqueName}')": Rule(GROUP_WRITE),
    "DELETE /groups/{group}": Rule(one_of("Group.ReadWrite.All")),
    "GET /groups/{group}/members": Rule(MEMBERS_READ, OWNER_ALONE),
    "GET /groups/{group}/members/microsoft.graph.user": Rule(MEMBERS_READ, OWNER_ALONE),
    "POST /groups/{group}/members/$ref": MEMBERS_CHANGE,
    "DELETE /groups/{group}/members/{member}/$ref": MEMBERS_CHANGE,
    "DELETE /groups/{group}/members/{member}": MEMBERS_CHANGE,
    "GET /groups/{group}/owners": Rule(OWNERS_READ, OWNER_ALONE),
    "POST /groups/{group}/owners/$ref": Rule(GROUP_WRITE),
    "DELETE /groups/{group}/owners/{owner}/$ref": Rule(GROUP_WRITE),
    "GET /applications": Rule(APPLICATION_LIST),
    "POST /applications": Rule(APPLICATION_CREATE),
    "GET /applications/{application}": APP_READ,
    "GET /applications(appId='{appId}')": APP_READ,
    "GET /applications(uniqueName='{uniqueName}')": APP_READ,
    "PATCH /applications/{application}": APP_WRITE,
    "PATCH /applications(uniqueName='{uniqueName}')": Rule(APPLICATION_WRITE, APPLICATION_READ_OWNED),
    "DELETE /applications/{application}": APP_WRITE,
    "PUT /applications/{application}/logo": APP_WRITE,
    "GET /applications/{application}/owners": APP_READ,
    "POST /applications/{application}/owners/$ref": APP_WRITE,
    "GET /applications/{application}/federatedIdentityCredentials": APP_READ,
    "POST /applications/{application}/federatedIdentityCredentials": APP_WRITE,
    "DELETE /applications/{application}/federatedIdentityCredentials/{credential}": APP_WRITE,
    "GET /servicePrincipals": Rule(APPLICATION_LIST),
    "POST /servicePrincipals": Rule(APPLICATION_CREATE),
    "GET /servicePrincipals/{servicePrincipal}": APP_READ,
    "GET /servicePrincipals(appId='{appId}')": APP_READ,
    "PATCH /servicePrincipals/{servicePrincipal}": APP_WRITE,
    "DELETE /servicePrincipals/{servicePrincipal}": APP_WRITE,
    "GET /servicePrincipals/{servicePrincipal}/owners": APP_READ,
    "POST /servicePrincipals/{servicePrincipal}/owners/$ref": APP_WRITE,
    "GET /servicePrincipals/{servicePrincipal}/appRoleAssignedTo": ASSIGNMENT_READ,
    "GET /servicePrincipals/{servicePrincipal}/appRoleAssignments": ASSIGNMENT_READ,
    "POST /servicePrincipals/{servicePrincipal}/appRoleAssignedTo": Rule(ASSIGN),
    "DELETE /servicePrincipals/{servicePrincipal}/appRoleAssignedTo/{assignment}": Rule(
        one_of("AppRoleAssignment.ReadWrite.All", "Application.ReadWrite.All")
    ),
    "GET /identity/conditionalAccess/policies": Rule(POLICY_READ, family=DENIED_POLICY),
    "POST /identity/conditionalAccess/policies": Rule(POLICY_WRITE, family=DENIED_POLICY),
    "GET /identity/conditionalAccess/policies/{policy}": Rule(POLICY_READ, family=DENIED_POLICY),
    "PATCH /identity/conditionalAccess/policies/{policy}": Rule(POLICY_WRITE, family=DENIED_POLICY),
    "DELETE /identity/conditionalAccess/policies/{policy}": Rule(POLICY_WRITE, family=DENIED_POLICY),
    "GET /policies/identitySecurityDefaultsEnforcementPolicy": Rule(SECURITY_DEFAULTS_READ, family=DENIED_POLICY),
    "GET /roleManagement/directory/roleAssignments": Rule(ROLES_READ),
    "GET /subscribedSkus": Rule(LICENCES_READ),
    "GET /organization": Rule(ORGANIZATION_READ),
    "POST /directoryObjects/getByIds": Rule(one_of("Directory.Read.All")),
    "GET /directory/deletedItems/microsoft.graph.application": Rule(APPLICATION_LIST),
    "GET /directory/deletedItems/microsoft.graph.group": Rule(GROUP_READ),
    "GET /directory/deletedItems/{object}": Rule(DELETED_READ),
    "DELETE /directory/deletedItems/{object}#application": APP_WRITE,
    "DELETE /directory/deletedItems/{object}#servicePrincipal": APP_WRITE,
    "DELETE /directory/deletedItems/{object}#group": Rule(GROUP_WRITE),
    "DELETE /directory/deletedItems/{object}#user": Rule(one_of("User.ReadWrite.All", "User.DeleteRestore.All")),
    "POST /directory/deletedItems/{object}/restore#application": APP_WRITE,
    "POST /directory/deletedItems/{object}/restore#servicePrincipal": APP_WRITE,
    "POST /directory/deletedItems/{object}/restore#group": Rule(GROUP_WRITE),
    "POST /directory/deletedItems/{object}/restore#user": Rule(one_of("User.ReadWrite.All", "User.DeleteRestore.All")),
}


def require(state: TenantState, caller: Caller, rule_name: str, *, object_id: str | None = None) -> None:
    """Let the call pass or refuse it as Graph does.

    Args:
        rule_name: method and template, with `#kind` where the object decides.
        object_id: the object whose owners count.

    Raises:
        GraphError: 403 in the words of the API family.
        KeyError: a route has no rule; that is a fault of the stand-in.
    """
    rule = RULES[rule_name]
    if any(roles <= caller.roles for roles in rule.any_of):
        return
    owner = object_id is not None and state.owns(caller.object_id, object_id)
    if owner and any(roles <= caller.roles for roles in rule.owned):
        return
    raise refusal(rule.family)


def refusal(family: str) -> GraphError:
    """403 as each API family words it."""
    if family == DENIED_POLICY:
        return GraphError(
            403,
            "AccessDenied",
            "You cannot perform the requested operation, required scopes are missing in the token.",
        )
    if family == DENIED_METHODS:
        return GraphError(403, "accessDenied", "Request Authorization failed")
    return denied()
