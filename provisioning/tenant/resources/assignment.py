"""The group's assignment to the enterprise app: without it members see no tile in My Apps."""

from typing import Any
from uuid import UUID

from provisioning.graph.client import collect
from provisioning.graph.errors import ALREADY_ASSIGNED, GraphError
from provisioning.model.graph_roles import ASSIGN
from provisioning.model.operation import Step, StepOutcome
from provisioning.tenant.context import OperationContext
from provisioning.tenant.resources.app_roles import PERSON_ROLE
from provisioning.tenant.resources.fields import Field
from provisioning.tenant.resources.managed import ManagedResource
from provisioning.tenant.resources.observed import Observed

ENDS_LATER = f"This identity lacks {ASSIGN}; the assignment is deleted with the service principal."
DEFAULT_ROLE = UUID(int=0)  # "default access", where the application declares no app roles of its own
# An assignment to the default role, made before the roles were declared, goes on; a new one would be refused.
OPENING_ROLES = frozenset({str(DEFAULT_ROLE), PERSON_ROLE})


class AssignmentResource(ManagedResource):
    """Group, enterprise app, and the role that opens the page."""

    name = "assignment"
    reason = "Only assigned people see the tile in My Apps."
    id_fields = dependent_ids = ("assignment_id",)
    depends_on = "service principal"
    required = "the group and the service principal"

    def fields(self, context: OperationContext) -> tuple[Field, ...]:
        """Return which principal it assigns to which application, and in which role."""
        objects = context.objects
        return (
            Field("principalId", objects.group_id or "(of the new group)", fixed=True),
            Field("resourceId", objects.service_principal_id or "(of the new service principal)", fixed=True),
            Field("appRoleId", role_for(context), fixed=True),
        )

    def collection(self, context: OperationContext) -> Any:
        """Return the SDK's builder for the enterprise app's assignments."""
        principal_id = str(context.objects.service_principal_id)
        return context.graph.build.service_principals.by_service_principal_id(principal_id).app_role_assigned_to

    def item(self, context: OperationContext, object_id: str) -> Any:
        """Return the SDK's builder for one of them."""
        return self.collection(context).by_app_role_assignment_id(object_id)

    async def read(self, context: OperationContext) -> Observed:
        """Read the enterprise app's assignments.

        Raises:
            NotReady: The list does not show yet the one that was made.
        """
        objects = context.objects
        if objects.service_principal_id is None or objects.group_id is None:
            return Observed()
        try:
            present = await collect(context.graph.pages(self.collection(context).to_get_request_information()))
        except GraphError as error:
            if error.status == 404 and not context.recently_created:
                return Observed()  # the service principal is gone, and its assignments with it
            raise context.as_not_ready(error, "the service principal") from error
        group_id = objects.group_id.casefold()
        opening = (item for item in present if item["appRoleId"].lower() in OPENING_ROLES)
        found = next((item for item in opening if item["principalId"].casefold() == group_id), None)
        if found is None and objects.assignment_id is not None and context.recently_created:
            raise context.not_there_yet(f"the assignment {objects.assignment_id}")
        return Observed(found, ids={"assignment_id": found["id"]}) if found else Observed()

    def ids_of(self, item: Any) -> dict[str, Any]:
        """Return its id."""
        return {"assignment_id": item["id"]}

    def admin_command(self, context: OperationContext) -> str | None:
        """Return the command with which an admin makes this one assignment, where the permission is missing."""
        return None if context.may_assign else hand_over(context)

    async def create(self, context: OperationContext) -> Step:
        """Make it, or hand over to an admin."""
        if not context.may_assign:
            return Step(self.name, StepOutcome.NEEDS_ADMIN, detail=hand_over(context))
        try:
            return await super().create(context)
        except GraphError as error:
            if error.says(ALREADY_ASSIGNED):
                return Step(self.name, StepOutcome.UNCHANGED, detail="It was there already.")
            if error.status == 403 and not error.not_replicated:
                return Step(self.name, StepOutcome.NEEDS_ADMIN, detail=hand_over(context))
            raise

    async def remove(self, context: OperationContext) -> Step:
        """Take it away, or leave it to the removal of the service principal, which ends it too."""
        if not context.may_assign:
            return Step(self.name, StepOutcome.UNCHANGED, detail=ENDS_LATER)
        try:
            return await super().remove(context)
        except GraphError as error:
            if error.status != 403:
                raise
            return Step(self.name, StepOutcome.UNCHANGED, detail=ENDS_LATER)


def role_for(context: OperationContext) -> str:
    """Return the role that a new assignment of the group is for: one that opens the page, and nothing more."""
    application = context.observed.application or {}
    declared = any(role["id"].lower() == PERSON_ROLE for role in application.get("appRoles") or ())
    return PERSON_ROLE if declared or context.desired.app_roles else str(DEFAULT_ROLE)


def hand_over(context: OperationContext) -> str:
    """Return the command with which an admin makes the assignment."""
    principal_id = context.objects.service_principal_id or "SERVICE_PRINCIPAL_ID"
    group_id = context.objects.group_id or "GROUP_ID"
    url = f"{context.graph.root}/servicePrincipals/{principal_id}/appRoleAssignedTo"
    content = f'{{"principalId":"{group_id}","resourceId":"{principal_id}","appRoleId":"{role_for(context)}"}}'
    return (
        f"The tenant identity lacks {ASSIGN}, which would let it grant anything to anyone. An Application "
        f"Administrator can make this one assignment: az rest --method POST --url {url} --body '{content}'"
    )
