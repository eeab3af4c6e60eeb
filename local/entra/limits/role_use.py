"""Which permissions the callers needed: what a least-privilege review asks for.

A call may be allowed by several permissions the caller holds. One is *needed* when no call of its kind would pass
without it; the others that were merely enough are shown only where no needed one covers the call.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

Sets = frozenset[frozenset[str]]


@dataclass
class RoleUse:
    """Calls by client, rule and the sets of held permissions that suffice; and those that were refused."""

    allowed: Counter[tuple[str, str, Sets]] = field(default_factory=Counter)
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)

    def allow(self, client: str, rule: str, sets: Iterable[frozenset[str]]) -> None:
        self.allowed[(client, rule, frozenset(sets))] += 1

    def refuse(self, client: str, rule: str) -> None:
        self.refused[(client, rule)] += 1

    def reset(self) -> None:
        self.allowed.clear()
        self.refused.clear()

    def report(self, client: str, *, held: Iterable[str]) -> dict[str, Any]:
        """What one client held, used for which calls, and never used."""
        rows = [(rule, sets, times) for (name, rule, sets), times in sorted_rows(self.allowed) if name == client]
        used: dict[str, dict[str, int]] = {}
        for rule, sets, times in sorted(rows, key=lambda row: len(row[1])):
            for role in chosen(sets, used):
                calls = used.setdefault(role, {})
                calls[rule] = calls.get(rule, 0) + times
        names = sorted(held)
        return {
            "held": names,
            "used": {role: used[role] for role in sorted(used)},
            "never": [name for name in names if name not in used],
            "refused": {rule: times for (name, rule), times in sorted(self.refused.items()) if name == client},
        }


def sorted_rows(counts: Counter[tuple[str, str, Sets]]) -> list[tuple[tuple[str, str, Sets], int]]:
    return sorted(counts.items(), key=lambda row: row[0][:2])


def chosen(sets: Sets, used: dict[str, dict[str, int]]) -> list[str]:
    """Of the sets that suffice, the one that adds the fewest permissions to those used already."""
    best = min(sets, key=lambda roles: (len(roles - used.keys()), len(roles), sorted(roles)))
    return sorted(best)
