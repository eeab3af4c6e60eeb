"""What several events about one person come to. In any order, and however often each comes, it is the same.

Every field goes by the time at which something happened in the HR system, never by when the delivery arrived: webhooks
overtake each other, and a created event is followed by an updated one that says less.
"""

from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from provisioning.model.hires import HireEvent
from provisioning.model.ledger import EnrollmentState, HireRecord

REMEMBERED = 32  # deliveries; a sender's retries come before that many others about the same person


def merge(known: HireRecord | None, event: HireEvent) -> HireRecord:
    """Return the hire record of an employee id with this event included; `known` itself if the event adds nothing.

    Args:
        known: What was known before.
        event: The event. An unverified event's first day is not taken, since Entra's own counts, and its name neither.
    """
    mark = delivery_mark(event)
    if known is not None and is_repeated(event, mark, known):
        return known
    base = known or new_record(event)
    ended_at = latest(base.ended_at, event.occurred_at if event.kind.ends else None)
    dated_at, start_date = base.dated_at, base.start_date
    if event.start_date is not None and not event.unverified and is_newer(event, base):
        dated_at, start_date = event.occurred_at, event.start_date
    if ended_at is not None and dated_at is not None and dated_at <= ended_at:
        dated_at, start_date = None, None  # what was said before the end does not hold after it
    merged = replace(base, ended_at=ended_at, dated_at=dated_at, start_date=start_date)
    if event.sealed is not None and is_later(event, base.sealed_at):
        merged = replace(merged, sealed=event.sealed, sealed_at=event.occurred_at)
    if event.sealed_name is not None and not event.unverified and is_later(event, base.named_at):
        merged = replace(merged, sealed_name=event.sealed_name, named_at=event.occurred_at)
    merged = with_reach(merged, event)
    if rank(event) > rank(base):
        merged = replace(
            merged,
            employee_id=event.employee_id,
            source=event.source,
            event_id=event.event_id,
            kind=event.kind,
            occurred_at=event.occurred_at,
            unverified=event.unverified,
        )
    if known is not None and merged == known:
        return known
    return replace(
        merged,
        delivered=(*merged.delivered, mark)[-REMEMBERED:],
        state=EnrollmentState.PENDING,
        reason=None,
        remedy=None,
        tries=0,
        next_try=None,
    )


def with_reach(record: HireRecord, event: HireEvent) -> HireRecord:
    """Return a hire record with what a proved event says of where and when to write to the person.

    Args:
        record: As the event left it so far; what was told before an end does not hold after it.
        event: The event. What is not proved does not say where mail goes.
    """
    private_at, zoned_at = record.private_at, record.zoned_at
    if event.sealed_private is not None and not event.unverified and is_later(event, private_at):
        record = replace(record, sealed_private=event.sealed_private, private_at=event.occurred_at)
    if event.site_zone is not None and not event.unverified and is_later(event, zoned_at):
        record = replace(record, site_zone=event.site_zone, zoned_at=event.occurred_at)
    if record.ended_at is not None and record.private_at is not None and record.private_at <= record.ended_at:
        record = replace(record, sealed_private=None, private_at=None)
    return record


def is_later(event: HireEvent, told_at: datetime | None) -> bool:
    """Return whether an event is newer than what was told at a time."""
    return told_at is None or event.occurred_at > told_at


def delivery_mark(event: HireEvent) -> str:
    """Return the mark by which a repeated delivery is recognized.

    Not every source says when something happened, and then the time of receipt would let an old hire that is sent again
    overrule the cancellation after it.
    """
    return event.mark or sha256(f"{event.source}\n{event.kind}\n{event.event_id}".encode()).hexdigest()[:24]


def is_repeated(event: HireEvent, mark: str, known: HireRecord) -> bool:
    """Return whether the delivery came before. One that nothing tells from an equal one is a retry only if nothing else
    was said since: created, withdrawn and created again must count, though the first and the last are equal."""
    return mark in (known.delivered[-1:] if event.undated else known.delivered)


def rank(word: HireEvent | HireRecord) -> tuple[bool, datetime, bool, str]:
    """Return the sort key of an event: proved after unproved, then the later word, and within one moment the end.

    So an unverified hire never overrules a proved end, whatever time it claims: its time is not proved either.
    """
    return (not word.unverified, word.occurred_at, word.kind.ends, word.event_id)


def new_record(event: HireEvent) -> HireRecord:
    """Make a hire record of this event alone, without its first day."""
    return HireRecord(
        employee_id=event.employee_id,
        source=event.source,
        event_id=event.event_id,
        kind=event.kind,
        start_date=None,
        occurred_at=event.occurred_at,
        unverified=event.unverified,
    )


def is_newer(event: HireEvent, known: HireRecord) -> bool:
    """Return whether the event's first day is the newer one; of two of one moment, the later day."""
    if known.dated_at is None or known.start_date is None or event.start_date is None:
        return True
    return (event.occurred_at, event.start_date) > (known.dated_at, known.start_date)


def latest(left: datetime | None, right: datetime | None) -> datetime | None:
    """Return the later of two times; None where both are missing."""
    moments = [moment for moment in (left, right) if moment is not None]
    return max(moments) if moments else None
