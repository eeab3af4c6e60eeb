"""Changes made in Entra to this product's own policies."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from provisioning.model.operation import Mode
from provisioning.model.plan import Finding
from provisioning.tenant.context import OperationContext
from provisioning.tenant.desired import Desired
from provisioning.tenant.preflight.planned_policies import OURS, our_policy
from provisioning.tenant.preflight.policy_reading import GUESTS_KEYWORD, Policy, condition, ids_in, narrowing
from provisioning.tenant.resources.observed import Observed
from provisioning.tenant.resources.policies import policy_resources_of
from provisioning.tenant.resources.policy import PolicyResource
from provisioning.tenant.resources.policy_base import Policies


def about_our_policies(context: OperationContext, policies: Sequence[Policy]) -> Iterator[Finding]:
    """Tell how our own policies were changed in Entra: narrowed, or given further exclusions."""
    ours = {kind.name: policy for kind in OURS if (policy := our_policy(context, kind, policies)) is not None}
    yield from further_exclusions(ours, context.desired)
    narrowed = {name: narrowing(policy) for name, policy in ours.items()}
    described = [f"the {name} by {' and '.join(names)}" for name, names in narrowed.items() if names]
    if described:
        yield Finding(
            "policy_narrowed",
            "warning",
            "A policy of this product was narrowed in Entra, so it applies to only some sign-ins: "
            f"{'; '.join(described)}.",
            "Remove the conditions in Entra, or run apply if the plan shows that it removes them.",
            tuple(str(ours[name]["id"]) for name, names in narrowed.items() if names),
        )


def state_of_ours(context: OperationContext, mode: Mode, policies: Policies) -> Iterator[Finding]:
    """Tell how our own policies were changed since the last apply."""
    for kind in policy_resources_of(context.desired):
        for policy in kind.among(context, policies):
            if policy["state"] == "disabled":
                yield disabled(kind, policy)
            if mode is Mode.ENABLE:
                yield from drifted(context, kind, policy)


def disabled(kind: PolicyResource, policy: dict[str, Any]) -> Finding:
    """Return the finding that a person turned a policy off: this product knows report-only and enabled."""
    return Finding(
        "policy_disabled",
        "warning",
        f"The {kind.name} {policy['id']} was turned off in Entra: it neither asks anyone nor records what it would do, "
        "and What-If does not evaluate it.",
        'Find out why. Then turn it on with {"mode":"enable"}, or back to report-only with {"mode":"disable"}.',
        (policy["id"],),
    )


def drifted(context: OperationContext, kind: PolicyResource, policy: dict[str, Any]) -> Iterator[Finding]:
    """Tell that a policy was changed, and must not come into force so: it might spare no emergency account any more."""
    if context.desired.strength is not None and context.strength_id is None:
        return  # that has a finding of its own
    fields = [change.field for change in kind.diff(context, Observed(policy)) if change.field != "state"]
    if fields:
        yield Finding(
            "policy_drifted",
            "blocking",
            f"The {kind.name} {policy['id']} differs from what it should be ({', '.join(fields)}), and enable would "
            "put it into force that way.",
            'Apply first, which restores it: POST /api/tenant {"mode":"apply"}.',
            (policy["id"],),
        )


def further_exclusions(ours: Mapping[str, Policy], desired: Desired) -> Iterator[Finding]:
    """Name what our policies leave out besides the emergency accounts of the setting: by hand, or by an old setting.

    Args:
        ours: Our policies, by what they are called.
        desired: Which exclusions are meant.
    """
    accounts = (*desired.break_glass_user_ids, *desired.lost_break_glass_user_ids)
    meant = {*(user_id.casefold() for user_id in accounts), GUESTS_KEYWORD}
    parts = []
    found: set[str] = set()
    for name, policy in ours.items():
        people = condition(policy, "users")
        lists = {
            "account": ids_in(people, "excludeUsers") - meant,
            "group": ids_in(people, "excludeGroups"),
            "role": ids_in(people, "excludeRoles"),
        }
        for kind, ids in lists.items():
            parts += [f"the {name} excludes the {kind} {item}" for item in sorted(ids)]
            found |= ids
    if parts:
        text = "; ".join(parts)
        yield Finding(
            "further_exclusions",
            "warning",
            f"{text[0].upper()}{text[1:]}. No setting asks for this exclusion, and no operation removes it.",
            "Remove unintended exclusions in Entra, including any account that is no longer an emergency account.",
            tuple(sorted(found)),
        )
