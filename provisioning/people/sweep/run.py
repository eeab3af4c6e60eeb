"""The timer: whoever should be in the group by now and is not, gets in. Its cost follows what changed.

It catches what no webhook announced, what a webhook announced before there was an account, and first days that came
nearer. Everything is read and decided before the first write, so that a brake can stop a run that would invite too
many: an HR import or a clock gone wrong looks just like that. Where the next run goes on is kept last; a run that dies
is simply done again.
"""

import logging
from datetime import timedelta

from provisioning.errors import ConfigurationError, NotReady, Rejected
from provisioning.model.ledger import EnrollmentState, Person
from provisioning.people.context import PeopleContext, administrators_among
from provisioning.people.decision import DELETED, Verdict, evaluate_with_pending, kept_out, left, match_record
from provisioning.people.eligibility import ADMINISTRATOR, Rules
from provisioning.people.inbox import send_lost_again
from provisioning.people.sweep.apply import SweepPlan, apply_plan
from provisioning.people.sweep.candidates import Candidates, load_candidates, read_changes
from provisioning.people.sweep.reconcile import reconcile
from provisioning.store.sweep_state import Cursor

log = logging.getLogger(__name__)

SMALL_TENANT = 50  # people in one run whom no percentage stops
LOOK_FIRST = "Look at who is new in Entra and at the first days; if that is right, raise the setting for one run."

SweepOutcome = dict[str, int | str]


async def sweep(context: PeopleContext) -> SweepOutcome:
    """Run once and note the heartbeat.

    Returns:
        Counts; `outcome` says done, unfinished (its time was over; the next run goes on), braked, misconfigured, busy
        or not set up.

    Raises:
        Retry: Graph or storage is unwell; the next run starts again where this one did.
    """
    try:
        group_id = await context.group_id()
    except NotReady as error:
        log.warning("sweep: %s", error)
        return await beat({"outcome": "not set up"}, context)
    try:
        async with context.sweep_state.leases.hold("sweep", holder=f"sweep {context.new_id()}"):
            return await beat(await run_sweep(context, group_id), context)
    except NotReady as error:
        log.info("sweep: %s", error)
        return {"outcome": "busy"}  # the other run has a heartbeat of its own
    except Rejected as error:
        log.error("sweep stopped: %s", error)
        name = "misconfigured" if isinstance(error, ConfigurationError) else "braked"
        return await beat({"outcome": name, "reason": error.reason, "remedy": error.remedy}, context)


async def beat(outcome: SweepOutcome, context: PeopleContext) -> SweepOutcome:
    """Note that a sweep ran, and return what it did."""
    await context.ledger.heartbeat(outcome, at=context.now())
    return outcome


async def run_sweep(context: PeopleContext, group_id: str) -> SweepOutcome:
    """One pass over what changed, what has ripened and, once a day, over everybody."""
    until = context.now() + timedelta(seconds=context.settings.sweep_seconds)

    def out_of_time() -> bool:
        return context.now() >= until

    sent_again = await send_lost_again(context)
    changes = await read_changes(await context.sweep_state.cursor(), context=context, out_of_time=out_of_time)
    candidates = await load_candidates(changes, context=context)
    plan = await plan_sweep(candidates, context)
    check_change_limits(len(plan.invite), changes.cursor, context, doing="invite")
    check_change_limits(len(plan.remove), changes.cursor, context, doing="take out")
    for object_id in await administrators_among(plan.invite, context=context):
        plan.write.append(kept_out(plan.invite.pop(object_id), ADMINISTRATOR))
    added = await apply_plan(plan, candidates, group_id=group_id, context=context)
    await context.sweep_state.move(changes.cursor)
    finished = changes.cursor.full_since is None
    outcome: SweepOutcome = {
        "outcome": "done" if finished else "unfinished",
        "candidates": len(candidates.accounts),
        "added": len(added.added),
        "already": len(added.already),
        "missing": len(added.missing),
        "removed": len(plan.remove),
        "refused": len(added.refused),
        "waiting": sum(person.state is EnrollmentState.WAITING for person in plan.write),
        "excluded": sum(person.state is EnrollmentState.PARKED for person in plan.write),
        "due": len(candidates.due),
    }
    if sent_again:
        outcome["sent_again"] = sent_again
    if finished and not out_of_time():
        outcome |= await reconcile(changes.cursor, context=context, group_id=group_id)
    log.info("sweep: %s", " ".join(f"{name}={value}" for name, value in outcome.items()))
    return outcome


async def plan_sweep(candidates: Candidates, context: PeopleContext) -> SweepPlan:
    """Decide about everybody. Reads the administrators, if there is anybody, and writes nothing."""
    plan = SweepPlan()
    if candidates.accounts:
        evaluate_all(candidates, plan, rules=await context.rules())
    plan.write.extend(left(person, reason=DELETED) for person in candidates.vanished)
    for announcement, accounts in candidates.announced.values():
        if announcement.kind.ends:
            continue
        outcome = match_record(announcement, accounts, now=context.now())
        if outcome != announcement:
            plan.hire_records.append(outcome)
    return plan


def evaluate_all(candidates: Candidates, plan: SweepPlan, *, rules: Rules) -> None:
    """Add to the plan what becomes of each account."""
    for account in candidates.accounts.values():
        announced, fitting = candidates.said_of(account)
        if len(fitting) > 1:
            continue  # HR's word fits others too
        known = candidates.people.get(account.object_id)
        add_verdict(plan, evaluate_with_pending(account, known=known, announced=announced, rules=rules), known=known)


def add_verdict(plan: SweepPlan, verdict: Verdict, *, known: Person | None) -> None:
    """Add a verdict to the plan; one that changes nothing is none."""
    if verdict.invite:
        plan.invite[verdict.person.object_id] = verdict.person
    elif verdict.remove:
        plan.remove[verdict.person.object_id] = verdict.person
    elif verdict.person != known:
        plan.write.append(verdict.person)


def check_change_limits(number: int, cursor: Cursor, context: PeopleContext, *, doing: str) -> None:
    """Stop before the first write if the run is out of proportion.

    Raises:
        Refused: It is, in number or in share of all accounts.
    """
    settings = context.settings
    if number > settings.max_changes:
        raise Rejected(
            f"This run would {doing} {number} people, more than the {settings.max_changes} that "
            "SWEEP_MAX_CHANGES allows.",
            remedy=LOOK_FIRST,
        )
    population = max(cursor.population, cursor.counted)
    share = max(SMALL_TENANT, population * settings.max_percent // 100)
    if number > share:
        raise Rejected(
            f"This run would {doing} {number} of {population} people, more than the {settings.max_percent} % that "
            "SWEEP_MAX_PERCENT allows.",
            remedy=LOOK_FIRST,
        )
