"""One module for each HR system: how its signature is checked, and what its body means."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from provisioning.people.events import HireEvent


class Unverified(Exception):
    """The delivery was not proved to come from the HR system."""


class Unreadable(ValueError):
    """The delivery is genuine, but its body cannot be read; the message says why."""


@dataclass(frozen=True)
class Reading:
    """What a delivery holds.

    Args:
        events: Those to act on.
        ignored: How many others the product has no use for.
        rejected: Why single items could not be used.
    """

    events: tuple[HireEvent, ...] = ()
    ignored: int = 0
    rejected: tuple[str, ...] = field(default_factory=tuple)


@dataclass(frozen=True)
class Source:
    """An HR system.

    Args:
        name: Its part of the address, /api/hires/{name}.
        setting: The app setting that holds its secret.
        verify: Takes headers (names in lower case), raw body and secret; raises Unverified.
        read: Takes headers, raw body and the time of receipt; raises Unreadable.
    """

    name: str
    setting: str
    verify: Callable[[Mapping[str, str], bytes, str], None]
    read: Callable[[Mapping[str, str], bytes, datetime], Reading]


def find_source(name: str) -> Source | None:
    """The source of this name, or None."""
    from provisioning.people.sources import bamboohr, standard_webhooks

    sources = (standard_webhooks.SOURCE, bamboohr.SOURCE)
    return next((source for source in sources if source.name == name), None)
