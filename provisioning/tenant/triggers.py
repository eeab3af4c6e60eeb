"""What the tenant role's queue trigger calls: settings and clients put together, then the work."""

from dataclasses import replace

from provisioning.errors import ConfigurationError
from provisioning.message_handling import handle_message
from provisioning.model.messages import TenantMessage
from provisioning.model.operation import MODES, ErrorCode, Operation, OperationError, OperationState
from provisioning.services import Services
from provisioning.store.operations import Operations
from provisioning.tenant.engine import Engine
from provisioning.tenant.settings import TenantIdentitySettings, TenantObjectSettings


async def on_operation(body: str, *, services: Services, message_id: str = "unknown") -> None:
    """Handle a message of queue `tenant`."""

    async def work(message: TenantMessage) -> None:
        await run_operation(str(message.operation_id), services=services)

    await handle_message(
        body, queue_name="tenant", kind=TenantMessage, work=work, services=services, message_id=message_id
    )


async def run_operation(operation_id: str, *, services: Services) -> None:
    """Work on an operation; a setting that is missing ends it with that reason, where the admin looks."""
    operation = await services.operations.read(operation_id)
    if operation is None or operation.state.final:
        return
    try:
        engine = engine_for(operation, services=services)
    except ConfigurationError as error:
        reason = OperationError(ErrorCode.MISCONFIGURED, error.reason, error.remedy)
        refused = replace(operation, state=OperationState.REFUSED, error=reason, updated_at=services.now())
        await services.operations.save(refused)
        return
    await engine.run(operation_id)


def engine_for(operation: Operation, *, services: Services, operations: Operations | None = None) -> Engine:
    """Return the engine for an operation, with the settings that its mode needs.

    Args:
        operation: What is to be done. Turning off reads no setting but who this is.
        services: Graph, storage, clock, ids.
        operations: Where the outcome is kept, if not in the services' own table.

    Raises:
        ConfigurationError: A setting that is needed is missing or wrong.
    """
    needs_settings = MODES[operation.effective_mode].needs_settings
    client_id = services.settings(TenantIdentitySettings).client_id
    return Engine(
        services.graph(client_id),
        operations=operations or services.operations,
        state=services.tenant_objects,
        settings=services.settings(TenantObjectSettings) if needs_settings else None,
        tenant_id=services.tenant_id,
        now=services.now,
        new_id=services.new_id,
        ledger=services.ledger,
    )
