"""Once a day: judge again the people the product added to the group, and see which accounts are still there.

Changes can be missed: a deletion that users/delta does not tell (graph-docs#4498), a role given to a member, an
account that was restored or became a guest. So the ledger's own people are read by id, not by what changed.
"""

from provisioning.graph.accounts import find_by_object_ids
from provisioning.model.ledger import EnrollmentState
from provisioning.people.context import PeopleContext, administrators_among
from provisioning.people.decision import is_in
from provisioning.people.eligibility import ADMINISTRATOR
from provisioning.people.person_changes import expelled
from provisioning.people.sweep.apply import SweepPlan
from provisioning.people.sweep.candidates import Candidates, Changes


async def review(changes: Changes, *, context: PeopleContext) -> frozenset[str]:
    """Add the ledger's people to what is to be decided about.

    Args:
        changes: What was read; gets the accounts that we added to the group, and who is gone.
        context: What the people role works with.

    Returns:
        The object ids of the people the product added.
    """
    rows = {person.object_id: person async for person in context.ledger.all_people()}
    alive = {key for key, person in rows.items() if person.state is not EnrollmentState.LEFT}
    ours = frozenset(key for key, person in rows.items() if person.added_by_product)
    found = {account.object_id: account async for account in find_by_object_ids(context.graph, sorted(alive | ours))}
    changes.removed -= found.keys()
    changes.removed |= alive - found.keys()
    for object_id in ours & found.keys():
        if object_id not in changes.accounts:
            changes.others[object_id] = found[object_id]
    return ours


async def expel_administrators(
    plan: SweepPlan, candidates: Candidates, reviewed: frozenset[str], *, context: PeopleContext
) -> None:
    """Take members out who came to hold a directory role through a group, however nested.

    Who could not be taken out by the last run is judged again by every run.
    """
    people = candidates.people
    refused = {key for key, person in people.items() if person.removal_refused}
    members = {key for key in reviewed if key in people and is_in(people[key])}
    inside = sorted((refused | members) - plan.remove.keys())
    for object_id in await administrators_among(inside, context=context):
        plan.remove[object_id] = expelled(people[object_id], ADMINISTRATOR)
        plan.write[:] = [person for person in plan.write if person.object_id != object_id]
