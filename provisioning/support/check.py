"""One thing that health looked at."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Args:
        name: What.
        healthy: Whether it is as it should be.
        detail: What was found, as a sentence.
        remedy: What to do about it, as a sentence; also where nothing is wrong but something is left to do.
        figures: The same for a program.
        seen: Whether the storage account let it be looked at.
    """

    name: str
    healthy: bool
    detail: str
    remedy: str | None = None
    figures: Mapping[str, object] = field(default_factory=dict)
    seen: bool = True

    def as_json(self) -> dict[str, object]:
        """For a program."""
        found: dict[str, object] = {"name": self.name, "healthy": self.healthy, "detail": self.detail}
        return {**found, **({"remedy": self.remedy} if self.remedy else {}), **self.figures}
