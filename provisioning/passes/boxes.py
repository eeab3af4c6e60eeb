"""The end of a sealed pass: it was shown, or nobody took it in time."""

from dataclasses import replace

from provisioning.errors import NotReady
from provisioning.log import EventLog
from provisioning.model.passes import SHOWN_FOR, AuditEntry, AuditStep, RequestState
from provisioning.passes.context import PassesContext

log = EventLog(__name__)


async def forget_box(request_id: str, *, shown: bool, context: PassesContext) -> None:
    """Delete a box, whichever comes first: the page's word that it was shown, or the end of its time.

    Args:
        request_id: Whose.
        shown: Whether the page says that it showed it.
        context: What the role works with.

    Raises:
        NotReady: Its time is not over yet.
    """
    outcome = await context.passes.outcome(request_id)
    if outcome is None or outcome.box is None:
        return
    left = (outcome.at + SHOWN_FOR - context.now()).total_seconds()
    if not shown and left > 0:
        raise NotReady("a sealed pass to expire", after=left)
    state, step = (RequestState.SHOWN, AuditStep.SHOWN) if shown else (RequestState.LAPSED, AuditStep.LAPSED)
    await context.passes.save_outcome(replace(outcome, state=state, box=None))
    await context.passes.audit(AuditEntry(step, context.now(), request_id=request_id), new_id=context.new_id())
    log.info("pass_box_deleted", request=request_id, shown=shown)
