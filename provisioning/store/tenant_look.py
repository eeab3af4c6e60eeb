"""The last look at the tenant's policies, as a row of table `state`: for health, and for others who may read it.

Written by the tenant role alone, after every operation and by a timer; what it says was so at `at`, and no later.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from azure.data.tables.aio import TableClient

from provisioning.store.rows import DocumentFormat
from provisioning.store.tables import read_row, upsert

LOOK = "tenant-look"
METHODS_KNOWN_FOR = timedelta(days=3)  # the tenant role looks once a day
UNGUARDED = "registration_unguarded"  # the finding's code


@dataclass(frozen=True)
class Alarm:
    """A fault that puts people in danger or locks them out.

    Args:
        code: Of the finding.
        text: What is so, as a sentence.
        remedy: What a person can do, as a sentence.
    """

    code: str
    text: str
    remedy: str


@dataclass(frozen=True)
class SeenCampaign:
    """The tenant's registration campaign, as a look saw it.

    Args:
        state: enabled, disabled, default, or none where the policy shows none.
        methods: What it asks for, sorted.
    """

    state: str
    methods: tuple[str, ...] = ()

    @property
    def description(self) -> str:
        """In words."""
        return f"{self.state}, asking for {' and '.join(self.methods)}" if self.methods else self.state


@dataclass(frozen=True)
class CampaignChange:
    """That the campaign is another than before.

    Args:
        before: How it was seen before.
        at: When it was first seen to be another.
        since: When it was last seen as before.
    """

    before: SeenCampaign
    at: datetime
    since: datetime | None = None


@dataclass(frozen=True)
class TenantLook:
    """What was seen.

    Args:
        at: When.
        enrollment: How the enrollment policy stood: missing, or its state in Graph; None if that was not seen.
        registration: How the registration policy stood.
        alarms: What was wrong.
        accepted: Whether people may register unguarded because an admin accepted it.
        failure: Why nothing was seen, as sentences.
        methods_off: Kinds of second factor that the authentication methods policy allows nobody.
        campaign: The tenant's registration campaign as it was last seen, which was at `campaign_at`.
        campaign_change: That it is another than before, as long as that is news.
    """

    at: datetime
    enrollment: str | None = None
    registration: str | None = None
    alarms: tuple[Alarm, ...] = ()
    accepted: bool = False
    failure: str | None = None
    methods_off: tuple[str, ...] = ()
    campaign: SeenCampaign | None = None
    campaign_at: datetime | None = None
    campaign_change: CampaignChange | None = None

    @property
    def codes(self) -> tuple[str, ...]:
        """Return the codes of what was wrong."""
        return tuple(alarm.code for alarm in self.alarms)

    @property
    def guarded(self) -> "Guarded":
        """Return whether registration was guarded; a look that saw nothing does not know."""
        if self.failure is not None:
            return Guarded.UNKNOWN
        if UNGUARDED in self.codes:
            return Guarded.NO
        return Guarded.ACCEPTED if self.accepted else Guarded.YES


class Guarded(StrEnum):
    """Whether people who are asked must prove more than a password before they register, as a look saw it."""

    YES = "yes"
    NO = "no"
    ACCEPTED = "accepted"
    UNKNOWN = "unknown"


LOOKS = DocumentFormat(TenantLook)


class TenantLooks:
    """The row of one tenant.

    Args:
        table: Table `state`.
        tenant_id: The partition.
    """

    def __init__(self, table: TableClient, *, tenant_id: str) -> None:
        self.table = table
        self.tenant_id = tenant_id

    async def last(self) -> TenantLook | None:
        """Return the last look, or None before the first."""
        row = await read_row(self.table, self.tenant_id, LOOK)
        return LOOKS.load(row) if row is not None else None

    async def methods_off(self, *, now: datetime) -> frozenset[str]:
        """Return which kinds of second factor nobody may use, as far as that was seen lately."""
        look = await self.last()
        known = look is not None and look.failure is None and now - look.at <= METHODS_KNOWN_FOR
        return frozenset(look.methods_off) if look is not None and known else frozenset()

    async def save(self, look: TenantLook) -> None:
        """Keep what was seen, in place of the look before."""
        await upsert(self.table, {**LOOKS.dump(look), "PartitionKey": self.tenant_id, "RowKey": LOOK})
