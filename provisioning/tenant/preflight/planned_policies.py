"""The tenant's policies as they will be once a plan is carried out: what exposure after a write is computed from."""

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from typing import Any

from provisioning.model.operation import Mode
from provisioning.model.plan import PlannedStep
from provisioning.tenant.context import OperationContext
from provisioning.tenant.preflight.policy_reading import Policy, is_in_force, strength_of
from provisioning.tenant.resources.policies import EnrollmentPolicy, RegistrationPolicy
from provisioning.tenant.resources.policy import PolicyResource
from provisioning.tenant.resources.policy_base import ENABLED

OURS: tuple[PolicyResource, ...] = (EnrollmentPolicy(), RegistrationPolicy())


def our_policy(context: OperationContext, kind: PolicyResource, policies: Iterable[Policy]) -> Policy | None:
    """Return a policy of ours among these; of several with our mark, one that is in force."""
    found = kind.among(context, list(map(dict, policies)))
    return next((policy for policy in found if is_in_force(policy)), found[0] if found else None)


def policies_after(
    context: OperationContext,
    policies: Sequence[Policy],
    steps: Iterable[PlannedStep],
    *,
    strengths: Iterable[Mapping[str, Any]] = (),
) -> tuple[tuple[Policy, ...], Mapping[str, str | None]]:
    """Return the policies once these steps are taken, and the ids of ours by the name of their step.

    Args:
        context: Which of them are ours.
        policies: As they are.
        steps: The plan's.
        strengths: Authentication strengths as Graph gives them, since a step names one by its id alone.
    """
    taken = {step.name: step for step in steps}
    known = {str(item["id"]).casefold(): item for item in strengths}
    after: dict[str, Policy] = {str(policy["id"]): policy for policy in policies}
    ids: dict[str, str | None] = {}
    for kind in OURS:
        there, step = our_policy(context, kind, policies), taken.get(kind.name)
        ids[kind.name] = str(there["id"]) if there is not None else None
        if step is None or step.does_nothing:
            continue
        if step.action == "delete":
            after.pop(ids[kind.name] or "", None)
            ids[kind.name] = None
            continue
        ids[kind.name] = ids[kind.name] or f"(the new {kind.name})"
        changed = with_changes(there or {"id": ids[kind.name]}, step)
        after[ids[kind.name] or ""] = with_strength(changed, known)
    return tuple(after.values()), ids


def with_changes(policy: Policy, step: PlannedStep) -> dict[str, Any]:
    """Return a policy with the fields of a step written into it."""
    written = deepcopy(dict(policy))
    for change in step.changes:
        *above, name = change.field.split(".")
        section = written
        for part in above:
            section = section.setdefault(part, {})
        section[name] = change.after
    return written


def with_strength(policy: dict[str, Any], known: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the policy with all of its authentication strength, where that is known."""
    strength = strength_of(policy)
    whole = known.get(str(strength.get("id")).casefold())
    if whole is not None:
        policy["grantControls"] = {**policy["grantControls"], "authenticationStrength": dict(whole)}
    return policy


def comes_into_force(mode: Mode, steps: Iterable[PlannedStep]) -> bool:
    """Tell whether an operation turns a policy of ours on. What changes one in force needs the plan's id anyway."""
    ours = {kind.name for kind in OURS}
    turned_on = (change for step in steps if step.name in ours for change in step.changes if change.field == "state")
    return mode is Mode.ENABLE or any(change.after == ENABLED for change in turned_on)
