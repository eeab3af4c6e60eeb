"""Permissions of what was added for ordinary clients: people, memberships, units, roles, consents.

Source: as `permissions.py`; for calls it leaves out the permissions tables of the reference pages.
"""

from collections.abc import Mapping

from local.entra.limits.permission_rule import DIRECTORY_READ, Roles, Rule, one_of

USER_WRITE = one_of("User.ReadWrite.All", "Directory.ReadWrite.All")
USER_DELETE = one_of("User.ReadWrite.All", "User.DeleteRestore.All")
RELATED_PEOPLE = one_of("User.Read.All", "User.ReadWrite.All", *DIRECTORY_READ)
ANY_OBJECT = one_of(*DIRECTORY_READ)
ROLES_WRITE = one_of("RoleManagement.ReadWrite.Directory")
ROLES_READ = one_of("RoleManagement.Read.Directory", "RoleManagement.ReadWrite.Directory", *DIRECTORY_READ)
UNITS_READ = one_of("AdministrativeUnit.Read.All", "AdministrativeUnit.ReadWrite.All", *DIRECTORY_READ)
UNITS_WRITE = one_of("AdministrativeUnit.ReadWrite.All", "Directory.ReadWrite.All")
CONSENTS_READ = one_of("DelegatedPermissionGrant.ReadWrite.All", *DIRECTORY_READ)
CONSENTS_WRITE = one_of("DelegatedPermissionGrant.ReadWrite.All", "Directory.ReadWrite.All")
ASSIGNMENTS_READ = one_of("AppRoleAssignment.ReadWrite.All", *DIRECTORY_READ)
ASSIGNMENTS_WRITE = one_of("AppRoleAssignment.ReadWrite.All")
DOMAINS_READ = one_of("Domain.Read.All", *DIRECTORY_READ)
MEMBER_OF = one_of(*DIRECTORY_READ, "Group.ReadBasic.All", "GroupMember.ReadBasic.All")
TRANSITIVE_MEMBER_OF = (*MEMBER_OF, *one_of("User.Read.All", "Group.Read.All", "GroupMember.Read.All"))
GROUP_MEMBER_OF = one_of(*DIRECTORY_READ, "GroupMember.Read.All", "Group.Read.All", "Group.ReadWrite.All")
PEOPLE_CHECKS = one_of(
    *DIRECTORY_READ,
    "Application.Read.All",
    "Application.ReadWrite.All",
    "Group.Read.All",
    "Group.ReadBasic.All",
    "Group.ReadWrite.All",
    "GroupMember.Read.All",
    "GroupMember.ReadBasic.All",
    "User.Read.All",
    "User.ReadWrite.All",
)
PRINCIPAL_CHECKS = one_of(*DIRECTORY_READ, "Application.Read.All", "Application.ReadWrite.All")
ACTIONS = ("checkMemberGroups", "checkMemberObjects", "getMemberGroups", "getMemberObjects")
UNIT = "/directory/administrativeUnits/{unit}"
DEFINITIONS, ASSIGNMENTS = "/roleManagement/directory/roleDefinitions", "/roleManagement/directory/roleAssignments"
GRANTS = "/oauth2PermissionGrants"


def memberships(path: str, *, direct: tuple[Roles, ...], all_of_them: tuple[Roles, ...]) -> dict[str, Rule]:
    """memberOf and transitiveMemberOf with their casts."""
    return {
        f"GET {path}/{name}{cast}": Rule(roles)
        for name, roles in (("memberOf", direct), ("transitiveMemberOf", all_of_them))
        for cast in ("", "/microsoft.graph.{kind}")
    }


def checks(path: str, roles: tuple[Roles, ...]) -> dict[str, Rule]:
    return {f"POST {path}/{action}": Rule(roles) for action in ACTIONS}


def collection(path: str, key: str, *, read: tuple[Roles, ...], write: tuple[Roles, ...]) -> dict[str, Rule]:
    """A collection that can be listed, added to, and whose objects can be read, changed and deleted."""
    one = f"{path}/{{{key}}}"
    return {
        f"GET {path}": Rule(read),
        f"GET {one}": Rule(read),
        f"POST {path}": Rule(write),
        f"PATCH {one}": Rule(write),
        f"DELETE {one}": Rule(write),
    }


def assignments(path: str) -> dict[str, Rule]:
    """App role assignments of a person or group."""
    return {
        f"GET {path}/appRoleAssignments": Rule(ASSIGNMENTS_READ),
        f"GET {path}/appRoleAssignments/{{assignment}}": Rule(ASSIGNMENTS_READ),
        f"POST {path}/appRoleAssignments": Rule(ASSIGNMENTS_WRITE),
        f"DELETE {path}/appRoleAssignments/{{assignment}}": Rule(ASSIGNMENTS_WRITE),
    }


OBJECT_RULES: Mapping[str, Rule] = {
    "POST /users": Rule(USER_WRITE),
    "PATCH /users/{user}": Rule(USER_WRITE),
    "DELETE /users/{user}": Rule(USER_DELETE),
    "GET /users/{user}/manager": Rule(RELATED_PEOPLE),
    "PUT /users/{user}/manager/$ref": Rule(USER_WRITE),
    "DELETE /users/{user}/manager/$ref": Rule(USER_WRITE),
    "GET /users/{user}/directReports": Rule(RELATED_PEOPLE),
    **{
        f"GET {path}/ownedObjects{cast}": Rule(roles)
        for path, roles in (
            ("/users/{user}", RELATED_PEOPLE),
            ("/servicePrincipals/{servicePrincipal}", PRINCIPAL_CHECKS),
        )
        for cast in ("", "/microsoft.graph.{kind}")
    },
    "GET /applications/$count": Rule(PRINCIPAL_CHECKS),
    "GET /servicePrincipals/$count": Rule(PRINCIPAL_CHECKS),
    "GET /directoryObjects/{directoryObject}": Rule(ANY_OBJECT),
    "GET /domains": Rule(DOMAINS_READ),
    "GET /domains/{domain}": Rule(DOMAINS_READ),
    "GET /servicePrincipals/{servicePrincipal}/oauth2PermissionGrants": Rule(CONSENTS_READ),
    **memberships("/users/{user}", direct=MEMBER_OF, all_of_them=TRANSITIVE_MEMBER_OF),
    **memberships("/groups/{group}", direct=GROUP_MEMBER_OF, all_of_them=GROUP_MEMBER_OF),
    **memberships("/servicePrincipals/{servicePrincipal}", direct=PRINCIPAL_CHECKS, all_of_them=PRINCIPAL_CHECKS),
    **checks("/users/{user}", PEOPLE_CHECKS),
    **checks("/groups/{group}", GROUP_MEMBER_OF),
    **checks("/servicePrincipals/{servicePrincipal}", PRINCIPAL_CHECKS),
    **checks("/directoryObjects/{directoryObject}", ANY_OBJECT),
    **collection("/directory/administrativeUnits", "unit", read=UNITS_READ, write=UNITS_WRITE),
    f"GET {UNIT}/members": Rule(UNITS_READ),
    f"GET {UNIT}/members/microsoft.graph.{{kind}}": Rule(UNITS_READ),
    f"GET {UNIT}/members/{{member}}": Rule(UNITS_READ),
    f"POST {UNIT}/members/$ref": Rule(UNITS_WRITE),
    f"DELETE {UNIT}/members/{{member}}/$ref": Rule(UNITS_WRITE),
    **collection(DEFINITIONS, "definition", read=ROLES_READ, write=ROLES_WRITE),
    f"POST {ASSIGNMENTS}": Rule(ROLES_WRITE),
    f"GET {ASSIGNMENTS}/{{roleAssignment}}": Rule(ROLES_READ),
    f"DELETE {ASSIGNMENTS}/{{roleAssignment}}": Rule(ROLES_WRITE),
    **collection(GRANTS, "grant", read=CONSENTS_READ, write=CONSENTS_WRITE),
    **assignments("/groups/{group}"),
    **assignments("/users/{user}"),
}
