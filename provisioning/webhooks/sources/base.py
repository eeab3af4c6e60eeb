"""What every source is: a name, a proof, and a way to read its deliveries."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from provisioning.http import Request
from provisioning.model.hires import LONGEST_EMPLOYEE_ID, HireEvent

JSON_TYPES = ("application/json",)
FORM_TYPES = ("application/x-www-form-urlencoded",)


class AuthFault(StrEnum):
    """Where to look when deliveries are not verified."""

    CLOCK = "clock"
    ID = "id"
    SIGNATURE = "signature"
    SECRET = "secret format"  # noqa: S105 - a word for the log


class AuthenticationFailed(Exception):
    """The delivery was not proved to come from the HR system.

    Args:
        fault: Where to look.
        detail: What is wrong there, as the end of "signature: ...". It holds nothing of the delivery.
    """

    def __init__(self, fault: AuthFault, detail: str) -> None:
        super().__init__(f"{fault}: {detail}")
        self.fault = fault


class UnreadableDelivery(ValueError):
    """The delivery is genuine, but its body cannot be read; the message says why."""


@dataclass(frozen=True)
class ParsedDelivery:
    """What a delivery holds.

    Attributes:
        events: Those to act on.
        passed_over: Why each of the others is of no use to the product.
        rejected: Why single items could not be used.
    """

    events: tuple[HireEvent, ...] = ()
    passed_over: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()

    @property
    def ignored(self) -> int:
        """How many there were that the product has no use for."""
        return len(self.passed_over)


@dataclass(frozen=True)
class Ids:
    """What a source's deliveries name a person by.

    Attributes:
        number: Whether the company's number can be in them, which stands in Entra's employeeId.
        vendor: Whether the HR system's own id is in them.
        vendor_length: How many characters that has; None where it differs.
        address: Whether the work address is in them.
    """

    number: bool
    vendor: bool = False
    vendor_length: int | None = None
    address: bool = False

    @property
    def description(self) -> str:
        """In words, for a list."""
        own = "own ID" + (f" ({self.vendor_length} characters)" if self.vendor_length else "")
        parts = (("company number", self.number), (own, self.vendor), ("work address", self.address))
        return " or ".join(part for part, there in parts if there)

    @property
    def too_long(self) -> bool:
        """Whether the own id can never stand in Entra's employeeId."""
        return self.vendor_length is not None and self.vendor_length > LONGEST_EMPLOYEE_ID


@dataclass(frozen=True)
class Source:
    """An HR system.

    Attributes:
        name: Its part of the address, /api/hires/{name}.
        auth: How it proves itself, in a word.
        verify: Takes the request, one secret and the time of receipt; raises AuthenticationFailed.
        read: Takes a verified request and the time of receipt; raises UnreadableDelivery.
        ids: What its deliveries name a person by.
        media_types: Which bodies it may send.
        handshake: How it tests the address before it uses it; see handshakes.py.
        caveat: Why its events are unverified; empty if they can be believed.
        unusable_status: The answer to a genuine delivery of which nothing can be used: 200 where the sender repeats a
            400 for nothing, or switches the webhook off after some.
    """

    name: str
    auth: str
    verify: Callable[[Request, str, datetime], None]
    read: Callable[[Request, datetime], ParsedDelivery]
    ids: Ids
    media_types: tuple[str, ...] = JSON_TYPES
    handshake: str = "none"
    caveat: str = ""
    unusable_status: int = 400
