"""The group's assignment to the enterprise app: without it members see no tile in My Apps."""

from uuid import UUID

from msgraph.generated.models.app_role_assignment import AppRoleAssignment

from provisioning.graph.client import everything
from provisioning.graph.errors import ALREADY_ASSIGNED, GraphError
from provisioning.store.operations import Step
from provisioning.tenant.desired import Apply, step

NAME = "assignment"
DEFAULT_ROLE = UUID(int=0)  # "default access", where the application declares no app roles of its own


async def ensure(run: Apply) -> Step:
    """Assign the group unless it is assigned. Without the right to, the step hands over to an admin."""
    principal_id, group_id = str(run.objects.service_principal_id), str(run.objects.group_id)
    assigned_to = run.graph.build.service_principals.by_service_principal_id(principal_id).app_role_assigned_to
    try:
        present = await everything(run.graph.pages(assigned_to.to_get_request_information()))
    except GraphError as error:
        raise run.unready(error, "service principal") from error
    for item in present:
        if item["principalId"].casefold() == group_id.casefold():
            return step(NAME, "unchanged", item["id"])
    body = AppRoleAssignment(principal_id=UUID(group_id), resource_id=UUID(principal_id), app_role_id=DEFAULT_ROLE)
    try:
        made = await run.graph.send(assigned_to.to_post_request_information(body), repeatable=False)
    except GraphError as error:
        if error.says(ALREADY_ASSIGNED):
            return step(NAME, "unchanged", None)
        if error.status == 403 and not error.not_replicated:
            return step(NAME, "needs_admin", None, detail=hand_over(run, principal_id, group_id))
        raise run.unready(error, "group and service principal") from error
    return step(NAME, "created", made["id"])


def hand_over(run: Apply, principal_id: str, group_id: str) -> str:
    """The command with which an admin makes the assignment."""
    url = f"{run.graph.root}/servicePrincipals/{principal_id}/appRoleAssignedTo"
    content = f'{{"principalId":"{group_id}","resourceId":"{principal_id}","appRoleId":"{DEFAULT_ROLE}"}}'
    return (
        "The tenant identity lacks AppRoleAssignment.ReadWrite.All, which could grant anybody anything. "
        f"An Application Administrator can make this one assignment: az rest --method POST --url {url} "
        f"--body '{content}'"
    )
