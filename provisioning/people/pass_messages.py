"""Tells managers by message that they can have a pass made: where offers of passes and messages meet."""

from provisioning.messages.context import settings_if_on
from provisioning.messages.planning import plan_message
from provisioning.model.newcomer_messages import MessageKind
from provisioning.people.pass_events import tell_offered
from provisioning.people.pass_offers import PassOffers, PassReady
from provisioning.services import Services


def offers_by_message(services: Services) -> PassOffers | None:
    """Return how managers are told now; None where no message tells them, or nobody is at work.

    A link works for a day, so it is made in working hours, when its message leaves within minutes.

    Raises:
        TransientError: The storage account cannot be reached.
    """
    settings = settings_if_on(services)
    if settings is None or MessageKind.PASS_READY not in settings.kinds or settings.landing_url is None:
        return None
    now = services.now()
    if settings.hours.next_opening(now, settings.zone) > now:
        return None

    async def hand_over(ready: PassReady) -> None:
        occurrence = ready.occurrence
        await tell_offered(ready.object_id, manager_id=ready.manager_id, occurrence=occurrence, services=services)
        await plan_message(
            services,
            kind=MessageKind.PASS_READY,
            object_id=ready.object_id,
            occurrence=occurrence,
            recipient=ready.manager_id,
            link=ready.link,
        )

    return PassOffers(services.pass_claims, services.random_bytes, settings.landing_url.rstrip("/"), hand_over)
