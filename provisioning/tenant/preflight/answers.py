"""Questions of one `$batch`, and their answers: what Graph does not show is kept as that, and never taken for none."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from provisioning.graph.batch import MOST_ITEMS, collection, run_batch
from provisioning.graph.batch_items import BatchRequest, BatchResponse
from provisioning.graph.errors import GraphError
from provisioning.graph.odata import is_object_id
from provisioning.graph.requests import EVENTUAL
from provisioning.tenant.context import OperationContext

PAGE = 999
MOST_GROUPS = 60  # groups that policies name or that hold roles
MOST_PAGES = 20  # of the people in one of them
HIDDEN = frozenset({401, 403})
GRANT = "Grant the tenant identity its permissions: python -m provisioning bootstrap."
LOOK = "In the Entra admin center, review who is in these groups and which policies name them."


@dataclass(frozen=True)
class Unreadable:
    """What was not read.

    Attributes:
        what: As a noun.
        reason: How Graph said no, or why nobody asked, as a sentence.
        remedy: What a person can do, as a sentence.
    """

    what: str
    reason: str
    remedy: str = GRANT


@dataclass
class BatchAnswers:
    """The answers of a batch, and what could not be read among them."""

    context: OperationContext
    items: dict[str, BatchRequest]
    found: dict[str, BatchResponse]
    unreadable: list[Unreadable] = field(default_factory=list)

    async def values(self, name: str, what: str) -> list[dict[str, Any]] | None:
        """Return the items of a collection, none for one that is not there; None where it is hidden."""
        try:
            return await collection(self.context.graph, self.found[name], headers=self.items[name].headers) or []
        except GraphError as error:
            self.hide(error, what)
            return None

    async def some_values(self, name: str, what: str) -> list[dict[str, Any]] | None:
        """Return the same for a collection that may be huge; None where it has more than `MOST_PAGES` pages, too."""
        answer, headers = self.found[name], self.items[name].headers
        if not answer.ok or (link := answer.body.get("@odata.nextLink")) is None:
            return await self.values(name, what)
        items, pages = list(answer.body["value"]), 1
        async for page in self.context.graph.pages(self.context.graph.follow(link), headers=headers):
            pages += 1
            if pages > MOST_PAGES:
                self.unreadable.append(Unreadable(what, f"It has more than {len(items)} people.", LOOK))
                return None
            items += page
        return items

    def body(self, name: str, what: str) -> dict[str, Any] | None:
        """Return one object; None where it is hidden."""
        answer = self.found[name]
        if answer.ok:
            content: dict[str, Any] = answer.body
            return content
        self.hide(answer.error, what)
        return None

    def hide(self, error: GraphError, what: str) -> None:
        """Keep that this identity may not see it.

        Raises:
            GraphError: It is another error than that.
        """
        if error.status not in HIDDEN:
            raise error
        self.unreadable.append(Unreadable(what, f"Microsoft Graph answered {error.status} {error.code}."))


async def ask_together(context: OperationContext, questions: Sequence[BatchRequest]) -> BatchAnswers:
    """Send questions, 20 a round trip."""
    found: dict[str, BatchResponse] = {}
    for start in range(0, len(questions), MOST_ITEMS):
        found |= await run_batch(context.graph, questions[start : start + MOST_ITEMS])
    return BatchAnswers(context, {item.id: item for item in questions}, found)


def users_of(name: str, group_id: str, *, fields: str = "id") -> BatchRequest:
    """Return the request for a group's people through any nesting; a cast is an advanced query."""
    path = f"/groups/{group_id}/transitiveMembers/microsoft.graph.user?$select={fields}&$top={PAGE}&$count=true"
    return BatchRequest(name, "GET", path, headers=EVENTUAL)


async def read_groups(
    context: OperationContext, group_ids: Sequence[str]
) -> tuple[dict[str, frozenset[str]], tuple[Unreadable, ...]]:
    """Return the people in each of these groups, through any nesting; nobody in one that is not there.

    Returns:
        By id, in lower case, those that could be read; and which could not.
    """
    there = [group_id for group_id in group_ids if is_object_id(group_id)]
    wanted, left = there[:MOST_GROUPS], there[MOST_GROUPS:]
    answers = await ask_together(context, [users_of(group_id, group_id) for group_id in wanted])
    found: dict[str, frozenset[str]] = {}
    for group_id in wanted:
        items = await answers.some_values(group_id, f"the group {group_id}")
        if items is not None:
            found[group_id] = frozenset(str(item["id"]).casefold() for item in items)
    if left:
        what = f"{len(left)} of the groups that policies name or that hold roles"
        answers.unreadable.append(Unreadable(what, f"No more than {MOST_GROUPS} groups are read.", LOOK))
    return found, tuple(answers.unreadable)
