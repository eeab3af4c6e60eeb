"""The picture on the tile. Graph gives no picture back to compare, so the digest of ours is kept."""

from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation

from provisioning.graph.errors import GraphError
from provisioning.model.operation import Step, StepOutcome
from provisioning.model.plan import Change
from provisioning.tenant.context import OperationContext
from provisioning.tenant.resources.base import Resource
from provisioning.tenant.resources.lookup import require_id
from provisioning.tenant.resources.observed import Observed


class LogoResource(Resource):
    """The application's picture."""

    name = "logo"
    depends_on = "application"
    reason = "People recognize the tile in My Apps by it."

    async def read(self, context: OperationContext) -> Observed:
        """Return it as there once we uploaded this picture and the application shows one."""
        application_id = context.objects.application_id
        if application_id is None or context.objects.logo_digest != context.desired.logo_digest:
            return Observed()
        builder = context.graph.build.applications.by_application_id(application_id)
        application = context.observed.application
        if application is None:
            application = await context.read_or_none(builder.to_get_request_information())
        shown = ((application or {}).get("info") or {}).get("logoUrl")
        return Observed({"id": application_id}) if shown else Observed()

    def creation(self, context: OperationContext) -> tuple[Change, ...]:
        """Return the digest, which stands for the picture."""
        return (Change("logo", None, f"sha256:{context.desired.logo_digest[:16]}", self.reason),)

    async def create(self, context: OperationContext) -> Step:
        """Upload it. The SDK's own content type would be octet-stream, which says nothing of the picture."""
        application_id = require_id(context.objects.application_id, "application")
        info = RequestInformation(Method.PUT)
        info.url = f"{context.graph.root}/applications/{application_id}/logo"
        info.set_stream_content(context.desired.logo, "image/png")
        try:
            await context.write(info)
        except GraphError as error:
            raise context.as_not_ready(error, "the application") from error
        await context.save(logo_digest=context.desired.logo_digest)
        return Step(self.name, StepOutcome.CREATED, application_id)

    async def repair(self, context: OperationContext, observed: Observed) -> Step:
        """Leave it: what is read as there is our picture, since another one has another digest."""
        return Step(self.name, StepOutcome.UNCHANGED, observed.object_id)

    async def take_away(self, context: OperationContext, observed: Observed) -> Step:
        """Leave it: it goes with its application."""
        return Step(self.name, StepOutcome.UNCHANGED, observed.object_id)
