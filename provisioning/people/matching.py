"""Find a hire record's account: by employee id, exactly; if no account has it, by the work address, exactly too.

An id can move from one account to another. Who has it now counts; the account that was matched before is believed only
where no account has the id any more, and no other record claims that account.
"""

from collections.abc import Collection

from provisioning.graph.accounts import (
    Account,
    find_by_address,
    find_by_attribute,
    find_by_employee_ids,
    find_by_object_ids,
)
from provisioning.hr_settings import EMPLOYEE_ID, id_attribute
from provisioning.log import EventLog
from provisioning.model.hires import BY_VENDOR, LONGEST_EMPLOYEE_ID, is_number
from provisioning.model.ledger import HireRecord
from provisioning.people.context import PeopleContext

log = EventLog(__name__)


async def accounts_for(rows: Collection[HireRecord], *, context: PeopleContext) -> dict[str, list[Account]]:
    """Return the accounts that fit each hire record, by its reference in one case (`casefold`).

    Raises:
        GraphError: Graph refused.
        TransientError: Graph is unwell.
    """
    numbers = [row.employee_id for row in rows if is_number(row.employee_id)]
    found = await find_by_employee_ids(
        context.graph, [number for number in numbers if len(number) <= LONGEST_EMPLOYEE_ID]
    )
    found |= await by_vendor_id(rows, context=context)
    for row in rows:
        key = row.employee_id.casefold()
        if not found.get(key):
            found[key] = await by_address(row, context=context) or await matched_before(row, context=context)
    return found


async def matched_before(row: HireRecord, *, context: PeopleContext) -> list[Account]:
    """Return the account that a hire record was matched with, unless HR speaks of it by another id."""
    if row.object_id is None:
        return []
    accounts = [account async for account in find_by_object_ids(context.graph, [row.object_id])]
    if not accounts or may_have_id_of(accounts[0], row):
        return accounts
    other = await context.ledger.hire_record(accounts[0].employee_id or "")
    return accounts if other is None or other.kind.ends else []


def may_have_id_of(account: Account, row: HireRecord) -> bool:
    """Return whether an account has no employee id that speaks against it being the hire record's."""
    if not is_number(row.employee_id) or account.employee_id is None:
        return True
    return account.employee_id.casefold() == row.employee_id.casefold()


async def by_vendor_id(rows: Collection[HireRecord], *, context: PeopleContext) -> dict[str, list[Account]]:
    """Return the accounts that have an HR system's own id in the property that HR_ID_ATTRIBUTE_<SOURCE> names."""
    own = [row for row in rows if row.employee_id.startswith(BY_VENDOR)]
    found: dict[str, list[Account]] = {}
    for source in {row.source for row in own}:
        attribute = id_attribute(source)
        if attribute is None:
            continue
        ids = {row.employee_id.partition(":")[2]: row.employee_id for row in own if row.source == source}
        if attribute == EMPLOYEE_ID:
            accounts = await find_by_employee_ids(
                context.graph, [key for key in ids if len(key) <= LONGEST_EMPLOYEE_ID]
            )
        else:
            accounts = await find_by_attribute(context.graph, attribute, ids)
        found |= {reference.casefold(): accounts.get(key.casefold(), []) for key, reference in ids.items()}
    return found


async def by_address(row: HireRecord, *, context: PeopleContext) -> list[Account]:
    """Return the accounts with the announced work address, if it is one of this tenant's own domains.

    An account that carries another employee id is another person's: addresses are given to a namesake now and then.
    """
    if row.sealed is None or context.opener is None:
        return []
    address = context.opener.open(row.sealed)
    if address is None:
        log.warning("address_key_gone", hr_event=row.event_id)
        return []
    domain = address.rpartition("@")[2].casefold()
    if domain not in await context.directory.domains.get():
        log.info("address_of_another_domain", hr_event=row.event_id)
        return []
    accounts = await find_by_address(context.graph, address)
    own_id = row.employee_id.casefold() if is_number(row.employee_id) else None
    return [
        account
        for account in accounts
        if own_id is None or account.employee_id is None or account.employee_id.casefold() == own_id
    ]
