"""Makes a pass for a request: every brake first, the intent second, Entra third, and the sealed box last.

State decides. A request that comes twice finds its outcome, or the intent of a run that died. That one is never
repeated: nobody can tell whether there is a pass by then, and a second one would make the first void.
"""

from dataclasses import replace
from datetime import timedelta
from functools import partial

from provisioning.errors import AnswerLost, TransientError
from provisioning.graph.errors import GraphError, PermissionDenied
from provisioning.graph.temporary_access_pass import NewPass, create_pass, delete_pass, methods_and_passes
from provisioning.model.messages import PassMessage
from provisioning.model.passes import (
    SHOWN_FOR,
    WAITS_FOR,
    AuditStep,
    PassRefusal,
    PassRequest,
    PassState,
    PassTakeBack,
    PersonPass,
    TakeBackReason,
    claim_key_of,
)
from provisioning.passes.brakes import (
    PassFacts,
    read_pass_facts,
    refuse_claim,
    refuse_issuer,
    refuse_person,
    refuse_repetition,
)
from provisioning.passes.context import PassesContext
from provisioning.passes.outcomes import OpenRequest, keep_made, keep_unknown, refusal_of, refuse_pass, refuse_unclaimed
from provisioning.passes.sealing import UnusableKey, read_public_key
from provisioning.passes.validity import Validity, plan_validity
from provisioning.store.lease import Lease
from provisioning.store.queues import send
from provisioning.time_zones import zone_named

AN_HOUR = timedelta(hours=1)
HOUR_LEASE = "hour"  # under which the passes of the last hour are counted and one more is noted


async def make(request: PassRequest, *, context: PassesContext) -> None:
    """Act on a request.

    Raises:
        NotReady: Another request for this person is being worked on.
        TransientError: Graph or storage is unwell, and no pass was made.
    """
    if await context.passes.outcome(request.request_id) is not None:
        return
    key = claim_key_of(request.proof)
    claim = await context.claims.read(key)
    if claim is None:
        await refuse_unclaimed(request, key, PassRefusal.CLAIM_UNKNOWN, context=context)
        return
    asked = OpenRequest(request, claim, context)
    async with context.passes.leases.hold(
        f"person-{claim.object_id.lower()}", holder=f"request {request.request_id}"
    ) as lease:
        last = await settle_last(asked)
        if last is not None and last.request_id == request.request_id and last.state is not PassState.FAILED:
            return
        refusal = await work(asked, last, lease=lease)
        if refusal is not None:
            await refuse_pass(asked, refusal)


async def settle_last(asked: OpenRequest) -> PersonPass | None:
    """Return the last pass of the person, after what a run that died left open is called unknown."""
    passes = asked.context.passes
    last = await passes.person(asked.claim.object_id)
    if last is None:
        return None
    handed_over = await passes.outcome(last.request_id) is not None
    if last.state is PassState.INTENDED or (last.state is PassState.MADE and not handed_over):
        return await keep_unknown(last, asked)
    return last


async def work(asked: OpenRequest, last: PersonPass | None, *, lease: Lease) -> PassRefusal | None:
    """Make a pass, or return why there is none."""
    request, context = asked.request, asked.context
    refusal = await refuse_request(asked)
    if refusal is not None:
        return refusal
    try:
        person = await context.ledger.person(asked.claim.object_id)
        facts = await read_pass_facts(context.graph, asked.claim.object_id, person=person, last=last)
    except GraphError as error:
        return await refusal_of(error, context=context)
    emergency = frozenset(str(item).lower() for item in context.settings.break_glass_user_ids)
    refusal = (
        refuse_person(facts, emergency=emergency)
        or refuse_issuer(facts, request)
        or refuse_repetition(facts, request, now=context.now())
    )
    if refusal is not None:
        return refusal
    lease.check()
    return await reserve_and_make(facts, asked, lease=lease)


async def refuse_request(asked: OpenRequest) -> PassRefusal | None:
    """Return what is wrong with the request itself."""
    request, claim, context = asked.request, asked.claim, asked.context
    if context.now() - request.asked_at > WAITS_FOR:
        return PassRefusal.NOBODY_WAITS
    refusal = refuse_claim(claim, request, helpdesk=context.settings.helpdesk, now=context.now())
    if refusal is not None:
        return refusal
    if await context.passes.user_of(claim.key) not in (None, request.request_id):
        return PassRefusal.CLAIM_USED
    try:
        read_public_key(request.public_key)
    except UnusableKey:
        return PassRefusal.UNUSABLE_KEY
    return None


async def reserve_and_make(facts: PassFacts, asked: OpenRequest, *, lease: Lease) -> PassRefusal | None:
    """Write the intent down, ask Entra, and keep what comes of it; returns why there is no pass."""
    request, claim, context = asked.request, asked.claim, asked.context
    if not await reserve(asked):
        return PassRefusal.HOUR_LIMIT
    if not await context.passes.use(claim.key, request_id=request.request_id, at=context.now()):
        return PassRefusal.CLAIM_USED
    intent = PersonPass(
        claim.object_id,
        PassState.INTENDED,
        request.request_id,
        claim.key,
        request.issuer_id,
        context.now(),
        etag=facts.last.etag if facts.last else None,
    )
    record = await context.ledger.announcement_of(facts.person) if facts.person else None
    validity = plan_validity(
        context.settings,
        facts.policy,
        first_day=facts.person.start_date if facts.person else None,
        now=context.now(),
        zone=zone_named(record.site_zone) if record else None,
    )
    # Before there is a box, so that none outlives its time; and before the intent, which nothing but Entra may follow.
    await send_later(context, seconds=SHOWN_FOR.total_seconds(), lapsed=request.request_id)
    intent = await context.passes.save_person(intent)
    try:
        lease.check()
        await clear(facts, asked)
        made = await ask_entra(asked, validity)
    except AnswerLost:
        await keep_unknown(intent, asked)
        return None
    except GraphError as error:
        await give_up(intent, asked)
        return await refusal_after(error, asked)
    except TransientError:
        await give_up(intent, asked)
        raise
    await keep_made(made, intent, validity, asked)
    await take_back_at_end(made, asked)
    return None


async def reserve(asked: OpenRequest) -> bool:
    """Note that one more pass is about to be made; False if there were enough within the hour.

    Raises:
        NotReady: Another run is counting.
    """
    context = asked.context
    async with context.passes.leases.hold(HOUR_LEASE, holder=f"request {asked.request.request_id}") as lease:
        now = context.now()
        if await context.passes.count_intended(since=now - AN_HOUR, until=now) >= context.settings.per_hour:
            return False
        lease.check()
        await asked.audit(AuditStep.INTENDED)
    return True


async def clear(facts: PassFacts, asked: OpenRequest) -> None:
    """Delete the pass that is there: one that is over, or one that the issuer asked to replace.

    Whether a second POST replaces it or is refused differs between reports, so none is left for it to meet.
    """
    for item in facts.passes:
        await delete_pass(asked.context.graph, asked.claim.object_id, item.pass_id)


async def ask_entra(asked: OpenRequest, validity: Validity) -> NewPass:
    """Ask Entra for a pass, once more with a new token where the right seems to be missing.

    A role that was just assigned or activated counts only in a new token; a refusal has no effect.
    """
    graph, object_id = asked.context.graph, asked.claim.object_id
    create = partial(
        create_pass, graph, object_id, minutes=validity.minutes, once=validity.once, starts=validity.starts
    )
    try:
        return await create()
    except PermissionDenied:
        await graph.renew_token()
        return await create()


async def refusal_after(error: GraphError, asked: OpenRequest) -> PassRefusal:
    """Return what it means that Graph refused to make a pass: perhaps another one came first."""
    context = asked.context
    refusal = await refusal_of(error, context=context)
    if refusal is not PassRefusal.REFUSED:
        return refusal
    _, passes = await methods_and_passes(context.graph, asked.claim.object_id)
    return PassRefusal.LIVE_PASS if any(item.live(now=context.now()) for item in passes) else refusal


async def give_up(intent: PersonPass, asked: OpenRequest) -> None:
    """Take the intent back: there is no pass, and the claim may be used again."""
    context = asked.context
    await context.passes.save_person(replace(intent, state=PassState.FAILED))
    await context.passes.give_back(intent.claim_key)


async def take_back_at_end(made: NewPass, asked: OpenRequest) -> None:
    """Have the pass deleted when it is over: its prompt may linger otherwise."""
    context = asked.context
    take_back = PassTakeBack(asked.claim.object_id, TakeBackReason.EXPIRED, ends_at=made.ends)
    await send_later(context, seconds=(made.ends - context.now()).total_seconds(), take_back=take_back)


async def send_later(context: PassesContext, *, seconds: float, **what: str | PassTakeBack) -> None:
    """Send this role a message that it gets after some time."""
    message = PassMessage.model_validate({"tenant_id": context.tenant_id, **what})
    await send(context.storage, "passes", message, delay=max(0.0, seconds))
