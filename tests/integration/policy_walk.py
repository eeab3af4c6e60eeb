"""A walk through a tenant: what it knows, and what hands in Entra may do to policies, groups and accounts."""

import random
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

import pytest

from local import identities
from local.entra.conditional_access.policy_evaluation import evaluate
from local.entra.conditional_access.sign_in_facts import facts_of
from provisioning.model.tenant_objects import TenantObjects
from tests.integration.conftest import World
from tests.integration.findings import REGISTRATION

Policy = dict[str, Any]
REPORT_ONLY = "enabledForReportingButNotEnforced"
FIRST, SECOND = identities.BREAK_GLASS_USER_ID, "b1a5e0c2-0d3f-4a67-9c81-e4f7a2d6b302"
ANOTHER_APP = "11111111-0d3f-4a67-9c81-e4f7a2d6b302"
TARGETS: tuple[dict[str, str], ...] = ({"app_id": "ours"}, {"app_id": ANOTHER_APP}, {"user_action": REGISTRATION})
SIGN_INS = [
    {"platform": platform, "client_app": client, "trusted": trusted}
    for platform, client, trusted in product(
        (None, "linux", "iOS"), ("browser", "mobileAppsAndDesktopClients"), (False, True)
    )
]


@dataclass
class Walk:
    """One walk: its randomness, where it is, and how it came there."""

    world: World
    random: random.Random
    monkeypatch: pytest.MonkeyPatch
    settings: dict[str, str] = field(default_factory=dict)
    way: list[str] = field(default_factory=list)
    objects: TenantObjects = field(default_factory=lambda: TenantObjects(key="none"))
    lost: str | None = None

    def configure(self, **changes: str) -> None:
        self.settings |= changes
        for name, value in changes.items():
            self.monkeypatch.setenv(name, value)

    @property
    def ours(self) -> list[Policy]:
        """Our policies: those whose ids the product kept, and those that carry its mark."""
        policies = self.world.tenant.policies.objects.values()
        kept = self.objects.policy_ids
        return [item for item in policies if item["id"] in kept or item["displayName"].endswith(self.objects.mark)]

    @property
    def in_force(self) -> list[Policy]:
        return [policy for policy in self.ours if policy["state"] == "enabled"]

    @property
    def asking(self) -> list[Policy]:
        """Our policies in force but for the guard of registration, whose place is another one."""
        guard = self.objects.registration_policy_id
        return [item for item in self.in_force if item["id"] != guard and ": register" not in item["displayName"]]

    @property
    def accounts(self) -> list[str]:
        """The emergency accounts of the setting that exist."""
        users = self.world.tenant.users
        return [item for item in self.settings["BREAK_GLASS_USER_IDS"].split(",") if users.get(item) is not None]

    def met(self, user_id: str | None, policies: list[Policy]) -> set[tuple[str, str]]:
        """Which of these policies, where, meet a person at any sign-in; None is the next to join the group."""
        found = set()
        for number, target in enumerate(TARGETS):
            for sign_in in SIGN_INS:
                demand = evaluate(policies, self.sign_in(user_id, target, sign_in))
                found |= {(policy_id, str(number)) for policy_id in demand.applied}
        return found

    def sign_in(self, user_id: str | None, target: dict[str, str], details: dict[str, Any]) -> Any:
        tenant = self.world.tenant
        goal = {name: str(self.objects.app_id) if value == "ours" else value for name, value in target.items()}
        if user_id is None:
            hire = {"id": "22222222-0d3f-4a67-9c81-e4f7a2d6b302", "userType": "Member"}
            facts = replace(facts_of(tenant, hire, **goal), groups=frozenset({str(self.objects.group_id)}))
        else:
            user = tenant.users.get(user_id)
            assert user is not None
            facts = facts_of(tenant, user, **goal)
        return replace(facts, **details)

    def unguarded(self) -> list[str | None]:
        """Who is asked at our application and can, at some sign-in, register with a password alone."""
        people: list[str | None] = [None, *(str(user_id) for user_id in self.world.tenant.users.objects)]
        found = []
        for person in people:
            asked = any(evaluate(self.asking, self.sign_in(person, TARGETS[0], item)).mfa for item in SIGN_INS)
            if asked and not all(registers_with_more(self, person, item) for item in SIGN_INS if not item["trusted"]):
                found.append(person)
        return found

    def reach(self) -> set[tuple[str, str, str]]:
        """Every meeting of a policy of ours in force with a person."""
        people: list[str | None] = [None, *(str(user_id) for user_id in self.world.tenant.users.objects)]
        return {(str(who), *pair) for who in people for pair in self.met(who, self.in_force)}


def registers_with_more(walk: Walk, person: str | None, details: dict[str, Any]) -> bool:
    demand = evaluate(walk.world.tenant.policies, walk.sign_in(person, TARGETS[2], details))
    return demand.mfa or bool(demand.strengths) or demand.blocked


# A hand in Entra


def one_of_ours(change: Callable[[Policy], Any]) -> Callable[[Walk], None]:
    def edit(walk: Walk) -> None:
        if walk.ours:
            change(walk.random.choice(walk.ours))

    return edit


def state(value: str) -> Callable[[Walk], None]:
    return one_of_ours(lambda policy: policy.update(state=value))


def users(**changes: list[str]) -> Callable[[Walk], None]:
    return one_of_ours(lambda policy: policy["conditions"]["users"].update(deepcopy(changes)))


def condition(**changes: Any) -> Callable[[Walk], None]:
    return one_of_ours(lambda policy: policy["conditions"].update(deepcopy(changes)))


def exclude_group(walk: Walk) -> None:
    one_of_ours(lambda policy: policy["conditions"]["users"].update(excludeGroups=[walk.objects.group_id]))(walk)


def delete_policy(walk: Walk) -> None:
    one_of_ours(lambda policy: walk.world.tenant.policies.remove(policy["id"]))(walk)


def toggle_member(walk: Walk) -> None:
    """A person comes into the group or goes, emergency accounts too."""
    tenant, group_id = walk.world.tenant, str(walk.objects.group_id)
    user_id = walk.random.choice(list(tenant.users.objects))
    if user_id in tenant.members.get(group_id, {}):
        tenant.unlink_member(group_id, user_id)
    elif group_id in tenant.members:
        tenant.link_member(group_id, user_id)


def delete_account(walk: Walk) -> None:
    tenant = walk.world.tenant
    user_id = walk.random.choice([FIRST, SECOND])
    if user_id in tenant.users.objects:
        tenant.users.remove(user_id)
        for members in tenant.members.values():
            members.pop(user_id, None)


def disable_account(walk: Walk) -> None:
    user = walk.world.tenant.users.get(walk.random.choice([FIRST, SECOND]))
    if user is not None:
        user["accountEnabled"] = False


HANDS: dict[str, Callable[[Walk], None]] = {
    "report-only": state(REPORT_ONLY),
    "disabled": state("disabled"),
    "enabled": state("enabled"),
    "everybody": users(includeUsers=["All"], includeGroups=[]),
    "nobody excluded": users(excludeUsers=[]),
    "group excluded": exclude_group,
    "linux only": condition(platforms={"includePlatforms": ["linux"], "excludePlatforms": []}),
    "trusted places only": condition(locations={"includeLocations": ["AllTrusted"], "excludeLocations": []}),
    "browsers only": condition(clientAppTypes=["browser"]),
    "all applications": condition(
        applications={"includeApplications": ["All"], "excludeApplications": [], "includeUserActions": []}
    ),
    "deleted": delete_policy,
    "renamed": one_of_ours(lambda policy: policy.update(displayName="Renamed by hand")),
    "member": toggle_member,
    "account deleted": delete_account,
    "account disabled": disable_account,
}


# Writes that are lost
