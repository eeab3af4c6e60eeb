"""The deciding half of a sweep: reads nothing but the administrators, and writes nothing."""

from provisioning.model.ledger import EnrollmentState, Person
from provisioning.people.context import PeopleContext
from provisioning.people.decision import DELETED, Action, Verdict, evaluate_with_pending, left, match_record
from provisioning.people.eligibility import Rules
from provisioning.people.sweep.apply import SweepPlan
from provisioning.people.sweep.candidates import Candidates


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
