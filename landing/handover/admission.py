"""Who may use a claim, by the sign-in and the claim alone. The passes role decides again, from its own reads."""

import re
from dataclasses import dataclass

from landing.principal import Principal
from provisioning.http import Request
from provisioning.model.letter_codes import read_letter_code
from provisioning.model.passes import ISSUER, Claim, PassRefusal, claim_key_of, proof_of
from provisioning.pass_settings import PassHelpdeskSettings
from provisioning.services import Services

CODE = re.compile(r"[A-Za-z0-9_-]{22}")


@dataclass(frozen=True)
class Admission:
    """A claim in the hands of who opened its link.

    Attributes:
        claim: The row.
        proof: That front saw the code.
        issuer_id: Who is signed in.
        as_helpdesk: Whether they act by their app role.
        used_up: Whether a request used the claim already.
        expired: Whether its time is over.
    """

    claim: Claim
    proof: str
    issuer_id: str
    as_helpdesk: bool
    used_up: bool
    expired: bool

    @property
    def refusal(self) -> PassRefusal | None:
        """Why no pass can be asked for with it any more."""
        if self.used_up:
            return PassRefusal.CLAIM_USED
        return PassRefusal.CLAIM_EXPIRED if self.expired else None


async def admit_issuer(request: Request, principal: Principal, *, services: Services) -> Admission | PassRefusal:
    """Return the claim of the address for who is signed in, or why they may not use it. It has no effect.

    Raises:
        ConfigurationError: A setting is missing or wrong.
        TransientError: Storage is unwell.
    """
    settings = services.settings(PassHelpdeskSettings)
    written = request.route.get("claim", "")
    by_letter = not CODE.fullmatch(written)
    code = read_letter_code(written) if by_letter else written
    if not settings.passes or code is None:
        return PassRefusal.CLAIM_UNKNOWN
    proof = proof_of(code)
    key = claim_key_of(proof)
    claim = await services.pass_claims.read(key)
    if claim is None or claim.by_letter is not by_letter:
        return PassRefusal.CLAIM_UNKNOWN
    own_id = principal.object_id.lower()
    is_manager = claim.manager_id is not None and claim.manager_id.lower() == own_id
    is_helpdesk = settings.helpdesk and ISSUER in principal.roles
    if principal.external or own_id == claim.object_id.lower() or not (is_manager or is_helpdesk):
        return PassRefusal.WRONG_ISSUER
    return Admission(
        claim,
        proof,
        principal.object_id,
        as_helpdesk=not is_manager,
        used_up=await services.passes.user_of(key) is not None,
        expired=services.now() >= claim.expires_at,
    )
