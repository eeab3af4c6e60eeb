"""Objects of ours that were deleted: Entra keeps them for 30 days, and their uniqueName with them.

(learn.microsoft.com/graph/api/resources/directory; cloud security groups since 2026, message center MC1183299.)
"""

from typing import Any

from provisioning.errors import Rejected
from provisioning.graph.errors import GraphError
from provisioning.tenant.context import OperationContext


async def find(context: OperationContext, object_id: str) -> dict[str, Any] | None:
    """Return the deleted object with this id, or None."""
    info = context.graph.build.directory.deleted_items.by_directory_object_id(object_id).to_get_request_information()
    return await context.read_or_none(info)


async def restore(context: OperationContext, object_id: str, *, what: str) -> None:
    """Bring it back with its links.

    Raises:
        Rejected: Entra wants a directory role for this besides the permission (directory-deleteditems-restore).
    """
    builder = context.graph.build.directory.deleted_items.by_directory_object_id(object_id).restore
    try:
        await context.write(builder.to_post_request_information())
    except GraphError as error:
        if error.status != 403:
            raise context.as_not_ready(error, f"the {what}") from error
        raise Rejected(
            f"The {what} {object_id} is in the recycle bin, and Entra does not let this identity restore it.",
            remedy="Restore it in Entra as an Application Administrator, or set SOFT_DELETED=purge to get a new one.",
        ) from error
    await context.record_created()


async def purge(context: OperationContext, object_id: str) -> None:
    """Delete it for good, which frees its uniqueName."""
    builder = context.graph.build.directory.deleted_items.by_directory_object_id(object_id)
    await context.write(builder.to_delete_request_information())
