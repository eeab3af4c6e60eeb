"""Links that reads learn of late: owners, app role assignments and federated credentials.

Source: terraform-provider-azuread issue 1759 and azurerm issue 20527 ("was present, but now absent" after a write).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from local.entra.protocol.collection import Replication


@dataclass
class LinkLog:
    """When links of one kind came and went. Writes know at once; the slowest replica learns of it after the lag.

    Attributes:
        replication: whose replicas read late, and which one reads now.
        lag: seconds until the slowest replica shows a change.
        added: when each link came, by the object it hangs on and its own id.
        removed: when each link went, with what a read shows of it.
    """

    replication: Replication
    lag: Callable[[], float]
    added: dict[tuple[str, str], datetime] = field(default_factory=dict)
    removed: dict[tuple[str, str], tuple[datetime, Any]] = field(default_factory=dict)

    def note_added(self, place: str, link_id: str) -> None:
        """A link came."""
        if self.lag() > 0:
            self.added[place, link_id] = self.replication.now()
            self.removed.pop((place, link_id), None)

    def note_removed(self, place: str, link_id: str, shown: Any) -> None:
        """A link went; `shown` is what a late read still answers."""
        if self.lag() > 0:
            self.removed[place, link_id] = (self.replication.now(), shown)
            self.added.pop((place, link_id), None)

    def seen(self, place: str, present: Mapping[str, Any]) -> list[Any]:
        """The links that the replica at hand shows, of those that hang on `place`."""
        if not self.added and not self.removed:
            return list(present.values())
        links = [
            link
            for link_id, link in present.items()
            if (place, link_id) not in self.added or self.known(self.added[place, link_id], place, link_id)
        ]
        gone = [
            shown
            for (where, link_id), (when, shown) in self.removed.items()
            if where == place and link_id not in present and not self.known(when, place, link_id)
        ]
        return links + gone

    def known(self, when: datetime, place: str, link_id: str) -> bool:
        """Whether the replica at hand knows of a change."""
        hidden = self.replication.lag_of(place + link_id, longest=self.lag())
        return (self.replication.now() - when).total_seconds() >= hidden


def by_itself(links: Iterable[str]) -> dict[str, str]:
    """Links that are no more than the id of their other end."""
    return {link: link for link in links}
