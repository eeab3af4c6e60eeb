"""Makes the board anew from the ledger: a timer's work, since reading 100,000 rows is nothing for a page to do."""

from provisioning.board_settings import BoardHistorySettings
from provisioning.log import EventLog
from provisioning.model.board import BoardEntry, entry_of_person, entry_of_record, summarize
from provisioning.model.deadline import DeadlineRules
from provisioning.model.ledger import EnrollmentState, HireRecord, is_about
from provisioning.organization_settings import DeadlineSettings
from provisioning.services import Services
from provisioning.store.board_rows import BoardRows
from provisioning.store.forecasts import KeptForecasts
from provisioning.store.ledger import Ledger

log = EventLog(__name__)


async def refresh(services: Services) -> None:
    """Read the ledger, and write what the board shows.

    Raises:
        ConfigurationError: A setting is wrong.
        TransientError: The storage account cannot be reached; the board then stays as it was, and says how old it is.
    """
    settings = services.settings(BoardHistorySettings)
    if not settings.board:
        return
    rules = services.settings(DeadlineSettings).deadline_rules
    entries = await read_entries(services.ledger, rules)
    rows = BoardRows(services.storage, tenant_id=services.tenant_id)
    await bring_forecasts(services)
    changed = await rows.save(summarize(entries, at=services.now()), entries, keep_days=settings.keep_days)
    log.info("board", people=len(entries), changed_rows=changed)


async def bring_forecasts(services: Services) -> None:
    """Bring the numbers of the last forecasts to where front may read them."""
    tables = [services.storage.table(name) for name in ("state", "board")]
    made, shown = (KeptForecasts(table, tenant_id=services.tenant_id) for table in tables)
    known = await shown.all()
    for counts in await made.all():
        if counts not in known:
            await shown.save(counts)


async def read_entries(ledger: Ledger, rules: DeadlineRules) -> list[BoardEntry]:
    """Return everybody in the ledger, each once: an account, or an announcement that has none yet."""
    records: dict[str, HireRecord] = {}
    announced: list[BoardEntry] = []
    async for row in ledger.all_hire_records():
        records[row.employee_id.casefold()] = row
        if row.state is not EnrollmentState.MATCHED:
            announced.append(entry_of_record(row, rules=rules))
    accounts: dict[str, BoardEntry] = {}
    async for person in ledger.all_people():
        found = records.get((person.announced_as or person.employee_id or "").casefold())
        record = found if found is not None and is_about(found, person) else None
        accounts[person.object_id] = entry_of_person(person, record, rules=rules)
    return [*accounts.values(), *(entry for entry in announced if entry.object_id not in accounts)]
