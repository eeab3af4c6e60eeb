"""Tells other systems of passes: offered, made, taken back. Ids only, and off unless OUTGOING_PASS_EVENTS asks for it.

The passes role tells nobody anything: it may neither post nor write another queue. The people role reads its audit with
each sweep. An event is queued before the place is kept, so that a run that dies tells twice, with one id.
"""

from datetime import datetime, timedelta
from hashlib import sha256

from provisioning.log import EventLog
from provisioning.model.messages import OutgoingMessage
from provisioning.model.passes import AuditEntry, AuditStep
from provisioning.model.person_events import PassEvent
from provisioning.outgoing_settings import receiver_names
from provisioning.services import Services
from provisioning.settings import OutgoingSettings
from provisioning.store.queues import send

log = EventLog(__name__)

SETTLED = timedelta(minutes=1)  # by when a step of the audit is written
OLDEST = timedelta(days=3)  # what is older is no news
TOLD = {AuditStep.MADE: PassEvent.MADE, AuditStep.TAKEN_BACK: PassEvent.TAKEN_BACK}


def tells_of_passes(services: Services) -> bool:
    """Tell whether other systems want to hear of passes."""
    return services.settings(OutgoingSettings).pass_events and bool(receiver_names())


async def tell_pass_steps(services: Services) -> int:
    """Queue an event for each pass that was made or taken back since the last time; returns how many there were.

    The first time there is nothing to tell: only from then on it is asked for.

    Raises:
        TransientError: The storage account cannot be reached.
    """
    if not tells_of_passes(services):
        return 0
    now, told = services.now(), await services.pass_claims.told_until()
    until, count = now - SETTLED, 0
    if told is not None:
        for entry in await services.passes.entries(since=max(told, now - OLDEST), until=until):
            count += await tell_step(entry, services=services)
    await services.pass_claims.note_told(until=until)
    return count


async def tell_step(entry: AuditEntry, *, services: Services) -> bool:
    """Queue the event of one step; False for a step that nobody is told of."""
    kind = TOLD.get(entry.step)
    if kind is None or entry.object_id is None:
        return False
    what = (str(entry.step), entry.request_id or "", entry.at.isoformat())
    details = {"requestId": entry.request_id, "issuerId": entry.issuer_id, "reason": entry.reason}
    await tell_of_pass(kind, entry.object_id, at=entry.at, what=what, details=details, services=services)
    return True


async def tell_offered(object_id: str, *, manager_id: str, occurrence: str, services: Services) -> None:
    """Queue the event that a manager is told of a pass for a person. A second time it has the same id.

    Raises:
        TransientError: The storage account cannot be reached.
    """
    if tells_of_passes(services):
        what, now = (object_id.lower(), occurrence), services.now()
        details: dict[str, str | None] = {"managerId": manager_id}
        await tell_of_pass(PassEvent.OFFERED, object_id, at=now, what=what, details=details, services=services)


async def tell_of_pass(
    kind: PassEvent,
    object_id: str,
    *,
    at: datetime,
    what: tuple[str, ...],
    details: dict[str, str | None],
    services: Services,
) -> None:
    """Queue an event about a pass for every receiver.

    Args:
        kind: What happened.
        object_id: To whose pass.
        at: When.
        what: Tells the event from every other; the same in every repetition.
        details: What is told besides the person's ids.
        services: Storage, settings and clock.
    """
    person = await services.ledger.person(object_id)
    data = {"objectId": object_id, "employeeId": person.employee_id if person is not None else None, **details}
    event_id = f"msg_{sha256('|'.join((kind, *what)).encode()).hexdigest()[:32]}"
    for name in receiver_names():
        message = OutgoingMessage.model_validate(
            {
                "tenant_id": services.tenant_id,
                "receiver": name,
                "event_id": event_id,
                "kind": kind,
                "happened_at": at,
                "data": data,
            }
        )
        await send(services.storage, "outgoing", message)
