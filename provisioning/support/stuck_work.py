"""What `replay --list` shows: every message the host gave up on, everybody who is parked, and whose registration looks
like another's; with what is known."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

from provisioning.model.ledger import EnrollmentState, HireRecord, Person
from provisioning.model.messages import HireMessage, Message, PassMessage, SeenMessage, TenantMessage
from provisioning.people.methods import ASK_THEM
from provisioning.services import Services
from provisioning.store.ledger import Ledger
from provisioning.store.operations import Operations
from provisioning.store.poison import Poisoned, count_poison, peek_poison


async def stuck(queues: Sequence[str], *, services: Services) -> AsyncIterator[str]:
    """Line by line: the queues, then the parked. Changes nothing.

    Raises:
        TransientError: Storage is away.
        ConfigurationError: A setting is missing.
    """
    operations, people = services.operations, services.ledger
    for name in queues:
        total, found = await count_poison(services.storage, name), await peek_poison(services.storage, name)
        yield f"{name}: {max(total, len(found))} in {name}-poison"
        for item in found:
            yield f"  {describe_poison(item, now=services.now())}{await describe_record(item.work, people, operations)}"
        if total > len(found):
            yield f"  and {total - len(found)} more, which the service does not show now"
    async for line in parked(people):
        yield line


def describe_poison(item: Poisoned, *, now: datetime) -> str:
    """Return what a message asks for, by its ids, how often that was put off, and how long it has been lying there."""
    lying = f"given up {age(now - item.since)} ago" if item.since is not None else "given up at an unknown time"
    if item.work is None:
        return f"not a message of this product: message {item.message_id}, {lying}"
    return (
        f"{describe_message(item.work)}, message {item.message_id}, postponed {item.work.attempt} times before, {lying}"
    )


def describe_message(work: Message) -> str:
    """Return what a message asks for."""
    if isinstance(work, HireMessage):
        event, others = work.event, len(work.events) - 1
        more = f", and {others} more of this delivery" if others else ""
        subject = event.reference or "known by address"
        return f"{event.kind} of employee {subject}, source {event.source}, event {event.event_id}{more}"
    if isinstance(work, SeenMessage):
        return describe_seen_message(work)
    if isinstance(work, PassMessage):
        return describe_pass_message(work)
    return f"operation {work.operation_id}" if isinstance(work, TenantMessage) else "something"


def describe_seen_message(work: SeenMessage) -> str:
    """Return what a person asked for who was signed in."""
    if work.acknowledge is not None:
        return f"acknowledgment of the registration of object {work.acknowledge.object_id} by {work.object_id}"
    if work.release is not None:
        return f"release of the sweep for {work.release.people} people by {work.object_id}"
    return f"check of what object {work.object_id} registered"


def describe_pass_message(work: PassMessage) -> str:
    """Return what a message about a pass asks for. A request that lies for minutes is refused when it is put back."""
    if work.take_back is not None:
        return f"end of the pass of object {work.take_back.object_id}, {work.take_back.reason}"
    if work.make is not None:
        return f"request {work.make.request_id} for a pass"
    return f"end of the sealed pass of request {work.shown or work.lapsed}"


async def describe_record(work: Message | None, people: Ledger, operations: Operations) -> str:
    """Return what is written down of the same person or operation; why the host gave up, only the log tells."""
    if isinstance(work, TenantMessage):
        operation = await operations.read(str(work.operation_id))
        if operation is None:
            return ": this operation no longer exists"
        return f": {operation.mode}, {operation.state}{': ' + operation.detail if operation.detail else ''}"
    row: HireRecord | Person | None = None
    if isinstance(work, HireMessage):
        row = await people.hire_record(work.event.reference)
    elif isinstance(work, SeenMessage) and work.release is None:
        row = await people.person(str(work.acknowledge.object_id if work.acknowledge else work.object_id))
    return f"; the ledger says {row.state}" if row is not None else ""


async def parked(people: Ledger) -> AsyncIterator[str]:
    """Yield a line for each person an admin must decide about, with the ledger's reason and remedy."""
    lines = [parked_line(row) async for row in people.all_hire_records() if row.state is EnrollmentState.PARKED]
    rows = [row async for row in people.all_people()]
    lines += [parked_line(row) for row in rows if row.state is EnrollmentState.PARKED]
    yield f"parked: {len(lines)}"
    for line in lines:
        yield line
    suspicious = [row for row in rows if row.unexpected]
    yield f"unexpected registration: {len(suspicious)}"
    for row in suspicious:
        yield f"  object {row.object_id}: {row.unexpected} {ASK_THEM}"


def parked_line(row: HireRecord | Person) -> str:
    """Describe a person who is parked."""
    names = [f"object {row.object_id}"] if isinstance(row, Person) else []
    names += [f"employee {row.employee_id}"] if row.employee_id else []
    return f"  {', '.join(names)}: {row.reason or 'no reason is kept.'} {row.remedy or ''}".rstrip()


def age(duration: timedelta) -> str:
    """Write a duration in its largest unit."""
    minutes = max(0, int(duration.total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} days"
