"""A Conditional Access policy of ours, whole: read, written and taken away like every object; and turned on."""

from typing import Any

from provisioning.errors import Rejected
from provisioning.model.operation import Step, StepOutcome
from provisioning.model.plan import Change, Finding, PlannedAction, PlannedStep
from provisioning.tenant.context import OperationContext
from provisioning.tenant.resources.base import unknown_ids
from provisioning.tenant.resources.observed import Observed, ResourcePlan
from provisioning.tenant.resources.policy_base import ENABLED, PolicyState
from provisioning.tenant.resources.policy_removal import PolicyRemoval
from provisioning.tenant.resources.policy_writing import PolicyWriting


class PolicyResource(PolicyWriting, PolicyRemoval):
    """What both policies have in common."""

    async def plan_state(self, context: OperationContext, state: PolicyState) -> ResourcePlan:
        """Return what turning it on would change."""
        observed = await self.read(context)
        found = unknown_ids(context, observed)
        if observed.item is None:
            step = PlannedStep(self.name, PlannedAction.NONE)
            return ResourcePlan(step, (*observed.findings, self.not_made()))
        step = self.change_of_state(observed, state)
        return ResourcePlan(step, observed.findings, found=found, supposed=found)

    def not_made(self) -> Finding:
        """Return the finding that there is nothing to turn on."""
        text = f"There is no {self.name} to turn on."
        return Finding("policy_missing", "blocking", text, 'Apply first: POST /api/tenant {"mode":"apply"}.')

    def change_of_state(self, observed: Observed, state: PolicyState) -> PlannedStep:
        """Return the step from the state that is there."""
        before = (observed.item or {}).get("state")
        if before == state:
            return PlannedStep(self.name, PlannedAction.NONE, observed.object_id)
        return PlannedStep(self.name, PlannedAction.UPDATE, observed.object_id, (state_change(before, state),))

    async def set_state(self, context: OperationContext, state: PolicyState) -> Step:
        """Turn it on.

        Raises:
            Rejected: There is no such policy.
            NotAsWritten: It would be in force otherwise than it should.
        """
        observed = await self.read(context)
        if observed.item is None:
            missing = self.not_made()
            raise Rejected(missing.text, remedy=missing.remedy)
        planned = self.change_of_state(observed, state)
        if planned.does_nothing:
            await self.note_state(context, str(observed.object_id), state)
            return Step(self.name, StepOutcome.UNCHANGED, observed.object_id, detail=f"State: {state}.")
        await self.update(context, observed, planned.changes)
        await self.note_state(context, str(observed.object_id), state)
        detail = f"State: {state}, before: {observed.item['state']}."
        return Step(self.name, StepOutcome.UPDATED, observed.object_id, detail=detail, changes=planned.changes)


def state_change(before: Any, state: PolicyState) -> Change:
    """Return the change of a policy's state."""
    reason = "It will ask people." if state == ENABLED else "It will only record what it would do."
    return Change("state", before, state, reason)
