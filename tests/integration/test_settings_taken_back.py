"""What a setting no longer asks for is taken back, and what should be empty is sent: Graph keeps what a PATCH omits.

(Microsoft365DSC#2079, #2058, #3885.)
"""

from typing import Any

import pytest

from local import identities
from provisioning.model.operation import Mode, OperationState
from provisioning.model.plan import PlannedAction
from tests.integration.conftest import World
from tests.integration.findings import findings

OTHER = "00000000-0000-4000-8000-0000000000aa"


def guard(world: World) -> dict[str, Any]:
    """Our policy for registering security information."""
    (policy,) = [item for item in world.tenant.policies if ": register" in item["displayName"]]
    return policy


def enrollment(world: World) -> dict[str, Any]:
    """Our policy for the application."""
    (policy,) = [item for item in world.tenant.policies if ": register" not in item["displayName"]]
    return policy


async def apply_shown(world: World) -> OperationState:
    """Apply what a plan shows, with its id."""
    plan = await world.plan()
    operation = await world.operate(plan_id=plan.plan_id)
    assert operation.error is None, operation.as_json()
    return operation.state


async def test_the_trusted_locations_are_taken_off(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """REGISTRATION_POLICY from mfa_or_trusted_location to mfa did nothing (policy-and-objects J3a)."""
    monkeypatch.setenv("REGISTRATION_POLICY", "mfa_or_trusted_location")
    await world.operate()
    assert guard(world)["conditions"]["locations"]["excludeLocations"] == ["AllTrusted"]
    monkeypatch.setenv("REGISTRATION_POLICY", "mfa")
    (step,) = [step for step in (await world.plan()).steps if not step.does_nothing]
    assert [(change.field, change.after) for change in step.changes] == [("conditions.locations", None)]
    assert await apply_shown(world) is OperationState.SUCCEEDED
    assert not guard(world)["conditions"].get("locations")
    assert not (await world.plan()).changes_something


async def test_the_second_policy_goes_when_it_is_not_asked_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """REGISTRATION_POLICY to off left our second policy enabled and unowned (policy-and-objects J3b)."""
    monkeypatch.setenv("REGISTRATION_POLICY", "mfa")
    await world.operate()
    await world.operate(Mode.ENABLE)
    monkeypatch.setenv("REGISTRATION_POLICY", "off")
    off = await world.operate(Mode.DISABLE)
    assert off.state is OperationState.SUCCEEDED
    assert {item["state"] for item in world.tenant.policies} == {"enabledForReportingButNotEnforced"}, "both"
    plan = await world.plan()
    assert [(step.name, step.action) for step in plan.steps if not step.does_nothing] == [
        ("registration policy", PlannedAction.DELETE)
    ]
    assert await apply_shown(world) is OperationState.SUCCEEDED
    assert len(world.tenant.policies) == 1
    assert not (await world.plan()).changes_something


async def test_the_old_credential_goes_with_its_setting(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """FRONT_PRINCIPAL_ID taken out left the federated credential (policy-and-objects J3c)."""
    monkeypatch.setenv("FRONT_PRINCIPAL_ID", identities.PEOPLE.principal_id)
    await world.operate()
    monkeypatch.delenv("FRONT_PRINCIPAL_ID")
    plan = await world.plan()
    assert [(step.name, step.action) for step in plan.steps if not step.does_nothing] == [
        ("federated credential", PlannedAction.DELETE)
    ]
    assert await apply_shown(world) is OperationState.SUCCEEDED
    assert [item for items in world.tenant.federated_credentials.values() for item in items] == []
    assert not (await world.plan()).changes_something


async def test_a_credential_of_a_stranger_is_seen_without_the_setting_too(world: World) -> None:
    await world.operate()
    (application,) = world.tenant.applications
    stranger = {"id": OTHER, "name": "theirs", "issuer": "https://evil.example", "subject": "s", "audiences": ["a"]}
    world.tenant.federated_credentials[application["id"]] = [stranger]
    operation = await world.operate()
    assert operation.state is OperationState.REFUSED
    assert OTHER in (operation.detail or "")


@pytest.mark.parametrize(
    ("section", "value"),
    [
        ("platforms", {"includePlatforms": ["linux"], "excludePlatforms": []}),
        ("locations", {"includeLocations": ["AllTrusted"], "excludeLocations": []}),
        ("signInRiskLevels", ["high"]),
        ("userRiskLevels", ["high"]),
        ("clientAppTypes", ["browser"]),
    ],
)
async def test_what_narrows_a_policy_of_ours_is_drift(ready: World, section: str, value: Any) -> None:
    """A guard that was narrowed by hand passed as the guard it had been."""
    enrollment(ready)["conditions"][section] = value
    (step,) = [step for step in (await ready.plan()).steps if not step.does_nothing]
    assert [change.field for change in step.changes] == [f"conditions.{section}"]
    assert await apply_shown(ready) is OperationState.SUCCEEDED
    assert not (await ready.plan()).changes_something


@pytest.mark.parametrize(
    "parts",
    [
        {"users": {"includeUsers": ["All"]}},
        {"users": {"includeRoles": ["62e90394-69f5-4237-9190-012177145e10"]}},
        {"applications": {"excludeApplications": ["00000000-0000-0000-0000-000000000001"]}},
    ],
)
async def test_what_was_added_to_a_list_is_cleared_and_stays_so(ready: World, parts: dict[str, Any]) -> None:
    """Four of four stayed as they were, each apply said "updated", for ever (policy-and-objects J3e)."""
    for section, lists in parts.items():
        enrollment(ready)["conditions"][section].update(lists)
    assert await apply_shown(ready) is OperationState.SUCCEEDED
    assert not (await ready.plan()).changes_something


async def test_guests_are_left_out_in_one_way_only(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Entra shows the word as an object, and refuses both at once (terraform-provider-azuread#1196)."""
    monkeypatch.setenv("REGISTRATION_POLICY", "mfa")
    await world.operate()
    users = guard(world)["conditions"]["users"]
    users["excludeUsers"].remove("GuestsOrExternalUsers")
    users["excludeGuestsOrExternalUsers"] = {
        "guestOrExternalUserTypes": "internalGuest,b2bCollaborationGuest,b2bCollaborationMember",
        "externalTenants": {
            "@odata.type": "#microsoft.graph.conditionalAccessEnumeratedExternalTenants",
            "membershipKind": "enumerated",
            "members": [OTHER],
        },
    }
    assert not (await world.plan()).changes_something
    users["excludeUsers"].clear()
    sent: list[dict[str, Any]] = []
    assert await apply_shown(world) is OperationState.SUCCEEDED
    assert guard(world)["conditions"]["users"]["excludeUsers"] == [identities.BREAK_GLASS_USER_ID]
    kept = guard(world)["conditions"]["users"]["excludeGuestsOrExternalUsers"]["externalTenants"]
    assert kept["members"] == [OTHER]
    assert kept["@odata.type"] == "#microsoft.graph.conditionalAccessEnumeratedExternalTenants", (
        "terraform-provider-azuread#1555",
        sent,
    )


async def test_the_guard_covers_everybody_the_policy_covers(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """With POLICY_USERS=all a password alone registered a passkey for an account outside the group."""
    monkeypatch.setenv("POLICY_USERS", "all")
    monkeypatch.setenv("REGISTRATION_POLICY", "mfa")
    await world.operate()
    assert guard(world)["conditions"]["users"]["includeUsers"] == ["All"]


async def test_a_guard_made_beside_a_policy_in_force_is_in_force_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was made report-only, and the warning that nothing guards registration disappeared."""
    await world.operate()
    await world.operate(Mode.ENABLE)
    monkeypatch.setenv("REGISTRATION_POLICY", "mfa")
    assert await apply_shown(world) is OperationState.SUCCEEDED
    assert guard(world)["state"] == "enabled"
    world.clock.advance(hours=1)
    world.tenant.policies.remove(guard(world)["id"])
    plan = await world.plan()
    assert "had been turned on" in findings(plan)["policy_deleted"].text
    assert await apply_shown(world) is OperationState.SUCCEEDED
    assert guard(world)["state"] == "enabled"
