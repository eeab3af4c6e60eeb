"""Which people a board page shows, from the address, checked: what is no such filter is refused."""

import re
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from provisioning.errors import Rejected
from provisioning.http import Request
from provisioning.model.board import LEFT_OUT, BoardEntry, Summary, general_reason
from provisioning.model.ledger import EnrollmentState

WEEK = re.compile(r"\d{4}-W\d{2}|unknown")
SOURCE = re.compile(r"[a-z0-9-]{1,60}")
KEY = re.compile(r"list\.[\w.-]{1,60}")
LONGEST_REASON = 600
LONGEST_DEPARTMENT = 128  # Entra holds 64 (learn.microsoft.com/graph/api/resources/user)
REMEDY = "Go back to the board and follow a link there."


@dataclass(frozen=True)
class Selection:
    """A filter.

    Args:
        week: The cohort, such as 2026-W49.
        state: Of the ledger.
        source: The HR system.
        reason: Why they are left out, ids taken out of it.
        department: As Entra has it.
        overdue: Only those whose first day has passed.
        begin: The key of the first row; the page before ended there.
    """

    week: str | None = None
    state: str | None = None
    source: str | None = None
    reason: str | None = None
    department: str | None = None
    overdue: bool = False
    begin: str | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing is selected, which is the board's first page."""
        return self == Selection()

    def link(self, **changes: str | bool | None) -> str:
        """Return the address of this selection with some parts changed."""
        other = replace(self, **{"begin": None, **changes})  # type: ignore[arg-type]
        parts = {
            "week": other.week,
            "state": other.state,
            "source": other.source,
            "reason": other.reason,
            "department": other.department,
            "overdue": "1" if other.overdue else None,
            "from": other.begin,
        }
        given = {name: value for name, value in parts.items() if value}
        return f"/board?{urlencode(given)}" if given else "/board"

    def cells(self, summary: Summary) -> list[tuple[str, str]]:
        """Return the cohorts and states whose lists can hold such people, in the order of their keys."""
        found = {
            (count.week, str(count.state))
            for count in summary.counts
            if self.week in (None, count.week)
            and self.state in (None, count.state)
            and self.source in (None, count.source)
            and (count.overdue or not self.overdue)
            and (self.reason is None or count.state in LEFT_OUT)
        }
        return sorted(found)

    def admits(self, entry: BoardEntry, summary: Summary) -> bool:
        """Tell whether a person of such a list is meant."""
        return (
            self.source in (None, entry.source)
            and (not self.overdue or entry.overdue(summary.at.date()))
            and self.reason in (None, general_reason(entry.reason))
            and self.department in (None, entry.department)
        )


def read_selection(request: Request) -> Selection:
    """Return what the address asks for.

    Raises:
        Rejected: A part of it is not a filter of the board.
    """
    query = request.query
    return Selection(
        week=matching(query.get("week"), WEEK, what="week"),
        state=known_state(query.get("state")),
        source=matching(query.get("source"), SOURCE, what="source"),
        reason=(query.get("reason") or "")[:LONGEST_REASON] or None,
        department=(query.get("department") or "")[:LONGEST_DEPARTMENT] or None,
        overdue=query.get("overdue") == "1",
        begin=matching(query.get("from"), KEY, what="from"),
    )


def matching(value: str | None, pattern: re.Pattern[str], *, what: str) -> str | None:
    """Return a value that has this form, or None where there is none."""
    if not value:
        return None
    if not pattern.fullmatch(value):
        raise Rejected(f"The address names no {what} that the board knows.", remedy=REMEDY)
    return value


def known_state(value: str | None) -> str | None:
    """Return a state of the ledger, or None where there is none."""
    if not value:
        return None
    if value not in set(EnrollmentState):
        raise Rejected("The address names no state that the board knows.", remedy=REMEDY)
    return value
