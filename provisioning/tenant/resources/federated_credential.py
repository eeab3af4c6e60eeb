"""The front identity's token as the application's credential: no secret anywhere.

(entra-docs, workload-identity-federation-config-app-trust-managed-identity.)
"""

from typing import Any

from provisioning.graph.client import collect
from provisioning.graph.errors import GraphError
from provisioning.model.operation import Step, StepOutcome
from provisioning.tenant.context import OperationContext
from provisioning.tenant.resources.fields import Field
from provisioning.tenant.resources.lookup import require_id
from provisioning.tenant.resources.managed import ManagedResource
from provisioning.tenant.resources.observed import Observed
from provisioning.tenant.resources.ownership import unexpected_credentials

AUDIENCE = "api://AzureADTokenExchange"  # federatedIdentityCredential resource type; the global cloud's value
CREDENTIAL_NAME = "landing-page"
EXISTS = "already exists"
ONLY_FRONT = "Only the front identity may prove itself to the application."


class FederatedCredentialResource(ManagedResource):
    """At most one is ours, by its name."""

    name = "federated credential"
    reason = "The landing page's managed identity proves itself to the application by it, so that no secret exists."
    depends_on = "application"
    required = "the application"

    def is_wanted(self, context: OperationContext) -> bool:
        """Return whether FRONT_PRINCIPAL_ID names an identity."""
        return context.desired.front_principal_id is not None

    def fields(self, context: OperationContext) -> tuple[Field, ...]:
        """Return whose token counts."""
        issuer = f"https://login.microsoftonline.com/{context.desired.tenant_id}/v2.0"
        return (
            Field("name", CREDENTIAL_NAME, fixed=True),
            Field("issuer", issuer, ONLY_FRONT),
            Field("subject", context.desired.front_principal_id, ONLY_FRONT),
            Field("audiences", [AUDIENCE], ONLY_FRONT),
        )

    def collection(self, context: OperationContext) -> Any:
        """Return the SDK's builder for the application's credentials."""
        application_id = require_id(context.objects.application_id, "application")
        return context.graph.build.applications.by_application_id(application_id).federated_identity_credentials

    def item(self, context: OperationContext, object_id: str) -> Any:
        """Return the SDK's builder for one of them."""
        return self.collection(context).by_federated_identity_credential_id(object_id)

    async def read(self, context: OperationContext) -> Observed:
        """Read all of them, so that one we did not make is found too."""
        application_id = context.objects.application_id
        if application_id is None:
            return Observed()
        pages = context.graph.pages(self.collection(context).to_get_request_information())
        try:
            credentials = await collect(pages)
        except GraphError as error:
            if error.status == 404 and not context.recently_created:
                return Observed()  # the application is gone, and the credential with it
            raise context.as_not_ready(error, "the application") from error
        ours = next((item for item in credentials if item["name"] == CREDENTIAL_NAME), None)
        strange = [item["id"] for item in credentials if item is not ours]
        findings = unexpected_credentials(application_id, strange, what="federated credentials")
        return Observed(ours, findings=tuple(findings))

    async def create(self, context: OperationContext) -> Step:
        """Make it; one that "already exists" is there, though the list does not show it yet."""
        try:
            return await super().create(context)
        except GraphError as error:
            if not (error.status in (400, 409) and error.says(EXISTS)):
                raise
            detail = "It was there already; the next apply compares it."
            return Step(self.name, StepOutcome.UNCHANGED, detail=detail)
