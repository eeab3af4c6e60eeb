"""How delta queries show an object: whole, changed, or removed.

Sources: see `delta.py`. Properties that were never set are left out; `members@delta` has ids and types only.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from local.entra.directory.directory_object.schema import DIRECTORY_SCHEMAS
from local.entra.protocol.collection import Entity
from local.entra.state import TenantState

MEMBERS = "members"
MOST_MEMBERS = 1_000
"""Members one appearance of a group shows; more are spread over several. The service's number is not known."""


@dataclass(frozen=True)
class DeltaItems:
    """Shows objects of one kind.

    Args:
        select: the selected properties; None for the default ones, and members.
        window: the part of the journal whose memberships count.
        minimal: whether the caller wants changed properties only.
    """

    state: TenantState
    kind: str
    select: tuple[str, ...] | None
    window: tuple[int, int]
    minimal: bool

    @cached_property
    def names(self) -> frozenset[str]:
        if self.select is not None:
            return frozenset(self.select)
        members = (MEMBERS,) if self.kind == "group" else ()
        return frozenset((*DIRECTORY_SCHEMAS[self.kind].default, *members))

    def whole(self, row: Entity) -> Iterator[dict[str, Any]]:
        """An object with everything it has."""
        members: Iterable[str] = self.state.members.get(row["id"], ()) if MEMBERS in self.names else ()
        links = [self.member(member) for member in members]
        return self.spread(self.shown(row), links)

    def changed(self, object_id: str, names: frozenset[str] | None) -> Iterator[dict[str, Any]]:
        """An object that came or went (`names` is None), or whose named properties changed."""
        row = self.state.by_type[self.kind].objects.get(object_id)
        if row is None:
            reason = "changed" if object_id in self.state.deleted else "deleted"
            return iter([{"id": object_id, "@removed": {"reason": reason}}])
        if names is None:
            return self.anew(row)
        item = self.shown(row)
        if self.minimal:
            item = {"id": object_id, **{name: row.get(name) for name in sorted(names & self.names - {MEMBERS})}}
        return self.spread(item, self.member_changes(object_id) if MEMBERS in names & self.names else [])

    def anew(self, row: Entity) -> Iterator[dict[str, Any]]:
        """An object that came or came back: whole, and with the members it lost in the meantime."""
        if MEMBERS not in self.names:
            return self.whole(row)
        members = self.state.members.get(row["id"], {})
        lost = [item for item in self.member_changes(row["id"]) if item["id"] not in members]
        return self.spread(self.shown(row), [*(self.member(member) for member in members), *lost])

    def shown(self, row: Entity) -> dict[str, Any]:
        set_ones = {name: row[name] for name in sorted(self.names) if row.get(name) is not None}
        return {**set_ones, "id": row["id"]}

    def member_changes(self, group_id: str) -> list[dict[str, Any]]:
        """What happened to the memberships of a group, the last word on each member."""
        last = self.last_words.get(group_id, {})
        return [self.member(member, removed=not added) for member, added in last.items()]

    @cached_property
    def last_words(self) -> dict[str, dict[str, bool]]:
        """For each group, whether each member whose membership changed was added or removed in the end."""
        since, until = self.window
        result: dict[str, dict[str, bool]] = {}
        for change in self.state.journal.changes[since:until]:
            if change.member is not None:
                result.setdefault(change.object_id, {})[change.member] = change.added
        return result

    def member(self, object_id: str, *, removed: bool = False) -> dict[str, Any]:
        kind = next((kind for kind, objects in self.state.by_type.items() if object_id in objects), None)
        if kind is None:
            kind = self.state.deleted[object_id].kind if object_id in self.state.deleted else "directoryObject"
        item: dict[str, Any] = {"@odata.type": f"#microsoft.graph.{kind}", "id": object_id}
        if removed:
            item["@removed"] = {"reason": "deleted"}
        return item

    def spread(self, item: dict[str, Any], links: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """The item with its members; a large membership shows the object several times."""
        if not links:
            yield item
        for start in range(0, len(links), MOST_MEMBERS):
            head = item if start == 0 else {"id": item["id"]}
            yield {**head, "members@delta": links[start : start + MOST_MEMBERS]}
