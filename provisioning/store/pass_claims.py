"""Table `passclaims`: which manager may have a pass made for which person. Only people adds claims; front reads."""

from datetime import date, datetime, timedelta
from typing import Any

from provisioning.model.passes import Claim
from provisioning.store.passes import TenantRows
from provisioning.store.rows import RowFormat
from provisioning.store.tables import add_row, key_range, read_row, upsert

CLAIM, CLAIM_END = "claim.", "claim/"
OFFERED, OFFERED_END = "offered.", "offered/"
TOLD = "told"
CLAIMS = RowFormat(Claim)


class PassClaims(TenantRows):
    """The claims of one tenant."""

    table_name = "passclaims"

    async def read(self, key: str) -> Claim | None:
        """Return a claim by its key."""
        row = await read_row(self.table, self.tenant_id, f"{CLAIM}{key}")
        return CLAIMS.load(row, key=key) if row is not None else None

    async def add(self, claim: Claim) -> None:
        """Keep a new claim."""
        await add_row(self.table, {**CLAIMS.dump(claim), **self.at(f"{CLAIM}{claim.key}")})

    async def was_offered(self, object_id: str, *, occurrence: str) -> bool:
        """Tell whether a pass was offered to a manager already."""
        return await read_row(self.table, self.tenant_id, offer_key(object_id, occurrence)) is not None

    async def note_offered(self, object_id: str, *, occurrence: str) -> None:
        """Note that a pass was offered, or that there is nobody to offer it to."""
        await upsert(self.table, self.at(offer_key(object_id, occurrence)))

    async def told_until(self) -> datetime | None:
        """Return until when other systems were told what the audit says; None where they never were."""
        row = await read_row(self.table, self.tenant_id, TOLD)
        return datetime.fromisoformat(row["until"]) if row is not None else None

    async def note_told(self, *, until: datetime) -> None:
        """Note until when other systems were told what the audit says."""
        await upsert(self.table, {"until": until.isoformat(), **self.at(TOLD)})

    async def delete_of(self, object_id: str, *, letters_only: bool = False) -> None:
        """Delete the claims for a person, so that their codes are good for nothing."""
        rows = key_range(self.table, self.tenant_id, low=CLAIM, high=CLAIM_END)
        theirs = [row async for row in rows if str(row["object_id"]).lower() == object_id.lower()]
        await self.delete([row["RowKey"] for row in theirs if row.get("by_letter") or not letters_only])

    async def delete_expired(self, *, now: datetime) -> None:
        """Delete the claims that nobody can use any more, with a day's grace for the words about it."""
        rows = key_range(self.table, self.tenant_id, low=CLAIM, high=CLAIM_END)
        await self.delete([row["RowKey"] async for row in rows if is_past(row, now=now)])

    async def delete_offers(self, *, before: date) -> int:
        """Delete the notes about first days before a day, whose pass nobody is offered any more.

        Returns:
            How many there were.
        """
        rows = key_range(self.table, self.tenant_id, low=OFFERED, high=OFFERED_END, select=["RowKey"])
        return await self.delete([row["RowKey"] async for row in rows if is_offer_before(row["RowKey"], before)])

    async def forget(self, object_id: str) -> None:
        """Delete the claims for a person, and the notes about them."""
        await self.delete_of(object_id)
        low = offer_key(object_id, "")
        notes = key_range(self.table, self.tenant_id, low=low, high=f"{low[:-1]}/", select=["RowKey"])
        await self.delete([row["RowKey"] async for row in notes])


def offer_key(object_id: str, occurrence: str) -> str:
    """Return the key of the note that a pass was offered."""
    return f"{OFFERED}{object_id.lower()}.{occurrence}"


def is_offer_before(key: str, day: date) -> bool:
    """Tell whether a note is about an earlier first day, which its key ends with; one without a day is left."""
    try:
        return date.fromisoformat(key[-len("2026-01-31") :]) < day
    except ValueError:
        return False


def is_past(row: dict[str, Any], *, now: datetime) -> bool:
    """Tell whether a claim has been over for a day."""
    return datetime.fromisoformat(row["expires_at"]) < now - timedelta(days=1)
