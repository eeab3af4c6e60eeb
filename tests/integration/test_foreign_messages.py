"""Messages of another tenant: refused, kept aside, and never worked on."""

from uuid import UUID, uuid4

import pytest

from provisioning.model.hires import HireEvent, HireEventType
from provisioning.model.messages import HireMessage, TenantMessage
from provisioning.model.operation import Mode
from provisioning.people.triggers import on_hire
from provisioning.tenant.triggers import on_operation
from tests.integration.conftest import World


async def test_a_message_of_another_tenant_is_refused(ready: World, caplog: pytest.LogCaptureFixture) -> None:
    """A queue that was moved, or a setting that was changed, must not enroll tenant Y's 1187 for tenant X's."""
    await ready.add_user(employeeId="1187")
    event = HireEvent("standard-webhooks", "1", HireEventType.HIRE, "1187", None, ready.clock())
    other = HireMessage.of(event, tenant_id=uuid4())
    await on_hire(other.model_dump_json(), services=ready.services)
    assert ready.members() == set()
    assert f"it belongs to tenant {other.tenant_id}" in caplog.text
    assert await ready.waiting_messages("hires-poison") == 1, "it is kept"
    await ready.services.storage.queue("hires-poison").clear_messages()


async def test_an_operation_of_another_tenant_is_refused(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """The message could otherwise be about an operation of this tenant, since its id is all that is looked up."""
    operation = await world.operations.begin(Mode.APPLY, operation_id=str(uuid4()), now=world.clock())
    other = TenantMessage(tenant_id=uuid4(), operation_id=UUID(operation.operation_id))
    await on_operation(other.model_dump_json(), services=world.services, message_id="m-1")
    assert await world.operations.read(operation.operation_id) == operation
    assert f'"message": "m-1", "reason": "it belongs to tenant {other.tenant_id}' in caplog.text
    assert await world.waiting_messages("tenant-poison") == 1, "it is kept"
    await world.services.storage.queue("tenant-poison").clear_messages()
