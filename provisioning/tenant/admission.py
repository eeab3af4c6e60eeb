"""Whether an operation may begin: what it is to do is held against its plan."""

from dataclasses import replace

from provisioning.errors import Rejected
from provisioning.model.operation import Mode, Operation, Step, StepOutcome
from provisioning.model.plan import Plan
from provisioning.tenant.resources.base import refuse

PREFLIGHT = "preflight"


def admitted(operation: Operation, plan: Plan) -> Operation:
    """Return the operation as one that passed its preflight and its plan; once admitted, it stays so.

    Raises:
        Rejected: Something blocks it, the tenant is not as the caller's plan shows it, or what needs a plan's id
            came without one.
    """
    refuse(plan.findings)
    if operation.admitted:
        return operation
    if operation.plan_id is not None and operation.plan_id != plan.plan_id:
        raise Rejected(
            f"The tenant or the settings have changed since plan {operation.plan_id} was shown.",
            remedy=f"Review the new plan, and send its planId: {plan.plan_id}.",
        )
    if plan.needs_plan_id and operation.plan_id is None:
        raise Rejected(
            "A removal needs the planId of a plan that shows it first."
            if operation.mode is Mode.REMOVE
            else (
                "A policy in force would ask more people, or ask them for more, which needs the planId of a plan that "
                "shows it first."
            ),
            remedy=f"Review the plan, and send its planId: {plan.plan_id}.",
        )
    passed = Step(PREFLIGHT, StepOutcome.UNCHANGED, detail="Nothing blocks it.")
    return replace(operation, admitted=True).with_step(passed)
