"""The context of a look at the tenant: as an operation's, without a lease, so that it can write nothing."""

from provisioning.model.tenant_objects import TenantObjects
from provisioning.services import Services
from provisioning.tenant.context import Environment, OperationContext
from provisioning.tenant.desired import desired_state
from provisioning.tenant.settings import TenantObjectSettings


async def looking_context(services: Services, objects: TenantObjects) -> OperationContext:
    """Return what a look works with.

    Args:
        services: Graph, storage, clock.
        objects: The ids of our objects.

    Raises:
        ConfigurationError: A setting of the tenant role is missing or wrong.
        TransientError: There is no token.
    """
    settings = services.settings(TenantObjectSettings)
    graph = services.graph(settings.client_id)
    desired = desired_state(settings, tenant_id=services.tenant_id, key=objects.key)
    environment = Environment(graph, services.tenant_objects, desired, await graph.claims(), services.now)
    return OperationContext(environment, objects)
