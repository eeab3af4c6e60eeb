"""Before any write: whom the policy must never touch has to exist, or excluding them protects nobody."""

from provisioning.errors import Refused
from provisioning.graph.errors import GraphError
from provisioning.store.operations import Step
from provisioning.tenant.desired import Apply, step

NAME = "preflight"


async def ensure(run: Apply) -> Step:
    """Look up every break-glass account.

    Raises:
        Refused: One of them is not an account of this tenant.
    """
    for user_id in run.desired.break_glass_user_ids:
        try:
            await run.graph.send(run.graph.build.users.by_user_id(user_id).to_get_request_information())
        except GraphError as error:
            if error.status != 404:
                raise
            raise Refused(
                f"The break-glass account {user_id} is not in this tenant.",
                remedy="Correct BREAK_GLASS_USER_IDS; without it a mistake could lock everybody out.",
            ) from error
    return step(NAME, "unchanged", None, detail="Every break-glass account exists.")
