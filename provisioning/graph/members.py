"""Who is in the enrolment group: read, add one, remove one. For many there is `bulk_members`."""

from collections.abc import Sequence

from msgraph.generated.directory_objects.get_by_ids.get_by_ids_post_request_body import GetByIdsPostRequestBody
from msgraph.generated.groups.item.members.members_request_builder import MembersRequestBuilder
from msgraph.generated.models.reference_create import ReferenceCreate

from provisioning.graph.client import Graph
from provisioning.graph.errors import ALREADY_MEMBER, NOT_A_MEMBER, GraphError
from provisioning.graph.query import query

MembersQuery = MembersRequestBuilder.MembersRequestBuilderGetQueryParameters

IDS_PER_CHECK = 1000  # learn.microsoft.com/graph/api/directoryobject-getbyids
PAGE = 999


async def member_ids(graph: Graph, group_id: str) -> frozenset[str]:
    """Object ids of the group's direct members."""
    members = graph.build.groups.by_group_id(group_id).members
    info = members.to_get_request_information(query(MembersQuery(select=["id"], top=PAGE)))
    return frozenset([item["id"] async for page in graph.pages(info) for item in page])


async def existing_users(graph: Graph, object_ids: Sequence[str]) -> frozenset[str]:
    """Which of these accounts exist, in lower case; 1,000 a request.

    The documentation asks for Directory.Read.All; for users, User.Read.All was seen to do
    (microsoft-graph-docs-contrib#8798).

    Raises:
        GraphError: 403 where that is not so.
    """
    found: set[str] = set()
    for start in range(0, len(object_ids), IDS_PER_CHECK):
        body = GetByIdsPostRequestBody(ids=list(object_ids[start : start + IDS_PER_CHECK]), types=["user"])
        page = await graph.send(graph.build.directory_objects.get_by_ids.to_post_request_information(body))
        found.update(item["id"].lower() for item in page["value"])
    return frozenset(found)


async def add_member(graph: Graph, group_id: str, object_id: str) -> bool:
    """Add one person; True if that changed anything.

    Raises:
        GraphError: 404 whose text names the person (not replicated yet, or gone) or the group.
    """
    reference = ReferenceCreate(odata_id=f"{graph.root}/directoryObjects/{object_id}")
    info = graph.build.groups.by_group_id(group_id).members.ref.to_post_request_information(reference)
    try:
        await graph.send(info)
    except GraphError as error:
        if error.status == 400 and error.says(ALREADY_MEMBER):
            return False
        raise
    return True


async def remove_member(graph: Graph, group_id: str, object_id: str) -> bool:
    """Remove one person from the group; True if that changed anything.

    Never without `/$ref`: that path deletes the account itself (learn.microsoft.com/graph/api/group-delete-members).
    """
    member = graph.build.groups.by_group_id(group_id).members.by_directory_object_id(object_id)
    try:
        await graph.send(member.ref.to_delete_request_information())
    except GraphError as error:
        if error.status == 404 or error.says(NOT_A_MEMBER):
            return False
        raise
    return True
