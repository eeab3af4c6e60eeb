"""Asks for a pass to be taken back when a person needs none any more. The passes role alone can delete one."""

from collections.abc import Mapping

from provisioning.model.ledger import EnrollmentState, HireRecord, Person
from provisioning.model.messages import PassMessage
from provisioning.model.passes import PassTakeBack, TakeBackReason
from provisioning.pass_settings import PassSettings
from provisioning.services import Services
from provisioning.store.queues import send

ENDINGS: Mapping[EnrollmentState, TakeBackReason] = {
    EnrollmentState.REGISTERED: TakeBackReason.REGISTERED,
    EnrollmentState.UNEXPECTED: TakeBackReason.REGISTERED,
    EnrollmentState.DONE: TakeBackReason.REGISTERED,
    EnrollmentState.LEFT: TakeBackReason.LEFT,
    EnrollmentState.WAITING: TakeBackReason.NOT_INVITED,
    EnrollmentState.PARKED: TakeBackReason.NOT_INVITED,
}


def makes_passes(services: Services) -> bool:
    """Tell whether this deployment makes passes, so that one may have to be taken back."""
    return services.settings(PassSettings).passes


async def end_pass(row: HireRecord | Person, *, services: Services) -> None:
    """Ask for the pass of a person who is about to be in a state without one.

    Raises:
        TransientError: The storage account cannot be reached.
    """
    reason = ENDINGS.get(row.state)
    if isinstance(row, Person) and row.stored_state is not None and reason is not None:
        wish = PassTakeBack(row.object_id, reason)
        await send(
            services.storage, "passes", PassMessage.model_validate({"tenant_id": services.tenant_id, "take_back": wish})
        )
