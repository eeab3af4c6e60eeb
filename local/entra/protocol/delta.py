"""/users/delta and /groups/delta: everything once, then what changed since.

Sources: the pages `delta-query-overview`, `delta-query-users`, `user-delta` and `group-delta` of the Graph
documentation; live probes in public code for what happens to foreign tokens and to members that are deleted.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from local.entra.directory.deleted_item.routes import forget_expired
from local.entra.directory.directory_object.schema import DIRECTORY_SCHEMAS
from local.entra.directory.user.routes import OBJECT_ID, check_basic
from local.entra.protocol.collection import Collection, Entity
from local.entra.protocol.delta_items import DeltaItems
from local.entra.protocol.delta_tokens import DeltaToken, badly_formed, check_age, decode
from local.entra.protocol.errors import invalid_filter, unsupported_query
from local.entra.protocol.query import QueryOptions, selected
from local.entra.protocol.routing import Call, Reply, Route

MOST_IDS = 50
LATEST = "latest"
REFUSED_OPTIONS = ("$top", "$count")
CLAUSE = re.compile(r"^\(?\s*(?P<prop>\w+)\s+eq\s+'(?P<value>[^']*)'\s*\)?$", re.IGNORECASE)


def user_delta(call: Call) -> Reply:
    check_basic(call)
    return delta(call, "user")


def group_delta(call: Call) -> Reply:
    return delta(call, "group")


def delta(call: Call, kind: str) -> Reply:
    """One page of a round. The state of a round is in its token alone, so every link can be followed again."""
    forget_expired(call)
    call.state.journal.start()
    for option in REFUSED_OPTIONS:
        if option in call.options.values:
            raise unsupported_query(f"The query option '{option}' is not supported in a delta query.")
    token = token_of(call, kind)
    if token.kind != kind:
        end = replace(token, kind=kind, until=call.state.journal.end(lag=0))
        return answer(call, end, [], more=False)
    if call.options.values.get("$deltatoken") == LATEST:
        return answer(call, token, [], more=False)
    return Round(call, token, call.state.by_type[kind]).reply()


def token_of(call: Call, kind: str) -> DeltaToken:
    """The token in the link, or that of a round that begins with this call."""
    values, state = call.options.values, call.state
    text = values.get("$skiptoken") or values.get("$deltatoken")
    end = state.journal.end(
        lag=state.settings.delta_lag, deletion_lag=state.settings.delta_deletion_lag, gone=state.is_deletion
    )
    if not text or text == LATEST:
        return DeltaToken(
            kind=kind,
            issued=state.clock.now().timestamp(),
            since=None,
            until=end,
            select=selected_of(call, kind),
            ids=asked_ids(call.options, kind),
            empty=state.settings.delta_empty_pages,
        )
    token = decode(text)
    if token.until > len(state.journal.changes):
        raise badly_formed()
    address = f"{call.origin}/v1.0/{kind}s/delta"
    check_age(token, now=state.clock.now(), code=state.settings.delta_expired_code, address=address)
    if "$deltatoken" not in values:
        return token
    since = max(token.until - state.settings.delta_replays, 0)
    return replace(token, since=since, until=max(end, token.until), empty=state.settings.delta_empty_pages)


def selected_of(call: Call, kind: str) -> tuple[str, ...] | None:
    """The selected properties; groups also have `members`."""
    also = ("members",) if kind == "group" else ()
    return selected(call.options.values.get("$select"), DIRECTORY_SCHEMAS[kind], also=also)


def asked_ids(options: QueryOptions, kind: str) -> tuple[str, ...] | None:
    """The ids of `id eq 'a' or id eq 'b'`, the one filter a delta query takes."""
    text = options.values.get("$filter")
    if text is None:
        return None
    options.applied.add("$filter")
    found: list[str] = []
    for clause in re.split(r"\s+or\s+", text.strip(), flags=re.IGNORECASE):
        match = CLAUSE.match(clause.strip())
        if match is None:
            raise invalid_filter()
        if match["prop"] != "id":
            raise unsupported_query(
                f"Unsupported or invalid query filter clause specified for property '{match['prop']}' of resource "
                f"'{DIRECTORY_SCHEMAS[kind].resource}'."
            )
        if not OBJECT_ID.match(match["value"]):
            raise invalid_filter()
        found.append(match["value"].lower())
    if len(found) > MOST_IDS:
        raise unsupported_query(f"Too many object ids in the filter of a delta query. Max allowed: {MOST_IDS}.")
    return tuple(dict.fromkeys(found))


def answer(call: Call, token: DeltaToken, items: Iterable[dict[str, Any]], *, more: bool) -> Reply:
    """A page whose link continues the round, or ends it."""
    collection = f"{token.kind}s"
    address = f"{call.origin}/v1.0/{collection}/delta"
    suffix = f"({','.join(token.select)})" if token.select else ""
    body: dict[str, Any] = {"@odata.context": f"{call.origin}/v1.0/$metadata#{collection}{suffix}"}
    if more:
        body["@odata.nextLink"] = f"{address}?$skiptoken={token.encode()}"
    else:
        following = token.next_round(now=call.state.clock.now())
        body["@odata.deltaLink"] = f"{address}?$deltatoken={following.encode()}"
    return Reply(body={**body, "value": list(items)})


@dataclass
class Round:
    """The next page of a round."""

    call: Call
    token: DeltaToken
    collection: Collection

    def reply(self) -> Reply:
        token = self.token
        if token.empty and token.page % 2 == 0:
            return answer(self.call, replace(token, page=token.page + 1, empty=token.empty - 1), [], more=True)
        size = max(self.call.state.settings.delta_page_size, 1)
        if token.since is None:
            return self.everything(size)
        return self.changes(size)

    def everything(self, size: int) -> Reply:
        """A page of all objects, in the order they were made."""
        rows = self.rows()
        start = self.start(rows)
        chosen = rows[start : start + size]
        items = [item for row in chosen for item in self.items.whole(row)]
        more = start + size < len(rows)
        mark = chosen[-1]["id"] if chosen else None
        return self.page(items, offset=start + len(chosen), mark=mark, more=more)

    def rows(self) -> list[Entity]:
        if self.token.ids is None:
            return self.collection.ordered()
        return [row for key in self.token.ids if (row := self.collection.objects.get(key)) is not None]

    def start(self, rows: list[Entity]) -> int:
        """Behind the last object answered. If that is gone, at as many objects as were answered, less what went."""
        token = self.token
        if token.mark is None or (0 < token.offset <= len(rows) and rows[token.offset - 1]["id"] == token.mark):
            return token.offset
        places = {row["id"]: place for place, row in enumerate(rows)}
        gone = self.call.state.journal.changes[token.until :]
        return places.get(token.mark, max(token.offset - len(gone), 0) - 1) + 1

    def changes(self, size: int) -> Reply:
        """A page of what changed, each object once, in the order of its last change."""
        token = self.token
        found = list(self.changed())
        chosen = found[token.offset : token.offset + size]
        items = [item for object_id, names in chosen for item in self.items.changed(object_id, names)]
        more = token.offset + size < len(found)
        return self.page(items, offset=token.offset + len(chosen), mark=None, more=more)

    def changed(self) -> Iterator[tuple[str, frozenset[str] | None]]:
        """The ids of changed objects and the properties that changed, None for objects that came or went."""
        wanted = None if self.token.ids is None else set(self.token.ids)
        found: dict[str, frozenset[str] | None] = {}
        for change in self.call.state.journal.changes[self.token.since : self.token.until]:
            if change.kind != self.token.kind or (wanted is not None and change.object_id not in wanted):
                continue
            before = found.pop(change.object_id, frozenset())
            whole = before is None or not change.properties
            found[change.object_id] = None if whole or before is None else before | change.properties
        shown = self.items.names
        for object_id, names in found.items():
            if names is None or names & shown:
                yield object_id, names

    @cached_property
    def items(self) -> DeltaItems:
        token, request = self.token, self.call.request
        minimal = "return=minimal" in request.headers.get("prefer", "").replace(" ", "").lower()
        return DeltaItems(
            self.call.state, token.kind, select=token.select, window=(token.since or 0, token.until), minimal=minimal
        )

    def page(self, items: list[dict[str, Any]], *, offset: int, mark: str | None, more: bool) -> Reply:
        token = replace(self.token, offset=offset, mark=mark, page=self.token.page + 1)
        return answer(self.call, token, items, more=more or token.empty > 0)


ROUTES = (
    Route("GET", "/users/delta", user_delta),
    Route("GET", "/groups/delta", group_delta),
)
