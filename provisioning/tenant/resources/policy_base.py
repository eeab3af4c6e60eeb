"""A Conditional Access policy of ours: found by id, else by its marked name, and compared section by section.

What an admin excludes or demands besides stays; a condition that would narrow the policy does not.
"""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, Literal

from provisioning.model.plan import Change, Finding, differing
from provisioning.tenant.context import OperationContext
from provisioning.tenant.resources.base import LastingResource
from provisioning.tenant.resources.observed import Observed
from provisioning.tenant.resources.ownership import name_conflict
from provisioning.tenant.resources.policy_sections import alike, asks_more, strip

Policies = list[dict[str, Any]]
PolicyState = Literal["enabled", "enabledForReportingButNotEnforced"]
REPORT_ONLY: PolicyState = "enabledForReportingButNotEnforced"
ENABLED: PolicyState = "enabled"
# Conditions that Graph takes as lists; what else should be absent is null (conditionalAccessConditionSet).
RISK_LISTS = frozenset({"userRiskLevels", "signInRiskLevels", "servicePrincipalRiskLevels"})


class PolicyBase(LastingResource):
    """Finds a policy of ours and tells what differs from what it should be."""

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
            async with context.pace():
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
            f"The {self.name} {ours['id']} has a duplicate with the same name, including this deployment's mark: "
            f"{', '.join(ids)}.",
            "Delete or rename the duplicate in the Entra admin center: this operation neither repairs it nor turns it "
            "off.",
            ids,
        )

    def lost(self, context: OperationContext, known: str | None) -> tuple[Finding, ...]:
        """Return the finding that our policy was deleted by another hand."""
        if known is None or not self.is_wanted(context):
            return ()
        in_force = known in context.objects.policies_in_force
        before = (
            "It had been turned on; since its deletion it has asked nobody."
            if in_force
            else "It had not been turned on."
        )
        return (
            Finding(
                "policy_deleted",
                "warning",
                f"The {self.name} {known} was deleted, but not by this product. {before}",
                "Find out who deleted it. An apply creates a new one"
                + (
                    ', which asks nobody until you run {"mode":"enable"}.'
                    if self.first_state(context) != ENABLED
                    else "."
                ),
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
        name, reason = self.display_name(context), "The name carries this deployment's mark."
        changes = list(differing("displayName", have.get("displayName"), name, reason=reason))
        reason = "The policy is for exactly this application and these people."
        for section, after in self.all_conditions(context, conditions).items():
            before = conditions.get(section)
            if not alike(before, after):
                changes.append(Change(f"conditions.{section}", strip(before), after, reason))
        after = self.controls(context, controls)
        if not alike(controls, after):
            changes.append(
                Change("grantControls", strip(controls), after, "The policy requires what the settings ask for.")
            )
        return tuple(changes)

    def all_conditions(self, context: OperationContext, have: Mapping[str, Any]) -> dict[str, Any]:
        """Return the conditions as they should be, those that are there and should not be as null or []."""
        wanted = self.conditions(context, have)
        narrowing = [name for name in have if name not in wanted and "@" not in name]
        return {**wanted, **{name: [] if name in RISK_LISTS else None for name in narrowing}}

    def asks_more(self, observed: Observed, changes: tuple[Change, ...]) -> bool:
        """Return whether these changes make a policy in force ask more people, or ask them for more."""
        return (observed.item or {}).get("state") == ENABLED and any(map(asks_more, changes))

    def item(self, context: OperationContext, policy_id: str) -> Any:
        """Return the SDK's builder for one policy."""
        return context.graph.build.identity.conditional_access.policies.by_conditional_access_policy_id(policy_id)
