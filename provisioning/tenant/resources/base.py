"""What every kind of object has in common: look, compare, then make, repair or take away.

`plan` and `ensure` look and compare with the same code, so that a plan shows what an apply would do.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from kiota_abstractions.request_information import RequestInformation

from provisioning.errors import Rejected
from provisioning.graph.client import collect
from provisioning.graph.errors import GraphError
from provisioning.model.plan import Change, Finding, PlannedStep
from provisioning.store.operations import Step
from provisioning.tenant.context import OperationContext
from provisioning.tenant.resources import recycle_bin


@dataclass(frozen=True)
class Observed:
    """What is in the tenant.

    Args:
        item: The object as Graph gives it, or None.
        deleted: Our object in the recycle bin, where there is no other.
        owners: Ids of its owners, where they were asked for.
        findings: What is wrong with it that no write of ours may put right.
    """

    item: dict[str, Any] | None = None
    deleted: dict[str, Any] | None = None
    owners: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def object_id(self) -> str | None:
        """Its id, if it is there."""
        return str(self.item["id"]) if self.item else None


class Resource(ABC):
    """One kind of object. Holds no state."""

    name: str
    reason: str
    """Why the object is made, for the plan."""
    id_fields: tuple[str, ...] = ()
    """Which of the kept ids are its own."""

    @abstractmethod
    async def look(self, run: OperationContext) -> Observed:
        """What is there. Reads only; never decides by a display name."""

    @abstractmethod
    def wanted(self, run: OperationContext) -> dict[str, Any]:
        """What a new one will say of itself, for the plan."""

    def drift(self, run: OperationContext, found: Observed) -> tuple[Change, ...]:
        """Which fields that we manage are not as they should be; none of what either is there or is not."""
        del run, found
        return ()

    @abstractmethod
    async def create(self, run: OperationContext) -> Step:
        """Make it and keep its id."""

    async def update(self, run: OperationContext, found: Observed, changes: tuple[Change, ...]) -> None:
        """Write the fields that differ. Every kind that drifts has its own."""
        raise NotImplementedError(f"The {self.name} drifts and cannot be repaired.")

    async def delete(self, run: OperationContext, found: Observed) -> None:
        """Take it away. Every kind that a removal names has its own; others go with what they belong to."""
        raise NotImplementedError(f"The {self.name} cannot be taken away by itself.")

    def is_ours(self, run: OperationContext, found: Observed) -> bool:
        """Whether it carries our mark; only then it may be taken away."""
        del run
        return found.item is not None

    def blocked(self, run: OperationContext) -> str | None:
        """Why this identity must leave the step to an admin, or None."""
        del run
        return None

    async def plan(self, run: OperationContext) -> tuple[PlannedStep, tuple[Finding, ...]]:
        """What would become of it, and what is wrong with it."""
        found = await self.look(run)
        if found.item is not None:
            changes = self.drift(run, found)
            action = "update" if changes else "none"
            return PlannedStep(self.name, action, found.object_id, changes), found.findings
        if found.deleted is not None and run.desired.soft_deleted == "restore":
            change = Change("", "in the recycle bin", "restored", self.reason)
            return PlannedStep(self.name, "restore", found.deleted["id"], (change,)), found.findings
        changes = tuple(Change(name, None, value, self.reason) for name, value in self.wanted(run).items())
        nothing: dict[str, Any] = dict.fromkeys(self.id_fields)
        run.objects = replace(run.objects, **nothing)  # what follows plans for the new one
        command = self.blocked(run)
        return PlannedStep(self.name, "needs_admin" if command else "create", None, changes, command), found.findings

    async def ensure(self, run: OperationContext) -> Step:
        """Make it, restore it or repair it; a second time does nothing."""
        found = await self.look(run)
        refuse(found.findings)
        if found.item is not None:
            return await self.repair(run, found)
        if found.deleted is not None:
            if run.desired.soft_deleted == "restore":
                await recycle_bin.restore(run, found.deleted["id"], what=self.name)
                return Step(self.name, "restored", found.deleted["id"], detail="It came back from the recycle bin.")
            await recycle_bin.purge(run, found.deleted["id"])
        return await self.create(run)

    async def repair(self, run: OperationContext, found: Observed) -> Step:
        """Put back the fields that drifted."""
        changes = self.drift(run, found)
        if not changes:
            return Step(self.name, "unchanged", found.object_id)
        await self.update(run, found, changes)
        fields = ", ".join(change.field for change in changes)
        return Step(self.name, "updated", found.object_id, detail=f"Put back: {fields}.", changes=changes)

    async def plan_removal(self, run: OperationContext) -> tuple[PlannedStep, tuple[Finding, ...]]:
        """What a removal would take away."""
        found = await self.look(run)
        if found.item is None:
            return PlannedStep(self.name, "none"), ()
        if not self.is_ours(run, found):
            return PlannedStep(self.name, "none", found.object_id, detail="It lacks our mark and stays."), ()
        change = Change("", "there", None, "It carries this deployment's mark.")
        return PlannedStep(self.name, "delete", found.object_id, (change,)), ()

    async def remove(self, run: OperationContext) -> Step:
        """Take it away if it is there and carries our mark."""
        found = await self.look(run)
        if found.item is None or not self.is_ours(run, found):
            return Step(self.name, "unchanged", found.object_id)
        try:
            await self.delete(run, found)
        except GraphError as error:
            if error.status != 404:
                raise
        return Step(self.name, "deleted", found.object_id)


def refuse(findings: Iterable[Finding]) -> None:
    """Stop at the first blocking finding.

    Raises:
        Refused: With its sentence and remedy.
    """
    for finding in findings:
        if finding.level == "blocking":
            raise Rejected(finding.text, remedy=finding.remedy)


async def seek(
    run: OperationContext, what: str, *, known: str | None, by_id: RequestInformation | None, by_key: RequestInformation
) -> Observed:
    """Look for an object by the id we kept, then by its alternate key, then in the recycle bin.

    Raises:
        Waiting: It was made so lately that a 404 means "not there yet".
    """
    for request in (by_id, by_key):
        item = await run.read_or_none(request) if request is not None else None
        if item is not None:
            return Observed(item)
    return await not_found(run, what, known=known)


async def not_found(run: OperationContext, what: str, *, known: str | None) -> Observed:
    """What it means that an object is not there: never made, deleted, or too young.

    Raises:
        Waiting: It was made so lately that a 404 means "not there yet". Never: make another (msgraph-sdk-java#2575).
    """
    deleted = await recycle_bin.find(run, known) if known is not None else None
    if known is not None and deleted is None and run.young:
        raise run.not_there_yet(f"the {what} {known}")
    return Observed(deleted=deleted)


async def owners_of(run: OperationContext, request: RequestInformation, *, what: str) -> tuple[str, ...]:
    """Ids of an object's owners.

    Raises:
        Waiting: The object is too young to answer.
    """
    try:
        return tuple([str(item["id"]) for item in await collect(run.graph.pages(request))])
    except GraphError as error:
        raise run.unready(error, f"the {what}") from error


def require_id(object_id: str | None, what: str) -> str:
    """An id that a step before found or made.

    Raises:
        Refused: It did not.
    """
    if object_id is None:
        raise Rejected(f"The {what} has not been made.", remedy="Apply again from the first step.")
    return object_id


def reference(run: OperationContext, object_id: str) -> str:
    """How a relation names an object."""
    return f"{run.graph.root}/directoryObjects/{object_id}"
