"""What the people role's triggers call: settings and clients put together, then the work."""

from provisioning.address_encryption import load_seal
from provisioning.message_handling import deliver
from provisioning.people.context import Enrollment, Lists
from provisioning.people.hires import handle
from provisioning.people.methods import record
from provisioning.people.sweep.run import sweep
from provisioning.services import Services
from provisioning.settings import PeopleSettings, TenantSettings, load
from provisioning.store.ledger import People
from provisioning.store.messages import HireMessage, SeenMessage
from provisioning.store.sweep_state import Schedule
from provisioning.store.tenant_objects import StateTable


def enrollment(services: Services) -> Enrollment:
    """Everything the people role works with.

    Raises:
        Misconfigured: A setting is missing or wrong.
    """
    settings = load(PeopleSettings)
    tenant_id = str(load(TenantSettings).tenant_id)
    graph = services.graph(settings.client_id)
    return Enrollment(
        graph=graph,
        people=People(services.storage, tenant_id=tenant_id),
        schedule=Schedule(services.storage, tenant_id=tenant_id, now=services.now),
        state=StateTable(services.storage, tenant_id=tenant_id, now=services.now),
        settings=settings,
        lists=services.shared(Lists, lambda: Lists(graph, services.now)),
        seal=load_seal(),
        now=services.now,
        new_id=services.new_id,
    )


async def on_hire(body: str, *, services: Services) -> None:
    """A message of queue `hires`."""

    async def work(message: HireMessage) -> None:
        await handle(message.event, enrollment=enrollment(services))

    await deliver(services.storage, queue_name="hires", body=body, kind=HireMessage, work=work)


async def on_seen(body: str, *, services: Services) -> None:
    """A message of queue `seen`."""

    async def work(message: SeenMessage) -> None:
        await record(str(message.object_id), enrollment=enrollment(services))

    await deliver(services.storage, queue_name="seen", body=body, kind=SeenMessage, work=work)


async def on_sweep(*, services: Services) -> None:
    """The timer."""
    await sweep(enrollment(services))
