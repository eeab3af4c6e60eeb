"""What this product made in the tenant."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class TenantObjects:
    """Ids of our objects, kept so that a name never has to decide what is ours.

    Attributes:
        key: Random, made before the first write; part of every uniqueName and of the policies' names.
        group_owner_id: The group's owner as we set it, so that a setting that was wrong can be put right.
        logo_digest: Of the picture that was uploaded last; Graph gives none back to compare.
        policy_sent_at, registration_policy_sent_at: When a policy was sent whose answer was not seen. Graph takes a
            second policy of one name without a word, so it must not be sent again before it would be listed.
        policies_in_force: Ids of the policies that were turned on last, to say so if one is deleted by hand.
        removed_policy_ids: Ids of policies that a removal under way deleted, to prove that they are gone.
        made_at: When an object was made, or sent, last: younger than the longest replication, a 404 means
            "not there yet".
    """

    key: str
    group_id: str | None = None
    group_owner_id: str | None = None
    application_id: str | None = None
    app_id: str | None = None
    service_principal_id: str | None = None
    assignment_id: str | None = None
    policy_id: str | None = None
    registration_policy_id: str | None = None
    logo_digest: str | None = None
    policy_sent_at: datetime | None = None
    registration_policy_sent_at: datetime | None = None
    policies_in_force: tuple[str, ...] = ()
    removed_policy_ids: tuple[str, ...] = ()
    made_at: datetime | None = None

    @property
    def mark(self) -> str:
        """Return how the name of every policy of ours ends."""
        return f"[{self.key}]"

    @property
    def policy_ids(self) -> tuple[str, ...]:
        """Return the ids of the policies that are there, as far as is known; the enrollment policy first."""
        return tuple(item for item in (self.policy_id, self.registration_policy_id) if item is not None)
