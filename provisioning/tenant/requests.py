"""POST /api/tenant and GET /api/operations/{id}: take a request, answer at once, tell how it goes."""

import logging
from uuid import UUID

import orjson

from provisioning.http import Answer, Request, answer_error, answer_json
from provisioning.runtime import Services
from provisioning.settings import TenantSettings, load
from provisioning.store.messages import TenantMessage, send
from provisioning.store.operations import Mode, Operation, Operations, OperationState

log = logging.getLogger(__name__)

POLL_AFTER = 5  # seconds
MODES = ", ".join(repr(str(mode)) for mode in Mode)


async def accept(request: Request, *, services: Services) -> Answer:
    """Take a request for the tenant's objects.

    Args:
        request: Its body is empty or {"mode": "apply" | "enable" | "disable"}.
        services: Storage, clock, ids.

    Raises:
        Retry: The storage account cannot be reached; nothing was started.
    """
    mode = read_mode(request.body)
    if mode is None:
        message = f"The body must be empty or a JSON object with 'mode' as one of {MODES}, and nothing else."
        return answer_error(400, "bad_request", message)
    tenant_id = load(TenantSettings).tenant_id
    now = services.now()
    operation = Operation(
        operation_id=services.new_id(), mode=mode, state=OperationState.QUEUED, created_at=now, updated_at=now
    )
    await Operations(services.storage, tenant_id=str(tenant_id)).save(operation)
    work = TenantMessage(tenant_id=tenant_id, operation_id=UUID(operation.operation_id))
    await send(services.storage, "tenant", work)
    log.info("operation queued: operation=%s mode=%s", operation.operation_id, mode)
    location = f"/api/operations/{operation.operation_id}"
    headers = {"Operation-Location": location, "Retry-After": str(POLL_AFTER)}
    return answer_json(202, operation.as_json(), headers=headers)


def read_mode(body: bytes) -> Mode | None:
    """The mode a body asks for, or None if it is not such a body."""
    if not body.strip():
        return Mode.APPLY
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(content, dict) or set(content) - {"mode"}:
        return None
    try:
        return Mode(content.get("mode", Mode.APPLY))
    except ValueError:
        return None


async def status(request: Request, *, services: Services) -> Answer:
    """Tell how an operation goes."""
    unknown = answer_error(404, "unknown_operation", "There is no operation of this id. POST /api/tenant starts one.")
    try:
        operation_id = str(UUID(request.route.get("operation", "")))
    except ValueError:
        return unknown
    tenant_id = str(load(TenantSettings).tenant_id)
    operation = await Operations(services.storage, tenant_id=tenant_id).read(operation_id)
    if operation is None:
        return unknown
    headers = {} if operation.state.final else {"Retry-After": str(POLL_AFTER)}
    return answer_json(200, operation.as_json(), headers=headers)
