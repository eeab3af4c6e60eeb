"""What the tenant's other policies do to our people, read from their own JSON."""

from typing import Any

import pytest

from provisioning.tenant.preflight.other_policies import asks_everywhere, guards_registration
from tests.integration.findings import policy

GROUP = "a1a1a1a1-0000-4000-8000-000000000001"
PASSWORDLESS = "00000000-0000-0000-0000-000000000003"


def grants(operator: str, *controls: str, **more: Any) -> dict[str, Any]:
    """Grant controls."""
    return {"grantControls": {"operator": operator, "builtInControls": list(controls), **more}}


OTHER_GROUP = "a1a1a1a1-0000-4000-8000-000000000002"
TRUSTED_LEFT_OUT = {"locations": {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}}
STRENGTH = {"authenticationStrength": {"id": PASSWORDLESS}}


@pytest.mark.parametrize(
    ("changes", "everywhere", "guard"),
    [
        ({}, True, True),
        (grants("OR", **STRENGTH), True, True),
        (grants("AND", "mfa", "compliantDevice"), True, True),
        (grants("OR", "mfa", "compliantDevice"), False, True),
        (grants("OR", "block"), False, True),
        (grants("OR", "mfa", termsOfUse=["t"]), False, False),
        (grants("AND", "mfa", termsOfUse=["t"]), True, True),
        (grants("OR", "passwordChange"), False, False),
        ({"grantControls": None}, False, False),
        ({"state": "enabledForReportingButNotEnforced"}, False, False),
        ({"conditions": TRUSTED_LEFT_OUT}, True, True),
        ({"conditions": {"locations": {"includeLocations": [OTHER_GROUP]}}}, False, False),
        ({"conditions": {"userRiskLevels": ["high"]}}, False, False),
        ({"conditions": {"platforms": {"includePlatforms": ["iOS"]}}}, False, False),
        ({"conditions": {"clientAppTypes": ["exchangeActiveSync", "other"]}}, False, False),
        ({"conditions": {"clientAppTypes": ["browser"]}}, True, True),
        ({"conditions": {"applications": {"includeApplications": ["Office365"]}}}, False, False),
        ({"conditions": {"users": {"includeGroups": [GROUP.upper()]}}}, True, True),
        ({"conditions": {"users": {"includeGroups": [OTHER_GROUP]}}}, False, False),
        ({"conditions": {"users": {"includeUsers": ["All"], "excludeGroups": [GROUP]}}}, False, False),
        ({"conditions": {"users": {"includeUsers": ["All"], "excludeGroups": [OTHER_GROUP]}}}, True, True),
        ({"conditions": {"users": {"includeUsers": ["GuestsOrExternalUsers"]}}}, False, False),
    ],
    ids=str,
)
def test_what_another_policy_does_to_our_people(changes: dict[str, Any], everywhere: bool, guard: bool) -> None:
    found = policy(**changes)
    assert asks_everywhere(found, group_id=GROUP, everybody=False) is everywhere
    assert guards_registration(found, group_id=GROUP, everybody=False) is guard


def test_a_guard_of_the_group_is_none_where_everybody_is_asked() -> None:
    found = policy(conditions={"users": {"includeGroups": [GROUP]}})
    assert guards_registration(found, group_id=GROUP, everybody=True) is False
    assert guards_registration(policy(), group_id=None, everybody=True) is True
    assert guards_registration(found, group_id=None, everybody=False) is False
