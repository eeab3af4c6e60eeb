"""Which application permissions suffice for which call, and what an owner may do without any.

Sources: microsoftgraph/microsoft-graph-devx-content at 6cbd6bb, permissions/new/permissions.json, reduced to the
permissions of `app_roles.py`; for `$ref` and `uniqueName=` paths, which it leaves out, the reference pages
`group-post-members`, `group-delete-members` and `application-upsert`.
"""

from collections.abc import Mapping

from local.entra.limits.object_permissions import OBJECT_RULES, ROLES_READ
from local.entra.limits.permission_rule import (
    DENIED_METHODS,
    DENIED_POLICY,
    DENIED_REPORTS,
    DIRECTORY_READ,
    Rule,
    one_of,
)
from local.entra.limits.policy_permissions import POLICY_RULES
from local.entra.protocol.errors import GraphError, denied
from local.entra.protocol.routing import Caller
from local.entra.state import TenantState

OWNER_ALONE = (frozenset[str](),)
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
UNASSIGN = one_of("AppRoleAssignment.ReadWrite.All", "Application.ReadWrite.All")
DELETED_READ = (*APPLICATION_READ, *GROUP_READ, *USER_READ, *APPLICATION_READ_OWNED)

GROUP_OWNED_READ = Rule(GROUP_READ, OWNER_ALONE)
MEMBERS_CHANGE = Rule(MEMBERS_WRITE, OWNER_ALONE)
APP_READ = Rule(APPLICATION_READ, APPLICATION_READ_OWNED)
APP_WRITE = Rule(APPLICATION_WRITE, APPLICATION_READ_OWNED)
ASSIGNMENT_READ = Rule(APPLICATION_READ, APPLICATION_READ_OWNED)
DENIED_MAIL = "mail"

RULES: Mapping[str, Rule] = {
    **POLICY_RULES,
    **OBJECT_RULES,
    "GET /users": Rule(USER_READ),
    "GET /users/$count": Rule(USER_READ),
    "GET /users/{user}": Rule(USER_READ),
    "GET /users/delta": Rule(one_of("User.Read.All", "User.ReadWrite.All", *DIRECTORY_READ)),
    "POST /users/{user}/sendMail": Rule(one_of("Mail.Send"), family=DENIED_MAIL),
    "GET /users/{user}/mailboxSettings": Rule(one_of("MailboxSettings.Read"), family=DENIED_MAIL),
    "GET /groups": Rule(GROUP_READ),
    "GET /groups/$count": Rule(GROUP_READ),
    "GET /groups/delta": Rule(GROUP_READ),
    "POST /groups": Rule(GROUP_CREATE),
    "GET /groups/{group}": GROUP_OWNED_READ,
    "GET /groups(uniqueName='{uniqueName}')": GROUP_OWNED_READ,
    "PATCH /groups/{group}": Rule(GROUP_WRITE),
    "PATCH /groups/{group}#members": MEMBERS_CHANGE,
    "PATCH /groups(uniqueName='{uniqueName}')": Rule(GROUP_WRITE),
    "DELETE /groups/{group}": Rule(one_of("Group.ReadWrite.All")),
    "GET /groups/{group}/members": Rule(MEMBERS_READ, OWNER_ALONE),
    "GET /groups/{group}/members/microsoft.graph.{kind}": Rule(MEMBERS_READ, OWNER_ALONE),
    "GET /groups/{group}/members/$count": Rule(MEMBERS_READ, OWNER_ALONE),
    "GET /groups/{group}/transitiveMembers": Rule(MEMBERS_READ, OWNER_ALONE),
    "GET /groups/{group}/transitiveMembers/microsoft.graph.{kind}": Rule(MEMBERS_READ, OWNER_ALONE),
    "GET /groups/{group}/transitiveMembers/$count": Rule(MEMBERS_READ, OWNER_ALONE),
    "POST /groups/{group}/members/$ref": MEMBERS_CHANGE,
    "DELETE /groups/{group}/members/{member}/$ref": MEMBERS_CHANGE,
    "DELETE /groups/{group}/members/{member}": MEMBERS_CHANGE,
    "GET /groups/{group}/owners": Rule(OWNERS_READ, OWNER_ALONE),
    "GET /groups/{group}/owners/microsoft.graph.{kind}": Rule(OWNERS_READ, OWNER_ALONE),
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
    "GET /applications/{application}/appRoles": APP_READ,
    "GET /applications/{application}/owners": APP_READ,
    "GET /applications/{application}/owners/microsoft.graph.{kind}": APP_READ,
    "POST /applications/{application}/owners/$ref": APP_WRITE,
    "DELETE /applications/{application}/owners/{owner}/$ref": APP_WRITE,
    "POST /applications/{application}/addPassword": APP_WRITE,
    "POST /applications/{application}/removePassword": APP_WRITE,
    "GET /applications/{application}/federatedIdentityCredentials": APP_READ,
    "POST /applications/{application}/federatedIdentityCredentials": APP_WRITE,
    "DELETE /applications/{application}/federatedIdentityCredentials/{credential}": APP_WRITE,
    "GET /applications/{application}/federatedIdentityCredentials/{credential}": APP_READ,
    "PATCH /applications/{application}/federatedIdentityCredentials/{credential}": APP_WRITE,
    "GET /applications/{application}/federatedIdentityCredentials(name='{name}')": APP_READ,
    "PATCH /applications/{application}/federatedIdentityCredentials(name='{name}')": APP_WRITE,
    "PATCH /applications(appId='{appId}')": APP_WRITE,
    "DELETE /applications(appId='{appId}')": APP_WRITE,
    "DELETE /applications(uniqueName='{uniqueName}')": APP_WRITE,
    "PATCH /servicePrincipals(appId='{appId}')": APP_WRITE,
    "DELETE /servicePrincipals(appId='{appId}')": APP_WRITE,
    "GET /servicePrincipals": Rule(APPLICATION_LIST),
    "POST /servicePrincipals": Rule(APPLICATION_CREATE),
    "GET /servicePrincipals/{servicePrincipal}": APP_READ,
    "GET /servicePrincipals(appId='{appId}')": APP_READ,
    "PATCH /servicePrincipals/{servicePrincipal}": APP_WRITE,
    "DELETE /servicePrincipals/{servicePrincipal}": APP_WRITE,
    "GET /servicePrincipals/{servicePrincipal}/appRoles": APP_READ,
    "GET /servicePrincipals/{servicePrincipal}/oauth2PermissionScopes": APP_READ,
    "GET /servicePrincipals/{servicePrincipal}/owners": APP_READ,
    "GET /servicePrincipals/{servicePrincipal}/owners/microsoft.graph.{kind}": APP_READ,
    "POST /servicePrincipals/{servicePrincipal}/owners/$ref": APP_WRITE,
    "DELETE /servicePrincipals/{servicePrincipal}/owners/{owner}/$ref": APP_WRITE,
    "POST /servicePrincipals/{servicePrincipal}/addPassword": APP_WRITE,
    "POST /servicePrincipals/{servicePrincipal}/removePassword": APP_WRITE,
    "GET /servicePrincipals/{servicePrincipal}/appRoleAssignedTo": ASSIGNMENT_READ,
    "GET /servicePrincipals/{servicePrincipal}/appRoleAssignments": ASSIGNMENT_READ,
    "GET /servicePrincipals/{servicePrincipal}/appRoleAssignedTo/{assignment}": ASSIGNMENT_READ,
    "GET /servicePrincipals/{servicePrincipal}/appRoleAssignments/{assignment}": ASSIGNMENT_READ,
    "POST /servicePrincipals/{servicePrincipal}/appRoleAssignedTo": Rule(ASSIGN),
    "POST /servicePrincipals/{servicePrincipal}/appRoleAssignments": Rule(ASSIGN),
    "DELETE /servicePrincipals/{servicePrincipal}/appRoleAssignedTo/{assignment}": Rule(UNASSIGN),
    "DELETE /servicePrincipals/{servicePrincipal}/appRoleAssignments/{assignment}": Rule(UNASSIGN),
    "GET /roleManagement/directory/roleAssignments": Rule(ROLES_READ),
    # The data says Directory.Read.All; microsoft-graph-docs-contrib#8798 saw User.Read.All suffice for users. Which
    # types a caller is shown, and a setting to be strict, are in `directory_objects.py`.
    "POST /directoryObjects/getByIds": Rule(one_of("Directory.Read.All", "User.Read.All")),
    "GET /directory/deletedItems/microsoft.graph.application": Rule(APPLICATION_LIST),
    "GET /directory/deletedItems/microsoft.graph.group": Rule(GROUP_READ),
    "GET /directory/deletedItems/microsoft.graph.servicePrincipal": Rule(APPLICATION_LIST),
    "GET /directory/deletedItems/microsoft.graph.user": Rule(USER_READ),
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
    owner = object_id is not None and state.owns(caller.object_id, object_id)
    enough = [roles for roles in (*rule.any_of, *(rule.owned if owner else ())) if roles <= caller.roles]
    if enough:
        state.role_use.allow(caller.app_id, rule_name, enough)
        return
    state.role_use.refuse(caller.app_id, rule_name)
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
    if family == DENIED_REPORTS:
        return GraphError(
            403,
            "Authentication_MSGraphPermissionMissing",
            "Calling principal does not have required MSGraph permissions AuditLog.Read.All",
        )
    if family == DENIED_MAIL:
        return GraphError(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
    return denied()
