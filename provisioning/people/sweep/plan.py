"""The deciding half of a sweep: what it reads and what follows from that. It writes nothing."""

from collections.abc import Callable
from dataclasses import dataclass

from provisioning.model.ledger import EnrollmentState, Person
from provisioning.people.context import PeopleContext
from provisioning.people.decision import Action, Verdict, evaluate_with_pending
from provisioning.people.eligibility import Rules
from provisioning.people.hire_lookup import match_record
from provisioning.people.person_changes import left
from provisioning.people.sweep.apply import SweepPlan
from provisioning.people.sweep.candidates import Candidates, Changes, load_candidates, read_directory_changes
from provisioning.people.sweep.limits import keep_within_limits
from provisioning.people.sweep.reconcile import is_due
from provisioning.people.sweep.review import expel_administrators, review


@dataclass(frozen=True)
class Decision:
    """What a run read, and what it is about to do.

    Attributes:
        changes: What was read of the directory, and where the next run goes on.
        candidates: The accounts and rows it decides about.
        plan: What is to be done.
        reviewing: Whether this is the run of the day that judges the ledger's own people again.
    """

    changes: Changes
    candidates: Candidates
    plan: SweepPlan
    reviewing: bool


async def decide_sweep(context: PeopleContext, *, out_of_time: Callable[[], bool]) -> Decision:
    """Read what a run looks at, and decide.

    Raises:
        TransientError: Graph or storage is unwell.
        GraphError: Graph refuses to tell.
    """
    cursor = await context.sweep_state.cursor()
    changes = await read_directory_changes(cursor, context=context, out_of_time=out_of_time)
    reviewing = is_due(changes.cursor, now=context.now()) and changes.stopped is None and not out_of_time()
    reviewed = await review(changes, context=context) if reviewing else frozenset()
    candidates = await load_candidates(changes, context=context)
    plan = await plan_sweep(candidates, context)
    await expel_administrators(plan, candidates, reviewed, context=context)
    keep_within_limits(plan, changes.cursor, context=context)
    return Decision(changes, candidates, plan, reviewing)


async def plan_sweep(candidates: Candidates, context: PeopleContext) -> SweepPlan:
    """Decide about all candidates. Reads the administrators if there are any candidates, and writes nothing."""
    plan = SweepPlan()
    if candidates.accounts:
        evaluate_all(candidates, plan, rules=await context.rules())
    plan.write.extend(left(person, account_deleted=True) for person in candidates.vanished)
    for record, accounts in candidates.announced.values():
        if record.kind.ends:
            continue
        outcome = match_record(record, accounts, now=context.now())
        if outcome != record:
            plan.hire_records.append(outcome)
    return plan


def evaluate_all(candidates: Candidates, plan: SweepPlan, *, rules: Rules) -> None:
    """Add to the plan what becomes of each account."""
    for account in candidates.accounts.values():
        announced, fitting = candidates.hire_record_for(account)
        if len(fitting) > 1:
            continue  # HR's word fits others too
        if announced is not None and announced.kind.ends and announced.state is not EnrollmentState.LEFT:
            continue  # an end that is yet to be carried out, under its own cap
        known = candidates.people.get(account.object_id)
        add_verdict(plan, evaluate_with_pending(account, known=known, announced=announced, rules=rules), known=known)


def add_verdict(plan: SweepPlan, verdict: Verdict, *, known: Person | None) -> None:
    """Add a verdict to the plan; one that changes nothing is none."""
    if verdict.action is Action.INVITE:
        plan.invite[verdict.person.object_id] = verdict.person
    elif verdict.action is Action.REMOVE:
        plan.remove[verdict.person.object_id] = verdict.person
    elif verdict.person != known:
        plan.write.append(verdict.person)
