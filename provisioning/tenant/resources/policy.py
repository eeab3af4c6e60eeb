"""A Conditional Access policy of ours: found by id, else by its marked name; made report-only; repaired field by field.

An admin's additions stay: only the fields of `wants` are compared, and sections that differ go back whole, with
everything an admin put into them (Microsoft365DSC and terraform both met servers that refuse stubs and nulls).
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
from provisioning.model.plan import Change, Finding, PlannedStep, differing
from provisioning.store.operations import Step
from provisioning.tenant.context import REPLICATION, OperationContext
from provisioning.tenant.resources.base import Observed, Resource
from provisioning.tenant.resources.ownership import name_conflict

Policies = list[dict[str, Any]]
PolicyState = Literal["enabled", "enabledForReportingButNotEnforced"]
REPORT_ONLY: PolicyState = "enabledForReportingButNotEnforced"
ENABLED: PolicyState = "enabled"


class PolicyResource(Resource):
    """What both policies have in common."""

    id_field: str
    sent_field: str

    @abstractmethod
    def display_name(self, run: OperationContext) -> str:
        """The name with our mark."""

    @abstractmethod
    def conditions(self, run: OperationContext, have: Mapping[str, Any]) -> dict[str, Any]:
        """The conditions as they should be, given those that are there."""

    @abstractmethod
    def controls(self, run: OperationContext, have: Mapping[str, Any]) -> dict[str, Any]:
        """The grant controls as they should be, given those that are there."""

    async def look(self, run: OperationContext) -> Observed:
        """Ours, which must be the only one (Microsoft365DSC#2184). A list may not show yet what a read by id does."""
        known = getattr(run.objects, self.id_field)
        policies = await run.policies()
        if known is not None and all(policy["id"] != known for policy in policies):
            unlisted = await run.read_or_none(self.item(run, known).to_get_request_information())
            if unlisted is None and run.young:
                raise run.not_there_yet(f"the {self.name} {known}")
            policies += [unlisted] if unlisted is not None else []
        ours = self.among(run, policies)
        if len(ours) == 1:
            if ours[0]["id"] != known:
                run.note(**{self.id_field: ours[0]["id"]})
            return Observed(ours[0])
        taken = ours or [policy for policy in policies if policy["displayName"] == run.desired.display_name]
        findings = (name_conflict("policy", self.display_name(run), [item["id"] for item in taken]),) if taken else ()
        return Observed(findings=findings)

    def among(self, run: OperationContext, policies: Policies) -> Policies:
        """Which of these are ours: the one whose id we kept; where it is not among them, those with our mark."""
        known = getattr(run.objects, self.id_field)
        by_id = [policy for policy in policies if policy["id"] == known]
        return by_id or [policy for policy in policies if policy["displayName"] == self.display_name(run)]

    def wanted(self, run: OperationContext) -> dict[str, Any]:
        """The whole policy, report-only."""
        return {
            "displayName": self.display_name(run),
            "state": REPORT_ONLY,
            "conditions": self.conditions(run, {}),
            "grantControls": self.controls(run, {}),
        }

    def drift(self, run: OperationContext, found: Observed) -> tuple[Change, ...]:
        """Name, conditions and grant controls; the state has operations of its own."""
        have = found.item or {}
        conditions, controls = have.get("conditions") or {}, have.get("grantControls") or {}
        changes = list(
            differing(
                "displayName", have.get("displayName"), self.display_name(run), reason="The name carries our mark."
            )
        )
        wanted = self.conditions(run, conditions)
        for section in ("clientAppTypes", "applications", "users", "locations"):
            before, after = conditions.get(section), wanted.get(section)
            if after is not None and not alike(before, after):
                reason = "The policy is for this application and these people, no more and no less."
                changes.append(Change(f"conditions.{section}", strip(before), after, reason))
        after = self.controls(run, controls)
        if not alike(controls, after):
            changes.append(Change("grantControls", strip(controls), after, "The policy asks for what was set."))
        return tuple(changes)

    async def create(self, run: OperationContext) -> Step:
        """Make it, report-only. What was sent and not answered is not sent again before it would be listed.

        Raises:
            Waiting: A run that died may have made it a moment ago; Graph would take a second one without a word.
        """
        sent_at = getattr(run.objects, self.sent_field)
        if sent_at is not None and run.now() - sent_at < REPLICATION:
            raise run.not_there_yet(f"the {self.name} that an earlier run may have made")
        await run.keep(**{self.sent_field: run.now()})
        builder = run.graph.build.identity.conditional_access.policies
        info = builder.to_post_request_information(ConditionalAccessPolicy())
        try:
            made = await self.write(run, info, self.wanted(run))
        except TransientError:
            raise  # it may have been made
        except ProductError:
            await run.keep(**{self.sent_field: None})  # refused, so it was not made
            raise
        await run.made(**{self.id_field: made["id"], self.sent_field: None})
        in_force = self.wanted(run)["state"] == ENABLED
        detail = "In force." if in_force else "Report-only: it records what it would do, and asks nobody yet."
        return Step(self.name, "created", made["id"], detail=detail)

    async def update(self, run: OperationContext, found: Observed, changes: tuple[Change, ...]) -> None:
        """Write the sections that differ, with everything else that stands in them."""
        body: dict[str, Any] = {}
        conditions = strip((found.item or {}).get("conditions") or {})
        for change in changes:
            top, _, section = change.field.partition(".")
            if section:
                conditions[section] = change.after
                body["conditions"] = conditions
            else:
                body[top] = change.after
        info = self.item(run, str(found.object_id)).to_patch_request_information(ConditionalAccessPolicy())
        await self.write(run, info, body)

    async def delete(self, run: OperationContext, found: Observed) -> None:
        """Before the objects it names, so that it never stands over an application that is gone."""
        await run.graph.send(self.item(run, str(found.object_id)).to_delete_request_information())
        run.listed_policies = None
        await run.keep(**{self.id_field: None})

    def is_ours(self, run: OperationContext, found: Observed) -> bool:
        """By the mark in its name; one that was renamed is put back by an apply first."""
        return bool(found.item) and (found.item or {}).get("displayName") == self.display_name(run)

    async def plan_state(self, run: OperationContext, state: PolicyState) -> tuple[PlannedStep, tuple[Finding, ...]]:
        """What turning it on or off would change."""
        found = await self.look(run)
        if found.item is None:
            return PlannedStep(self.name, "none"), (*found.findings, self.not_made())
        return self.change_of_state(found, state), found.findings

    def not_made(self) -> Finding:
        """There is nothing to turn on or off."""
        text = f"There is no {self.name} to turn on or off."
        return Finding("policy_missing", "blocking", text, 'Apply first: POST /api/tenant {"mode":"apply"}.')

    def change_of_state(self, found: Observed, state: PolicyState) -> PlannedStep:
        """From the state that is there."""
        before = (found.item or {}).get("state")
        if before == state:
            return PlannedStep(self.name, "none", found.object_id)
        reason = "It will ask people." if state == ENABLED else "It will only record what it would do."
        return PlannedStep(self.name, "update", found.object_id, (Change("state", before, state, reason),))

    async def set_state(self, run: OperationContext, state: PolicyState) -> Step:
        """Turn it on, or back to report-only.

        Raises:
            Refused: There is no such policy.
        """
        found = await self.look(run)
        if found.item is None:
            missing = self.not_made()
            raise Rejected(missing.text, remedy=missing.remedy)
        planned = self.change_of_state(found, state)
        if planned.does_nothing:
            return Step(self.name, "unchanged", found.object_id, detail=f"State: {state}.")
        await self.update(run, found, planned.changes)
        detail = f"State: {state}, before: {found.item['state']}."
        return Step(self.name, "updated", found.object_id, detail=detail, changes=planned.changes)

    def item(self, run: OperationContext, policy_id: str) -> Any:
        """The SDK's builder for one policy."""
        return run.graph.build.identity.conditional_access.policies.by_conditional_access_policy_id(policy_id)

    async def write(self, run: OperationContext, info: RequestInformation, body: dict[str, Any]) -> dict[str, Any]:
        """Send a policy as JSON: the SDK's model cannot carry back what an admin added in words it does not know."""
        info.content = orjson.dumps(body)
        try:
            answer: dict[str, Any] | None = await run.graph.send(info, repeatable=False)
        except GraphError as error:
            raise policy_error(run, error) from error
        run.listed_policies = None
        return answer or {}


def policy_error(run: OperationContext, error: GraphError) -> Exception:
    """What Graph's refusal of a policy means, with what to do about it."""
    if error.says("Security Defaults is enabled"):
        return Rejected(
            "Security defaults are on in this tenant, and Entra takes no enabled policy beside them.",
            remedy="Decide with your security team to replace them by Conditional Access; this product never does.",
        )
    if error.says("not licensed"):
        return Rejected("The tenant has no Entra ID P1, which Conditional Access needs.", remedy="Buy or assign P1.")
    return run.unready(error, "the group and the service principal")


def strip(value: Any) -> Any:
    """Without nulls, empty lists and annotations: Graph refuses stubs of sections that nobody set."""
    if isinstance(value, dict):
        return {
            name: strip(item) for name, item in value.items() if item is not None and item != [] and "@" not in name
        }
    return value


def alike(left: Any, right: Any) -> bool:
    """Whether two sections say the same: ids in any order and case, what is empty left out (Microsoft365DSC#7118)."""
    left, right = strip(left), strip(right)
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(alike(left[name], right[name]) for name in left)
    if isinstance(left, list) and isinstance(right, list):
        return same_ids(map(str, left), map(str, right))
    return bool(left == right)
