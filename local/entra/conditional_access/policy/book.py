"""What the policy service keeps besides the policies: locations, earlier versions, deleted ones, sign-in methods."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from local.entra.protocol.collection import Entity


@dataclass(frozen=True)
class DeletedPolicy:
    """A policy in the policy service's own recycle bin, where it stays 30 days."""

    policy: Entity
    when: datetime


@dataclass
class PolicyBook:
    """The rest of the policy service's state.

    Args:
        history: every version of each policy with the time it was written; None after the policy was deleted.
        method_states: states of authentication method configurations that differ from the default, by configuration id.
        method_targets: `includeTargets` and `excludeTargets` that differ from the default, by configuration id.
        campaign: what was changed of the registration campaign.
    """

    named_locations: dict[str, Entity] = field(default_factory=dict)
    deleted: dict[str, DeletedPolicy] = field(default_factory=dict)
    history: dict[str, list[tuple[datetime, Entity | None]]] = field(default_factory=dict)
    method_states: dict[str, str] = field(default_factory=dict)
    method_targets: dict[str, dict[str, list[dict[str, Any]]]] = field(default_factory=dict)
    campaign: dict[str, Any] = field(default_factory=dict)
    methods_policy_changed: datetime | None = None

    def note(self, policy_id: str, policy: Entity | None, *, now: datetime) -> None:
        """Keep a version of a policy, or that it is gone."""
        self.history.setdefault(policy_id, []).append((now, None if policy is None else dict(policy)))

    def in_effect(self, policies: list[Entity], *, now: datetime, delay: float) -> list[Entity]:
        """The policies as sign-ins know them: every write counts only `delay` seconds later.

        Args:
            policies: the policies as they are stored.
        """
        if delay <= 0:
            return policies
        limit = now - timedelta(seconds=delay)
        settled = [policy for policy in policies if policy["id"] not in self.history]
        for versions in self.history.values():
            known = [policy for when, policy in versions if when <= limit]
            if known and known[-1] is not None:
                settled.append(known[-1])
        return settled
