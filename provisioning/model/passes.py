"""Temporary Access Passes as data: claims, requests, what became of them, and why there was none. No pass is in here.

A claim's code is the secret of its link. Front shows that it saw the code by its digest, the *proof*, and the table is
keyed by the digest of that: who reads the table can neither open the link nor ask for a pass.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from provisioning.model.ledger import NOT_KEPT

ISSUER = "Passes.Issue"  # the app role of a helpdesk that may use anybody's claim
CODE_BYTES = 16  # 128 bits; NIST SP 800-63A asks for 64 in a link (enrollment codes)
CLAIM_VALID = timedelta(hours=24)  # what NIST SP 800-63A allows a code that went by e-mail
SHOWN_FOR = timedelta(minutes=5)  # a box that nobody took is deleted after this time
WAITS_FOR = timedelta(minutes=5)  # a request is dropped after this time: its page is no longer looked at
LONGEST_KEY = 1024  # characters of a public key; one of 4096 bits has about 740


class IdentityProof(StrEnum):
    """What the issuer saw before they asked for the pass."""

    DOCUMENT = "document"  # a passport or an identity card
    KNOWN = "known"  # the issuer knows the person
    VIDEO = "video"  # a document, in a video call


class PassRefusal(StrEnum):
    """Why there is no pass."""

    CLAIM_UNKNOWN = "claim_unknown"
    CLAIM_EXPIRED = "claim_expired"
    CLAIM_USED = "claim_used"
    WRONG_ISSUER = "wrong_issuer"  # neither the manager that the claim names nor a helpdesk
    NOT_MANAGER = "not_manager"  # the directory names another manager, or none
    NOBODY_WAITS = "nobody_waits"  # the request is too old
    UNUSABLE_KEY = "unusable_key"
    ACCOUNT_GONE = "account_gone"
    ACCOUNT_DISABLED = "account_disabled"
    EXTERNAL = "external"
    ADMINISTRATOR = "administrator"
    NOT_INVITED = "not_invited"
    HAS_METHOD = "has_method"
    OUT_OF_POLICY = "out_of_policy"
    LIVE_PASS = "live_pass"  # noqa: S105 - no password
    HOUR_LIMIT = "hour_limit"
    DAY_LIMIT = "day_limit"
    OUTCOME_UNKNOWN = "outcome_unknown"  # the answer of Entra was lost
    ROLE_INACTIVE = "role_inactive"  # it worked before
    NOT_GRANTED = "not_granted"  # it never worked
    REFUSED = "refused"  # by Entra, for a reason of its own


class PassNote(StrEnum):
    """What the policy of the tenant made of the settings."""

    SHORTER = "shorter"
    LONGER = "longer"
    ONCE_BY_POLICY = "once_by_policy"


class RequestState(StrEnum):
    """What became of one request."""

    MADE = "made"
    SHOWN = "shown"
    LAPSED = "lapsed"  # nobody took it in time
    REFUSED = "refused"


class PassState(StrEnum):
    """Where a person's last pass of ours stands."""

    INTENDED = "intended"  # written before Entra is asked
    MADE = "made"
    UNKNOWN = "unknown"
    FAILED = "failed"  # Entra refused, so there is none
    TAKEN_BACK = "taken_back"


class AuditStep(StrEnum):
    """What is kept of every step."""

    INTENDED = "intended"
    MADE = "made"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    SHOWN = "shown"
    LAPSED = "lapsed"
    TAKEN_BACK = "taken_back"


class TakeBackReason(StrEnum):
    """Why a pass is deleted."""

    REGISTERED = "registered"  # a pass ranks before every other method and would be asked for again and again
    LEFT = "left"
    NOT_INVITED = "not_invited"  # no longer: the first day moved away, or a person must decide
    EXPIRED = "expired"


@dataclass(frozen=True)
class Claim:
    """The right to have a pass made for one person, once. A row of table `passclaims`.

    Attributes:
        key: The digest of the proof.
        object_id: The person who may have one.
        manager_id: Who may use it; None where only a helpdesk may.
        employee_id: What the page shows, beside the object id.
        first_day: Of work, as HR has it.
        by_letter: Whether its code went by post; then only a helpdesk may use it.
    """

    key: str = field(metadata=NOT_KEPT)
    object_id: str
    manager_id: str | None
    created_at: datetime
    expires_at: datetime
    employee_id: str | None = None
    first_day: date | None = None
    by_letter: bool = False


@dataclass(frozen=True)
class PassRequest:
    """What front asks for in the name of an issuer.

    Attributes:
        request_id: By which the page asks what became of it.
        proof: The digest of the claim's code.
        issuer_id: Who is signed in.
        as_helpdesk: Whether they act by their app role, not as the manager.
        public_key: Of the browser: SubjectPublicKeyInfo, as base64url.
        identity_proof: What they saw.
        replace: Whether they asked to replace a pass that is there.
        asked_at: When.
    """

    request_id: str
    proof: str
    issuer_id: str
    as_helpdesk: bool
    public_key: str
    identity_proof: IdentityProof
    replace: bool
    asked_at: datetime


@dataclass(frozen=True)
class PassTakeBack:
    """A pass of ours is to be deleted.

    Attributes:
        object_id: Whose.
        reason: Why.
        ends_at: For a pass that expires: when. It is not touched before.
    """

    object_id: str
    reason: TakeBackReason
    ends_at: datetime | None = None


@dataclass(frozen=True)
class RequestOutcome:
    """What became of a request: row `request.ID` of table `passes`.

    Attributes:
        claim_key: Of the claim that it used, so that nobody else asks for it.
        box: The pass, sealed to the browser's key; None once it was shown or lapsed.
        starts_at: When the pass begins to work; None for at once.
        ends_at: When it ends.
        once: Whether it opens one sign-in only.
    """

    request_id: str = field(metadata=NOT_KEPT)
    claim_key: str
    state: RequestState
    at: datetime
    refusal: PassRefusal | None = None
    box: str | None = field(default=None, repr=False)
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    once: bool = False
    notes: tuple[PassNote, ...] = ()
    etag: str | None = field(default=None, compare=False, metadata=NOT_KEPT)


@dataclass(frozen=True)
class PersonPass:
    """The last pass that was made for a person: row `person.ID` of table `passes`.

    Attributes:
        pass_id: Of the method in Entra, if its answer came.
        intended_at: When Entra was about to be asked.
    """

    object_id: str = field(metadata=NOT_KEPT)
    state: PassState
    request_id: str
    claim_key: str
    issuer_id: str
    intended_at: datetime
    pass_id: str | None = None
    ends_at: datetime | None = None
    etag: str | None = field(default=None, compare=False, metadata=NOT_KEPT)


@dataclass(frozen=True)
class AuditEntry:
    """One step, by ids: row `audit.TIME.ID` of table `passes`."""

    step: AuditStep
    at: datetime
    object_id: str | None = None
    request_id: str | None = None
    issuer_id: str | None = None
    reason: str | None = None
    identity_proof: IdentityProof | None = None


def proof_of(code: str) -> str:
    """Return the digest by which front proves that it saw a claim's code."""
    return hashlib.sha256(f"pass claim {code}".encode()).hexdigest()


def claim_key_of(proof: str) -> str:
    """Return the key of a claim's row."""
    return hashlib.sha256(proof.encode()).hexdigest()
