"""A Conditional Access policy of ours: found by id, else by its marked name; made report-only; repaired field by field.

What an admin excludes or demands besides stays; a condition that would narrow the policy does not. Sections that differ
go back whole, with everything an admin put into them, lists that should be empty as [] and what should be absent as
null: Graph keeps what a PATCH leaves out (Microsoft365DSC#2079, #2058, #3885). What was written is read back.
"""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, Literal

import orjson
from kiota_abstractions.request_information import RequestInformation
from msgraph.generated.models.conditional_access_policy import ConditionalAccessPolicy

from provisioning.errors import ProductError, Rejected, TransientError
from provisioning.graph.errors import GraphError
from provisioning.graph.odata import same_ids
from provisioning.model.operation import Step, StepOutcome
from provisioning.model.plan import Change, Finding, PlannedAction, PlannedStep, differing
from provisioning.tenant.context import REPLICATION, OperationContext
from provisioning.tenant.resources.base import Observed, Resource, ResourcePlan, unknown_ids
from provisioning.tenant.resources.ownership import name_conflict

Policies = list[dict[str, Any]]
PolicyState = Literal["enabled", "enabledForReportingButNotEnforced"]
REPORT_ONLY: PolicyState = "enabledForReportingButNotEnforced"
ENABLED: PolicyState = "enabled"
READ_BACKS = 3
READ_BACK_DELAY = 1.1  # seconds; Conditional Access takes one request a second
GUARD = ": register security information ["  # what tells the second policy's name from the first one's
# Conditions that Graph takes as lists; what else should be absent is null (conditionalAccessConditionSet).
RISK_LISTS = frozenset({"userRiskLevels", "signInRiskLevels", "servicePrincipalRiskLevels"})


class NotAsWritten(ProductError):
    """Graph took a policy and shows another one.

    Args:
        what: The policy, with its id.
        fields: What differs.
        undone: What was done about it, as a sentence.
    """

    def __init__(self, what: str, fields: tuple[str, ...], *, undone: str) -> None:
        self.fault = f"The {what} is not as written: {', '.join(fields)}. {undone}"
        self.remedy = "Look at it in the Entra admin center, and apply again."
        super().__init__(f"{self.fault} {self.remedy}")


class PolicyResource(Resource):
    """What both policies have in common."""

    id_field: str
    sent_field: str

    @abstractmethod
    def display_name(self, context: OperationContext) -> str:
        """Return the name with our mark."""

    @abstractmethod
    def conditions(self, context: OperationContext, have: Mapping[str, Any]) -> dict[str, Any]:
        """Return the conditions as they should be, given those that are there."""

    @abstractmethod
    def controls(self, context: OperationContext, have: Mapping[str, Any]) -> dict[str, Any]:
        """Return the grant controls as they should be, given those that are there."""

    def first_state(self, context: OperationContext) -> PolicyState:
        """Return the state of a new one."""
        return REPORT_ONLY

    async def read(self, context: OperationContext) -> Observed:
        """Read ours, which must be the only one (Microsoft365DSC#2184). A list may lag behind a read by id."""
        known = getattr(context.objects, self.id_field)
        policies = await context.policies()
        if known is not None and all(policy["id"] != known for policy in policies):
            unlisted = await context.read_or_none(self.item(context, known).to_get_request_information())
            if unlisted is None and context.recently_created:
                raise context.not_there_yet(f"the {self.name} {known}")
            policies += [unlisted] if unlisted is not None else []
        ours = self.among(context, policies)
        twins = [policy for policy in policies if self.is_named(context, policy) and policy not in ours]
        if len(ours) == 1 and not twins:
            return Observed(ours[0], ids={self.id_field: ours[0]["id"]})
        if len(ours) == 1:
            return Observed(ours[0], ids={self.id_field: ours[0]["id"]}, findings=(self.doubled(ours[0], twins),))
        taken = ours or [policy for policy in policies if policy["displayName"] == context.desired.display_name]
        return Observed(
            findings=(
                *(
                    (name_conflict("policy", self.display_name(context), [item["id"] for item in taken]),)
                    if taken
                    else ()
                ),
                *self.lost(context, known),
            )
        )

    def doubled(self, ours: Mapping[str, Any], twins: Policies) -> Finding:
        """Return the finding that other policies carry our mark."""
        ids = tuple(sorted(policy["id"] for policy in twins))
        return Finding(
            "policy_duplicate",
            "blocking",
            f"The {self.name} {ours['id']} has a twin with the same name, our mark included: {', '.join(ids)}.",
            "Delete or rename the other in the Entra admin center: nothing here repairs or turns off that one.",
            ids,
        )

    def lost(self, context: OperationContext, known: str | None) -> tuple[Finding, ...]:
        """Return the finding that our policy was deleted by another hand."""
        if known is None or not self.is_wanted(context):
            return ()
        in_force = known in context.objects.policies_in_force
        before = "It had been turned on: since then it has asked nobody." if in_force else "It had not been turned on."
        return (
            Finding(
                "policy_deleted",
                "warning",
                f"The {self.name} {known} was deleted, not by this product. {before}",
                "Find out who deleted it. An apply makes a new one"
                + (', which asks nobody before {"mode":"enable"}.' if self.first_state(context) != ENABLED else "."),
                (known,),
            ),
        )

    def is_named(self, context: OperationContext, policy: Mapping[str, Any]) -> bool:
        """Return whether a policy has our name, mark included."""
        return bool(policy["displayName"] == self.display_name(context))

    def among(self, context: OperationContext, policies: Policies) -> Policies:
        """Return which of these are ours: the one whose id we kept; where it is not among them, those with our mark."""
        known = getattr(context.objects, self.id_field)
        by_id = [policy for policy in policies if policy["id"] == known]
        return by_id or [policy for policy in policies if self.is_named(context, policy)]

    def wanted(self, context: OperationContext) -> dict[str, Any]:
        """Return a whole new policy."""
        return {
            "displayName": self.display_name(context),
            "state": self.first_state(context),
            "conditions": self.conditions(context, {}),
            "grantControls": self.controls(context, {}),
        }

    def creation(self, context: OperationContext) -> tuple[Change, ...]:
        """Return what a new one will say of itself."""
        return tuple(Change(name, None, value, self.reason) for name, value in self.wanted(context).items())

    def diff(self, context: OperationContext, observed: Observed) -> tuple[Change, ...]:
        """Return name, conditions and grant controls that differ; the state has operations of its own."""
        have = observed.item or {}
        conditions, controls = have.get("conditions") or {}, have.get("grantControls") or {}
        name, reason = self.display_name(context), "The name carries our mark."
        changes = list(differing("displayName", have.get("displayName"), name, reason=reason))
        reason = "The policy is for this application and these people, no more and no less."
        for section, after in self.all_conditions(context, conditions).items():
            before = conditions.get(section)
            if not alike(before, after):
                changes.append(Change(f"conditions.{section}", strip(before), after, reason))
        after = self.controls(context, controls)
        if not alike(controls, after):
            changes.append(Change("grantControls", strip(controls), after, "The policy asks for what was set."))
        return tuple(changes)

    def all_conditions(self, context: OperationContext, have: Mapping[str, Any]) -> dict[str, Any]:
        """Return the conditions as they should be, those that are there and should not be as null or []."""
        wanted = self.conditions(context, have)
        narrowing = [name for name in have if name not in wanted and "@" not in name]
        return {**wanted, **{name: [] if name in RISK_LISTS else None for name in narrowing}}

    def asks_more(self, observed: Observed, changes: tuple[Change, ...]) -> bool:
        """Return whether these changes make a policy in force ask more people, or ask them for more."""
        return (observed.item or {}).get("state") == ENABLED and any(map(asks_more, changes))

    async def create(self, context: OperationContext) -> Step:
        """Make it. What was sent and not answered is not sent again before it would be listed.

        Raises:
            NotReady: A run that died may have made it a moment ago; Graph would take a second one without a word.
            NotAsWritten: Graph shows another policy than was sent.
        """
        sent_at = getattr(context.objects, self.sent_field)
        if sent_at is not None and context.now() - sent_at < REPLICATION:
            raise context.not_there_yet(f"the {self.name} that an earlier run may have made")
        await context.save(**{self.sent_field: context.now()})
        builder = context.graph.build.identity.conditional_access.policies
        info = builder.to_post_request_information(ConditionalAccessPolicy())
        body, state = self.wanted(context), self.first_state(context)
        try:
            made = await self.write(context, info, body)
        except TransientError:
            raise  # it may have been made
        except ProductError:
            await context.save(**{self.sent_field: None})  # refused, so it was not made
            raise
        await context.record_created(**{self.id_field: made["id"], self.sent_field: None})
        await self.confirm(context, made["id"], state=state, answer=made)
        if state == ENABLED:
            await self.note_state(context, made["id"], state)
            detail = "In force at once: it guards people whom the enrollment policy asks already."
        else:
            detail = "Report-only: it records what it would do, and asks nobody yet."
        return Step(self.name, StepOutcome.CREATED, made["id"], detail=detail)

    async def update(self, context: OperationContext, observed: Observed, changes: tuple[Change, ...]) -> None:
        """Write the sections that differ, with everything else that stands in them.

        Raises:
            NotAsWritten: Graph shows another policy than was sent.
        """
        item = observed.item or {}
        body: dict[str, Any] = {}
        conditions = sendable(item.get("conditions") or {})
        for change in changes:
            top, _, section = change.field.partition(".")
            if section:
                conditions[section] = change.after
                body["conditions"] = conditions
            else:
                body[top] = change.after
        info = self.item(context, str(observed.object_id)).to_patch_request_information(ConditionalAccessPolicy())
        await self.write(context, info, body)
        await self.confirm(context, str(observed.object_id), state=str(body.get("state", item.get("state"))))

    async def confirm(
        self, context: OperationContext, policy_id: str, *, state: str, answer: dict[str, Any] | None = None
    ) -> None:
        """Compare what Graph shows with what was wanted; a policy that differs goes back to report-only.

        Args:
            context: Of the run.
            policy_id: Which.
            state: The state that it should be in.
            answer: Graph's answer to a POST.

        Raises:
            NotAsWritten: It differs.
        """
        fields = self.unlike(context, answer, state=state) if answer else ()
        item = answer
        for _ in range(READ_BACKS):
            await context.graph.sleep(READ_BACK_DELAY)  # one request a second; and a replica may show what was before
            shown = await context.read_or_none(self.item(context, policy_id).to_get_request_information())
            if shown is None:
                break  # too young to be read; its answer tells
            item, fields = shown, self.unlike(context, shown, state=state)
            if not fields:
                return
        if fields:
            undone = await self.hold_back(context, policy_id, item or {})
            raise NotAsWritten(f"{self.name} {policy_id}", fields, undone=undone)

    def unlike(self, context: OperationContext, item: dict[str, Any], *, state: str) -> tuple[str, ...]:
        """Return what is not as it was sent."""
        drifted = [change.field for change in self.diff(context, Observed(item))]
        return (*drifted, *(["state"] if item.get("state") != state else []))

    async def hold_back(self, context: OperationContext, policy_id: str, item: Mapping[str, Any]) -> str:
        """Turn a policy that is not as it was sent back to report-only; returns what was done, as a sentence."""
        if item.get("state") not in (REPORT_ONLY, "disabled"):
            builder = self.item(context, policy_id)
            off: dict[str, Any] = {"state": REPORT_ONLY}
            try:
                await self.write(context, builder.to_patch_request_information(ConditionalAccessPolicy()), off)
            except GraphError:  # what became of it is not even valid: off with all that it should be
                whole = {**self.wanted(context), **off}
                await self.write(context, builder.to_patch_request_information(ConditionalAccessPolicy()), whole)
            await self.note_state(context, policy_id, REPORT_ONLY)
            return "It was turned back to report-only."
        return "It asks nobody."

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
        reason = "It is ours, by its id or by the mark in its name."
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
        detail = f"Others that carried our mark too: {others}." if others else None
        return Step(self.name, StepOutcome.DELETED, doomed[0]["id"], detail=detail)

    async def delete(self, context: OperationContext, observed: Observed) -> None:
        """Delete it before the objects it names, so that it never stands over an application that is gone."""
        policy_id = str(observed.object_id)
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

    async def note_state(self, context: OperationContext, policy_id: str, state: PolicyState) -> None:
        """Keep whether it was turned on, so that its loss can be told."""
        others = tuple(item for item in context.objects.policies_in_force if item != policy_id)
        in_force = (*others, policy_id) if state == ENABLED else others
        if set(in_force) != set(context.objects.policies_in_force):
            await context.save(policies_in_force=in_force)

    def item(self, context: OperationContext, policy_id: str) -> Any:
        """Return the SDK's builder for one policy."""
        return context.graph.build.identity.conditional_access.policies.by_conditional_access_policy_id(policy_id)

    async def write(
        self,
        context: OperationContext,
        info: RequestInformation,
        body: dict[str, Any],
    ) -> dict[str, Any]:
        """Send a policy as JSON: the SDK's model cannot carry back what an admin added in words it does not know."""
        try:
            answer: dict[str, Any] | None = await context.write(info, body, repeatable=False)
        except GraphError as error:
            raise policy_error(context, error, what=self.refers_to(context, body)) from error
        context.observed.policies = None
        return answer or {}

    def refers_to(self, context: OperationContext, body: Mapping[str, Any]) -> str:
        """Return the objects that a policy names, for the reason why it waits or fails."""
        users = (body.get("conditions") or {}).get("users") or {}
        ours = str(context.objects.group_id).casefold()
        others = [item for item in (*users.get("includeGroups", ()), *users.get("excludeGroups", ()))]
        others = [item for item in others if item.casefold() != ours]
        foreign = f" and the groups that the policy names besides: {', '.join(others)}" if others else ""
        return (
            f"the group {context.objects.group_id}, the service principal of application {context.objects.app_id}"
            f"{foreign}"
        )


def state_change(before: Any, state: PolicyState) -> Change:
    """Return the change of a policy's state."""
    reason = "It will ask people." if state == ENABLED else "It will only record what it would do."
    return Change("state", before, state, reason)


def asks_more(change: Change) -> bool:
    """Return whether a change of a policy may ask more people, or for more. A new exclusion does not."""
    if change.field == "displayName":
        return False
    if change.field != "conditions.users":
        return True
    before, after = strip(change.before or {}), strip(change.after or {})
    names = before.keys() | after.keys()
    for name in names:
        old, new = entries(before.get(name)), entries(after.get(name))
        if name.startswith("include") and not new <= old:
            return True
        if name.startswith("exclude") and not old <= new:
            return True
    return False


def entries(value: Any) -> frozenset[str]:
    """Return what a list or an object of people names, for comparison."""
    if isinstance(value, list):
        return frozenset(str(item).casefold() for item in value)
    return frozenset() if value is None else frozenset({orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()})


def policy_error(context: OperationContext, error: GraphError, *, what: str) -> ProductError:
    """Return what Graph's refusal of a policy means, with what to do about it."""
    if error.says("Security Defaults is enabled"):
        return Rejected(
            "Security defaults are on in this tenant, and Entra takes no enabled policy beside them.",
            remedy="Decide with your security team to replace them by Conditional Access; this product never does.",
        )
    if error.says("not licensed"):
        return Rejected("The tenant has no Entra ID P1, which Conditional Access needs.", remedy="Buy or assign P1.")
    return context.as_not_ready(error, what)


def strip(value: Any) -> Any:
    """Return a value without nulls, empty lists and annotations, for comparison."""
    if isinstance(value, dict):
        return {
            name: strip(item) for name, item in value.items() if item is not None and item != [] and "@" not in name
        }
    return value


def sendable(value: Any) -> Any:
    """Return what Graph gave in a form that it takes: no stubs of sections that nobody set, no annotations but types.

    `externalTenants` is of an abstract type: without its `@odata.type` Graph loses or refuses its members
    (terraform-provider-azuread#1555).
    """
    if isinstance(value, dict):
        return {
            name: sendable(item)
            for name, item in value.items()
            if item is not None and item != [] and ("@" not in name or name == "@odata.type")
        }
    return value


def alike(left: Any, right: Any) -> bool:
    """Return whether two sections say the same: ids in any order and case, what is empty left out.

    (Microsoft365DSC#7118.)
    """
    left, right = strip(left), strip(right)
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(alike(left[name], right[name]) for name in left)
    if isinstance(left, dict) or isinstance(right, dict):
        return not left and not right
    if isinstance(left, list) and isinstance(right, list):
        return same_ids(map(str, left), map(str, right))
    return bool(left == right) or not (left or right)
