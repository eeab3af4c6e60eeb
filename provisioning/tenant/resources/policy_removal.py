"""A Conditional Access policy of ours is taken away: the one whose id we kept, and all that carry our mark."""

from collections.abc import Mapping
from typing import Any

from provisioning.model.operation import Step, StepOutcome
from provisioning.model.plan import Change, PlannedAction, PlannedStep
from provisioning.tenant.context import OperationContext
from provisioning.tenant.resources.observed import Observed, ResourcePlan
from provisioning.tenant.resources.policy_base import Policies, PolicyBase

GUARD = ": register security information ["  # what tells the second policy's name from the first one's


class PolicyRemoval(PolicyBase):
    """Takes every policy of ours away, whatever DISPLAY_NAME was when it was made."""

    def is_marked(self, context: OperationContext, policy: Mapping[str, Any]) -> bool:
        """Return whether a policy carries our mark and is of this kind, whatever DISPLAY_NAME was when it was made."""
        name = str(policy["displayName"])
        return name.endswith(context.objects.mark) and (GUARD in name) == (GUARD in self.display_name(context))

    async def doomed(self, context: OperationContext) -> Policies:
        """Return what a removal takes away: the policy whose id we kept, whatever its name, and all with our mark."""
        known = getattr(context.objects, self.id_field)
        found = await self.read(context)  # waits for one that is too young to be listed
        others = [policy for policy in await context.policies() if self.is_marked(context, policy)]
        if found.item is not None and all(policy["id"] != found.item["id"] for policy in others):
            others.insert(0, found.item)
        return sorted(others, key=lambda policy: policy["id"] != known)

    async def plan_removal(self, context: OperationContext) -> ResourcePlan:
        """Return what a removal would take away."""
        doomed = await self.doomed(context)
        if not doomed:
            return ResourcePlan(PlannedStep(self.name, PlannedAction.NONE))
        reason = "It belongs to this deployment, by its ID or by the mark in its name."
        changes = tuple(Change("", f"{policy['id']} is there", None, reason) for policy in doomed)
        return ResourcePlan(PlannedStep(self.name, PlannedAction.DELETE, doomed[0]["id"], changes))

    async def remove(self, context: OperationContext) -> Step:
        """Take away every policy that is ours."""
        doomed = await self.doomed(context)
        for policy in doomed:
            await self.take_away(context, Observed(policy))
        if not doomed:
            return Step(self.name, StepOutcome.UNCHANGED)
        others = ", ".join(policy["id"] for policy in doomed[1:])
        detail = f"Also deleted, because they carried this deployment's mark: {others}." if others else None
        return Step(self.name, StepOutcome.DELETED, doomed[0]["id"], detail=detail)

    async def delete(self, context: OperationContext, observed: Observed) -> None:
        """Delete it before the objects it names, so that it never stands over an application that is gone."""
        policy_id = str(observed.object_id)
        async with context.pace():
            await context.write(self.item(context, policy_id).to_delete_request_information())
        context.observed.policies = None
        await self.forget(context, policy_id)

    async def forget(self, context: OperationContext, policy_id: str) -> None:
        """Keep that a policy was deleted, until a removal has proved it."""
        objects = context.objects
        known = getattr(objects, self.id_field)
        await context.save(
            removed_policy_ids=(*(item for item in objects.removed_policy_ids if item != policy_id), policy_id),
            policies_in_force=tuple(item for item in objects.policies_in_force if item != policy_id),
            **({self.id_field: None} if known in (policy_id, None) else {}),
        )
