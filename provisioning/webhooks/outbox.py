"""Keeps the events of a delivery before it is answered: as rows of the inbox and as queue messages, both at once.

Either one is enough: a message is worked on in a second, and a row without one is found by the sweep after some
minutes. So the sender hears "try again" only where neither is there.
"""

import asyncio
from collections.abc import Coroutine, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from provisioning.concurrency import each
from provisioning.errors import ProductError, TransientError
from provisioning.log import EventLog
from provisioning.model.hires import HireEvent
from provisioning.model.messages import HireMessage
from provisioning.services import Services
from provisioning.store.inbox import LARGEST_TEXT, Inbox, inbox_key
from provisioning.store.queues import send_text

log = EventLog(__name__)

SECONDS = 2.0  # for all writes of a delivery; the strictest senders wait three in all (Personio, Okta)
ENVELOPE = 300  # bytes of a message beside its events
EACH_LOGGED = 20  # events; of a larger delivery only the number is logged here, and each where it is worked on
TICK = timedelta(microseconds=1)
EVENT: TypeAdapter[HireEvent] = TypeAdapter(HireEvent)


@dataclass(frozen=True)
class Packed:
    """One event and how many bytes its JSON has."""

    event: HireEvent
    size: int


def distinct(events: Iterable[HireEvent]) -> list[HireEvent]:
    """Return each event once. Of two about one person and one time, the later one in the delivery is the later one."""
    unique = {(event.mark, event.reference, event.address): event for event in events}
    latest: dict[str, tuple[datetime, datetime]] = {}  # by person: the time told, and the time used instead
    ordered = []
    for event in unique.values():
        person = event.reference or event.address or ""
        told, used = latest.get(person, (None, event.occurred_at))
        moment = used + TICK if event.occurred_at == told else event.occurred_at
        latest[person] = (event.occurred_at, moment)
        ordered.append(replace(event, occurred_at=moment))
    return ordered


def pack(events: Sequence[HireEvent]) -> tuple[list[Packed], list[str]]:
    """Return the events that can be kept, and why each of the others cannot."""
    packed, rejected = [], []
    for event in events:
        text = EVENT.dump_json(event)
        try:
            EVENT.validate_json(text)
        except ValidationError as error:
            field = ".".join(str(part) for part in error.errors(include_input=False, include_url=False)[0]["loc"])
            rejected.append(f"The event cannot be kept: {field} is too long or not of its kind.")
        else:
            packed.append(Packed(event, len(text)))
    return packed, rejected


def chunks(packed: Iterable[Packed]) -> Iterator[list[HireEvent]]:
    """Split events into as many as fit into one row and one message."""
    chunk: list[HireEvent] = []
    size = ENVELOPE
    for item in packed:
        if chunk and size + item.size + 1 > LARGEST_TEXT:
            yield chunk
            chunk, size = [], ENVELOPE
        chunk.append(item.event)
        size += item.size + 1
    if chunk:
        yield chunk


async def store_events(packed: Sequence[Packed], *, tenant_id: UUID, services: Services) -> None:
    """Keep all events, or say that the sender must come again.

    Raises:
        TransientError: Some are neither in the inbox nor on the queue. What is will be known by its mark.
        ConfigurationError: Storage refuses this app.
    """
    inbox = Inbox(services.storage, tenant_id=str(tenant_id))
    deadline = asyncio.get_running_loop().time() + SECONDS

    async def keep_chunk(events: list[HireEvent]) -> None:
        key = inbox_key(services.now(), new_id=services.new_id())
        text = HireMessage.of(*events, tenant_id=tenant_id, inbox=key).model_dump_json()
        await either(send_text(services.storage, "hires", text), inbox.add(key, text), deadline=deadline)

    await each(chunks(packed), keep_chunk)
    for item in packed[:EACH_LOGGED]:
        log.info("hire_queued", source=item.event.source, hr_event=item.event.event_id, kind=item.event.kind)
    if len(packed) > EACH_LOGGED:
        log.info("hires_queued", source=packed[0].event.source, count=len(packed))


async def either(*writes: Coroutine[Any, Any, None], deadline: float) -> None:
    """Do all writes at once; one that succeeds by the deadline is enough.

    Raises:
        TransientError: None did.
        ConfigurationError: None did, and storage refuses this app.
    """
    loop = asyncio.get_running_loop()
    tasks = [loop.create_task(write) for write in writes]
    try:
        done, pending = await asyncio.wait(tasks, timeout=max(0.0, deadline - loop.time()))
    finally:
        for task in tasks:
            task.cancel()
    if pending:
        await asyncio.wait(pending, timeout=0.1)
    failures = [error for task in tasks if task in done and (error := task.exception()) is not None]
    if len(failures) < len(done):
        for error in failures:
            log.warning("kept_in_one_place_only", reason=error)
        if pending:
            log.warning("kept_in_one_place_only", reason="the receiver did not answer in time")
        return
    for error in failures:
        if not isinstance(error, ProductError):
            raise error
    raise next(
        (error for error in failures if not isinstance(error, TransientError)),
        failures[0] if failures and not pending else TransientError("The storage account did not answer in time."),
    )
