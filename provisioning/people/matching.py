"""Whose announcement is it? By employee id, exactly; only if nobody has it, by the work address, exactly too."""

import logging
from collections.abc import Collection

from provisioning.address_encryption import BY_ADDRESS
from provisioning.graph.accounts import Account, find_by_address, find_by_employee_ids
from provisioning.model.ledger import HireRecord
from provisioning.people.context import PeopleContext

log = logging.getLogger(__name__)


async def accounts_for(rows: Collection[HireRecord], *, context: PeopleContext) -> dict[str, list[Account]]:
    """The accounts that fit each announcement, by employee id in one case (`casefold`).

    Raises:
        GraphError: Graph refused.
        Retry: Graph is unwell.
    """
    known_ids = [row.employee_id for row in rows if not row.employee_id.startswith(BY_ADDRESS)]
    found = await find_by_employee_ids(context.graph, known_ids)
    for row in rows:
        key = row.employee_id.casefold()
        if not found.get(key):
            found[key] = await by_address(row, context=context)
    return found


async def by_address(row: HireRecord, *, context: PeopleContext) -> list[Account]:
    """The accounts with the announced work address, if it is one of this tenant's own domains.

    An account that carries another employee id is somebody else's: addresses are given to a namesake now and then.
    """
    if row.sealed is None or context.cipher is None:
        return []
    address = context.cipher.open(row.sealed)
    if address is None:
        log.warning("address sealed with a key that is gone: event=%s", row.event_id)
        return []
    domain = address.rpartition("@")[2].casefold()
    if domain not in await context.directory.domains.get():
        log.info("address of another domain: event=%s", row.event_id)
        return []
    accounts = await find_by_address(context.graph, address)
    own_id = None if row.employee_id.startswith(BY_ADDRESS) else row.employee_id.casefold()
    return [
        account
        for account in accounts
        if own_id is None or account.employee_id is None or account.employee_id.casefold() == own_id
    ]
