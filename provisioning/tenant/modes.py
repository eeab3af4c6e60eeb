"""The steps of each mode."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from functools import partial

from provisioning.model.operation import Mode, Step, StepOutcome
from provisioning.model.plan import PlannedStep
from provisioning.tenant.context import OperationContext
from provisioning.tenant.planner import MAKING_ORDER, REMOVAL_ORDER
from provisioning.tenant.removal import nothing_left
from provisioning.tenant.resources.policies import policy_resources_of
from provisioning.tenant.resources.policy_base import ENABLED
from provisioning.tenant.verify import verify

PROOF = "verify"

StepWork = Callable[[OperationContext], Awaitable[Sequence[Step]]]
Works = Sequence[tuple[str, StepWork]]


def apply_works(context: OperationContext) -> Works:
    """Return the steps of an apply: what the settings ask for, and what they no longer ask for."""
    return [(resource.name, single_step(resource.apply)) for resource in MAKING_ORDER]


def removal_works(context: OperationContext) -> Works:
    """Return the steps of a removal, its proof last."""
    return [
        *((resource.name, single_step(resource.remove)) for resource in REMOVAL_ORDER),
        (PROOF, single_step(nothing_left)),
    ]


def enable_works(context: OperationContext) -> Works:
    """Return the steps of turning on: the guard of registration first."""
    resources = policy_resources_of(context.desired)
    return [(item.name, single_step(partial(item.set_state, state=ENABLED))) for item in resources]


def verify_works(context: OperationContext) -> Works:
    """Return the proof."""
    return [(PROOF, verify)]


WORKS: Mapping[Mode, Callable[[OperationContext], Works]] = {
    Mode.APPLY: apply_works,
    Mode.ENABLE: enable_works,
    Mode.VERIFY: verify_works,
    Mode.REMOVE: removal_works,
}
"""A plan has no steps of its own; turning off needs no context and is done by `switch_off`."""


def single_step(work: Callable[[OperationContext], Awaitable[Step]]) -> StepWork:
    """Turn work that ends in one step into work that ends in any number."""

    async def done(context: OperationContext) -> Sequence[Step]:
        return [await work(context)]

    return done


def works_of(mode: Mode, context: OperationContext, planned: Collection[str]) -> Works:
    """Return the steps of a mode; an apply leaves out what the settings ask for no more and there is none of."""
    works = WORKS[mode](context)
    return [(name, work) for name, work in works if name in planned] if mode is Mode.APPLY else works


def nothing_to_do(planned: PlannedStep | None, *, look_again: bool) -> Step | None:
    """Return the outcome of a step that the plan found as it should be; a proof is in no plan and always done."""
    if planned is None or look_again or not planned.does_nothing:
        return None
    return Step(planned.name, StepOutcome.UNCHANGED, planned.object_id, planned.detail)
