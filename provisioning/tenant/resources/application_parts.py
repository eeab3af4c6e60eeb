"""What belongs to the application: the tile's picture, and the managed identity that serves as its credential."""

from typing import Any

from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation
from msgraph.generated.models.federated_identity_credential import FederatedIdentityCredential

from provisioning.graph.client import collect
from provisioning.graph.errors import GraphError
from provisioning.graph.odata import same_ids
from provisioning.model.plan import Change, differing
from provisioning.store.operations import Step
from provisioning.tenant.context import OperationContext
from provisioning.tenant.resources.base import Observed, Resource, require_id
from provisioning.tenant.resources.ownership import unexpected_credentials

AUDIENCE = "api://AzureADTokenExchange"  # federatedIdentityCredential resource type; the global cloud's value
CREDENTIAL_NAME = "landing-page"


def application_id(run: OperationContext) -> str:
    """The application's object id, which the step before found or made.

    Raises:
        Refused: It did not.
    """
    return require_id(run.objects.application_id, "application")


class LogoResource(Resource):
    """The picture on the tile. Graph gives no picture back to compare, so the digest of ours is kept."""

    name = "logo"
    reason = "People recognize the tile in My Apps by it."

    async def look(self, run: OperationContext) -> Observed:
        """There once we uploaded this picture and the application shows one."""
        if run.objects.application_id is None or run.objects.logo_digest != run.desired.logo_digest:
            return Observed()
        builder = run.graph.build.applications.by_application_id(run.objects.application_id)
        application = run.application or await run.read_or_none(builder.to_get_request_information())
        shown = ((application or {}).get("info") or {}).get("logoUrl")
        return Observed({"id": run.objects.application_id}) if shown else Observed()

    def wanted(self, run: OperationContext) -> dict[str, Any]:
        """The digest stands for the picture."""
        return {"logo": f"sha256:{run.desired.logo_digest[:16]}"}

    async def create(self, run: OperationContext) -> Step:
        """Upload it. The SDK's own content type would be octet-stream, which says nothing of the picture."""
        info = RequestInformation(Method.PUT)
        info.url = f"{run.graph.root}/applications/{application_id(run)}/logo"
        info.set_stream_content(run.desired.logo, "image/png")
        try:
            await run.graph.send(info)
        except GraphError as error:
            raise run.unready(error, "the application") from error
        await run.keep(logo_digest=run.desired.logo_digest)
        return Step(self.name, "created", application_id(run))


class FederatedCredentialResource(Resource):
    """The front identity's token as the application's credential: no secret anywhere.

    (entra-docs, workload-identity-federation-config-app-trust-managed-identity.)
    """

    name = "federated credential"
    reason = "The landing page's managed identity proves itself to the application by it, so that no secret exists."

    async def look(self, run: OperationContext) -> Observed:
        """All of them, so that one we did not make is found too."""
        if run.objects.application_id is None:
            return Observed()
        builder = run.graph.build.applications.by_application_id(run.objects.application_id)
        pages = run.graph.pages(builder.federated_identity_credentials.to_get_request_information())
        try:
            credentials = await collect(pages)
        except GraphError as error:
            if error.status == 404 and not run.young:
                return Observed()  # the application is gone, and the credential with it
            raise run.unready(error, "the application") from error
        ours = next((item for item in credentials if item["name"] == CREDENTIAL_NAME), None)
        strange = [item["id"] for item in credentials if item is not ours]
        findings = unexpected_credentials(run.objects.application_id, strange, what="federated credentials")
        return Observed(ours, findings=tuple(findings))

    def wanted(self, run: OperationContext) -> dict[str, Any]:
        """Who may prove itself."""
        return {
            "name": CREDENTIAL_NAME,
            "issuer": issuer(run),
            "subject": run.desired.front_principal_id,
            "audiences": [AUDIENCE],
        }

    def drift(self, run: OperationContext, found: Observed) -> tuple[Change, ...]:
        """Issuer, subject and audience."""
        have = found.item or {}
        audiences = have.get("audiences") or []
        reason = "Only the front identity may prove itself to the application."
        return (
            *differing("issuer", have.get("issuer"), issuer(run), reason=reason),
            *differing("subject", have.get("subject"), run.desired.front_principal_id, reason=reason),
            *differing(
                "audiences", audiences, audiences if same_ids(audiences, [AUDIENCE]) else [AUDIENCE], reason=reason
            ),
        )

    async def create(self, run: OperationContext) -> Step:
        """Make it."""
        body = credential(run)
        body.name = CREDENTIAL_NAME
        builder = run.graph.build.applications.by_application_id(application_id(run)).federated_identity_credentials
        try:
            made = await run.graph.send(builder.to_post_request_information(body), repeatable=False)
        except GraphError as error:
            raise run.unready(error, "the application") from error
        return Step(self.name, "created", made["id"])

    async def update(self, run: OperationContext, found: Observed, changes: tuple[Change, ...]) -> None:
        """Write it whole; its name stays."""
        del changes
        await run.graph.send(self.item(run, found).to_patch_request_information(credential(run)))

    async def delete(self, run: OperationContext, found: Observed) -> None:
        """Take it away."""
        await run.graph.send(self.item(run, found).to_delete_request_information())

    def item(self, run: OperationContext, found: Observed) -> Any:
        """The SDK's builder for it."""
        credentials = run.graph.build.applications.by_application_id(application_id(run)).federated_identity_credentials
        return credentials.by_federated_identity_credential_id(str(found.object_id))


def issuer(run: OperationContext) -> str:
    """Who issues a managed identity's tokens."""
    return f"https://login.microsoftonline.com/{run.desired.tenant_id}/v2.0"


def credential(run: OperationContext) -> FederatedIdentityCredential:
    """What we manage of it."""
    return FederatedIdentityCredential(issuer=issuer(run), subject=run.desired.front_principal_id, audiences=[AUDIENCE])
