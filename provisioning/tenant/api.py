"""POST /api/tenant and GET /api/operations/{id}: take a request, answer at once, tell how it goes."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from provisioning.http import Request, Response, error_response, json_response
from provisioning.log import EventLog
from provisioning.model.messages import TenantMessage
from provisioning.model.operation import Mode
from provisioning.services import Services
from provisioning.settings import TenantSettings, load
from provisioning.store.operations import Operations
from provisioning.store.queues import send

log = EventLog(__name__)

POLL_AFTER = 5  # seconds
MODES = ", ".join(repr(str(mode)) for mode in Mode)


class Asked(BaseModel):
    """The body of a request.

    Args:
        mode: What to do.
        planned_mode: For a plan, as `for`: the mode it is a plan of.
        plan_id: As `planId`: the plan that was shown; if the tenant is not as it shows any more, nothing is done.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Mode = Mode.APPLY
    planned_mode: Literal[Mode.APPLY, Mode.ENABLE, Mode.DISABLE, Mode.REMOVE] = Field(default=Mode.APPLY, alias="for")
    plan_id: str | None = Field(default=None, pattern="^[0-9a-f]{16}$", alias="planId")


async def accept(request: Request, *, services: Services) -> Response:
    """Take a request for the tenant's objects.

    Args:
        request: Its body is empty, which asks for an apply, or a JSON object as `Asked` describes.
        services: Storage, clock, ids.

    Raises:
        TransientError: The storage account cannot be reached; nothing was started.
    """
    try:
        asked = Asked.model_validate_json(request.body) if request.body.strip() else Asked()
    except ValidationError as error:
        return error_response(400, "bad_request", explained(error))
    tenant_id = load(TenantSettings).tenant_id
    operations = Operations(services.storage, tenant_id=str(tenant_id))
    operation = await operations.begin(
        asked.mode,
        planned_mode=asked.planned_mode,
        plan_id=asked.plan_id,
        operation_id=services.new_id(),
        now=services.now(),
    )
    work = TenantMessage(tenant_id=tenant_id, operation_id=UUID(operation.operation_id))
    await send(services.storage, "tenant", work)
    log.info("operation_queued", operation=operation.operation_id, mode=asked.mode)
    location = f"/api/operations/{operation.operation_id}"
    headers = {"Operation-Location": location, "Retry-After": str(POLL_AFTER)}
    return json_response(202, operation.as_json(), headers=headers)


def explained(error: ValidationError) -> str:
    """Say what is wrong with a body, without quoting it."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "body"
    return (
        f"The field '{where}' is not usable ({first['msg']}). The body must be empty or a JSON object with 'mode' "
        f"({MODES}), 'for' (with a plan), and 'planId' (to do exactly what a plan shows), and nothing else."
    )


async def status(request: Request, *, services: Services) -> Response:
    """Tell how an operation goes."""
    unknown = error_response(
        404, "unknown_operation", "There is no operation with this ID. POST /api/tenant starts one."
    )
    try:
        operation_id = str(UUID(request.route.get("operation", "")))
    except ValueError:
        return unknown
    tenant_id = str(load(TenantSettings).tenant_id)
    operation = await Operations(services.storage, tenant_id=tenant_id).read(operation_id)
    if operation is None:
        return unknown
    headers = {} if operation.state.final else {"Retry-After": str(POLL_AFTER)}
    return json_response(200, operation.as_json(), headers=headers)
