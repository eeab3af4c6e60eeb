"""What a holder of the app role Enrollment.Act may ask for on the board, and how what was shown is named.

Front asks, the people role decides again from what is there: a request names the registration, or the stop of the
sweep, that was on the page, and counts for no other.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, ConfigDict, Field

from provisioning.model.ledger import Person

ACTOR = "Enrollment.Act"  # the app role
MOST_RELEASED = 1000  # people; more is for the command line, run by an admin who may read the ledger
ACTIONS_PER_HOUR = 30  # of everybody together; what a front that was taken over could do at most


@dataclass(frozen=True)
class Acknowledgment:
    """That an unexpected registration is the person's own.

    Attributes:
        object_id: Whose.
        registration: The digest of what was shown of it.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    object_id: UUID
    registration: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


@dataclass(frozen=True)
class BrakeRelease:
    """That the next sweep may change as many people as the last one wanted to, once.

    Attributes:
        people: How many, as it was shown.
        since: Since when no sweep did its work, as it was shown.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    people: Annotated[int, Field(ge=1, le=MOST_RELEASED)]
    since: AwareDatetime


def registration_digest(person: Person) -> str:
    """Return what stands for an unexpected registration: another one of the same person has another digest.

    Graph dates most methods; a phone number that was exchanged for another one it does not, so that is not told apart.
    """
    moments = [moment and moment.isoformat() for moment in (person.registered_at, person.methods_since)]
    shown = [person.object_id.lower(), person.unexpected, sorted(person.methods), sorted(person.unknown_methods)]
    return hashlib.sha256(json.dumps([*shown, *moments]).encode()).hexdigest()[:32]
