"""The narrow way to let an identity make passes: the role Authentication Administrator over one administrative unit.

It reaches members of the unit that hold no role of their own; an application permission would reach everybody,
administrators included. Source: entra-docs, admin-units-assign-roles; unifiedRoleAssignment resource type.
"""

from kiota_abstractions.method import Method
from msgraph.generated.role_management.directory.role_assignments.role_assignments_request_builder import (
    RoleAssignmentsRequestBuilder,
)

from provisioning.errors import Rejected
from provisioning.graph.client import Graph, collect
from provisioning.graph.errors import GraphError
from provisioning.graph.odata import literal, query
from provisioning.graph.requests import json_request

AUTHENTICATION_ADMINISTRATOR = (
    "c4e39bd9-1100-46d3-8c65-fb160da0071f"  # the same in every tenant (permissions-reference)
)
CONFLICT = "conflicting object"  # 400 of an assignment that is there already
RolesQuery = RoleAssignmentsRequestBuilder.RoleAssignmentsRequestBuilderGetQueryParameters


def scope_of(unit_id: str) -> str:
    """Return the scope of an administrative unit, as role assignments name it."""
    return f"/administrativeUnits/{unit_id}"


async def assigned_scopes(graph: Graph, principal_id: str) -> frozenset[str]:
    """Return over what an identity is Authentication Administrator: units, or / for the whole tenant."""
    parameters = RolesQuery(filter=f"principalId eq {literal(principal_id)}")
    info = graph.build.role_management.directory.role_assignments.to_get_request_information(query(parameters))
    rows = await collect(graph.pages(info))
    ours = [row for row in rows if str(row["roleDefinitionId"]).lower() == AUTHENTICATION_ADMINISTRATOR]
    return frozenset(str(row["directoryScopeId"]) for row in ours)


async def assign_role(graph: Graph, principal_id: str, *, unit_id: str) -> None:
    """Assign the role over the unit; one that is assigned already is well, too.

    Raises:
        Rejected: There is no such unit.
        PermissionDenied: The caller may not assign directory roles.
    """
    unit = graph.build.directory.administrative_units.by_administrative_unit_id(unit_id)
    if await graph.send_or_none(unit.to_get_request_information()) is None:
        remedy = "Create one for newcomers, and add them to it, as docs/passes.md describes."
        raise Rejected(f"There is no administrative unit {unit_id} in this tenant.", remedy=remedy)
    content = {
        "principalId": principal_id,
        "roleDefinitionId": AUTHENTICATION_ADMINISTRATOR,
        "directoryScopeId": scope_of(unit_id),
    }
    builder = graph.build.role_management.directory.role_assignments
    try:
        await graph.send(json_request(Method.POST, builder, content))
    except GraphError as error:
        if not error.says(CONFLICT):
            raise
