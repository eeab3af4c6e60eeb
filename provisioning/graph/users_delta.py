"""users/delta: everybody once, then only what changed since.

Sources: learn.microsoft.com/graph/delta-query-overview, delta-query-users and user-delta. A link lives seven days.
Items come twice, in any order and late, so callers decide from the account and not from the event.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from msgraph.generated.users.delta.delta_request_builder import DeltaRequestBuilder

from provisioning.errors import TransientError
from provisioning.graph.accounts import FIELDS, Account, read_account
from provisioning.graph.client import Graph
from provisioning.graph.errors import GraphError
from provisioning.graph.odata import query

DeltaQuery = DeltaRequestBuilder.DeltaRequestBuilderGetQueryParameters

# 410 or one of the codes is what the documentation says; a mangled link was seen to answer 400 "Badly formed token.".
MANGLED, GONE = 400, 410
EXPIRED_CODES = frozenset({"syncstatenotfound", "resyncrequired"})
# Graph leaves out what was never set, so an absent property proves nothing. But every account has accountEnabled, and
# one of the other two, which do not change, comes along only when everything does.
ALWAYS_SET = "accountEnabled"
NEVER_CHANGED = frozenset({"createdDateTime", "userType"})


class LinkExpired(TransientError):
    """The link is too old, or no link of this tenant: read everybody again, from the beginning."""


@dataclass(frozen=True)
class UserChanges:
    """One page of users/delta. No account is on it twice.

    Args:
        accounts: Accounts of which every selected property came.
        partial: Ids of changed accounts of which only some properties came; read those again.
        removed: Ids of accounts that are gone, be it to the recycle bin or for good.
        link: Where to go on; behind the last page, what to keep for the next round.
        last: Whether the round ends here.
    """

    accounts: tuple[Account, ...]
    partial: tuple[str, ...]
    removed: tuple[str, ...]
    link: str
    last: bool


async def user_changes(graph: Graph, link: str | None) -> AsyncIterator[UserChanges]:
    """Yield the pages of a round, one request each; an empty page is not the end.

    Args:
        graph: As an identity with User.Read.All.
        link: `UserChanges.link` of an earlier page, of this round or the one before; None reads everybody. A link
            remembers the properties it was first asked for: when `FIELDS` changes, start from None.

    Raises:
        LinkExpired: The link cannot be used any more.
        GraphError: Graph refused.
        Rejected: The link leads to another host.
        TransientError: Graph or the network is unwell; go on from the last link.
    """
    if link is None:
        info = graph.build.users.delta.to_get_request_information(query(DeltaQuery(select=FIELDS)))
    else:
        info = graph.follow(link)
    while True:
        try:
            document = await graph.send(info)
        except GraphError as error:
            if is_expired(error, link):
                raise LinkExpired(f"The delta link for changed users is no longer valid. {error}") from error
            raise
        page = read_page(document)
        yield page
        if page.last:
            return
        link = page.link
        info = graph.follow(link)


def is_expired(error: GraphError, link: str | None) -> bool:
    """Return whether an error is about the link and not about the request; without a link, a 400 is our own mistake."""
    expired = error.status == GONE or error.code.casefold() in EXPIRED_CODES
    return expired or (link is not None and error.status == MANGLED)


def read_page(document: dict[str, Any]) -> UserChanges:
    """Parse a page; where an account is on it twice, the last entry counts."""
    accounts: list[Account] = []
    partial: list[str] = []
    removed: list[str] = []
    for item in {item["id"]: item for item in document["value"]}.values():
        if "@removed" in item:
            removed.append(item["id"])
        elif ALWAYS_SET in item and not NEVER_CHANGED.isdisjoint(item):
            accounts.append(read_account(item))
        else:
            partial.append(item["id"])
    link = document.get("@odata.nextLink")
    return UserChanges(
        accounts=tuple(accounts),
        partial=tuple(partial),
        removed=tuple(removed),
        link=link or document["@odata.deltaLink"],
        last=link is None,
    )
