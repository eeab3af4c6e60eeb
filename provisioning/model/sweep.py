"""How a sweep ended, as its heartbeat keeps it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class SweepOutcome(StrEnum):
    """How a sweep ended."""

    DONE = "done"
    UNFINISHED = "unfinished"  # its time was over, or Graph would not go on; the next one does
    LIMIT_EXCEEDED = "limit_exceeded"  # it would have changed more people than its limits allow
    MISCONFIGURED = "misconfigured"
    BUSY = "busy"  # another sweep was running, which has a heartbeat of its own
    NOT_SET_UP = "not_set_up"
    FAILED = "failed"


Counts = dict[str, int | str]  # figures of one sweep, by name; `outcome` is one of SweepOutcome
WOULD_INVITE, WOULD_REMOVE = "would_invite", "would_remove"  # figures of a sweep that its limits stopped


@dataclass(frozen=True)
class Brake:
    """That the last sweep stopped before its first write, since it would have changed too many people.

    Attributes:
        since: Since when no sweep did its work.
        invite: How many people it would have invited.
        remove: How many people it would have taken out.
    """

    since: datetime
    invite: int
    remove: int

    @property
    def people(self) -> int:
        """How many people a release must be for."""
        return max(self.invite, self.remove)


def brake_of(heartbeat: Mapping[str, Any] | None) -> Brake | None:
    """Return the brake that a heartbeat tells of; None if the sweep goes on, or stands for another reason."""
    if heartbeat is None or heartbeat.get("outcome") != SweepOutcome.LIMIT_EXCEEDED or WOULD_INVITE not in heartbeat:
        return None
    since = datetime.fromisoformat(str(heartbeat["since"]))
    return Brake(since, int(heartbeat[WOULD_INVITE]), int(heartbeat[WOULD_REMOVE]))
