"""Directory objects of one kind, in order of creation, with those hidden that replication has not shown yet."""

import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

Entity = dict[str, Any]


def nothing_noted(object_id: str) -> None:
    """For collections nobody asks for changes of."""


@dataclass
class Replication:
    """How late reads are, and which replica the call at hand reads.

    Args:
        now: the directory's time.
        lag: seconds until the slowest replica shows a new object.
        index_lag: seconds until the index behind advanced queries shows it.
        replicas: how many replicas there are.
        change_lag: seconds until the slowest replica shows the new values after a PATCH.
        reader: the replica that is read now; None reads the slowest.
    """

    now: Callable[[], datetime]
    lag: Callable[[], float]
    index_lag: Callable[[], float]
    replicas: Callable[[], int]
    change_lag: Callable[[], float]
    reader: int | None = None

    @property
    def longest(self) -> float:
        return max(self.lag(), self.index_lag())

    def lag_of(self, object_id: str, *, longest: float) -> float:
        """How long the replica at hand hides a write to an object, of which the slowest hides it `longest`.

        With several replicas each object has one that took the write and shows it at once, one that shows it after
        the whole lag, and the others in between; which is which differs from object to object.
        """
        count = self.replicas()
        if self.reader is None or count < 2:
            return longest
        return longest * ((zlib.crc32(object_id.encode()) + self.reader) % count) / (count - 1)


class Collection:
    """Objects by id.

    Args:
        replication: who sees a new object when.
        indexed: properties that are looked up often; a change of one must be told with `reindex`.
        note: told the id of every object that comes or goes.
    """

    def __init__(
        self,
        *,
        replication: Replication,
        indexed: tuple[str, ...] = (),
        note: Callable[[str], None] = nothing_noted,
    ) -> None:
        self.replication = replication
        self.indexed = indexed
        self.note = note
        self.objects: dict[str, Entity] = {}
        self.created: dict[str, datetime] = {}
        self.indexes: dict[str, dict[str, list[str]]] = {}
        self.sequence: list[Entity] | None = None
        self.earlier: dict[str, list[tuple[datetime, Entity]]] = {}

    def note_change(self, entity: Entity) -> None:
        """Keep the values an object has before a PATCH, for replicas that answer them a while longer."""
        if self.replication.change_lag() > 0:
            self.earlier.setdefault(entity["id"], []).append((self.replication.now(), dict(entity)))

    def as_read(self, entity: Entity) -> Entity:
        """An object as the replica at hand shows it: with the values of before a PATCH it does not know of."""
        versions = self.earlier.get(entity["id"])
        if versions is None:
            return entity
        now, longest = self.replication.now(), self.replication.change_lag()
        if now - versions[-1][0] >= timedelta(seconds=longest):
            del self.earlier[entity["id"]]
            return entity
        hidden = timedelta(seconds=self.replication.lag_of(entity["id"], longest=longest))
        return next((before for when, before in versions if now - when < hidden), entity)

    def add(self, entity: Entity) -> None:
        self.add_settled(entity)
        if self.replication.longest > 0:
            self.created[entity["id"]] = self.replication.now()

    def add_settled(self, entity: Entity) -> None:
        """Add an object that has been there for ever: seeds and test data."""
        self.objects[entity["id"]] = entity
        if self.sequence is not None:
            self.sequence.append(entity)
        for prop, index in self.indexes.items():
            index.setdefault(folded(entity, prop), []).append(entity["id"])
        self.note(entity["id"])

    def remove(self, object_id: str) -> Entity:
        self.created.pop(object_id, None)
        entity = self.objects.pop(object_id)
        self.sequence = None
        for prop, index in self.indexes.items():
            index[folded(entity, prop)].remove(object_id)
        self.note(object_id)
        return entity

    def reindex(self) -> None:
        """Forget the indexes: an indexed property changed. The next look-up makes them anew."""
        self.indexes.clear()

    def visible(self, object_id: str, *, advanced: bool = False) -> bool:
        """Whether the replica that is read now, or the index of advanced queries, shows the object."""
        created = self.created.get(object_id)
        if created is None:
            return True
        replication = self.replication
        age = replication.now() - created
        if age >= timedelta(seconds=replication.longest):
            del self.created[object_id]
            return True
        lag = replication.index_lag() if advanced else 0.0
        return age >= timedelta(seconds=max(lag, replication.lag_of(object_id, longest=replication.lag())))

    def get(self, object_id: str) -> Entity | None:
        """The object, or None when it does not exist or has not replicated. Ids are compared without case."""
        found = self.objects.get(object_id) or self.objects.get(object_id.lower())
        return found if found is not None and self.visible(found["id"]) else None

    def find(self, prop: str, value: str) -> Entity | None:
        """The visible object whose `prop` equals `value`, without case."""
        return next(iter(self.matching(prop, (value,))), None)

    def matching(self, prop: str, values: Iterable[str]) -> Iterator[Entity]:
        """The visible objects whose `prop` equals one of `values`, without case."""
        return (item for item in self.having(prop, values) if self.visible(item["id"]))

    def having(self, prop: str, values: Iterable[str]) -> Iterator[Entity]:
        wanted = dict.fromkeys(value.lower() for value in values)
        if prop not in self.indexed:
            return (item for item in self.objects.values() if folded(item, prop) in wanted)
        index = self.index_of(prop)
        return (self.objects[object_id] for value in wanted for object_id in index.get(value, ()))

    def index_of(self, prop: str) -> dict[str, list[str]]:
        if prop not in self.indexes:
            index: dict[str, list[str]] = {}
            for object_id, item in self.objects.items():
                index.setdefault(folded(item, prop), []).append(object_id)
            self.indexes[prop] = index
        return self.indexes[prop]

    def taken(self, prop: str, value: str) -> bool:
        """Whether any object, also one not replicated yet, has that value."""
        return next(self.having(prop, (value,)), None) is not None

    def ordered(self) -> list[Entity]:
        """Every object in order of creation; to be read only. It is kept, since a page needs it as a list."""
        if self.sequence is None:
            self.sequence = list(self.objects.values())
        return self.sequence

    def rows(self, *, advanced: bool) -> list[Entity]:
        """What a list shows: the replica at hand or, in an advanced query, the index. To be read only."""
        if not self.created and not self.earlier:
            return self.ordered()
        return [self.as_read(item) for item in self.objects.values() if self.visible(item["id"], advanced=advanced)]

    def __iter__(self) -> Iterator[Entity]:
        return iter(self.rows(advanced=False))

    def __len__(self) -> int:
        return len(self.objects)

    def __contains__(self, object_id: str) -> bool:
        return object_id in self.objects


def folded(entity: Entity, prop: str) -> str:
    """A property as it is compared."""
    return str(entity.get(prop) or "").lower()
