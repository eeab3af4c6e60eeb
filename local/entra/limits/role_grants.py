"""What a service principal may do by a directory role, and without a permission: Authentication Administrator.

Sources: entra-docs, permissions-reference (who may reset whose methods) and admin-units-assign-roles (a scoped role,
and that a service principal needs a right to read besides).
"""

from collections.abc import Mapping

from local.entra.protocol.routing import Caller
from local.entra.state import TenantState

AUTHENTICATION_ADMINISTRATOR = "c4e39bd9-1100-46d3-8c65-fb160da0071f"
WHOLE_TENANT = "/"
READERS = frozenset({"User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"})
PASSES = "/users/{user}/authentication/temporaryAccessPassMethods"
BY_ROLE = frozenset({f"GET {PASSES}", f"POST {PASSES}", f"GET {PASSES}/{{method}}", f"DELETE {PASSES}/{{method}}"})


def allowed_by_role(state: TenantState, caller: Caller, rule_name: str, keys: Mapping[str, str]) -> bool:
    """Whether the caller's role reaches the person in the path: never one who holds a role of their own."""
    if rule_name not in BY_ROLE or caller.roles.isdisjoint(READERS):
        return False
    user = state.user(keys["user"])
    if user is None or state.roles_in_directory(user["id"]):
        return False
    units = {
        f"/administrativeUnits/{unit_id}" for unit_id, members in state.unit_members.items() if user["id"] in members
    }
    return any(
        row["principalId"] == caller.object_id
        and row["roleDefinitionId"] == AUTHENTICATION_ADMINISTRATOR
        and row["directoryScopeId"] in {WHOLE_TENANT, *units}
        for row in state.directory_roles
    )
