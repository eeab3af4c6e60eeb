"""The HR systems: how each proves itself, and what its body means.

Those whose form a few lines of data can say are profiles (profiles/*.toml, and a customer's own); the others are a
module each. README.md here tells how to write a profile.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import TYPE_CHECKING

from provisioning.http import Request

if TYPE_CHECKING:
    from provisioning.people.events import HireEvent

# Imported when asked for: a webhook has three seconds, a cold start included.
ADAPTERS = ("bamboohr", "cloudevents", "eventgrid", "standard-webhooks")
JSON_TYPES = ("application/json",)
FORM_TYPES = ("application/x-www-form-urlencoded",)


class Unverified(Exception):
    """The delivery was not proved to come from the HR system."""


class Unreadable(ValueError):
    """The delivery is genuine, but its body cannot be read; the message says why."""


@dataclass(frozen=True)
class Reading:
    """What a delivery holds.

    Args:
        events: Those to act on.
        passed_over: Why each of the others is of no use to the product.
        rejected: Why single items could not be used.
    """

    events: "tuple[HireEvent, ...]" = ()
    passed_over: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()

    @property
    def ignored(self) -> int:
        """How many there were that the product has no use for."""
        return len(self.passed_over)


@dataclass(frozen=True)
class Source:
    """An HR system.

    Args:
        name: Its part of the address, /api/hires/{name}.
        auth: How it proves itself, in a word.
        verify: Takes the request, one secret and the time of receipt; raises Unverified.
        read: Takes a verified request and the time of receipt; raises Unreadable.
        media_types: Which bodies it may send.
        handshake: How it tests the address before it uses it; see handshake.py.
        doubt: Why its events are only hints; empty if they can be believed.
    """

    name: str
    auth: str
    verify: Callable[[Request, str, datetime], None]
    read: Callable[[Request, datetime], Reading]
    media_types: tuple[str, ...] = JSON_TYPES
    handshake: str = "none"
    doubt: str = ""


def find_source(name: str) -> Source | None:
    """The source of this name, or None. A customer's profile goes before one that comes with the product.

    Raises:
        Misconfigured: It is described by a profile of the customer's that has a fault.
    """
    if name in ADAPTERS:
        found: Source = import_module(f"{__name__}.{name.replace('-', '_')}").SOURCE
        return found
    from provisioning.people.sources.customer import profile_path

    path = profile_path(name)
    if path is None:
        return None
    from provisioning.people.sources.profile_file import load_profile
    from provisioning.people.sources.profiled import source_of

    return source_of(name, load_profile(path))


def all_names() -> list[str]:
    """Every source there is, in the order of the alphabet."""
    from provisioning.people.sources.customer import profile_names

    return sorted({*ADAPTERS, *profile_names()})
