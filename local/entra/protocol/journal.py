"""What changed in the directory, in order: what delta queries are answered from."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

EVERYTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Change:
    """One write.

    Args:
        kind: `user` or `group`.
        properties: names of what changed; empty for an object that came or went.
        member: the member that came or went, when the change is a membership.
        added: whether that member came.
    """

    kind: str
    object_id: str
    when: datetime
    properties: frozenset[str] = EVERYTHING
    member: str | None = None
    added: bool = True


class Journal:
    """The changes since the first delta query; before it nobody can ask for them, so none are kept.

    Args:
        now: the directory's time.
    """

    def __init__(self, *, now: Callable[[], datetime]) -> None:
        self.now = now
        self.recording = False
        self.changes: list[Change] = []

    def start(self) -> int:
        """Keep changes from now on.

        Returns:
            The position behind the last change.
        """
        self.recording = True
        return len(self.changes)

    def end(
        self, *, lag: float, deletion_lag: float = 0.0, gone: Callable[[Change], bool] = lambda change: False
    ) -> int:
        """The position before the first change that is too young to be told.

        Args:
            lag: seconds until a change is told.
            deletion_lag: the same for a change that `gone` calls a deletion.
        """
        longest, now = max(lag, deletion_lag), self.now()
        end = position = len(self.changes)
        while position and (age := (now - self.changes[position - 1].when).total_seconds()) < longest:
            position -= 1
            if age < (max(lag, deletion_lag) if gone(self.changes[position]) else lag):
                end = position
        return end

    def note(self, kind: str, object_id: str, properties: Iterable[str] = ()) -> None:
        """An object came, went or, when `properties` are named, changed."""
        if self.recording:
            self.changes.append(Change(kind, object_id, self.now(), frozenset(properties)))

    def note_member(self, group_id: str, member: str, *, added: bool) -> None:
        if self.recording:
            self.changes.append(
                Change("group", group_id, self.now(), frozenset({"members"}), member=member, added=added)
            )
