"""Notes what a run of the messages did, for health and for `messages list`."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from provisioning.errors import ConfigurationError, ProductError
from provisioning.log import EventLog
from provisioning.messages.context import MessageContext
from provisioning.model.newcomer_messages import MessageState
from provisioning.services import Services
from provisioning.store.outbox import Outbox

log = EventLog(__name__)

SENDS_FROM_ALL = "Mail.Send"
REMEMBERED = timedelta(days=1)


async def note_run(
    context: MessageContext, *, next_at: datetime | None, paused: ProductError | None, closed: ProductError | None
) -> None:
    """Note that a run took place.

    Args:
        context: What the messages work with; its counts are what the run did.
        next_at: When the pace lets the next message go; None while there is room.
        paused: Why nothing more was sent in this run.
        closed: Why nothing can be sent before an admin acts.
    """
    now, outcome = context.now(), dict[str, int | str](context.counts)
    if is_too_wide(await context.graph.claims()):
        outcome["too_wide"] = SENDS_FROM_ALL
    if next_at is not None:
        outcome["next_at"] = next_at.isoformat()
    if paused is not None:
        outcome["paused"] = str(paused)
    if closed is not None:
        outcome |= {"closed": str(closed), "closed_at": now.isoformat()}
    elif not context.counts[MessageState.ACCEPTED]:
        outcome |= still_closed(await context.outbox.last_run() or {}, now=now)
    await context.outbox.beat(outcome, at=now)
    if closed is not None:
        log.error("messages", **outcome)
    else:
        log.info("messages", **outcome)


def still_closed(last: Mapping[str, int | str], *, now: datetime) -> dict[str, int | str]:
    """Return what an earlier run found closed, since a run that sent nothing proves nothing; for a day."""
    if "closed_at" not in last or now - datetime.fromisoformat(str(last["closed_at"])) > REMEMBERED:
        return {}
    return {name: last[name] for name in ("closed", "closed_at")}


def is_too_wide(claims: Mapping[str, Any]) -> bool:
    """Return whether the identity may send from every mailbox, which makes a scope in Exchange void.

    A token carries what Entra grants. What Exchange's RBAC for Applications grants is in none.
    """
    return SENDS_FROM_ALL in claims.get("roles", ())


async def note_misconfigured(error: ConfigurationError, *, services: Services) -> None:
    """Note that nothing can be sent because of a setting, for health."""
    outbox = Outbox(services.storage, tenant_id=services.tenant_id)
    await outbox.beat({"closed": str(error)}, at=services.now())
    log.error("messages", closed=error)
