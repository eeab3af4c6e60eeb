"""An object in the recycle bin."""

from dataclasses import dataclass, field
from datetime import datetime

from local.entra.protocol.collection import Entity


@dataclass
class Deleted:
    """An object in the recycle bin, where it stays 30 days and keeps its uniqueName."""

    kind: str
    entity: Entity
    when: datetime
    members: dict[str, None] = field(default_factory=dict)
    member_of: list[str] = field(default_factory=list)
    assignments: list[Entity] = field(default_factory=list)
    parent: str | None = None
    """The application whose deletion took this service principal along."""
