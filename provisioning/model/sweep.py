"""How a sweep ended, as its heartbeat keeps it."""

from enum import StrEnum


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
