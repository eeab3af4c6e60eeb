"""What the tenant role's queue trigger calls: settings and clients put together, then the work."""

from dataclasses import replace

from provisioning.errors import ConfigurationError
from provisioning.message_handling import handle_message
from provisioning.model.messages import TenantMessage
from provisioning.services import Services
from provisioning.settings import TenantObjectSettings, TenantSettings, load
from provisioning.store.operations import Operations, OperationState
from provisioning.store.tenant_objects import TenantObjectStore
from provisioning.tenant.engine import Engine


async def on_operation(body: str, *, services: Services) -> None:
    """A message of queue `tenant`."""

    async def work(message: TenantMessage) -> None:
        await run_operation(str(message.operation_id), services=services)

    await handle_message(services.storage, queue_name="tenant", body=body, kind=TenantMessage, work=work)


async def run_operation(operation_id: str, *, services: Services) -> None:
    """Work on an operation; a setting that is missing ends it with that reason, where the admin looks."""
    tenant_id = str(load(TenantSettings).tenant_id)
    operations = Operations(services.storage, tenant_id=tenant_id)
    try:
        settings = load(TenantObjectSettings)
    except ConfigurationError as error:
        operation = await operations.read(operation_id)
        if operation is not None and not operation.state.final:
            refused = replace(operation, state=OperationState.REFUSED, detail=str(error), updated_at=services.now())
            await operations.save(refused)
        return
    engine = Engine(
        services.graph(settings.client_id),
        operations=operations,
        state=TenantObjectStore(services.storage, tenant_id=tenant_id, now=services.now),
        settings=settings,
        tenant_id=tenant_id,
        now=services.now,
        new_id=services.new_id,
        ledger=services.ledger,
    )
    await engine.run(operation_id)
