"""Proof that a removal left nothing, and what an apply after it needs to know."""

from typing import Any

from provisioning.errors import NotReady
from provisioning.store.operations import Step
from provisioning.tenant.context import LOOK_AGAIN, OperationContext

NAME = "nothing left"


async def nothing_left(run: OperationContext) -> Step:
    """Look for everything once more.

    What was deleted stays in the recycle bin for 30 days with its uniqueName: its ids are kept, so that the next
    apply restores or purges it. Its age is forgotten, since a 404 now means what it says.

    Raises:
        Waiting: A replica still shows something.
    """
    if left := await what_is_left(run):
        raise NotReady(f"{' and '.join(left)} to be gone everywhere", after=LOOK_AGAIN)
    await run.keep(made_at=None, policy_sent_at=None, registration_policy_sent_at=None)
    return Step(NAME, "passed", detail="Group, application, service principal and policies are not there any more.")


async def what_is_left(run: OperationContext) -> list[str]:
    """Names of our objects that Graph still shows."""
    build, key = run.graph.build, run.desired.key
    builders: dict[str, Any] = {
        "the application": build.applications_with_unique_name(run.desired.unique_name),
        "the group": build.groups_with_unique_name(run.desired.unique_name),
    }
    if run.objects.app_id is not None:
        builders["the service principal"] = build.service_principals_with_app_id(run.objects.app_id)
    left = [
        name
        for name, builder in builders.items()
        if await run.read_or_none(builder.to_get_request_information()) is not None
    ]
    run.listed_policies = None
    marked = [policy for policy in await run.policies() if policy["displayName"].endswith(f"[{key}]")]
    return [*left, *(["a policy"] if marked else [])]
