"""What lets an operation begin: enable and apply by the same rules, and every object looked at by both."""

from typing import Any

import pytest

from local import identities
from provisioning.model.operation import Mode, OperationState
from tests.integration.conftest import World
from tests.integration.findings import findings, refused

STRANGER = identities.ADMINISTRATOR_USER_ID


def policy(world: World) -> dict[str, Any]:
    (found,) = world.tenant.policies
    return found


@pytest.fixture
async def in_force(ready: World) -> World:
    """A tenant whose policy is on."""
    assert (await ready.operate(Mode.ENABLE)).state is OperationState.SUCCEEDED
    return ready


@pytest.mark.parametrize(
    ("setting", "value"),
    [("POLICY_USERS", "all"), ("AUTHENTICATION_STRENGTH", "Phishing-resistant MFA")],
)
async def test_an_apply_that_asks_more_of_a_policy_in_force_needs_its_plan(
    in_force: World, monkeypatch: pytest.MonkeyPatch, setting: str, value: str
) -> None:
    """An apply, the default of an empty body, put a wider or harder policy in force without enable's checks."""
    monkeypatch.setenv(setting, value)
    operation = await in_force.operate()
    assert operation.state is OperationState.REFUSED, operation.as_json()
    assert operation.plan is not None
    assert operation.plan.needs_plan_id
    assert operation.plan.plan_id in (operation.detail or "")
    assert await in_force.requests("PATCH") == [] or policy(in_force)["conditions"]["users"]["includeUsers"] == []
    assert (await in_force.operate(plan_id=operation.plan.plan_id)).state is OperationState.SUCCEEDED


async def test_who_is_put_back_among_the_asked_is_shown_first(in_force: World) -> None:
    policy(in_force)["conditions"]["users"]["includeGroups"] = []
    policy(in_force)["conditions"]["users"]["includeUsers"] = ["None"]
    assert (await in_force.operate()).state is OperationState.REFUSED


async def test_an_emergency_account_is_spared_again_without_asking(in_force: World) -> None:
    policy(in_force)["conditions"]["users"]["excludeUsers"] = []
    assert (await in_force.operate()).state is OperationState.SUCCEEDED
    assert policy(in_force)["conditions"]["users"]["excludeUsers"] == [identities.BREAK_GLASS_USER_ID]


async def test_a_policy_that_asks_nobody_needs_no_plan(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLICY_USERS", "all")
    assert (await ready.operate()).state is OperationState.SUCCEEDED


async def test_a_stranger_as_the_groups_owner_stops_enable(ready: World) -> None:
    """enable and verify succeeded while a helpdesk user decided which people the policy meets."""
    (group,) = ready.tenant.groups
    ready.tenant.owners[group["id"]].append(STRANGER)
    await refused(ready, "unexpected_owner", Mode.ENABLE)


async def test_a_secret_on_the_application_stops_enable(ready: World) -> None:
    (application,) = ready.tenant.applications
    application["passwordCredentials"] = [{"keyId": "00000000-0000-4000-8000-0000000000bb"}]
    await refused(ready, "unexpected_credential", Mode.ENABLE)


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"groupTypes": ["DynamicMembership"]}, "group_tampered", "is dynamic"),
        ({"isAssignableToRole": True}, "group_tampered", "is role-assignable"),
        ({"isManagementRestricted": True}, "group_restricted", "is in a restricted management administrative unit"),
    ],
)
@pytest.mark.parametrize("mode", [Mode.APPLY, Mode.ENABLE])
async def test_a_group_whose_members_are_not_ours_to_change_stops_everything_by_name(
    ready: World, changes: dict[str, Any], code: str, words: str, mode: Mode
) -> None:
    """Found by the plan, not by a 403 on the first newcomer (entra-docs, admin-units-restricted-management)."""
    (group,) = ready.tenant.groups
    group.update(changes)
    operation = await refused(ready, code, mode)
    assert words in (operation.detail or "")


@pytest.mark.parametrize(
    ("section", "value"),
    [
        ("web", {"redirectUris": ["https://enroll.example.com/.auth/login/aad/callback", "https://evil.example/cb"]}),
        ("web", {"logoutUrl": "https://evil.example/out"}),
        ("web", {"implicitGrantSettings": {"enableIdTokenIssuance": True, "enableAccessTokenIssuance": True}}),
        ("spa", {"redirectUris": ["https://evil.example/spa"]}),
        ("publicClient", {"redirectUris": ["https://evil.example/native"]}),
        ("api", {"requestedAccessTokenVersion": 1}),
    ],
)
async def test_an_application_that_was_changed_is_put_back_before_enable(
    ready: World, section: str, value: dict[str, Any]
) -> None:
    """SPA and public client addresses, logout and token version were neither compared nor put back."""
    (application,) = ready.tenant.applications
    application[section] = {**(application.get(section) or {}), **value}
    operation = await refused(ready, "not_applied", Mode.ENABLE)
    assert next(iter(value)) in findings(operation.plan)["not_applied"].text
    assert (await ready.operate()).state is OperationState.SUCCEEDED
    assert not (await ready.plan()).changes_something
    assert (await ready.operate(Mode.ENABLE)).state is OperationState.SUCCEEDED


async def test_identifier_uris_are_compared(ready: World) -> None:
    (application,) = ready.tenant.applications
    application["identifierUris"] = ["api://someone"]
    assert (await ready.operate()).state is OperationState.SUCCEEDED
    assert application["identifierUris"] == []


async def test_a_second_policy_with_our_mark_stops_apply_and_enable(ready: World) -> None:
    """Two policies of one name: each repaired another (Microsoft365DSC#2184)."""
    twin = {**policy(ready), "id": "00000000-0000-4000-8000-0000000000cc"}
    ready.tenant.policies.add(twin)
    await refused(ready, "policy_duplicate")
    await refused(ready, "policy_duplicate", Mode.ENABLE)


async def test_a_plan_of_a_new_object_shows_every_property_that_is_set(world: World) -> None:
    plan = await world.plan()
    shown = {step.name: {change.field for change in step.changes} for step in plan.steps}
    assert {"displayName", "description", "uniqueName", "securityEnabled", "mailNickname", "owners"} <= shown["group"]
    assert {"description", "isFallbackPublicClient", "api.requestedAccessTokenVersion"} <= shown["application"]
