"""What every source is: a name, a proof, and a way to read its deliveries."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from provisioning.http import Request

if TYPE_CHECKING:
    from provisioning.model.hires import HireEvent

JSON_TYPES = ("application/json",)
FORM_TYPES = ("application/x-www-form-urlencoded",)


class AuthenticationFailed(Exception):
    """The delivery was not proved to come from the HR system."""


class UnreadableDelivery(ValueError):
    """The delivery is genuine, but its body cannot be read; the message says why."""


@dataclass(frozen=True)
class ParsedDelivery:
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
        caveat: Why its events are only hints; empty if they can be believed.
    """

    name: str
    auth: str
    verify: Callable[[Request, str, datetime], None]
    read: Callable[[Request, datetime], ParsedDelivery]
    media_types: tuple[str, ...] = JSON_TYPES
    handshake: str = "none"
    caveat: str = ""
