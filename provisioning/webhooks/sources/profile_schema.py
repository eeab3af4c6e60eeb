"""An HR system described by data: what a profile may say, checked when it is loaded. README.md explains each key."""

import re
from datetime import date, datetime
from typing import Literal, Self

from pydantic import Field, model_validator

from provisioning.model.hires import HireEventType
from provisioning.webhooks.sources.base import FORM_TYPES, JSON_TYPES, Ids
from provisioning.webhooks.sources.profile_parts import Header, Path, Sentence, Strict
from provisioning.webhooks.sources.profile_signature import Signature

YEAR = re.compile("%[Yy]")
IGNORED: Literal["ignored"] = "ignored"
BY_SECRET = ("bearer", "basic")


class Dedupe(Strict):
    """Where a delivery's own id stands. Without one it is made of kind, person and time."""

    header: Header | None = None
    expression: Path | None = None

    @model_validator(mode="after")
    def one_place(self) -> Self:
        """Either or."""
        if (self.header is None) == (self.expression is None):
            raise ValueError("needs either header or expression")
        return self


class Fields(Strict):
    """Which path holds what. Each is the exact path of one value, never "the first address there is"."""

    employee_id: Path | None = None
    vendor_id: Path | None = None
    address: Path | None = None
    display_name: Path | None = None
    start_date: Path | None = None
    occurred_at: Path | None = None
    private_address: Path | None = None
    site_zone: Path | None = None

    @model_validator(mode="after")
    def names_a_person(self) -> Self:
        """Without an id or an address it is about no person."""
        if self.employee_id is None and self.vendor_id is None and self.address is None:
            raise ValueError("needs employee_id, vendor_id, or at least address")
        return self


class Profile(Strict):
    """An HR system."""

    title: Sentence
    confirmed: bool
    reason: Sentence | None = None
    auth: Literal["hmac", "bearer", "basic", "static-header", "standard-webhooks"]
    signature: Signature | None = None
    body: Literal["json", "form", "any"] = "json"
    content_types: tuple[str, ...] | None = None
    handshake: Literal["none", "ping", "okta", "eventgrid", "cloudevents", "gusto"] = "none"
    items: Path | None = None
    event: Path
    events: dict[str, HireEventType | Literal["ignored"]] = Field(min_length=1)
    hints: tuple[str, ...] = ()
    addresses_by_event: bool = False
    drop: Path | None = None
    dedupe: Dedupe | None = None
    map: Fields
    vendor_id_length: int | None = Field(default=None, ge=1, le=128)
    start_date_format: str | None = None
    start_date_local_midnight: bool = False
    occurred_at_utc: bool = False
    unusable_status: Literal[200, 400] = 400

    @model_validator(mode="after")
    def one_meaning_for_each_name(self) -> Self:
        """Names of events are compared without case, so two must not differ by it alone."""
        names = [event_key(name) for name in self.events]
        if len(set(names)) != len(names):
            raise ValueError("has an event twice in [events]; upper and lower case count as the same")
        strangers = [name for name in self.hints if event_key(name) not in names]
        if strangers:
            raise ValueError(f"has {strangers[0]!r} in hints, which is not in [events]")
        return self

    @model_validator(mode="after")
    def length_of_something(self) -> Self:
        """A length says how long the vendor's id is."""
        if self.vendor_id_length is not None and self.map.vendor_id is None:
            raise ValueError("has a vendor_id_length, but no vendor_id in [map]")
        return self

    @model_validator(mode="after")
    def reason_for_caveat(self) -> Self:
        """What is not confirmed says why; what is confirmed has no reason to."""
        if self.confirmed != (self.reason is None):
            raise ValueError("needs reason where confirmed = false, and none where it is true")
        return self

    @model_validator(mode="after")
    def signature_fits(self) -> Self:
        """Each way of proof needs its part of [signature] and has no use for another."""
        signature = self.signature
        if self.auth in BY_SECRET and signature is not None:
            raise ValueError(f"has a [signature], which auth = {self.auth!r} does not use")
        if self.auth not in BY_SECRET and signature is None:
            raise ValueError(f"needs a [signature] for auth = {self.auth!r}")
        if self.auth == "static-header" and (signature is None or signature.header is None):
            raise ValueError("needs header in [signature] for auth = 'static-header'")
        if self.auth == "standard-webhooks" and not self.has_standard_headers:
            raise ValueError(
                "needs header, id_header and timestamp_header in [signature] for auth = 'standard-webhooks'"
            )
        return self

    @model_validator(mode="after")
    def unsigned_data_is_no_proof(self) -> Self:
        """A signature over a token and a time says nothing about the data beside it."""
        signed = self.auth != "hmac" or (self.signature is not None and "body" in self.signature.placeholders)
        if self.confirmed and not signed:
            raise ValueError("cannot be confirmed: its signature does not cover the body")
        return self

    @model_validator(mode="after")
    def certain_days(self) -> Self:
        """The format must give back the very day it wrote."""
        sample, date_format = date(2026, 12, 1), self.start_date_format
        try:
            # Without a year Python 3.13 warns before it says what it read (python/cpython#70647).
            if date_format is None or (YEAR.search(date_format) and back(sample, date_format) == sample):
                return self
        except ValueError:
            pass
        raise ValueError("has a start_date_format that lacks the day, the month, or the year; use one such as %d/%m/%Y")

    @property
    def has_standard_headers(self) -> bool:
        """Whether all three headers of Standard Webhooks are named."""
        found = self.signature
        return bool(found and found.header and found.id_header and found.timestamp_header)

    @property
    def media_types(self) -> tuple[str, ...]:
        """Which bodies it may send."""
        given = tuple(media_type.lower() for media_type in self.content_types or ())
        return given or {"json": JSON_TYPES, "form": FORM_TYPES, "any": JSON_TYPES + FORM_TYPES}[self.body]

    @property
    def ids(self) -> Ids:
        """What its deliveries name a person by."""
        found = self.map
        return Ids(
            number=found.employee_id is not None,
            vendor=found.vendor_id is not None,
            vendor_length=self.vendor_id_length,
            address=found.address is not None,
        )

    @property
    def kinds(self) -> dict[str, "HireEventType | Literal['ignored']"]:
        """What each event means, by its name in one case."""
        return {event_key(name): kind for name, kind in self.events.items()}


def event_key(name: str) -> str:
    """Return an event's name as it is compared."""
    return name.strip().casefold()


def back(day: date, date_format: str) -> date:
    """Write a day and read it again."""
    return datetime.strptime(day.strftime(date_format), date_format).date()  # noqa: DTZ007 - a day has no zone
