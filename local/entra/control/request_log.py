"""What the stand-in was asked: for tests that count calls and for people who want to see them."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class LoggedRequest:
    """One call. `template` is the path with its keys taken out; `batched` marks an item of a `$batch`."""

    time: str
    method: str
    template: str
    path: str
    status: int
    client: str | None
    batched: bool

    def as_json(self) -> dict[str, Any]:
        return {
            "time": self.time,
            "method": self.method,
            "template": self.template,
            "path": self.path,
            "status": self.status,
            "clientAppId": self.client,
            "batched": self.batched,
        }


@dataclass
class RequestLog:
    """Calls in order of completion, and counts that survive the limit on the calls kept."""

    limit: int = 50_000
    entries: list[LoggedRequest] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, entry: LoggedRequest) -> None:
        self.counts[f"{entry.method} {entry.template}"] += 1
        if len(self.entries) >= self.limit:
            del self.entries[: self.limit // 10]
        self.entries.append(entry)

    def reset(self) -> None:
        self.entries.clear()
        self.counts.clear()
