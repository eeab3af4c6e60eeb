"""The group's assignment to the enterprise app: without it members see no tile in My Apps."""

from typing import Any
from uuid import UUID

from msgraph.generated.models.app_role_assignment import AppRoleAssignment

from provisioning.graph.client import collect
from provisioning.graph.errors import ALREADY_ASSIGNED, GraphError
from provisioning.store.operations import Step
from provisioning.tenant.context import ASSIGN, OperationContext
from provisioning.tenant.resources.base import Observed, Resource

ENDS_LATER = f"This identity lacks {ASSIGN}; the assignment ends with the service principal."
DEFAULT_ROLE = UUID(int=0)  # "default access", where the application declares no app roles of its own


class AssignmentResource(Resource):
    """Group, enterprise app and default role."""

    name = "assignment"
    reason = "Only assigned people see the tile in My Apps."

    async def look(self, run: OperationContext) -> Observed:
        """Among the enterprise app's assignments."""
        if run.objects.service_principal_id is None or run.objects.group_id is None:
            return Observed()
        try:
            present = await collect(run.graph.pages(assigned_to(run).to_get_request_information()))
        except GraphError as error:
            if error.status == 404 and not run.young:
                return Observed()  # the service principal is gone, and its assignments with it
            raise run.unready(error, "the service principal") from error
        group_id = run.objects.group_id.casefold()
        return Observed(next((item for item in present if item["principalId"].casefold() == group_id), None))

    def wanted(self, run: OperationContext) -> dict[str, Any]:
        """Whom to what."""
        return {
            "principalId": run.objects.group_id or "(of the new group)",
            "resourceId": run.objects.service_principal_id or "(of the new service principal)",
            "appRoleId": str(DEFAULT_ROLE),
        }

    def blocked(self, run: OperationContext) -> str | None:
        """Without the permission, an admin makes this one assignment."""
        return None if run.may_assign else hand_over(run)

    async def create(self, run: OperationContext) -> Step:
        """Make it, or hand over to an admin."""
        if not run.may_assign:
            return Step(self.name, "needs_admin", detail=hand_over(run))
        body = AppRoleAssignment(
            principal_id=UUID(run.objects.group_id),
            resource_id=UUID(run.objects.service_principal_id),
            app_role_id=DEFAULT_ROLE,
        )
        try:
            made = await run.graph.send(assigned_to(run).to_post_request_information(body), repeatable=False)
        except GraphError as error:
            if error.says(ALREADY_ASSIGNED):
                return Step(self.name, "unchanged")
            if error.status == 403 and not error.not_replicated:
                return Step(self.name, "needs_admin", detail=hand_over(run))
            raise run.unready(error, "the group and the service principal") from error
        return Step(self.name, "created", made["id"])

    async def remove(self, run: OperationContext) -> Step:
        """Take it away, or leave it to the removal of the service principal, which ends it too."""
        if not run.may_assign:
            return Step(self.name, "unchanged", detail=ENDS_LATER)
        try:
            return await super().remove(run)
        except GraphError as error:
            if error.status != 403:
                raise
            return Step(self.name, "unchanged", detail=ENDS_LATER)

    async def delete(self, run: OperationContext, found: Observed) -> None:
        """Take it away."""
        builder = assigned_to(run).by_app_role_assignment_id(str(found.object_id))
        await run.graph.send(builder.to_delete_request_information())


def assigned_to(run: OperationContext) -> Any:
    """The SDK's builder for the enterprise app's assignments."""
    principal_id = str(run.objects.service_principal_id)
    return run.graph.build.service_principals.by_service_principal_id(principal_id).app_role_assigned_to


def hand_over(run: OperationContext) -> str:
    """The command with which an admin makes the assignment."""
    principal_id = run.objects.service_principal_id or "SERVICE_PRINCIPAL_ID"
    group_id = run.objects.group_id or "GROUP_ID"
    url = f"{run.graph.root}/servicePrincipals/{principal_id}/appRoleAssignedTo"
    content = f'{{"principalId":"{group_id}","resourceId":"{principal_id}","appRoleId":"{DEFAULT_ROLE}"}}'
    return (
        f"The tenant identity lacks {ASSIGN}, which could grant anybody anything. "
        f"An Application Administrator can make this one assignment: az rest --method POST --url {url} "
        f"--body '{content}'"
    )
