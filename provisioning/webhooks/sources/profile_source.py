"""A source made of a profile, and the events it finds. What proof it asks for is in profile_authentication.py.

Every expression sees `body`, the whole delivery, `item`, the entry of `items` at hand (without `items`, the body), and
`signed`, what of the headers the signature covers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from hashlib import sha256
from typing import Any

from jmespath.exceptions import JMESPathError

from provisioning.errors import BadEvent
from provisioning.hr_settings import field_aliases, id_attribute
from provisioning.http import Request
from provisioning.model.hires import (
    HireEvent,
    HireEventType,
    printable,
    read_address,
    read_ids,
    read_name,
    read_zone_name,
)
from provisioning.model.hr_dates import read_start_date, told_instant
from provisioning.webhooks.sources.base import ParsedDelivery, Source, UnreadableDelivery
from provisioning.webhooks.sources.expressions import Expression
from provisioning.webhooks.sources.marks import mark_of, short
from provisioning.webhooks.sources.profile_authentication import content_of, proved_bytes, signed_values, verify
from provisioning.webhooks.sources.profile_schema import Dedupe, Profile, event_key

LONGEST_STAMP = 64


@dataclass(frozen=True)
class Delivery:
    """What all items of a delivery have in common.

    Attributes:
        source: The source's name.
        profile: How to read it.
        headers: Of the request.
        proved: Digest of what the signature covers.
        received_at: When it came.
        aliases: What the customer calls fields.
        vouched: Whether Entra keeps this source's own ids, so that one alone names a person.
        fixed: What every item means, where the address says so and not the body.
    """

    source: str
    profile: Profile
    headers: Mapping[str, str]
    proved: bytes
    received_at: datetime
    aliases: Mapping[str, str]
    vouched: bool
    fixed: HireEventType | None


@dataclass(frozen=True)
class Entry:
    """One item of a delivery, as the expressions see it."""

    scope: Mapping[str, Any]
    aliases: Mapping[str, str]

    def find(self, expression: Expression | None, what: str) -> Any:
        """Return what an expression finds.

        Raises:
            BadEvent: The expression cannot be used on this delivery.
        """
        try:
            return expression.search(self.scope, self.aliases) if expression else None
        except (JMESPathError, TypeError, ValueError, KeyError, AttributeError, OverflowError, RecursionError):
            # The library checks what its functions get, but not all of it; what a stranger sends must not be a 500.
            raise BadEvent(f"The profile's expression for {what} cannot be used on this delivery.") from None

    def find_or_none(self, expression: Expression | None) -> Any:
        """Return the same where something else can take its place."""
        try:
            return self.find(expression, "it")
        except BadEvent:
            return None


def source_of(name: str, profile: Profile, *, fixed: HireEventType | None = None) -> Source:
    """Return the source that a profile describes; `fixed` is what every delivery to this address means."""
    return Source(
        name=name,
        auth=profile.auth,
        verify=partial(verify, name, profile),
        read=partial(read, name, profile, fixed),
        ids=profile.ids,
        media_types=profile.media_types,
        handshake=profile.handshake,
        caveat=profile.reason or "",
        unusable_status=profile.unusable_status,
    )


def read(
    name: str, profile: Profile, fixed: HireEventType | None, request: Request, received_at: datetime
) -> ParsedDelivery:
    """Return the events of a delivery; an item that cannot be used does not hold up the others.

    Raises:
        UnreadableDelivery: The body is not what the profile says.
        ConfigurationError: A setting of this source cannot be read.
    """
    content, signed = content_of(profile, request), signed_values(profile, request)
    delivery = Delivery(
        source=name,
        profile=profile,
        headers=request.headers,
        proved=sha256(proved_bytes(profile, request)).digest(),
        received_at=received_at,
        aliases=field_aliases(name),
        vouched=id_attribute(name) is not None,
        fixed=fixed,
    )
    items = items_of(profile, content, delivery.aliases)
    events, passed_over, rejected = [], [], []
    for number, item in enumerate(items, 1):
        entry = Entry({"body": content, "item": item, "signed": signed}, delivery.aliases)
        prefix = f"Item {number} of {len(items)}: " if len(items) > 1 else ""
        try:
            found = event_of(delivery, entry)
        except BadEvent as error:
            rejected.append(prefix + str(error))
            continue
        if isinstance(found, str):
            passed_over.append(prefix + found)
        else:
            events.append(found)
    return ParsedDelivery(events=tuple(events), passed_over=tuple(passed_over), rejected=tuple(rejected))


def items_of(profile: Profile, content: Any, aliases: Mapping[str, str]) -> list[Any]:
    """Return what `items` finds as a list; one object counts as a list of one.

    Raises:
        UnreadableDelivery: It finds nothing.
    """
    if profile.items is None:
        return [content]
    try:
        found = Entry({"body": content, "item": content, "signed": {}}, aliases).find(profile.items, "items")
    except BadEvent as error:
        raise UnreadableDelivery(str(error)) from None
    if isinstance(found, dict):
        return [found]
    if not isinstance(found, list):
        raise UnreadableDelivery("The body has nothing where this source's items should be.")
    return found


def event_of(delivery: Delivery, entry: Entry) -> HireEvent | str:
    """Return the event of one item, or why it is none of interest.

    Raises:
        BadEvent: It is of interest, but cannot be used.
    """
    profile, fields = delivery.profile, delivery.profile.map
    event_name = delivery.fixed or entry.find_or_none(profile.event)
    key = event_key(event_name) if isinstance(event_name, str) else ""
    kind = delivery.fixed or profile.kinds.get(key)
    if not isinstance(kind, HireEventType):
        shown = printable(event_name, longest=80) if isinstance(event_name, str) else ""
        return f"The event {shown!r} is not one to act on." if shown else "The delivery has no event name."
    if entry.find(profile.drop, "drop"):
        return "The profile drops it."
    address = read_address(entry.find(fields.address, "address"))
    employee_id, vendor_id = read_ids(
        entry.find(fields.employee_id, "employee_id"), entry.find(fields.vendor_id, "vendor_id"), address
    )
    stamp = entry.find(fields.occurred_at, "occurred_at")
    moment = told_instant(stamp, received_at=delivery.received_at, assume_utc=profile.occurred_at_utc)
    sent_id = delivery_id(profile.dedupe, entry, delivery.headers)
    day = None if kind.ends else first_day(delivery, entry)
    by_own_id_alone = not employee_id and bool(vendor_id) and not delivery.vouched
    # As it was sent: what is read of a time yet to come is the time of receipt, which every retry has anew.
    mark = mark_of(
        delivery.proved, kind=kind, person=employee_id or vendor_id or (address or ""), told=f"{day}:{stamp}"
    )
    return HireEvent(
        source=delivery.source,
        event_id=event_id_of(sent_id, profile, kind=kind, person=employee_id or vendor_id or mark[:12], stamp=stamp),
        kind=kind,
        employee_id=employee_id,
        start_date=day,
        occurred_at=moment or delivery.received_at,
        unverified=not profile.confirmed or by_own_id_alone or key in map(event_key, profile.hints),
        address=address,
        display_name=read_name(entry.find_or_none(fields.display_name)),
        vendor_id=vendor_id,
        mark=mark,
        undated=moment is None and not (sent_id or by_header(profile.dedupe)),
        private_address=None if kind.ends else read_address(entry.find_or_none(fields.private_address)),
        site_zone=None if kind.ends else read_zone_name(entry.find_or_none(fields.site_zone)),
    )


def first_day(delivery: Delivery, entry: Entry) -> date | None:
    """Return the first day that an item tells, or None; an end has no use for one, so a bad one cannot spoil it."""
    profile = delivery.profile
    return read_start_date(
        entry.find(profile.map.start_date, "start_date"),
        received_at=delivery.received_at,
        date_format=profile.start_date_format,
        local_midnight=profile.start_date_local_midnight,
    )


def event_id_of(sent_id: str, profile: Profile, *, kind: HireEventType, person: str, stamp: object) -> str:
    """Return the delivery's id, or one made of what is the same in every retry; never a random one.

    A delivery about several people has one id for all, so the person is part of it; for who is known by address alone,
    the event's mark stands there, which says nothing of the address.
    """
    if sent_id:
        return short(f"{sent_id}:{person}" if profile.items else sent_id)
    time = printable(str(stamp), longest=LONGEST_STAMP) if isinstance(stamp, str | int | float) else ""
    return short(f"{kind}:{person}:{time}")


def by_header(dedupe: Dedupe | None) -> bool:
    """Return whether deliveries have an id in a header, which a stranger who repeats one may leave out."""
    return dedupe is not None and dedupe.header is not None


def delivery_id(dedupe: Dedupe | None, entry: Entry, headers: Mapping[str, str]) -> str:
    """Return what the sender calls the delivery; empty where it calls it nothing."""
    if dedupe is None:
        return ""
    found = headers.get(dedupe.header) if dedupe.header else entry.find_or_none(dedupe.expression)
    if isinstance(found, int) and not isinstance(found, bool):
        found = str(found)
    return printable(found, longest=len(found)).strip() if isinstance(found, str) else ""
