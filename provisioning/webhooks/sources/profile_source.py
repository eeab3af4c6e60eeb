"""A source made of a profile, and the events it finds. What proof it asks for is in profile_proof.py.

Every expression sees `body`, the whole delivery, and `item`, the entry of `items` at hand (without `items`, the body).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Any

from jmespath.exceptions import JMESPathError

from provisioning.http import Request
from provisioning.model.hires import (
    BadEvent,
    HireEvent,
    HireEventType,
    printable,
    read_address,
    read_employee_id_or_none,
    read_occurred,
    read_start_date,
)
from provisioning.webhooks.sources.base import ParsedDelivery, Source, UnreadableDelivery
from provisioning.webhooks.sources.profile_authentication import content_of, verify
from provisioning.webhooks.sources.profile_schema import Dedupe, Expression, Profile

LONGEST_ID = 256
LONGEST_STAMP = 64


@dataclass(frozen=True)
class Entry:
    """One item of a delivery: what the expressions see, and the headers beside it."""

    scope: Mapping[str, Any]
    headers: Mapping[str, str]
    received_at: datetime

    def find(self, expression: Expression | None, what: str) -> Any:
        """What an expression finds.

        Raises:
            BadEvent: The expression cannot be used on this delivery.
        """
        try:
            return expression.search(self.scope) if expression else None
        except (JMESPathError, TypeError, ValueError, KeyError, AttributeError, OverflowError, RecursionError):
            # The library checks what its functions get, but not all of it; what a stranger sends must not be a 500.
            raise BadEvent(f"The profile's expression for {what} cannot be used on this delivery.") from None

    def find_or_none(self, expression: Expression | None) -> Any:
        """The same where something else can take its place."""
        try:
            return self.find(expression, "it")
        except BadEvent:
            return None


def source_of(name: str, profile: Profile) -> Source:
    """The source that a profile describes."""
    return Source(
        name=name,
        auth=profile.auth,
        verify=partial(verify, name, profile),
        read=partial(read, name, profile),
        media_types=profile.media_types,
        handshake=profile.handshake,
        caveat=profile.reason or "",
    )


def read(name: str, profile: Profile, request: Request, received_at: datetime) -> ParsedDelivery:
    """The events of a delivery; an item that cannot be used does not hold up the others.

    Raises:
        Unreadable: The body is not what the profile says.
    """
    content = content_of(profile, request)
    items = items_of(profile, content, received_at)
    events, passed_over, rejected = [], [], []
    for number, item in enumerate(items, 1):
        entry = Entry({"body": content, "item": item}, request.headers, received_at)
        prefix = f"Item {number} of {len(items)}: " if len(items) > 1 else ""
        try:
            found = event_of(name, profile, entry)
        except BadEvent as error:
            rejected.append(prefix + str(error))
            continue
        if isinstance(found, str):
            passed_over.append(prefix + found)
        else:
            events.append(found)
    return ParsedDelivery(events=tuple(events), passed_over=tuple(passed_over), rejected=tuple(rejected))


def items_of(profile: Profile, content: Any, received_at: datetime) -> list[Any]:
    """What `items` finds as a list; one object counts as a list of one.

    Raises:
        Unreadable: It finds nothing.
    """
    if profile.items is None:
        return [content]
    try:
        found = Entry({"body": content, "item": content}, {}, received_at).find(profile.items, "items")
    except BadEvent as error:
        raise UnreadableDelivery(str(error)) from None
    if isinstance(found, dict):
        return [found]
    if not isinstance(found, list):
        raise UnreadableDelivery("The body holds nothing where this source's items should be.")
    return found


def event_of(name: str, profile: Profile, entry: Entry) -> HireEvent | str:
    """The event of one item, or why it is none of interest.

    Raises:
        BadEvent: It is of interest, but cannot be used.
    """
    event_name = entry.find_or_none(profile.event)
    kind = profile.events.get(event_name) if isinstance(event_name, str) else None
    if not isinstance(kind, HireEventType):
        shown = printable(event_name, longest=80) if isinstance(event_name, str) else ""
        return f"The event {shown!r} is none of those to act on." if shown else "There is no event name."
    if entry.find(profile.drop, "drop"):
        return "The profile drops it."
    fields = profile.map
    address = read_address(entry.find(fields.address, "address"))
    employee_id = read_employee_id_or_none(entry.find(fields.employee_id, "employee_id"), address)
    day = read_start_date(entry.find(fields.start_date, "start_date"), date_format=profile.start_date_format)
    stamp = entry.find(fields.occurred_at, "occurred_at")
    return HireEvent(
        source=name,
        event_id=event_id_of(profile, entry, kind=kind, whom=employee_id or mark_of(address), stamp=stamp),
        kind=kind,
        employee_id=employee_id,
        start_date=day,
        occurred_at=read_occurred(stamp, received_at=entry.received_at),
        unverified=not profile.confirmed,
        address=address,
    )


def event_id_of(profile: Profile, entry: Entry, *, kind: HireEventType, whom: str, stamp: object) -> str:
    """The delivery's id, or one made of what is the same in every retry; never a random one.

    A delivery about several people has one id for all, so the person is part of it.
    """
    found = delivery_id(profile.dedupe, entry)
    if found:
        return f"{found}:{whom}" if profile.items else found
    time = printable(str(stamp), longest=LONGEST_STAMP) if isinstance(stamp, str | int | float) else ""
    return f"{kind}:{whom}:{time}"


def mark_of(address: str | None) -> str:
    """Tells people apart in an id that may be logged, without saying who they are."""
    return sha256((address or "").casefold().encode()).hexdigest()[:12]


def delivery_id(dedupe: Dedupe | None, entry: Entry) -> str:
    """What the sender calls the delivery; empty where it calls it nothing."""
    if dedupe is None:
        return ""
    found = entry.headers.get(dedupe.header) if dedupe.header else entry.find_or_none(dedupe.expression)
    if isinstance(found, int) and not isinstance(found, bool):
        found = str(found)
    return printable(found, longest=LONGEST_ID).strip() if isinstance(found, str) else ""
