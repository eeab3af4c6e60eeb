"""A stand-in tenant as it was at some time, given to others: to make its objects anew takes longer than most tests."""

import pickle
from typing import Any

from local.entra.protocol.collection import Collection
from local.entra.protocol.journal import Journal
from local.entra.protocol.link_log import LinkLog
from local.entra.state import TenantState

# Each tenant's own: its time and ids, and what would call back into the tenant it was copied from.
OWN = ("clock", "ids", "requests", "replication")
PARTS = {
    Collection: ("objects", "created", "indexes"),
    Journal: ("recording", "changes"),
    LinkLog: ("added", "removed"),
}


class TenantCopy:
    """The data of a tenant, without its callables.

    Args:
        tenant: As it is now.
    """

    def __init__(self, tenant: TenantState) -> None:
        content = {
            name: {part: getattr(value, part) for part in PARTS[type(value)]} if type(value) in PARTS else value
            for name, value in vars(tenant).items()
            if name not in OWN
        }
        self.content = pickle.dumps(content)  # copying it by `pickle` takes a third of the time of `deepcopy`

    def give_to(self, tenant: TenantState) -> None:
        """Make another tenant like it; one with the same seed would give new objects the ids of old ones."""
        content: dict[str, Any] = pickle.loads(self.content)
        for name, value in content.items():
            part = getattr(tenant, name)
            if type(part) in PARTS:
                vars(part).update(value)
            else:
                setattr(tenant, name, value)
