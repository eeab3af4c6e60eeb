"""Claims of passes: made by the people role for the manager of an invited person, or by an admin for a helpdesk.

A claim says who may ask for a pass, and decides nothing: the passes role looks at the person itself.
"""

from datetime import datetime, timedelta

from provisioning.address_encryption import to_base64url
from provisioning.clock import RandomBytes
from provisioning.model.ledger import Person
from provisioning.model.letter_codes import LETTER_VALID, new_letter_code
from provisioning.model.passes import CLAIM_VALID, CODE_BYTES, Claim, claim_key_of, proof_of
from provisioning.store.pass_claims import PassClaims


async def make_claim(
    person: Person, *, manager_id: str | None, claims: PassClaims, now: datetime, random_bytes: RandomBytes
) -> tuple[str, Claim]:
    """Keep a new claim; returns its code, which is kept nowhere, and the claim.

    Args:
        person: The person a pass may be made for.
        manager_id: Who may have it made; None for a helpdesk alone.
        claims: Where claims are kept.
        now: The time.
        random_bytes: Source of secrets.

    Raises:
        TransientError: Storage is unwell.
    """
    code = to_base64url(random_bytes(CODE_BYTES))
    claim = new_claim(code, person, now=now, valid=CLAIM_VALID, manager_id=manager_id)
    await claims.add(claim)
    return code, claim


async def make_letter_claim(
    person: Person, *, claims: PassClaims, now: datetime, random_bytes: RandomBytes
) -> tuple[str, Claim]:
    """Keep a new claim whose code goes by post; the code of an earlier letter to the person is void from then on.

    Args:
        person: The person a pass may be made for.
        claims: Where claims are kept.
        now: The time.
        random_bytes: Source of secrets.

    Raises:
        TransientError: Storage is unwell.
    """
    code = new_letter_code(random_bytes)
    claim = new_claim(code, person, now=now, valid=LETTER_VALID, by_letter=True)
    await claims.delete_of(person.object_id, letters_only=True)
    await claims.add(claim)
    return code, claim


def new_claim(
    code: str,
    person: Person,
    *,
    now: datetime,
    valid: timedelta,
    manager_id: str | None = None,
    by_letter: bool = False,
) -> Claim:
    """Return a claim that a code finds."""
    return Claim(
        key=claim_key_of(proof_of(code)),
        object_id=person.object_id,
        manager_id=manager_id,
        created_at=now,
        expires_at=now + valid,
        employee_id=person.employee_id,
        first_day=person.start_date,
        by_letter=by_letter,
    )
