"""What the passes role's trigger calls: settings and clients put together, then the work."""

from provisioning.log import EventLog
from provisioning.message_handling import handle_message
from provisioning.model.messages import PassMessage
from provisioning.passes.boxes import forget_box
from provisioning.passes.cleanup import clean_up
from provisioning.passes.context import PassesContext
from provisioning.passes.making import make
from provisioning.passes.settings import PassMakingSettings
from provisioning.passes.taking_back import take_back
from provisioning.services import Services

log = EventLog(__name__)


def passes_context(services: Services) -> PassesContext:
    """Everything the passes role works with.

    Raises:
        ConfigurationError: A setting is missing or wrong.
    """
    settings = services.settings(PassMakingSettings)
    return PassesContext(
        graph=services.graph(settings.client_id),
        ledger=services.ledger,
        claims=services.pass_claims,
        passes=services.passes,
        settings=settings,
        storage=services.storage,
        tenant_id=services.tenant_id,
        now=services.now,
        new_id=services.new_id,
    )


async def on_pass(body: str, *, services: Services, message_id: str = "unknown") -> None:
    """Handle a message of queue `passes`. While passes are switched off none is made; boxes and passes still end."""

    async def work(message: PassMessage) -> None:
        everything = passes_context(services)
        if message.make is not None:
            if not everything.settings.passes:
                log.warning("pass_refused", request=message.make.request_id, reason="switched off")
                return
            await make(message.make, context=everything)
        elif message.take_back is not None:
            await take_back(message.take_back, context=everything)
        elif message.shown is not None:
            await forget_box(message.shown, shown=True, context=everything)
        elif message.lapsed is not None:
            await forget_box(message.lapsed, shown=False, context=everything)

    await handle_message(
        body, queue_name="passes", kind=PassMessage, work=work, services=services, message_id=message_id
    )


async def on_cleanup(*, services: Services) -> None:
    """Delete what is too old, at the timer's call."""
    await clean_up(services)
