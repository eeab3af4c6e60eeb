"""The enterprise app: what My Apps shows as a tile, and what the policy targets."""

from typing import Any

from msgraph.generated.models.service_principal import ServicePrincipal

from provisioning.graph.errors import GraphError
from provisioning.model.plan import Change, differing
from provisioning.store.operations import Step
from provisioning.tenant.context import OperationContext
from provisioning.tenant.resources.base import Observed, Resource, not_found, reference, require_id

# Listed among the enterprise apps; no HideApp, or there would be no tile (terraform-provider-azuread, applications.go).
TAG = "WindowsAzureActiveDirectoryIntegratedApp"
HIDDEN = "HideApp"
CONFLICT = 409


class ServicePrincipalResource(Resource):
    """At most one exists for an application."""

    name = "service principal"
    reason = "My Apps shows it as a tile, and the policy targets it."
    id_fields = ("service_principal_id",)

    async def look(self, run: OperationContext) -> Observed:
        """By the application's client id."""
        if run.objects.app_id is None:
            return Observed()
        builder = run.graph.build.service_principals_with_app_id(run.objects.app_id)
        principal = await run.read_or_none(builder.to_get_request_information())
        known = run.objects.service_principal_id
        if principal is not None:
            if principal["id"] != known:
                run.note(service_principal_id=principal["id"])
            return Observed(principal)
        return await not_found(run, self.name, known=known)

    def wanted(self, run: OperationContext) -> dict[str, Any]:
        """What the tile needs."""
        return {
            "appId": run.objects.app_id or "(of the new application)",
            "tags": [TAG],
            "loginUrl": run.desired.landing_url,
            "appRoleAssignmentRequired": run.desired.assignment_required,
        }

    def drift(self, run: OperationContext, found: Observed) -> tuple[Change, ...]:
        """Whether it can be signed in to, shows as a tile, opens our page, and asks for an assignment as set."""
        have, desired = found.item or {}, run.desired
        tags = have.get("tags") or []
        return (
            *differing(
                "accountEnabled",
                have.get("accountEnabled") is not False,
                True,
                reason="Nobody can sign in to a disabled enterprise app.",
            ),
            *differing("tags", tags, right_tags(tags), reason="Without this tag, or with HideApp, there is no tile."),
            *differing("loginUrl", have.get("loginUrl"), desired.landing_url, reason="The tile opens it."),
            *differing(
                "appRoleAssignmentRequired",
                have.get("appRoleAssignmentRequired") is True,
                desired.assignment_required,
                reason="ASSIGNMENT_REQUIRED says whether outsiders get Entra's refusal or our page's explanation.",
            ),
        )

    async def create(self, run: OperationContext) -> Step:
        """Make it. Right after its application this fails in two misleading ways, which both mean "not yet".

        The owner is bound at once: under Application.ReadWrite.OwnedBy an ownerless one could not be repaired.
        """
        body = ServicePrincipal(
            app_id=require_id(run.objects.app_id, "application"),
            tags=[TAG],
            login_url=run.desired.landing_url,
            app_role_assignment_required=run.desired.assignment_required,
            additional_data={"owners@odata.bind": [reference(run, await run.own_principal_id())]},
        )
        try:
            info = run.graph.build.service_principals.to_post_request_information(body)
            made = await run.graph.send(info, repeatable=False)
        except GraphError as error:
            if error.status == CONFLICT:  # made by a run whose answer was lost, and not readable everywhere yet
                raise run.not_there_yet(f"the {self.name}") from error
            raise run.unready(error, "the application") from error
        await run.made(service_principal_id=made["id"])
        return Step(self.name, "created", made["id"])

    async def update(self, run: OperationContext, found: Observed, changes: tuple[Change, ...]) -> None:
        """Put back what the tile needs, only the fields that differ."""
        values = {change.field: change.after for change in changes}
        change = ServicePrincipal(
            account_enabled=values.get("accountEnabled"),
            tags=values.get("tags"),
            login_url=values.get("loginUrl"),
            app_role_assignment_required=values.get("appRoleAssignmentRequired"),
        )
        builder = run.graph.build.service_principals.by_service_principal_id(str(found.object_id))
        await run.graph.send(builder.to_patch_request_information(change))

    async def delete(self, run: OperationContext, found: Observed) -> None:
        """Before its application, so that its assignments go first."""
        builder = run.graph.build.service_principals.by_service_principal_id(str(found.object_id))
        await run.graph.send(builder.to_delete_request_information())


def right_tags(tags: list[str]) -> list[str]:
    """The tags as they should be: those of others stay."""
    return tags if TAG in tags and HIDDEN not in tags else sorted({*tags, TAG} - {HIDDEN})
