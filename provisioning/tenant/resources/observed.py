"""What is read of an object, and what would become of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from provisioning.model.plan import Finding, PlannedStep


@dataclass(frozen=True)
class Observed:
    """What is in the tenant.

    Attributes:
        item: The object as Graph gives it, or None.
        deleted: Our object in the recycle bin, where there is no other.
        owners: Ids of its owners, where they were asked for.
        findings: What is wrong with it that no write of ours may put right.
        ids: What it tells of ids that are kept, as names of `TenantObjects` and values.
    """

    item: dict[str, Any] | None = None
    deleted: dict[str, Any] | None = None
    owners: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    ids: Mapping[str, str] = field(default_factory=dict)

    @property
    def object_id(self) -> str | None:
        """Return its id, if it is there."""
        return str(self.item["id"]) if self.item else None


@dataclass(frozen=True)
class ResourcePlan:
    """What would become of one object.

    Attributes:
        step: For the plan.
        findings: What is wrong with the object.
        found: Ids that were found by a key and are not kept yet.
        supposed: Ids to go on with when what follows is planned: those found, or None for what would be new.
        asks_more: Whether a policy in force would ask more people, or ask them for more.
    """

    step: PlannedStep
    findings: tuple[Finding, ...] = ()
    found: Mapping[str, str] = field(default_factory=dict)
    supposed: Mapping[str, Any] = field(default_factory=dict)
    asks_more: bool = False
