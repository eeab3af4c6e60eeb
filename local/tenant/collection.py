"""Directory objects of one kind, in order of creation, with those hidden that replication has not shown yet."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

Entity = dict[str, Any]


class Collection:
    """Objects by id.

    Args:
        now: the directory's time.
        lag: seconds that an object stays hidden after `add`; asked at every read.
    """

    def __init__(self, *, now: Callable[[], datetime], lag: Callable[[], float]) -> None:
        self.now = now
        self.lag = lag
        self.objects: dict[str, Entity] = {}
        self.created: dict[str, datetime] = {}

    def add(self, entity: Entity) -> None:
        self.objects[entity["id"]] = entity
        if self.lag() > 0:
            self.created[entity["id"]] = self.now()

    def add_settled(self, entity: Entity) -> None:
        """Add an object that has been there for ever: seeds and test data."""
        self.objects[entity["id"]] = entity

    def remove(self, object_id: str) -> Entity:
        self.created.pop(object_id, None)
        return self.objects.pop(object_id)

    def visible(self, object_id: str) -> bool:
        created = self.created.get(object_id)
        if created is None:
            return True
        if self.now() >= created + timedelta(seconds=self.lag()):
            del self.created[object_id]
            return True
        return False

    def get(self, object_id: str) -> Entity | None:
        """The object, or None when it does not exist or has not replicated. Ids are compared without case."""
        found = self.objects.get(object_id) or self.objects.get(object_id.lower())
        return found if found is not None and self.visible(found["id"]) else None

    def find(self, prop: str, value: str) -> Entity | None:
        """The visible object whose `prop` equals `value`, without case."""
        wanted = value.lower()
        return next((item for item in self if str(item.get(prop) or "").lower() == wanted), None)

    def taken(self, prop: str, value: str) -> bool:
        """Whether any object, also one not replicated yet, has that value."""
        wanted = value.lower()
        return any(str(item.get(prop) or "").lower() == wanted for item in self.objects.values())

    def __iter__(self) -> Iterator[Entity]:
        if not self.created:
            return iter(self.objects.values())
        return (item for item in self.objects.values() if self.visible(item["id"]))

    def __len__(self) -> int:
        return len(self.objects)

    def __contains__(self, object_id: str) -> bool:
        return object_id in self.objects
