"""Takes a pass back: the person has a real method, is not coming, or its time is over."""

from dataclasses import replace
from datetime import timedelta

from provisioning.errors import NotReady
from provisioning.graph.errors import GraphError
from provisioning.graph.temporary_access_pass import ExistingPass, delete_pass, methods_and_passes
from provisioning.log import EventLog
from provisioning.model.passes import AuditEntry, AuditStep, PassState, PassTakeBack, PersonPass
from provisioning.passes.context import PassesContext

log = EventLog(__name__)

CLOCKS_APART = timedelta(minutes=2)  # how far Entra's clock may be from ours
IN_ENTRA = (PassState.MADE, PassState.UNKNOWN, PassState.INTENDED)


async def take_back(wish: PassTakeBack, *, context: PassesContext) -> None:
    """Delete the pass that this role made for a person, and no other one.

    Raises:
        NotReady: It has not expired yet, or the person is being worked on.
        TransientError: Graph or storage is unwell.
    """
    if wish.ends_at is not None and context.now() < wish.ends_at:
        raise NotReady("a pass to expire", after=(wish.ends_at - context.now()).total_seconds())
    name = f"person-{wish.object_id.lower()}"
    async with context.passes.leases.hold(name, holder="a pass that is taken back") as lease:
        last = await context.passes.person(wish.object_id)
        if last is None or last.state not in IN_ENTRA or (wish.ends_at is not None and last.ends_at != wish.ends_at):
            return
        for item in await passes_of(wish.object_id, context=context):
            if is_ours(item, last):
                lease.check()
                await delete_pass(context.graph, wish.object_id, item.pass_id)
        await context.passes.save_person(replace(last, state=PassState.TAKEN_BACK))
        entry = AuditEntry(
            AuditStep.TAKEN_BACK, context.now(), wish.object_id, last.request_id, last.issuer_id, str(wish.reason)
        )
        await context.passes.audit(entry, new_id=context.new_id())
    log.info("pass_taken_back", object=wish.object_id, request=last.request_id, reason=wish.reason)


async def passes_of(object_id: str, *, context: PassesContext) -> list[ExistingPass]:
    """Return the passes a person has; none if the account is gone."""
    try:
        _, passes = await methods_and_passes(context.graph, object_id)
    except GraphError as error:
        if error.status == 404:
            return []
        raise
    return passes


def is_ours(item: ExistingPass, last: PersonPass) -> bool:
    """Tell whether this role made a pass: by its id, or where that was lost, because it came after the intent."""
    if last.pass_id is not None:
        return item.pass_id == last.pass_id
    return item.created is not None and item.created >= last.intended_at - CLOCKS_APART
