"""What a sweep says of the tenant's policies: the last look of the tenant role, which alone may read them.

People are put into the group whatever it says; an admin who watches the sweeps sees that a guard was lost, or that
nobody has looked for long.
"""

from datetime import timedelta

from provisioning.log import EventLog
from provisioning.model.sweep import Counts
from provisioning.people.context import PeopleContext
from provisioning.settings import LOOK_STALE_HOURS
from provisioning.store.tenant_look import Guarded

log = EventLog(__name__)

NEVER, UNREADABLE, STALE, FRESH = "never", "unreadable", "stale", "fresh"


async def last_look(context: PeopleContext) -> Counts:
    """Return the last look at the tenant's policies, for the heartbeat: how old, guarded or not, what was wrong.

    Raises:
        TransientError: The storage account cannot be reached.
    """
    try:
        look = await context.tenant_objects.looks.last()
    except ValueError:  # the apps may be of two versions for a while, and a sweep does not fail for that
        log.warning("tenant_look_unreadable")
        return {"look": UNREADABLE, "guarded": Guarded.UNKNOWN}
    if look is None:
        return {"look": NEVER, "guarded": Guarded.UNKNOWN}
    age = context.now() - look.at
    state = STALE if age > timedelta(hours=LOOK_STALE_HOURS) else FRESH
    seen: Counts = {
        "look": state,
        "look_at": look.at.isoformat(),
        "look_hours": int(age.total_seconds() // 3600),
        "guarded": look.guarded,
        "look_codes": ",".join(look.codes),
    }
    if state == STALE or look.guarded in (Guarded.NO, Guarded.UNKNOWN) or look.codes:
        hours, codes = seen["look_hours"], seen["look_codes"]
        log.warning("tenant_look", look=state, hours=hours, guarded=look.guarded, codes=codes)
    return seen
