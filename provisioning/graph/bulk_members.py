"""Many into the enrollment group, with a result for each person.

A PATCH with `members@odata.bind` takes 20 people and is all or nothing: one who already is a member fails all of it
(microsoft-graph-docs-contrib#5090). A `$batch` takes 20 PATCHes; they go one after another, since writes to one group
at once disturb each other. So 400 people a round trip, as long as none of them spoils it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from provisioning.graph.batch import MOST_ITEMS, nothing, run_chain
from provisioning.graph.batch_items import BatchIncomplete, BatchRequest
from provisioning.graph.client import Graph
from provisioning.graph.errors import ALREADY_MEMBER, GraphError, PermissionDenied
from provisioning.graph.members import FEW, by_key, existing_users, member_ids, raise_if_about_the_group
from provisioning.graph.retry import TRIES, backoff
from provisioning.log import EventLog

log = EventLog(__name__)

LINKS_PER_PATCH = 20  # "A resource cannot contain more than 20 link changes" (microsoft-graph-docs#6016)


@dataclass
class Additions:
    """What became of each person, by the id as it was given.

    Args:
        added: Is a member now and was none before.
        already: Was a member before.
        missing: There is no such account, or not yet everywhere.
        refused: The others, each with the reason.
    """

    added: list[str] = field(default_factory=list)
    already: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


async def add_members(
    graph: Graph, group_id: str, object_ids: Iterable[str], *, before_each: Callable[[], None] = nothing
) -> Additions:
    """Add people. More than 20 are compared with the members and looked up first: few requests that save many.

    Args:
        graph: As an owner of the group with User.Read.All.
        group_id: The group.
        object_ids: The accounts to add; each once, however often and in whatever case its id is given.
        before_each: Called before each round trip that writes; what it raises ends the work there.

    Raises:
        GraphError: The group is gone, or is not ours to change.
        TransientError: Graph or the network is unwell; the same call again does the rest.
    """
    result = Additions()
    await Adding(graph, group_id, result, by_key(object_ids, refused=result.refused), before_each).run()
    return result


def people_chunks(people: Sequence[str]) -> dict[str, Sequence[str]]:
    """Split the ids into numbered chunks, one for each PATCH."""
    starts = range(0, len(people), LINKS_PER_PATCH)
    return {str(start): people[start : start + LINKS_PER_PATCH] for start in starts}


@dataclass
class Adding:
    """One call of `add_members`. People are keyed by their lower-case id.

    Args:
        graph: Whose identity adds.
        group_id: The group.
        result: Filled as things become known.
        given: The ids as they were given.
        before_each: Called before each round trip that writes.
        unsure: Whose addition may have taken effect although its answer was lost.
    """

    graph: Graph
    group_id: str
    result: Additions
    given: dict[str, str]
    before_each: Callable[[], None]
    unsure: set[str] = field(default_factory=set)

    async def run(self) -> None:
        """Add all people; each ends up in the result."""
        people: Sequence[str] = list(self.given)
        if len(people) > FEW:
            people = await self.without_missing(await self.without_members(people))
        spoiled = await self.patch(people)
        if spoiled:
            spoiled = await self.patch(await self.without_members(spoiled))
        await self.one_by_one(spoiled)

    async def without_members(self, people: Sequence[str]) -> list[str]:
        """Return the ids that are not in the group."""
        members = {object_id.lower() for object_id in await member_ids(self.graph, self.group_id)}
        for key in people:
            if key in members:
                self.is_member(key)
        return [key for key in people if key not in members]

    def is_member(self, key: str) -> None:
        """Note a person who is in the group: added by us, if a request that would have added them was lost."""
        (self.result.added if key in self.unsure else self.result.already).append(self.given[key])

    async def without_missing(self, people: Sequence[str]) -> list[str]:
        """Return the ids that exist; all of them where we may not ask: it saves requests and decides nothing else."""
        try:
            existing = await existing_users(self.graph, people)
        except PermissionDenied:
            log.info("accounts_not_looked_up", group=self.group_id, people=len(people))
            return list(people)
        self.result.missing += [self.given[key] for key in people if key not in existing]
        return [key for key in people if key in existing]

    async def patch(self, people: Sequence[str]) -> list[str]:
        """Add people, 20 a PATCH; return the ids of chunks in which one already is a member."""
        spoiled: list[str] = []
        failures = 0
        while people:
            chunks = people_chunks(people)
            left: list[str] = []
            items = [self.patch_item(number, chunk) for number, chunk in chunks.items()]
            try:
                async for item, answer in run_chain(self.graph, items, repeatable=False, before_each=self.before_each):
                    chunk, failures = chunks.pop(item.id), 0
                    self.unsure.update(chunk if answer.unsure else ())
                    if answer.ok:
                        self.result.added += [self.given[key] for key in chunk]
                    elif answer.error.says(ALREADY_MEMBER):
                        spoiled += chunk
                    elif named := self.at_fault(chunk, answer.error):
                        left += [key for key in chunk if key not in named]
                    else:
                        await self.one_by_one(chunk)
            except BatchIncomplete as error:
                failures += 1
                left += await self.recover(error, list(chunks.values()), failures=failures)
            people = left
        return spoiled

    def patch_item(self, number: str, chunk: Sequence[str]) -> BatchRequest:
        """Make the PATCH. The key must be `members@odata.bind`: Graph ignores others (msgraph-sdk-python#611)."""
        return BatchRequest(
            number, "PATCH", f"/groups/{self.group_id}", {"members@odata.bind": [*map(self.link, chunk)]}
        )

    def link(self, key: str) -> str:
        """Return a reference to an account."""
        return f"{self.graph.root}/directoryObjects/{key}"

    def at_fault(self, chunk: Sequence[str], error: GraphError) -> frozenset[str]:
        """Note and return the people of a chunk that a refusal names.

        Raises:
            GraphError: The refusal would meet everybody.
        """
        raise_if_about_the_group(error, self.group_id)
        named = frozenset(key for key in chunk if error.says(key))
        for key in named:
            if error.status == 404:
                self.result.missing.append(self.given[key])
            else:
                self.result.refused[self.given[key]] = error.text
        return named

    async def recover(self, error: BatchIncomplete, chunks: Sequence[Sequence[str]], *, failures: int) -> list[str]:
        """After a batch without an answer: look who got in, and return the others."""
        self.unsure.update(key for chunk in chunks[:MOST_ITEMS] for key in chunk)
        if error.after is not None or failures == TRIES:
            raise error
        await self.graph.sleep(backoff(failures))
        return await self.without_members([key for chunk in chunks for key in chunk])

    async def one_by_one(self, people: Sequence[str]) -> None:
        """Add each person with a separate request, to find out which one a refusal is about.

        Raises:
            GraphError: No person can be added, all for the same reason.
        """
        path = f"/groups/{self.group_id}/members/$ref"
        items = [BatchRequest(key, "POST", path, {"@odata.id": self.link(key)}) for key in people]
        refused: dict[str, GraphError] = {}
        async for item, answer in run_chain(self.graph, items, before_each=self.before_each):
            if answer.ok:
                self.result.added.append(self.given[item.id])
            elif answer.error.says(ALREADY_MEMBER):
                self.is_member(item.id)
            elif not self.at_fault([item.id], answer.error):
                refused[item.id] = answer.error
        if len(refused) == len(people) > 1 and len({error.text for error in refused.values()}) == 1:
            raise refused.popitem()[1]
        self.result.refused.update({self.given[key]: error.text for key, error in refused.items()})
