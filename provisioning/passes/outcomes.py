"""What became of a request, written down: the issuer's page reads it, the audit keeps it, a log line tells it."""

from dataclasses import dataclass, replace

from provisioning.graph.errors import GraphError, PermissionDenied
from provisioning.graph.temporary_access_pass import NewPass
from provisioning.log import EventLog
from provisioning.model.pass_refusals import pass_remedy
from provisioning.model.passes import (
    AuditEntry,
    AuditStep,
    Claim,
    PassRefusal,
    PassRequest,
    PassState,
    PersonPass,
    RequestOutcome,
    RequestState,
)
from provisioning.passes.context import PassesContext
from provisioning.passes.sealing import read_public_key, seal
from provisioning.passes.validity import Validity

log = EventLog(__name__)

# What nobody can mend but an admin; the rest is the everyday business of a page.
FOR_ADMINS = frozenset({PassRefusal.NOT_GRANTED, PassRefusal.ROLE_INACTIVE, PassRefusal.REFUSED})
POLICY_TEXT = "UserCredentialPolicy"  # in what Graph says where the tenant's policy is in the way (public issues)


@dataclass(frozen=True)
class OpenRequest:
    """A request with the claim that it uses.

    Attributes:
        request: As front sent it.
        claim: As the people role made it.
        context: What the role works with.
    """

    request: PassRequest
    claim: Claim
    context: PassesContext

    async def audit(self, step: AuditStep, *, reason: str | None = None) -> None:
        """Keep a step of it."""
        entry = AuditEntry(
            step,
            self.context.now(),
            object_id=self.claim.object_id,
            request_id=self.request.request_id,
            issuer_id=self.request.issuer_id,
            reason=reason,
            identity_proof=self.request.identity_proof,
        )
        await self.context.passes.audit(entry, new_id=self.context.new_id())


async def refuse_unclaimed(request: PassRequest, key: str, refusal: PassRefusal, *, context: PassesContext) -> None:
    """Refuse a request whose claim cannot be used, before anything is read about a person."""
    outcome = RequestOutcome(request.request_id, key, RequestState.REFUSED, context.now(), refusal=refusal)
    await context.passes.save_outcome(outcome)
    entry = AuditEntry(AuditStep.REFUSED, context.now(), None, request.request_id, request.issuer_id, str(refusal))
    await context.passes.audit(entry, new_id=context.new_id())
    log.warning("pass_refused", request=request.request_id, issuer=request.issuer_id, reason=refusal)


async def refuse_pass(asked: OpenRequest, refusal: PassRefusal) -> None:
    """Refuse a request; the claim stays usable."""
    request, claim, context = asked.request, asked.claim, asked.context
    outcome = RequestOutcome(request.request_id, claim.key, RequestState.REFUSED, context.now(), refusal=refusal)
    await context.passes.save_outcome(outcome)
    await asked.audit(AuditStep.REFUSED, reason=str(refusal))
    tell = log.error if refusal in FOR_ADMINS else log.warning
    tell(
        "pass_refused",
        object=claim.object_id,
        request=request.request_id,
        issuer=request.issuer_id,
        reason=refusal,
        remedy=pass_remedy(refusal),
    )


async def refusal_of(error: GraphError, *, context: PassesContext) -> PassRefusal:
    """Return what a refusal of Graph means."""
    if isinstance(error, PermissionDenied):
        ever = await context.passes.ever_made()
        return PassRefusal.ROLE_INACTIVE if ever else PassRefusal.NOT_GRANTED
    if error.status == 404:
        return PassRefusal.ACCOUNT_GONE
    return PassRefusal.OUT_OF_POLICY if error.says(POLICY_TEXT) else PassRefusal.REFUSED


async def keep_unknown(last: PersonPass, asked: OpenRequest) -> PersonPass:
    """Write down that nobody knows whether Entra made a pass: its answer, or the run that waited for it, was lost."""
    context = asked.context
    outcome = RequestOutcome(
        last.request_id, last.claim_key, RequestState.REFUSED, context.now(), refusal=PassRefusal.OUTCOME_UNKNOWN
    )
    await context.passes.save_outcome(outcome)
    saved = await context.passes.save_person(replace(last, state=PassState.UNKNOWN))
    await asked.audit(AuditStep.UNKNOWN)
    log.error(
        "pass_unknown",
        object=last.object_id,
        request=last.request_id,
        remedy=pass_remedy(PassRefusal.OUTCOME_UNKNOWN),
    )
    return saved


async def keep_made(made: NewPass, person: PersonPass, validity: Validity, asked: OpenRequest) -> None:
    """Write down that there is a pass, and hand it over sealed. Its code is used here and nowhere else."""
    request, context = asked.request, asked.context
    person = replace(person, state=PassState.MADE, pass_id=made.pass_id, ends_at=made.ends)
    await context.passes.save_person(person)
    await context.passes.note_made(at=context.now())
    key = read_public_key(request.public_key)
    outcome = RequestOutcome(
        request.request_id,
        asked.claim.key,
        RequestState.MADE,
        context.now(),
        box=seal(made.code, key, request_id=request.request_id),
        starts_at=validity.starts,
        ends_at=made.ends,
        once=made.once,
        notes=validity.notes,
    )
    await context.passes.save_outcome(outcome)
    await asked.audit(AuditStep.MADE)
    log.info("pass_made", object=person.object_id, request=request.request_id, issuer=request.issuer_id, ends=made.ends)
