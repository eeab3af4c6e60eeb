"""Who is in the enrolment group: read, add many, add one, remove one."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from msgraph.generated.groups.item.members.members_request_builder import MembersRequestBuilder
from msgraph.generated.models.group import Group
from msgraph.generated.models.reference_create import ReferenceCreate

from provisioning.graph.client import Graph
from provisioning.graph.errors import ALREADY_MEMBER, NOT_A_MEMBER, GraphError
from provisioning.graph.query import query

log = logging.getLogger(__name__)

MembersQuery = MembersRequestBuilder.MembersRequestBuilderGetQueryParameters

LINKS_PER_PATCH = 20  # "A resource cannot contain more than 20 link changes" (microsoft-graph-docs#6016)
PAGE = 999


@dataclass
class Additions:
    """What became of each person."""

    added: list[str] = field(default_factory=list)
    already: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


async def member_ids(graph: Graph, group_id: str) -> frozenset[str]:
    """Object ids of the group's direct members."""
    members = graph.build.groups.by_group_id(group_id).members
    info = members.to_get_request_information(query(MembersQuery(select=["id"], top=PAGE)))
    return frozenset([item["id"] async for page in graph.pages(info) for item in page])


async def add_members(graph: Graph, group_id: str, object_ids: Iterable[str]) -> Additions:
    """Add people, 20 a request; where one of the 20 spoils it for all, add those one by one.

    A PATCH with `members@odata.bind` is all or nothing: one who already is a member fails all of it
    (microsoft-graph-docs-contrib#5090).
    """
    result = Additions()
    wanted = sorted(set(object_ids))
    for start in range(0, len(wanted), LINKS_PER_PATCH):
        chunk = wanted[start : start + LINKS_PER_PATCH]
        try:
            await patch_members(graph, group_id, chunk)
            result.added += chunk
        except GraphError as error:
            if error.status not in (400, 404):
                raise
            log.info("bulk add refused, adding singly: group=%s people=%d", group_id, len(chunk))
            for object_id in chunk:
                await add_one_into(result, graph, group_id, object_id)
    return result


async def patch_members(graph: Graph, group_id: str, object_ids: Sequence[str]) -> None:
    """One PATCH. The key must read `members@odata.bind`: Graph silently ignores others (msgraph-sdk-python#611)."""
    links = [f"{graph.root}/directoryObjects/{object_id}" for object_id in object_ids]
    body = Group(additional_data={"members@odata.bind": links})
    await graph.send(graph.build.groups.by_group_id(group_id).to_patch_request_information(body))


async def add_one_into(result: Additions, graph: Graph, group_id: str, object_id: str) -> None:
    """Add one person and note what became of it."""
    try:
        added = await add_member(graph, group_id, object_id)
    except GraphError as error:
        if error.status != 404 or object_id not in error.text:
            raise
        result.missing.append(object_id)
    else:
        (result.added if added else result.already).append(object_id)


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
