"""Once a day: deletes what need not be kept any longer, and counts the queue. Its line says that this app runs."""

from provisioning.log import EventLog
from provisioning.services import Services
from provisioning.settings import RetentionSettings
from provisioning.store.poison import note_queues

log = EventLog(__name__)

MOST = 2000  # rows a day; a pass leaves about eight


async def clean_up(services: Services) -> int:
    """Delete what is older than RETENTION_DAYS in table `passes`; returns how many rows that were.

    Raises:
        ConfigurationError: A setting is missing or wrong.
        TransientError: The storage account cannot be reached; the next day goes on.
    """
    await note_queues(services.storage, ("passes",))
    moment = services.now() - services.settings(RetentionSettings).retention
    deleted = await services.passes.delete_before(moment, most=MOST)
    log.info("passes_cleanup", deleted=deleted)
    return deleted
