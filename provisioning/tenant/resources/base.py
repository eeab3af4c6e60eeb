"""What every kind of object has in common: read, compare, then create, update or delete.

`plan` and `apply` read and compare with the same code, so that a plan shows what an apply would do.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from kiota_abstractions.request_information import RequestInformation
from msgraph.generated.models.reference_create import ReferenceCreate

from provisioning.errors import Rejected
from provisioning.graph.client import collect
from provisioning.graph.errors import ALREADY_MEMBER, GraphError
from provisioning.model.operation import Step, StepOutcome
from provisioning.model.plan import Change, Finding, PlannedAction, PlannedStep
from provisioning.tenant.context import OperationContext
from provisioning.tenant.resources import recycle_bin
from provisioning.tenant.resources.fields import (
    Field,
    create_body,
    creation_changes,
    differences_of,
    patch_body,
)

OWNERS = "owners"


@dataclass(frozen=True)
class Observed:
    """What is in the tenant.

    Attributes:
        item: The object as Graph gives it, or None.
        deleted: Our object in the recycle bin, where there is no other.
        owners: Ids of its owners, where they were asked for.
        findings: What is wrong with it that no write of ours may put right.
        ids: What it tells of ids that are kept, as names of `TenantObjects` and values.
    """

    item: dict[str, Any] | None = None
    deleted: dict[str, Any] | None = None
    owners: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    ids: Mapping[str, str] = field(default_factory=dict)

    @property
    def object_id(self) -> str | None:
        """Return its id, if it is there."""
        return str(self.item["id"]) if self.item else None


@dataclass(frozen=True)
class ResourcePlan:
    """What would become of one object.

    Attributes:
        step: For the plan.
        findings: What is wrong with the object.
        found: Ids that were found by a key and are not kept yet.
        supposed: Ids to go on with when what follows is planned: those found, or None for what would be new.
        asks_more: Whether a policy in force would ask more people, or ask them for more.
    """

    step: PlannedStep
    findings: tuple[Finding, ...] = ()
    found: Mapping[str, str] = field(default_factory=dict)
    supposed: Mapping[str, Any] = field(default_factory=dict)
    asks_more: bool = False


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

    async def update(self, context: OperationContext, observed: Observed, changes: tuple[Change, ...]) -> None:
        """Write the properties that differ. Every kind that drifts has its own."""
        raise NotImplementedError(f"The {self.name} drifts and cannot be repaired.")

    async def delete(self, context: OperationContext, observed: Observed) -> None:
        """Take it away. Every kind that a removal names has its own; others go with what they belong to."""
        raise NotImplementedError(f"The {self.name} cannot be taken away by itself.")

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
                supposed={**found, "made_at": context.now()} if found else {},
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
        change = Change("", "there", None, "The settings do not ask for it any more.")
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
            step = PlannedStep(self.name, PlannedAction.NONE, observed.object_id, detail="It lacks our mark and stays.")
            return ResourcePlan(step, found=found, supposed=found)
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

    async def forget_dependents(self, context: OperationContext) -> None:
        """Forget the ids of what went with it: what is not there any more is not waited for."""
        if any(getattr(context.objects, name) is not None for name in self.dependent_ids):
            nothing: dict[str, Any] = dict.fromkeys(self.dependent_ids)
            await context.save(**nothing)


class ManagedResource(Resource):
    """An object whose managed properties are told by a table: `fields`."""

    model: Callable[[], Any]
    """The SDK's model, for the builders; the body is our own."""
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
        info = self.collection(context).to_post_request_information(self.model())
        try:
            made: dict[str, Any] = await context.write(info, body, repeatable=False)
        except GraphError as error:
            raise context.as_not_ready(error, self.required) from error
        return made

    async def update(self, context: OperationContext, observed: Observed, changes: tuple[Change, ...]) -> None:
        """Write what differs; what we do not manage is not sent."""
        body = patch_body(self.fields(context), changes, observed.item or {})
        if body:
            info = self.item(context, str(observed.object_id)).to_patch_request_information(self.model())
            await context.write(info, body)

    async def delete(self, context: OperationContext, observed: Observed) -> None:
        """Take it away."""
        await context.write(self.item(context, str(observed.object_id)).to_delete_request_information())


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


async def find_object(
    context: OperationContext,
    what: str,
    *,
    known: str | None,
    by_id: RequestInformation | None,
    by_key: RequestInformation,
) -> Observed:
    """Look for an object by the id we kept, then by its alternate key, then in the recycle bin.

    Raises:
        NotReady: It was made so lately that a 404 means "not there yet".
    """
    item = await context.read_or_none(by_id) if by_id is not None else None
    if item is None:
        try:
            item = await context.read_or_none(by_key)
        except GraphError as error:
            if known is None or error.status != 400:
                raise  # without an id there is nothing else to go by
    return Observed(item) if item is not None else await absent(context, what, known=known)


async def absent(context: OperationContext, what: str, *, known: str | None) -> Observed:
    """Return what it means that an object is not there: never made, deleted, or too young.

    Raises:
        NotReady: It was made so lately that a 404 means "not there yet". Never: make another (msgraph-sdk-java#2575).
    """
    deleted = await recycle_bin.find(context, known) if known is not None else None
    if known is not None and deleted is None and context.recently_created:
        raise context.not_there_yet(f"the {what} {known}")
    return Observed(deleted=deleted)


async def owners_of(context: OperationContext, builder: Any, *, what: str) -> tuple[str, ...]:
    """Return the ids of an object's owners.

    Raises:
        NotReady: The object is too young to answer.
    """
    try:
        owners = await collect(context.graph.pages(builder.owners.to_get_request_information()))
    except GraphError as error:
        raise context.as_not_ready(error, f"the {what}") from error
    return tuple([str(item["id"]) for item in owners])


def owner_change(owners: Iterable[str], *, add: str, remove: str | None = None, reason: str) -> tuple[Change, ...]:
    """Return the change that makes somebody an owner, and takes off whom a wrong setting made one.

    Args:
        owners: Who owns it now.
        add: Who must.
        remove: Whom we made one and who must not be any more.
        reason: Why, as a sentence.
    """
    present = {owner.casefold(): owner for owner in owners}
    wanted = {name: owner for name, owner in present.items() if remove is None or name != remove.casefold()}
    wanted.setdefault(add.casefold(), add)
    if wanted.keys() == present.keys():
        return ()
    return (Change(OWNERS, sorted(present.values()), sorted(wanted.values()), reason),)


async def write_owners(context: OperationContext, builder: Any, change: Change) -> None:
    """Add owners, then take off those who must not be: an object must never be without one."""
    before = {owner.casefold(): owner for owner in change.before}
    after = {owner.casefold(): owner for owner in change.after}
    for name in sorted(after.keys() - before.keys()):
        body = ReferenceCreate(odata_id=reference(context, after[name]))
        try:
            await context.write(builder.owners.ref.to_post_request_information(body), repeatable=False)
        except GraphError as error:
            if not error.says(ALREADY_MEMBER):  # the list of owners may lag behind
                raise
    for name in sorted(before.keys() - after.keys()):
        entry = builder.owners.by_directory_object_id(before[name]).ref
        try:
            await context.write(entry.to_delete_request_information())
        except GraphError as error:
            if error.status != 404:
                raise


def require_id(object_id: str | None, what: str) -> str:
    """Return an id that a step before found or made.

    Raises:
        Rejected: It did not.
    """
    if object_id is None:
        raise Rejected(f"The {what} has not been made.", remedy="Apply again from the first step.")
    return object_id


def reference(context: OperationContext, object_id: str) -> str:
    """Return how a relation names an object."""
    return f"{context.graph.root}/directoryObjects/{object_id}"


def with_findings(observed: Observed, *findings: Finding) -> Observed:
    """Return what was read, with more that is wrong with it."""
    return replace(observed, findings=(*observed.findings, *findings))
