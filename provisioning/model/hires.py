"""What an HR system says, in one normal form: an id, a kind of event, a first day.

Two kinds of id are kept apart. The *employee id* is the company's own number, which stands in Entra's `employeeId`. A
*vendor id* is the HR system's own key of the person; it can equal another person's number, so it is never looked up as
one. A name, a work address and a private one are here in memory only: none goes into a log, and on a queue only sealed.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AwareDatetime, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

from provisioning.errors import BadEvent
from provisioning.model.hr_dates import NO_WORD


class HireEventType(StrEnum):
    """What happened."""

    HIRE = "hire"
    REHIRED = "rehired"
    START_DATE_CHANGED = "start_date_changed"
    CANCELLED = "cancelled"
    TERMINATED = "terminated"

    @property
    def ends(self) -> bool:
        """Whether the person is not coming, or is leaving."""
        return self in (HireEventType.CANCELLED, HireEventType.TERMINATED)


@dataclass(frozen=True)
class HireEvent:
    """One event about one person.

    Attributes:
        source: The HR system's name in our address, such as bamboohr.
        event_id: The delivery's id, or one made of stable fields, for logs and for two events of one moment.
        kind: What happened.
        employee_id: The company's number, always text, so that leading zeros survive; empty where there is none.
        start_date: The first day, without a time zone; None if the event does not tell.
        occurred_at: When it happened in the HR system; a later event wins over an earlier one.
        unverified: Whether the delivery proves too little to be believed: then it only says which account to look at,
            and what is true is read from Entra.
        address: The work address or user principal name, as sent; never to be kept.
        sealed: The same, as it may be kept.
        vendor_id: The HR system's own id of the person; empty where there is none.
        mark: Digest of what is proved of the delivery, of the kind and of the person; the same in every retry.
        undated: Whether nothing in the delivery tells it from an equal one that is sent later on purpose.
        display_name: The name, as sent; never to be kept.
        sealed_name: The same, as it may be kept for the board.
        private_address: Where the person reads mail before the first day, as sent; never to be kept.
        sealed_private: The same, as it may be kept.
        site_zone: The time zone of the place they will work at, as the HR system calls it.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")  # a message holds an event, and nothing else

    source: str
    event_id: Annotated[str, Field(max_length=512)]
    kind: HireEventType
    employee_id: Annotated[str, Field(max_length=128)]
    start_date: date | None
    occurred_at: AwareDatetime
    unverified: bool = False
    address: Annotated[str | None, Field(exclude=True)] = field(default=None, repr=False)
    sealed: Annotated[str | None, Field(max_length=1024)] = field(default=None, repr=False)
    vendor_id: Annotated[str, Field(max_length=128)] = ""
    mark: Annotated[str, Field(max_length=64)] = ""
    undated: bool = False
    display_name: Annotated[str | None, Field(exclude=True)] = field(default=None, repr=False)
    sealed_name: Annotated[str | None, Field(max_length=1024)] = field(default=None, repr=False)
    private_address: Annotated[str | None, Field(exclude=True)] = field(default=None, repr=False)
    sealed_private: Annotated[str | None, Field(max_length=1024)] = field(default=None, repr=False)
    site_zone: Annotated[str | None, Field(max_length=64)] = None

    @model_serializer(mode="wrap")
    def without_what_is_new(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what is unset of the keys that older code refuses: during a deployment it reads these, too."""
        return without_unset(serialize(self), LATER_KEYS)

    @property
    def reference(self) -> str:
        """What the person is called: by number, else by the HR system's own id; empty with an address alone."""
        return self.employee_id or (vendor_reference(self.source, self.vendor_id) if self.vendor_id else "")


LATER_KEYS = frozenset({"sealed_name", "sealed_private", "site_zone"})  # not in the first version of queue messages
LONGEST_ID = 128
LONGEST_EMPLOYEE_ID = 16  # what Entra's employeeId holds (learn.microsoft.com/graph/api/resources/user)
LONGEST_ZONE = 64  # the longest name of a time zone has 38 characters (CLDR, windowsZones.xml)
LONGEST_ADDRESS = 254  # bytes; RFC 5321, 4.5.3.1.3, without the angle brackets
LONGEST_NAME_SENT = 128  # characters
BY_ADDRESS = "@"  # how a reference begins that was made of an address
BY_VENDOR = "~"  # how a reference begins that was made of a vendor id


def without_unset(values: dict[str, Any], names: Collection[str]) -> dict[str, Any]:
    """Return the values without those of these names that are None."""
    return {name: value for name, value in values.items() if value is not None or name not in names}


def vendor_reference(source: str, vendor_id: str) -> str:
    """Return the reference of a person known only by the HR system's own id: ~bamboohr:1187."""
    return f"{BY_VENDOR}{source}:{vendor_id}"


def is_number(reference: str) -> bool:
    """Return whether a reference is a company number, which may stand in Entra's employeeId."""
    return not reference.startswith((BY_ADDRESS, BY_VENDOR))


def read_employee_id(value: object) -> str:
    """Read a company number as text; JSON numbers are taken, true and 1.5 are not.

    Raises:
        BadEvent: It is missing or of another kind.
    """
    found = read_id(value, "employee ID")
    if not found:
        raise BadEvent("The employee ID is missing. Send it as text in the field that the documentation names.")
    if not is_number(found):
        raise BadEvent(f"The employee ID begins with {found[0]}, which is not allowed for a company number.")
    return found


def read_id(value: object, what: str) -> str:
    """Read an id as text; empty where there is none, or a word for none.

    Raises:
        BadEvent: It is of another kind, too long, or not printable.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadEvent(f"The {what} is neither text nor a whole number.")
    text = value.strip()
    if not text.isprintable() or len(text) > LONGEST_ID:
        raise BadEvent(f"The {what} contains control characters or more than {LONGEST_ID} characters.")
    return "" if text.casefold() in NO_WORD else text


def read_ids(employee_id: object, vendor_id: object, address: str | None) -> tuple[str, str]:
    """Read both ids, of which one may be missing, or both where an address can take their place.

    Raises:
        BadEvent: There is nothing that names the person, or an id cannot be used.
    """
    own = read_id(vendor_id, "HR system's own ID")
    if not read_id(employee_id, "employee ID") and (own or address is not None):
        return "", own
    return read_employee_id(employee_id), own


def read_address(value: object) -> str | None:
    """Read a work address or user principal name; None where no value could be one.

    A first look only, since HR systems write "n/a" and worse before there is an address: exactly one @ with something
    on both sides, printable, no spaces, at most 254 bytes. Whether a person has it is for Entra to say.
    """
    if not isinstance(value, str):
        return None
    text = value.strip()
    local, _, domain = text.partition("@")
    plausible = bool(local and domain) and "@" not in domain and len(text.encode(errors="replace")) <= LONGEST_ADDRESS
    return text if plausible and text.isprintable() and " " not in text else None


def read_name(*parts: object) -> str | None:
    """Read a name from its parts; None where no value could be one. An event is never refused for it."""
    words = " ".join(part for part in parts if isinstance(part, str)).split()
    text = " ".join(words)
    return text if text and text.isprintable() and len(text) <= LONGEST_NAME_SENT else None


def read_zone_name(value: object) -> str | None:
    """Read what an HR system calls a time zone; None where no value could be a name. Nobody is lost to a wrong one."""
    text = value.strip() if isinstance(value, str) else ""
    return text if text.isprintable() and 0 < len(text) <= LONGEST_ZONE else None


def printable(text: str, *, longest: int) -> str:
    """Return a text from outside as it may stand in a log line: no line breaks, not endless."""
    return "".join(character for character in text[:longest] if character.isprintable())
