"""Who holds a directory role, or may activate one by Privileged Identity Management, through a group, too."""

from collections.abc import Iterable, Sequence

from provisioning.graph.batch_items import BatchRequest
from provisioning.graph.directory_roles import says_no_pim_license
from provisioning.graph.errors import GraphError
from provisioning.graph.members import existing_users
from provisioning.tenant.context import OperationContext
from provisioning.tenant.preflight.answers import HIDDEN, BatchAnswers, read_groups
from provisioning.tenant.preflight.coverage import Directory

WHOLE_TENANT = "/"
ROLES, ELIGIBLE = "roles", "eligible"
QUESTIONS = (
    BatchRequest(
        ROLES,
        "GET",
        "/roleManagement/directory/roleAssignments?$select=id,principalId,roleDefinitionId,directoryScopeId",
    ),
    BatchRequest(ELIGIBLE, "GET", "/roleManagement/directory/roleEligibilityScheduleInstances"),
)
WHO_MAY = "who may activate a directory role"


async def role_holders(context: OperationContext, answers: BatchAnswers, *, spared: Sequence[str]) -> Directory:
    """Return who holds which role for the whole tenant, and who may activate any.

    A role of an administrative unit counts for no policy (entra-docs, concept-conditional-access-users-groups) and is
    left out. The same goes for a role that a person may activate but has not; they are an administrator all the same.

    Args:
        context: Who asks.
        answers: To `QUESTIONS`; it keeps what was hidden.
        spared: Ids that are known to be people's.

    Raises:
        GraphError: Graph refuses for another reason than a permission or a license.
        TransientError: Graph or the network is unwell.
    """
    items = await answers.values(ROLES, "who holds a directory role")
    eligible = await eligible_principals(answers)
    if items is None:
        return Directory(roles=None)
    roles: dict[str, set[str]] = {}
    for item in items:
        if item.get("directoryScopeId", WHOLE_TENANT) == WHOLE_TENANT:
            roles.setdefault(str(item["roleDefinitionId"]).casefold(), set()).add(str(item["principalId"]).casefold())
    principals = sorted(frozenset[str]().union(*roles.values(), eligible or ()))
    through, unresolved = await people_behind(context, principals, answers, spared=spared)
    return Directory(
        roles={role: people_of(holders, through) for role, holders in roles.items()},
        roles_complete=unresolved.isdisjoint(frozenset[str]().union(*roles.values())),
        eligible=people_of(eligible or (), through),
        eligible_complete=eligible is not None and unresolved.isdisjoint(eligible),
    )


def people_of(principals: Iterable[str], through: dict[str, frozenset[str]]) -> frozenset[str]:
    """Return the people behind principals: a group's, or the one that a principal is."""
    return frozenset[str]().union(*(through.get(item, frozenset({item})) for item in principals))


async def eligible_principals(answers: BatchAnswers) -> frozenset[str] | None:
    """Return who may activate a role anywhere; None where that is hidden or the tenant has no license for it."""
    answer = answers.found[ELIGIBLE]
    if not answer.ok and says_no_pim_license(answer.error):
        return None
    items = await answers.values(ELIGIBLE, WHO_MAY)
    return None if items is None else frozenset(str(item["principalId"]).casefold() for item in items)


async def people_behind(
    context: OperationContext, principals: Sequence[str], answers: BatchAnswers, *, spared: Iterable[str]
) -> tuple[dict[str, frozenset[str]], frozenset[str]]:
    """Return who is behind each principal that is no person: a group's people, nobody for an application.

    Returns:
        The people, by principal, and the principals whose people are not known.
    """
    known = {user_id.casefold() for user_id in spared}
    unknown = [item for item in principals if item not in known]
    if not unknown:
        return {}, frozenset()
    people: frozenset[str] | None
    try:
        people = await existing_users(context.graph, unknown)
    except GraphError as error:
        if error.status not in HIDDEN:
            raise
        people = None
    others = [item for item in unknown if item not in (people or ())]
    found, hidden = await read_groups(context, others)
    answers.unreadable += hidden
    if people is None:  # any of them may be a person, who is not behind but is the principal
        found = {item: ids | {item} for item, ids in found.items()}
    return found, frozenset(others) - found.keys()
