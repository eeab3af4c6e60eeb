"""`people forget`: erase what the product keeps of a person, as they may ask for (GDPR, article 17)."""

import argparse
from typing import TYPE_CHECKING

from provisioning.cli.arguments import FAULT, SAME, confirmed, print_error, print_text
from provisioning.cli.person import add_person_action, person_named
from provisioning.cli.session import with_storage

if TYPE_CHECKING:
    from provisioning.cli.arguments import Commands
    from provisioning.support.person_status import LedgerEntry

STILL_OPEN = (
    "The product is still working for this person, whose state is {state}. Ask HR to cancel the hire, or wait until "
    "the person is registered, done, or gone."
)
LEFT = (
    "Forgotten: {rows}. The board leaves the person out the next time it is made. The group and the account are "
    "unchanged; Application Insights keeps the IDs in its logs until its retention period ends."
)


def add_forget(actions: "Commands") -> None:
    """Add `people forget`."""
    purpose = "erase what the ledger keeps about a person; asks first"
    codes = (
        "0 done; 1 nobody is known under this ID, the product is still working for them, or the erasure was not "
        "confirmed"
    )
    parser = add_person_action(actions, "forget", purpose, exit_codes=codes, run=forget_person)
    parser.add_argument("--yes", action="store_true", help="erase without asking")


async def forget_person(given: argparse.Namespace) -> int:
    """Delete a person's row and what HR said of them.

    Raises:
        ProductError: Storage is away or refuses it.
    """
    from provisioning.model.board import OPEN
    from provisioning.store.outbox import Outbox
    from provisioning.support.person_status import find_entry

    name = person_named(given)
    async with with_storage(given) as services:
        entry = await find_entry(services.ledger, name)
        rows = [row for row in (entry.person, entry.hire_record) if row is not None]
        if not rows:
            print_error(f"The ledger holds nobody, or several accounts, under the ID {name}; give an object ID.")
            return FAULT
        unfinished = next((row for row in rows if row.state in OPEN), None)
        if unfinished is not None:
            print_error(STILL_OPEN.format(state=unfinished.state))
            return FAULT
        if not given.yes and not confirmed(f"Permanently erase {described(entry)}?"):
            print_error("Nothing was erased.")
            return FAULT
        outbox = Outbox(services.storage, tenant_id=services.tenant_id)
        for row in rows:
            await services.ledger.forget(row)
            if row.object_id is not None:
                await outbox.forget(row.object_id)
        if entry.person is not None:
            await services.passes.forget(entry.person.object_id)
            await services.pass_claims.forget(entry.person.object_id)
    print_text(LEFT.format(rows=described(entry)))
    return SAME


def described(entry: "LedgerEntry") -> str:
    """Return which rows are meant."""
    parts = []
    if entry.person is not None:
        parts.append(f"the row of account {entry.person.object_id}")
    if entry.hire_record is not None:
        parts.append(f"what HR said of employee ID {entry.hire_record.employee_id}")
    return " and ".join(parts)
