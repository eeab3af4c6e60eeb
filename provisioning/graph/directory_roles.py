"""Who administers the tenant: who holds a directory role or may activate one, directly or through a group."""

from collections.abc import Sequence
from urllib.parse import quote

from msgraph.generated.role_management.directory.role_assignments.role_assignments_request_builder import (
    RoleAssignmentsRequestBuilder,
)

from provisioning.graph.batch import read_collections
from provisioning.graph.client import Graph
from provisioning.graph.errors import GraphError, PermissionDenied
from provisioning.graph.members import existing_users
from provisioning.graph.odata import literal, query

# What Graph answers where nobody has P2 or ID Governance, with 400 or 403 (Microsoft365DSC looks for the first).
NO_PIM_LICENSE = ("AadPremiumLicenseRequired", "needs to have Microsoft Entra ID P2", "needs an AAD Premium 2 license")
GROUP_ELIGIBILITY = "/identityGovernance/privilegedAccess/group/eligibilityScheduleInstances"
RolesQuery = RoleAssignmentsRequestBuilder.RoleAssignmentsRequestBuilderGetQueryParameters


async def administrators(graph: Graph) -> frozenset[str]:
    """Return the object ids, in lower case, of every principal that holds a directory role or may activate one."""
    info = graph.build.role_management.directory.role_assignments.to_get_request_information(
        query(RolesQuery(select=["id", "principalId"]))
    )
    holders = [item["principalId"].lower() async for page in graph.pages(info) for item in page]
    return frozenset(holders) | await eligible_administrators(graph)


async def eligible_administrators(graph: Graph) -> frozenset[str]:
    """Return who may activate a role by Privileged Identity Management; none where the tenant has no license for it.

    Raises:
        PermissionDenied: This identity has neither RoleManagement.Read.Directory nor a permission like it.
    """
    info = graph.build.role_management.directory.role_eligibility_schedule_instances.to_get_request_information()
    try:
        return frozenset([item["principalId"].lower() async for page in graph.pages(info) for item in page])
    except GraphError as error:
        if says_no_pim_license(error):
            return frozenset()
        raise


async def eligible_groups(graph: Graph, principal_ids: Sequence[str]) -> frozenset[str] | None:
    """Return the groups, in lower case, that any of these may join or own by Privileged Identity Management for groups.

    The list takes a filter by principal or group (privilegedaccessgroup-list-eligibilityscheduleinstances). A group
    may be eligible for another one, so who is asked about is a person and the groups they are in.

    Returns:
        None where this identity may not see it; none where the tenant has no license for it.

    Raises:
        GraphError: Graph refuses for another reason.
        TransientError: Graph or the network is unwell.
    """
    paths = [f"{GROUP_ELIGIBILITY}?$filter={quote(f'principalId eq {literal(item)}')}" for item in principal_ids]
    try:
        found = await read_collections(graph, paths)
    except PermissionDenied as error:
        return frozenset() if says_no_pim_license(error) else None
    except GraphError as error:
        if says_no_pim_license(error):
            return frozenset()
        raise
    return frozenset(str(item["groupId"]).lower() for items in found for item in items or ())


def says_no_pim_license(error: GraphError) -> bool:
    """Return whether Graph refuses because nobody has a license for Privileged Identity Management."""
    return error.code in NO_PIM_LICENSE or error.says(*NO_PIM_LICENSE)


async def role_groups(graph: Graph, principals: frozenset[str]) -> frozenset[str]:
    """Return the administrators' ids that are no user's: a group gives its role to all its members.

    Which of them are groups takes a permission that nothing else here needs, so that applications are among them too.
    """
    try:
        users = await existing_users(graph, sorted(principals))
    except PermissionDenied:
        return principals
    return frozenset(item for item in principals if item.lower() not in users)


async def members_of_any(graph: Graph, object_ids: Sequence[str], groups: frozenset[str]) -> frozenset[str]:
    """Return which of these accounts are in one of the groups, through any nesting; 20 accounts a round trip.

    Raises:
        GraphError: Graph refuses to tell.
        TransientError: Graph or the network is unwell.
    """
    wanted = {group_id.casefold() for group_id in groups}
    paths = [f"/users/{object_id}/transitiveMemberOf?$select=id&$top=999" for object_id in object_ids]
    found = zip(object_ids, await read_collections(graph, paths), strict=True)
    return frozenset(
        object_id for object_id, items in found if not wanted.isdisjoint(item["id"].casefold() for item in items or ())
    )
