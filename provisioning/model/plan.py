"""A plan: every change before it is made, with its reason, and what it means for people.

Its id is a digest of the changes alone, so that an apply can be held to what a person saw: the same tenant and the
same settings give the same id, and any move of either gives another.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

import orjson

from provisioning.model.public_json import public_json

Level = Literal["blocking", "warning", "note"]


class PlannedAction(StrEnum):
    """What will become of one object."""

    CREATE = "create"
    RESTORE = "restore"
    UPDATE = "update"
    DELETE = "delete"
    NEEDS_ADMIN = "needs_admin"
    NONE = "none"


@dataclass(frozen=True)
class Change:
    """One field of one object.

    Attributes:
        field: Its name in Graph, with dots into nested objects.
        before: What is there; None for nothing.
        after: What will be there; None for nothing.
        reason: Why, as a sentence.
    """

    field: str
    before: Any
    after: Any
    reason: str


@dataclass(frozen=True)
class Finding:
    """Something an admin should know before a write, or that stops it.

    Attributes:
        code: Stable, for programs.
        level: A blocking one stops the operation before its first write.
        text: What is so, as a sentence.
        remedy: What a person can do, as a sentence.
        object_ids: The objects it is about.
    """

    code: str
    level: Level
    text: str
    remedy: str
    object_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlannedStep:
    """What will become of one object.

    Attributes:
        name: The kind of object.
        action: What will be done.
        object_id: Its id, if it is there.
        changes: Field by field.
        detail: A sentence, where there is something to say.
    """

    name: str
    action: PlannedAction
    object_id: str | None = None
    changes: tuple[Change, ...] = ()
    detail: str | None = None

    @property
    def does_nothing(self) -> bool:
        """Whether the object is as it should be."""
        return self.action is PlannedAction.NONE


@dataclass(frozen=True)
class FinishCount:
    """How many people of the enrollment group can finish once the policies are in force.

    Attributes:
        can: By themselves, or they have finished.
        with_pass: With a Temporary Access Pass.
        cannot: They would be turned away.
        unknown: What would decide could not be read.
    """

    can: int
    with_pass: int
    cannot: int
    unknown: int


@dataclass(frozen=True)
class HeadCount:
    """What the policy means for people.

    Attributes:
        in_scope: Accounts the policy covers: the group's members through any nesting, or all accounts.
        newly_challenged: How many of them this plan will ask for MFA who are not asked today.
        excluded_break_glass: Each emergency account, and what excludes it.
        administrators: Ids of the accounts in scope that hold a directory role.
        finish: How many can finish; None but in the plan of an enable.
    """

    in_scope: int
    newly_challenged: int
    excluded_break_glass: Mapping[str, str]
    administrators: tuple[str, ...] = ()
    finish: FinishCount | None = None


@dataclass(frozen=True)
class Plan:
    """What an operation would do.

    Attributes:
        steps: In the order in which they are taken.
        findings: Of the preflight.
        head_count: None where nothing was read because a finding stopped the reading.
        needs_plan_id: Whether it is done only with this plan's id: a removal, or a change of a policy in force that
            asks more people or asks them for more.
    """

    steps: tuple[PlannedStep, ...] = ()
    findings: tuple[Finding, ...] = field(default_factory=tuple)
    head_count: HeadCount | None = None
    needs_plan_id: bool = False

    @property
    def plan_id(self) -> str:
        """A digest of what would be done. Findings and head-counts move by themselves and are not part of it."""
        return hashlib.sha256(orjson.dumps(self.steps, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """What stops it."""
        return tuple(finding for finding in self.findings if finding.level == "blocking")

    @property
    def changes_something(self) -> bool:
        """Whether any step writes, or leaves something to an admin."""
        return any(not step.does_nothing for step in self.steps)

    def as_json(self) -> dict[str, Any]:
        """For the caller."""
        return {"planId": self.plan_id, "changes": self.changes_something, **public_json(self)}


def differing(name: str, before: Any, after: Any, *, reason: str) -> tuple[Change, ...]:
    """Return a change, unless both values are the same."""
    return () if before == after else (Change(name, before, after, reason),)
