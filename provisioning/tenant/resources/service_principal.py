"""The enterprise app: what My Apps shows as a tile, and what the policy targets."""

from typing import Any

from provisioning.graph.errors import GraphError
from provisioning.tenant.context import OperationContext
from provisioning.tenant.resources.fields import Field
from provisioning.tenant.resources.lookup import absent
from provisioning.tenant.resources.managed import ManagedResource
from provisioning.tenant.resources.observed import Observed
from provisioning.tenant.resources.owners import reference

# Listed among the enterprise apps; no HideApp, or there would be no tile (terraform-provider-azuread, applications.go).
TAG = "WindowsAzureActiveDirectoryIntegratedApp"
HIDDEN = "HideApp"
CONFLICT = 409
OWNERS_BIND = "owners@odata.bind"


class ServicePrincipalResource(ManagedResource):
    """At most one exists for an application."""

    name = "service principal"
    reason = "My Apps shows it as a tile, and the policy targets it."
    id_fields = ("service_principal_id",)
    depends_on = "application"
    dependent_ids = ("assignment_id",)
    required = "the application"

    def fields(self, context: OperationContext) -> tuple[Field, ...]:
        """Return what lets people sign in, shows the tile, opens our page, and asks for an assignment as set."""
        desired = context.desired
        return (
            Field("appId", context.objects.app_id or "(of the new application)", fixed=True),
            Field("accountEnabled", True, "Nobody can sign in to a disabled enterprise app.", unset=True),
            Field("tags", [TAG], "Without this tag, or with HideApp, there is no tile.", merge=right_tags),
            Field("loginUrl", desired.landing_url, "The tile opens it."),
            Field(
                "appRoleAssignmentRequired",
                desired.assignment_required,
                "ASSIGNMENT_REQUIRED says whether outsiders get Entra's refusal or our page's explanation.",
                unset=False,
            ),
        )

    def collection(self, context: OperationContext) -> Any:
        """Return the SDK's builder for service principals."""
        return context.graph.build.service_principals

    def item(self, context: OperationContext, object_id: str) -> Any:
        """Return the SDK's builder for one service principal."""
        return context.graph.build.service_principals.by_service_principal_id(object_id)

    async def read(self, context: OperationContext) -> Observed:
        """Read it by the application's client id."""
        if context.objects.app_id is None:
            return Observed()
        builder = context.graph.build.service_principals_with_app_id(context.objects.app_id)
        principal = await context.read_or_none(builder.to_get_request_information())
        if principal is not None:
            return Observed(principal, ids={"service_principal_id": principal["id"]})
        return await absent(context, self.name, known=context.objects.service_principal_id)

    def ids_of(self, item: Any) -> dict[str, Any]:
        """Return its id."""
        return {"service_principal_id": item["id"], "assignment_id": None}

    async def post(self, context: OperationContext, body: dict[str, Any]) -> dict[str, Any]:
        """Send a new one. Right after its application this fails in two misleading ways, which both mean "not yet".

        The owner is bound at once: under Application.ReadWrite.OwnedBy an ownerless one could not be repaired. Graph
        may add the caller by itself and then refuse to be told so (msgraph-bicep-types#167): the same without it.
        """
        owner = reference(context, await context.own_principal_id())
        try:
            return await self.post_as_it_is(context, {**body, OWNERS_BIND: [owner]})
        except GraphError as error:
            if error.status != 400 or error.not_replicated:
                raise
            return await self.post_as_it_is(context, body)

    async def post_as_it_is(self, context: OperationContext, body: dict[str, Any]) -> dict[str, Any]:
        """Send a new one; one that is there already was made by a run whose answer was lost."""
        try:
            return await super().post(context, body)
        except GraphError as error:
            if error.status == CONFLICT:
                raise context.not_there_yet(f"the {self.name}") from error
            raise


def right_tags(tags: list[str]) -> list[str]:
    """Return the tags as they should be: those of others stay."""
    return tags if TAG in tags and HIDDEN not in tags else sorted({*tags, TAG} - {HIDDEN})
