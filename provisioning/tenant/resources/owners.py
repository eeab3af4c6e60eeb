"""Owners of an object of ours: read, compared, added and taken off."""

from collections.abc import Iterable
from typing import Any

from kiota_abstractions.method import Method

from provisioning.graph.client import collect
from provisioning.graph.errors import ALREADY_MEMBER, GraphError
from provisioning.graph.requests import json_request
from provisioning.model.plan import Change
from provisioning.tenant.context import OperationContext

OWNERS = "owners"


async def owners_of(context: OperationContext, builder: Any, *, what: str) -> tuple[str, ...]:
    """Return the ids of an object's owners.

    Raises:
        NotReady: The object is too young to answer.
    """
    try:
        owners = await collect(context.graph.pages(builder.owners.to_get_request_information()))
    except GraphError as error:
        raise context.as_not_ready(error, f"the {what}") from error
    return tuple([str(item["id"]) for item in owners])


def owner_change(owners: Iterable[str], *, add: str, remove: str | None = None, reason: str) -> tuple[Change, ...]:
    """Return the change that adds an owner, and takes off the one that a wrong setting added.

    Args:
        owners: Who owns it now.
        add: Who must.
        remove: The owner that we added and that must not be one any more.
        reason: Why, as a sentence.
    """
    present = {owner.casefold(): owner for owner in owners}
    wanted = {name: owner for name, owner in present.items() if remove is None or name != remove.casefold()}
    wanted.setdefault(add.casefold(), add)
    if wanted.keys() == present.keys():
        return ()
    return (Change(OWNERS, sorted(present.values()), sorted(wanted.values()), reason),)


async def write_owners(context: OperationContext, builder: Any, change: Change) -> None:
    """Add owners, then take off those who must not be: an object must never be without one."""
    before = {owner.casefold(): owner for owner in change.before}
    after = {owner.casefold(): owner for owner in change.after}
    for name in sorted(after.keys() - before.keys()):
        body = {"@odata.id": reference(context, after[name])}
        try:
            await context.write(json_request(Method.POST, builder.owners.ref, body), repeatable=False)
        except GraphError as error:
            if not error.says(ALREADY_MEMBER):  # the list of owners may lag behind
                raise
    for name in sorted(before.keys() - after.keys()):
        entry = builder.owners.by_directory_object_id(before[name]).ref
        try:
            await context.write(entry.to_delete_request_information())
        except GraphError as error:
            if error.status != 404:
                raise


def reference(context: OperationContext, object_id: str) -> str:
    """Return how a relation names an object."""
    return f"{context.graph.root}/directoryObjects/{object_id}"
