"""An object whose managed properties are told by a table: compared, made and repaired by it."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from kiota_abstractions.method import Method

from provisioning.graph.errors import GraphError
from provisioning.graph.requests import json_request
from provisioning.model.operation import Step, StepOutcome
from provisioning.model.plan import Change
from provisioning.tenant.context import OperationContext
from provisioning.tenant.resources.base import LastingResource
from provisioning.tenant.resources.fields import (
    Field,
    create_body,
    creation_changes,
    differences_of,
    patch_body,
)
from provisioning.tenant.resources.observed import Observed


class ManagedResource(LastingResource):
    """An object whose managed properties are told by a table: `fields`."""

    required: str
    """The objects that a write of it refers to, as the end of "waiting for ..."."""

    @abstractmethod
    def fields(self, context: OperationContext) -> tuple[Field, ...]:
        """Return the properties that we manage."""

    @abstractmethod
    def collection(self, context: OperationContext) -> Any:
        """Return the SDK's builder for all of its kind."""

    @abstractmethod
    def item(self, context: OperationContext, object_id: str) -> Any:
        """Return the SDK's builder for one of its kind."""

    def ids_of(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is to be kept of a new object."""
        return {}

    async def owner_id(self, context: OperationContext) -> str | None:
        """Return who must own it, if anyone must."""
        return None

    def creation(self, context: OperationContext) -> tuple[Change, ...]:
        """Return every property that a new one is given."""
        return creation_changes(self.fields(context), reason=self.reason)

    def diff(self, context: OperationContext, observed: Observed) -> tuple[Change, ...]:
        """Return the properties that are not as the table tells."""
        return differences_of(self.fields(context), observed.item or {})

    async def create(self, context: OperationContext) -> Step:
        """Make it and keep its id."""
        made = await self.post(context, create_body(self.fields(context)))
        await context.record_created(**self.ids_of(made))
        context.observed.created.add(self.name)
        return Step(self.name, StepOutcome.CREATED, made["id"])

    async def post(self, context: OperationContext, body: dict[str, Any]) -> dict[str, Any]:
        """Send a new one and return Graph's answer."""
        info = json_request(Method.POST, self.collection(context), body)
        try:
            made: dict[str, Any] = await context.write(info, repeatable=False)
        except GraphError as error:
            raise context.as_not_ready(error, self.required) from error
        return made

    async def update(self, context: OperationContext, observed: Observed, changes: tuple[Change, ...]) -> None:
        """Write what differs; what we do not manage is not sent."""
        body = patch_body(self.fields(context), changes, observed.item or {})
        if body:
            await context.write(json_request(Method.PATCH, self.item(context, str(observed.object_id)), body))

    async def delete(self, context: OperationContext, observed: Observed) -> None:
        """Take it away."""
        await context.write(self.item(context, str(observed.object_id)).to_delete_request_information())
