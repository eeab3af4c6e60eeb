"""What the people role's triggers call: settings and clients put together, then the work."""

from provisioning.people.enrol import Enrolment, handle
from provisioning.people.registration import record
from provisioning.people.sweep import sweep
from provisioning.runtime import Services
from provisioning.settings import PeopleSettings, TenantSettings, load
from provisioning.store.messages import HireMessage, SeenMessage
from provisioning.store.people import People
from provisioning.store.redelivery import deliver
from provisioning.store.state import StateTable


def enrolment(services: Services) -> Enrolment:
    """Everything the people role works with.

    Raises:
        Misconfigured: A setting is missing or wrong.
    """
    settings = load(PeopleSettings)
    tenant_id = str(load(TenantSettings).tenant_id)
    return Enrolment(
        graph=services.graph(settings.client_id),
        people=People(services.storage, tenant_id=tenant_id),
        state=StateTable(services.storage, tenant_id=tenant_id, now=services.now),
        settings=settings,
        now=services.now,
    )


async def on_hire(body: str, *, services: Services) -> None:
    """A message of queue `hires`."""

    async def work(message: HireMessage) -> None:
        await handle(message.event, attempt=message.attempt, enrolment=enrolment(services))

    await deliver(services.storage, queue_name="hires", body=body, kind=HireMessage, work=work)


async def on_seen(body: str, *, services: Services) -> None:
    """A message of queue `seen`."""

    async def work(message: SeenMessage) -> None:
        parts = enrolment(services)
        await record(str(message.object_id), graph=parts.graph, people=parts.people, now=parts.now)

    await deliver(services.storage, queue_name="seen", body=body, kind=SeenMessage, work=work)


async def on_sweep(*, services: Services) -> None:
    """The timer."""
    await sweep(enrolment(services))
