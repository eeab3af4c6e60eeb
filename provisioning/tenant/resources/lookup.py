"""Find an object of ours: by the id we kept, by its alternate key, in the recycle bin; never by a display name."""

from kiota_abstractions.request_information import RequestInformation

from provisioning.errors import Rejected
from provisioning.graph.errors import GraphError
from provisioning.tenant.context import OperationContext
from provisioning.tenant.resources import recycle_bin
from provisioning.tenant.resources.observed import Observed


async def find_object(
    context: OperationContext,
    what: str,
    *,
    known: str | None,
    by_id: RequestInformation | None,
    by_key: RequestInformation,
) -> Observed:
    """Look for an object by the id we kept, then by its alternate key, then in the recycle bin.

    Raises:
        NotReady: It was made so lately that a 404 means "not there yet".
    """
    item = await context.read_or_none(by_id) if by_id is not None else None
    if item is None:
        try:
            item = await context.read_or_none(by_key)
        except GraphError as error:
            if known is None or error.status != 400:
                raise  # without an id there is nothing else to go by
    return Observed(item) if item is not None else await absent(context, what, known=known)


async def absent(context: OperationContext, what: str, *, known: str | None) -> Observed:
    """Return what it means that an object is not there: never made, deleted, or too young.

    Raises:
        NotReady: It was made so lately that a 404 means "not there yet". Never: make another (msgraph-sdk-java#2575).
    """
    deleted = await recycle_bin.find(context, known) if known is not None else None
    if known is not None and deleted is None and context.recently_created:
        raise context.not_there_yet(f"the {what} {known}")
    return Observed(deleted=deleted)


def require_id(object_id: str | None, what: str) -> str:
    """Return an id that a step before found or made.

    Raises:
        Rejected: It did not.
    """
    if object_id is None:
        raise Rejected(f"The {what} has not been made.", remedy="Run apply again from the first step.")
    return object_id
