"""The timer: adds people who should be in the group by now and are not. Its cost follows what changed.

It catches what no webhook announced, what a webhook announced before there was an account, and first days that came
nearer. Everything is read and decided before the first write, so that a brake can stop a run that would invite too
many: an HR import or a clock gone wrong looks just like that. Where the next run goes on is kept last; a run that dies
is simply done again.
"""

from dataclasses import replace
from datetime import timedelta

from provisioning.errors import AdminNeeded, ConfigurationError, NotReady, ProductError, Rejected, TransientError
from provisioning.graph.bulk_members import Additions
from provisioning.graph.errors import GraphError
from provisioning.graph.members import Removals
from provisioning.log import EventLog
from provisioning.model.graph_roles import PEOPLE_ROLES
from provisioning.model.ledger import EnrollmentState
from provisioning.model.sweep import Counts, SweepOutcome
from provisioning.people.context import PeopleContext, administrators_among
from provisioning.people.eligibility import ADMINISTRATOR
from provisioning.people.inbox import send_lost_again
from provisioning.people.person_changes import kept_out
from provisioning.people.private_addresses import erase_private_addresses
from provisioning.people.sweep.apply import SweepPlan, apply_plan
from provisioning.people.sweep.candidates import Candidates, Changes
from provisioning.people.sweep.limits import LimitExceeded, check_change_limits
from provisioning.people.sweep.plan import decide_sweep
from provisioning.people.sweep.reconcile import reconcile
from provisioning.people.sweep.tenant_view import last_look
from provisioning.store.sweep_state import Cursor

log = EventLog(__name__)

FAILED_REMEDY = "The next sweep tries again by itself. If this persists, check Microsoft Graph's status and the log."
SUCCESSES = frozenset({SweepOutcome.DONE, SweepOutcome.UNFINISHED})


async def sweep(context: PeopleContext) -> Counts:
    """Run once and note the heartbeat, whatever comes of it.

    Returns:
        Counts; `outcome` is a SweepOutcome.

    Raises:
        TransientError: Graph or storage is unwell; the next run starts again where this one did.
        GraphError: Graph refused something.
    """
    try:
        group_id = await context.group_id()
    except NotReady:
        return await beat({"outcome": SweepOutcome.NOT_SET_UP}, context)
    try:
        async with context.sweep_state.leases.hold("sweep", holder=f"sweep {context.new_id()}") as lease:
            return await beat(await run_sweep(replace(context, lease=lease), group_id), context)
    except NotReady as error:
        log.info("sweep_busy", reason=error)
        return {"outcome": SweepOutcome.BUSY}
    except Rejected as error:
        misconfigured = isinstance(error, ConfigurationError | AdminNeeded)
        outcome = SweepOutcome.MISCONFIGURED if misconfigured else SweepOutcome.LIMIT_EXCEEDED
        held_back = error.figures if isinstance(error, LimitExceeded) else {}
        return await beat({"outcome": outcome, "reason": error.reason, "remedy": error.remedy, **held_back}, context)
    except (TransientError, GraphError) as error:
        await beat_failure(error, context)
        raise


async def beat(outcome: Counts, context: PeopleContext) -> Counts:
    """Note that a sweep ran, in the ledger and as one line of the log, and return what it did.

    An alert counts these lines. A sweep that did not do its work keeps since when that is so, for health and for
    `people show`.
    """
    now = context.now()
    if outcome["outcome"] not in SUCCESSES:
        last = await context.ledger.last_sweep() or {}
        outcome["since"] = str(last.get("since") or now.isoformat())
    if outcome["outcome"] != SweepOutcome.NOT_SET_UP:
        outcome |= await last_look(context)
    if outcome["outcome"] in (*SUCCESSES, SweepOutcome.NOT_SET_UP):
        log.info("sweep", **outcome)
    else:
        log.error("sweep", **outcome)
    await context.ledger.heartbeat(outcome, at=now)
    return outcome


async def beat_failure(error: ProductError, context: PeopleContext) -> None:
    """Note that a sweep failed; where storage is away as well, the error that led here is the one to be raised."""
    try:
        await beat({"outcome": SweepOutcome.FAILED, "reason": str(error), "remedy": FAILED_REMEDY}, context)
    except TransientError as unwell:
        log.warning("no_heartbeat", reason=unwell)


async def run_sweep(context: PeopleContext, group_id: str) -> Counts:
    """Make one pass over what changed, what is due and, once a day, all people."""
    started_at = context.now()
    until = started_at + timedelta(seconds=context.settings.sweep_seconds)

    def out_of_time() -> bool:
        return context.now() >= until

    await erase_private_addresses(context)
    lost = await send_lost_again(context)
    await context.delivery_notes.add_up(now=started_at)
    decision = await decide_sweep(context, out_of_time=out_of_time)
    changes, candidates, plan = decision.changes, decision.candidates, decision.plan
    release = await check_change_limits(plan, changes.cursor, context=context)
    for object_id in await administrators_among(plan.invite, context=context):
        plan.write.append(kept_out(plan.invite.pop(object_id), ADMINISTRATOR))
    added, removals = await apply_plan(
        plan, candidates, group_id=group_id, context=context, released=release.ends if release else 0
    )
    finished = changes.cursor.full_since is None and changes.stopped is None
    if finished:
        changes.cursor = replace(changes.cursor, decided_at=started_at)
    context.check_lease()
    await context.sweep_state.move(changes.cursor)
    if release is not None:
        await context.sweep_state.use_release()
    outcome = figures(changes, candidates, plan, added, removals) | await lacking_permissions(context)
    outcome |= {"sent_again": lost.sent_again, "given_up": lost.given_up}
    if release is not None and release.released_by is not None:
        outcome["released_by"] = release.released_by
    if decision.reviewing and not out_of_time():
        outcome |= await reconcile_or_say_why(changes.cursor, context=context, group_id=group_id)
    return outcome


async def reconcile_or_say_why(cursor: Cursor, *, context: PeopleContext, group_id: str) -> Counts:
    """Reconcile; a failure of that is in the heartbeat, and takes nothing from what the sweep has done."""
    try:
        return await reconcile(cursor, context=context, group_id=group_id)
    except (TransientError, GraphError) as error:
        log.warning("reconcile_failed", reason=error)
        return {"reconcile": "failed", "reconcile_reason": str(error)}


async def lacking_permissions(context: PeopleContext) -> Counts:
    """Return the permissions the people identity lacks, as far as its token tells; health shows them."""
    claims = await context.graph.claims()
    if "roles" not in claims:
        return {}
    lacking = sorted(PEOPLE_ROLES.keys() - set(claims["roles"]))
    return {"lacks": ", ".join(lacking)} if lacking else {}


def figures(changes: Changes, candidates: Candidates, plan: SweepPlan, added: Additions, removals: Removals) -> Counts:
    """Count what a run read, decided and did."""
    finished = changes.cursor.full_since is None and changes.stopped is None
    counts: Counts = {
        "outcome": SweepOutcome.DONE if finished else SweepOutcome.UNFINISHED,
        "candidates": len(candidates.accounts),
        "added": len(added.added),
        "already": len(added.already),
        "missing": len(added.missing),
        "removed": len(removals.removed),
        "not_removed": len(removals.refused),
        "refused": len(added.refused),
        "waiting": sum(person.state is EnrollmentState.WAITING for person in plan.write),
        "excluded": sum(person.state is EnrollmentState.PARKED for person in plan.write),
        "due": len(candidates.due),
        "held": len(plan.held),
    }
    return counts | ({"reason": changes.stopped} if changes.stopped else {})
