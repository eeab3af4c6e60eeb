"""Who is in the enrollment group: read, add one, remove one or many. `bulk_members` adds many."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from kiota_abstractions.method import Method
from msgraph.generated.groups.item.members.members_request_builder import MembersRequestBuilder

from provisioning.graph.batch import nothing, run_chain
from provisioning.graph.batch_items import BatchRequest
from provisioning.graph.client import Graph
from provisioning.graph.errors import ALREADY_MEMBER, NOT_A_MEMBER, GraphError
from provisioning.graph.odata import is_object_id, query
from provisioning.graph.requests import json_request

MembersQuery = MembersRequestBuilder.MembersRequestBuilderGetQueryParameters

IDS_PER_CHECK = 1000  # learn.microsoft.com/graph/api/directoryobject-getbyids
PAGE = 999
FEW = 20  # up to here it is cheaper to try than to look first
NO_OBJECT_ID = "This is not an object ID."
ABOUT_PEOPLE = frozenset({400, 404})  # any other refusal is about the group or about who asks


@dataclass
class Removals:
    """What became of each person, by the id as it was given.

    Args:
        removed: Is no member any more.
        absent: Was none.
        refused: The others, each with the reason.
    """

    removed: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


async def member_ids(graph: Graph, group_id: str) -> frozenset[str]:
    """Object ids of the group's direct members."""
    members = graph.build.groups.by_group_id(group_id).members
    info = members.to_get_request_information(query(MembersQuery(select=["id"], top=PAGE)))
    return frozenset([item["id"] async for page in graph.pages(info) for item in page])


async def existing_users(graph: Graph, object_ids: Sequence[str]) -> frozenset[str]:
    """Return which of these accounts exist, in lower case; 1,000 a request.

    The documentation asks for Directory.Read.All; for users, User.Read.All was seen to do
    (microsoft-graph-docs-contrib#8798).

    Raises:
        GraphError: 403 where that is not so.
    """
    found: set[str] = set()
    for start in range(0, len(object_ids), IDS_PER_CHECK):
        body = {"ids": list(object_ids[start : start + IDS_PER_CHECK]), "types": ["user"]}
        page = await graph.send(json_request(Method.POST, graph.build.directory_objects.get_by_ids, body))
        found.update(item["id"].lower() for item in page["value"])
    return frozenset(found)


async def add_member(graph: Graph, group_id: str, object_id: str) -> bool:
    """Add one person; True if that changed anything.

    Not sent again when the answer is lost: the second answer would be "already a member", as if it had not been us.

    Raises:
        GraphError: 404 whose text names the person (not replicated yet, or gone) or the group.
        TransientError: Graph or the network is unwell; whether the person was added is not known.
    """
    reference = {"@odata.id": f"{graph.root}/directoryObjects/{object_id}"}
    info = json_request(Method.POST, graph.build.groups.by_group_id(group_id).members.ref, reference)
    try:
        await graph.send(info, repeatable=False)
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


async def remove_members(
    graph: Graph, group_id: str, object_ids: Iterable[str], *, before_each: Callable[[], None] = nothing
) -> Removals:
    """Remove people from the group, 20 a round trip; never without `/$ref`, which would delete the account itself.

    Args:
        graph: As an owner of the group.
        group_id: The group.
        object_ids: The accounts to remove.
        before_each: Called before each round trip that writes; what it raises ends the work there.

    Raises:
        GraphError: The group is gone, or is not ours to change.
        TransientError: Graph or the network is unwell; the same call again does the rest.
    """
    result = Removals()
    given = by_key(object_ids, refused=result.refused)
    wanted = list(given)
    if len(wanted) > FEW:
        members = {object_id.lower() for object_id in await member_ids(graph, group_id)}
        result.absent += [given[key] for key in wanted if key not in members]
        wanted = [key for key in wanted if key in members]
    items = [BatchRequest(key, "DELETE", f"/groups/{group_id}/members/{key}/$ref") for key in wanted]
    async for item, answer in run_chain(graph, items, before_each=before_each):
        if answer.ok:
            result.removed.append(given[item.id])
            continue
        raise_if_about_the_group(answer.error, group_id)
        if answer.status == 404 or answer.error.says(NOT_A_MEMBER):
            result.absent.append(given[item.id])
        else:
            result.refused[given[item.id]] = answer.error.text
    return result


def by_key(object_ids: Iterable[str], *, refused: dict[str, str]) -> dict[str, str]:
    """Return each id once as it was given, by its lower-case form; refuse anything that is no object id."""
    found: dict[str, str] = {}
    for object_id in object_ids:
        if is_object_id(object_id):
            found.setdefault(object_id.lower(), object_id)
        else:
            refused[object_id] = NO_OBJECT_ID
    return found


def raise_if_about_the_group(error: GraphError, group_id: str) -> None:
    """Raise a refusal that would meet everybody."""
    if error.status not in ABOUT_PEOPLE or error.says(group_id):
        raise error
