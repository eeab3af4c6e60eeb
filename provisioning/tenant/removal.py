"""Proof that a removal left nothing, and what an apply after it needs to know."""

from typing import Any

from provisioning.errors import NotReady
from provisioning.graph.errors import GraphError
from provisioning.model.operation import Step, StepOutcome
from provisioning.tenant.context import LOOK_AGAIN, OperationContext

NAME = "nothing left"


async def nothing_left(context: OperationContext) -> Step:
    """Look for everything once more, by the ids we kept as well as by our keys.

    What was deleted stays in the recycle bin for 30 days with its uniqueName: its ids are kept, so that the next
    apply restores or purges it. Its age is forgotten, since a 404 now means what it says.

    Raises:
        NotReady: A replica still shows something.
    """
    if left := await what_is_left(context):
        raise NotReady(f"{' and '.join(left)} to disappear everywhere", after=LOOK_AGAIN)
    await context.save(
        made_at=None,
        policy_id=None,
        registration_policy_id=None,
        policy_sent_at=None,
        registration_policy_sent_at=None,
        removed_policy_ids=(),
        policies_in_force=(),
    )
    detail = "The group, the application, the service principal, and the policies are gone."
    return Step(NAME, StepOutcome.PASSED, detail=detail)


async def what_is_left(context: OperationContext) -> list[str]:
    """Return the names of our objects that Graph still shows."""
    build, objects, unique_name = context.graph.build, context.objects, context.desired.unique_name
    application_id, group_id, app_id = objects.application_id, objects.group_id, objects.app_id
    ways: dict[str, list[Any]] = {
        "the application": [
            build.applications_with_unique_name(unique_name),
            *([build.applications.by_application_id(application_id)] if application_id else []),
        ],
        "the group": [
            build.groups_with_unique_name(unique_name),
            *([build.groups.by_group_id(group_id)] if group_id else []),
        ],
        "the service principal": [build.service_principals_with_app_id(app_id)] if app_id else [],
    }
    left = [name for name, builders in ways.items() if await is_shown(context, builders)]
    return [*left, *[f"the policy {policy_id}" for policy_id in await policies_left(context)]]


async def is_shown(context: OperationContext, builders: list[Any]) -> bool:
    """Return whether one of these finds the object. The last one decides where a look-up by key is refused."""
    for builder in builders:
        try:
            if await context.read_or_none(builder.to_get_request_information()) is not None:
                return True
        except GraphError as error:
            if error.status != 400 or builder is builders[-1]:
                raise
    return False


async def policies_left(context: OperationContext) -> list[str]:
    """Return the ids of our policies that are listed, or found by the id we kept, or carry our mark."""
    objects = context.objects
    context.observed.policies = None
    known = {*objects.policy_ids, *objects.removed_policy_ids}
    listed = await context.policies()
    left = {policy["id"] for policy in listed if policy["id"] in known or policy["displayName"].endswith(objects.mark)}
    return sorted(left)
