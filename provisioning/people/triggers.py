"""What the people role's triggers call: settings and clients put together, then the work."""

from provisioning.address_encryption import load_address_opener
from provisioning.board_settings import BoardSettings
from provisioning.errors import ConfigurationError
from provisioning.message_handling import handle_message
from provisioning.messages.context import message_context
from provisioning.messages.dispatch import send_due_messages
from provisioning.messages.heartbeat import note_misconfigured
from provisioning.model.messages import HireMessage, OutgoingMessage, SeenMessage
from provisioning.people.board import refresh
from provisioning.people.board_actions import act
from provisioning.people.context import DirectoryCache, PeopleContext
from provisioning.people.inbox import handle_hires
from provisioning.people.methods import record
from provisioning.people.outgoing import announcing_ledger, deliver
from provisioning.people.pass_endings import makes_passes
from provisioning.people.pass_events import tell_pass_steps
from provisioning.people.pass_messages import offers_by_message
from provisioning.people.pass_offers import offer_passes
from provisioning.people.sweep.run import sweep
from provisioning.people_settings import PeopleSettings
from provisioning.services import Services
from provisioning.settings import RetentionSettings
from provisioning.store.poison import note_queues

QUEUES = ("hires", "seen", "outgoing")  # what this role works on


def context(services: Services) -> PeopleContext:
    """Everything the people role works with.

    Raises:
        ConfigurationError: A setting is missing or wrong.
    """
    settings = services.settings(PeopleSettings)
    graph = services.graph(settings.client_id)
    return PeopleContext(
        graph=graph,
        ledger=announcing_ledger(services),
        sweep_state=services.sweep_state,
        tenant_objects=services.tenant_objects,
        settings=settings,
        directory=services.cached(DirectoryCache, lambda: DirectoryCache(graph, services.now)),
        opener=load_address_opener(),
        inbox=services.inbox,
        delivery_notes=services.delivery_notes,
        now=services.now,
        new_id=services.new_id,
    )


async def on_hire(body: str, *, services: Services, message_id: str = "unknown") -> None:
    """Handle a message of queue `hires`."""

    async def work(message: HireMessage) -> None:
        await handle_hires(message, context=context(services))

    await handle_message(
        body, queue_name="hires", kind=HireMessage, work=work, services=services, message_id=message_id
    )


async def on_seen(body: str, *, services: Services, message_id: str = "unknown") -> None:
    """Handle a message of queue `seen`."""

    async def work(message: SeenMessage) -> None:
        if message.acknowledge is not None or message.release is not None:
            allowed = services.settings(BoardSettings).takes_actions
            await act(message, context=context(services), allowed=allowed)
            return
        await record(str(message.object_id), asked_at=message.asked_at, context=context(services))

    await handle_message(body, queue_name="seen", kind=SeenMessage, work=work, services=services, message_id=message_id)


async def on_outgoing(body: str, *, services: Services, message_id: str = "unknown") -> None:
    """Handle a message of queue `outgoing`."""

    async def work(message: OutgoingMessage) -> None:
        await deliver(message, services=services)

    await handle_message(
        body, queue_name="outgoing", kind=OutgoingMessage, work=work, services=services, message_id=message_id
    )


async def on_board(*, services: Services) -> None:
    """Make the board anew, at the timer's call."""
    await refresh(services)


async def on_messages(*, services: Services) -> None:
    """Send the messages that are due, at the timer's call, and count who is late."""
    try:
        work = message_context(services, client_id=services.settings(PeopleSettings).client_id)
    except ConfigurationError as error:
        await note_misconfigured(error, services=services)
        return
    await send_due_messages(work)


async def on_sweep(*, services: Services) -> None:
    """Run one sweep, at the timer's call, log what lies on the queues of this role, and offer passes to managers.

    What is over of claims is deleted, whether or not passes are offered by message.
    """
    await note_queues(services.storage, QUEUES)
    everything = context(services)
    await sweep(everything)
    if not makes_passes(services):
        return
    await services.pass_claims.delete_expired(now=services.now())
    too_old = services.now() - services.settings(RetentionSettings).retention
    await services.pass_claims.delete_offers(before=too_old.date())
    await tell_pass_steps(services)
    offers = offers_by_message(services)
    if offers is not None:
        await offer_passes(offers, context=everything)
