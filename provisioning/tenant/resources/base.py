"""What every kind of object has in common: read, compare, then create, update or delete.

`plan` and `apply` read and compare with the same code, so that a plan shows what an apply would do.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

from provisioning.errors import Rejected
from provisioning.graph.errors import GraphError
from provisioning.model.operation import Step, StepOutcome
from provisioning.model.plan import Change, Finding, PlannedAction, PlannedStep
from provisioning.tenant.context import OperationContext
from provisioning.tenant.resources import recycle_bin
from provisioning.tenant.resources.observed import Observed, ResourcePlan
from provisioning.tenant.resources.ownership import NOT_OURS


class Resource(ABC):
    """One kind of object. Holds no state."""

    name: str
    reason: str
    """Why the object is made, for the plan."""
    id_fields: tuple[str, ...] = ()
    """Which of the kept ids are its own."""
    stands_alone: bool = False
    """Whether reading it needs no id of another object, so that what the plan read serves the step, too."""
    depends_on: str | None = None
    """The object without which there is none of this kind: where this run made that one, nothing has to be read."""
    dependent_ids: tuple[str, ...] = ()
    """Which of the kept ids end with it."""

    @abstractmethod
    async def read(self, context: OperationContext) -> Observed:
        """Return what is there. Reads only; never decides by a display name."""

    @abstractmethod
    def creation(self, context: OperationContext) -> tuple[Change, ...]:
        """Return what a new one will say of itself, for the plan."""

    def diff(self, context: OperationContext, observed: Observed) -> tuple[Change, ...]:
        """Return the managed properties that are not as they should be."""
        return ()

    @abstractmethod
    async def create(self, context: OperationContext) -> Step:
        """Make it and keep its id."""

    @abstractmethod
    async def repair(self, context: OperationContext, observed: Observed) -> Step:
        """Put back the properties that drifted."""

    @abstractmethod
    async def take_away(self, context: OperationContext, observed: Observed) -> Step:
        """Delete what was read, if it is ours."""

    def is_wanted(self, context: OperationContext) -> bool:
        """Return whether the settings ask for it."""
        return True

    def is_ours(self, context: OperationContext, observed: Observed) -> bool:
        """Return whether it carries our mark; only then it may be taken away."""
        return observed.item is not None

    def asks_more(self, observed: Observed, changes: tuple[Change, ...]) -> bool:
        """Return whether people are asked for more by these changes."""
        return False

    def admin_command(self, context: OperationContext) -> str | None:
        """Return why this identity must leave the step to an admin, with the command, or None."""
        return None

    async def plan(self, context: OperationContext) -> ResourcePlan:
        """Return what would become of it, and what is wrong with it."""
        observed = await self.read(context)
        if self.stands_alone:
            context.observed.planned[self.name] = observed
        if not self.is_wanted(context):
            return self.plan_withdrawal(context, observed)
        if observed.item is not None:
            changes = self.diff(context, observed)
            action = PlannedAction.UPDATE if changes else PlannedAction.NONE
            found = unknown_ids(context, observed)
            return ResourcePlan(
                PlannedStep(self.name, action, observed.object_id, changes),
                observed.findings,
                found=found,
                supposed={**found, "made_at": context.objects.made_at or context.now()} if found else {},
                asks_more=self.asks_more(observed, changes),
            )
        if observed.deleted is not None and context.desired.soft_deleted == "restore":
            change = Change("", "in the recycle bin", "restored", self.reason)
            step = PlannedStep(self.name, PlannedAction.RESTORE, observed.deleted["id"], (change,))
            return ResourcePlan(step, observed.findings)
        command = self.admin_command(context)
        action = PlannedAction.NEEDS_ADMIN if command else PlannedAction.CREATE
        step = PlannedStep(self.name, action, None, self.creation(context), command)
        return ResourcePlan(step, observed.findings, supposed=dict.fromkeys(self.id_fields))

    def plan_withdrawal(self, context: OperationContext, observed: Observed) -> ResourcePlan:
        """Return what becomes of it now that the settings do not ask for it."""
        if observed.item is None or not self.is_ours(context, observed):
            return ResourcePlan(PlannedStep(self.name, PlannedAction.NONE, observed.object_id), observed.findings)
        change = Change("", "there", None, "The settings no longer ask for it.")
        step = PlannedStep(self.name, PlannedAction.DELETE, observed.object_id, (change,))
        return ResourcePlan(step, observed.findings)

    async def apply(self, context: OperationContext) -> Step:
        """Make it, restore it, repair it, or take it away where it is not wanted; a second time does nothing."""
        observed = await self.read_for_step(context)
        refuse(observed.findings)
        if not self.is_wanted(context):
            return await self.take_away(context, observed)
        await context.remember_ids(observed.ids)
        if observed.item is not None:
            return await self.repair(context, observed)
        if observed.deleted is not None:
            if context.desired.soft_deleted == "restore":
                await recycle_bin.restore(context, observed.deleted["id"], what=self.name)
                await self.forget_dependents(context)
                detail = "It came back from the recycle bin."
                return Step(self.name, StepOutcome.RESTORED, observed.deleted["id"], detail=detail)
            await recycle_bin.purge(context, observed.deleted["id"])
        return await self.create(context)

    async def read_for_step(self, context: OperationContext) -> Observed:
        """Return what is there, without asking again what this run has just read, or what cannot be there yet."""
        planned: Observed | None = context.observed.planned.pop(self.name, None)
        if planned is not None:
            return planned
        return Observed() if self.depends_on in context.observed.created else await self.read(context)

    async def forget_dependents(self, context: OperationContext) -> None:
        """Forget the ids of what went with it: what is not there any more is not waited for."""
        if any(getattr(context.objects, name) is not None for name in self.dependent_ids):
            nothing: dict[str, Any] = dict.fromkeys(self.dependent_ids)
            await context.save(**nothing)


class LastingResource(Resource):
    """A kind of object that is repaired where it drifts, and that a removal takes away by itself."""

    @abstractmethod
    async def update(self, context: OperationContext, observed: Observed, changes: tuple[Change, ...]) -> None:
        """Write the properties that differ."""

    @abstractmethod
    async def delete(self, context: OperationContext, observed: Observed) -> None:
        """Take it away."""

    async def repair(self, context: OperationContext, observed: Observed) -> Step:
        """Put back the properties that drifted."""
        changes = self.diff(context, observed)
        if not changes:
            return Step(self.name, StepOutcome.UNCHANGED, observed.object_id)
        await self.update(context, observed, changes)
        names = ", ".join(change.field for change in changes)
        return Step(self.name, StepOutcome.UPDATED, observed.object_id, detail=f"Put back: {names}.", changes=changes)

    async def plan_removal(self, context: OperationContext) -> ResourcePlan:
        """Return what a removal would take away."""
        observed = await self.read(context)
        found = unknown_ids(context, observed)
        if observed.item is None:
            return ResourcePlan(PlannedStep(self.name, PlannedAction.NONE))
        if not self.is_ours(context, observed):
            step = PlannedStep(
                self.name,
                PlannedAction.NONE,
                observed.object_id,
                detail="It does not belong to this deployment, so it stays.",
            )
            strange = tuple(finding for finding in observed.findings if finding.code == NOT_OURS)
            return ResourcePlan(step, strange, found=found, supposed=found)
        change = Change("", "there", None, "It carries this deployment's mark.")
        step = PlannedStep(self.name, PlannedAction.DELETE, observed.object_id, (change,))
        return ResourcePlan(step, found=found, supposed=found)

    async def remove(self, context: OperationContext) -> Step:
        """Take it away if it is there and carries our mark."""
        observed = await self.read(context)
        await context.remember_ids(observed.ids)
        return await self.take_away(context, observed)

    async def take_away(self, context: OperationContext, observed: Observed) -> Step:
        """Delete what was read, if it is ours."""
        if observed.item is None or not self.is_ours(context, observed):
            return Step(self.name, StepOutcome.UNCHANGED, observed.object_id)
        try:
            await self.delete(context, observed)
        except GraphError as error:
            if error.status != 404:
                raise
        await self.forget_dependents(context)
        return Step(self.name, StepOutcome.DELETED, observed.object_id)


def unknown_ids(context: OperationContext, observed: Observed) -> dict[str, str]:
    """Return the ids that were found and are not kept yet."""
    return {name: value for name, value in observed.ids.items() if getattr(context.objects, name) != value}


def refuse(findings: Iterable[Finding]) -> None:
    """Stop at the first blocking finding.

    Raises:
        Rejected: With its sentence and remedy.
    """
    for finding in findings:
        if finding.level == "blocking":
            raise Rejected(finding.text, remedy=finding.remedy)
