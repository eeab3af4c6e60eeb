"""The two policies: which people they meet, what they ask, and what an admin's hand in them means."""

from typing import Any

import orjson
import pytest

from local import identities
from provisioning.model.operation import Mode, OperationState
from tests.integration.conftest import World
from tests.integration.wire import body_of, watch

PHISHING_RESISTANT = "00000000-0000-0000-0000-000000000004"


async def our_policy(world: World) -> dict[str, Any]:
    objects = await world.state.objects()
    assert objects is not None
    policy = world.tenant.policies.get(str(objects.policy_id))
    assert policy is not None
    return policy


@pytest.mark.pitfall("B1")
async def test_a_name_where_an_id_belongs_stops_before_any_request(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """KelvinTegelaar/CIPP#3614: "1054: Invalid group value: sg_MFA_exclusion"."""
    monkeypatch.setenv("BREAK_GLASS_USER_IDS", f"{identities.BREAK_GLASS_USER_ID}, Break Glass")
    operation = await world.operate()
    assert operation.state is OperationState.REFUSED
    assert "BREAK_GLASS_USER_IDS is not usable" in (operation.detail or "")
    assert await world.requests() == []


@pytest.mark.pitfall("B12")
async def test_only_the_section_that_differs_is_sent_without_nulls(
    ready: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """microsoftgraph/msgraph-metadata#93: servers take or refuse a sessionControls with nulls as they like."""
    policy = await our_policy(ready)
    frequency = {"value": 4, "type": "hours", "isEnabled": True, "authenticationType": None}
    policy["sessionControls"] = {"signInFrequency": frequency, "cloudAppSecurity": None}
    policy["conditions"]["users"]["excludeUsers"] = []
    sent = watch(ready, monkeypatch, identity=identities.TENANT)
    await ready.operate()
    body = body_of([info for info in sent if info.content and "/policies/" in info.url][-1])
    assert list(body) == ["conditions"]
    assert "null" not in orjson.dumps(body).decode()
    assert policy["sessionControls"] == {"signInFrequency": frequency, "cloudAppSecurity": None}


@pytest.mark.pitfall("B1")
async def test_a_named_strength_is_asked_for_by_its_id(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """KelvinTegelaar/CIPP#3614: a display name sent where an id belongs."""
    monkeypatch.setenv("AUTHENTICATION_STRENGTH", "phishing-resistant MFA")
    operation = await world.operate()
    assert operation.state is OperationState.SUCCEEDED, operation.as_json()
    policy = await our_policy(world)
    assert policy["grantControls"]["authenticationStrength"]["id"] == PHISHING_RESISTANT
    assert policy["grantControls"]["builtInControls"] == []
    assert not (await world.plan()).changes_something
    monkeypatch.delenv("AUTHENTICATION_STRENGTH")
    assert (await world.operate()).state is OperationState.SUCCEEDED
    assert policy["grantControls"]["builtInControls"] == ["mfa"]
    assert not policy["grantControls"].get("authenticationStrength")
    assert not (await world.plan()).changes_something


async def test_another_way_around_mfa_is_taken_out(ready: World) -> None:
    policy = await our_policy(ready)
    policy["grantControls"] = {**policy["grantControls"], "builtInControls": ["mfa", "compliantDevice"]}
    plan = await ready.plan()
    assert [step.name for step in plan.steps if not step.does_nothing] == ["policy"]
    await ready.operate()
    assert policy["grantControls"]["builtInControls"] == ["mfa"]


async def test_a_further_demand_of_an_admin_stays(ready: World) -> None:
    policy = await our_policy(ready)
    policy["grantControls"] = {
        **policy["grantControls"],
        "operator": "AND",
        "builtInControls": ["mfa", "compliantDevice"],
    }
    assert not (await ready.plan()).changes_something


@pytest.mark.parametrize(
    ("section", "field", "value"),
    [
        ("applications", "includeApplications", ["All"]),
        ("applications", "excludeApplications", "ours"),
        ("users", "includeUsers", ["All"]),
        ("users", "includeGroups", []),
        ("users", "excludeUsers", []),
        ("users", "excludeGroups", "ours"),
    ],
)
async def test_a_policy_that_was_widened_or_emptied_is_put_back(
    ready: World, section: str, field: str, value: Any
) -> None:
    policy, objects = await our_policy(ready), await ready.state.objects()
    assert objects is not None
    ours = [objects.app_id] if section == "applications" else [objects.group_id]
    right = dict(policy["conditions"][section])
    policy["conditions"][section] = {**right, field: ours if value == "ours" else value}
    plan = await ready.plan()
    assert [change.field for step in plan.steps for change in step.changes] == [f"conditions.{section}"]
    operation = await ready.operate()
    assert operation.state is OperationState.SUCCEEDED, operation.as_json()
    assert policy["conditions"][section] == right


@pytest.mark.parametrize(
    ("section", "field", "value", "after"),
    [
        ("users", "includeRoles", ["62e90394-69f5-4237-9190-012177145e10"], []),
        ("users", "includeGuestsOrExternalUsers", {"guestOrExternalUserTypes": "b2bCollaborationGuest"}, None),
        ("applications", "includeAuthenticationContextClassReferences", ["c1"], []),
    ],
)
async def test_what_widens_the_policy_is_cleared_by_name(
    ready: World, section: str, field: str, value: Any, after: Any
) -> None:
    """Microsoft365DSC#2079, #3885: a PATCH leaves alone what it does not name, so that a repair repeats for ever."""
    policy = await our_policy(ready)
    policy["conditions"][section] = {**policy["conditions"][section], field: value}
    assert (await ready.operate()).state is OperationState.SUCCEEDED
    assert policy["conditions"][section][field] == after
    assert not (await ready.plan()).changes_something


async def test_terms_of_use_beside_mfa_are_taken_out_by_name(ready: World) -> None:
    """Microsoft365DSC#6218: grant controls that a PATCH leaves out stay."""
    policy = await our_policy(ready)
    policy["grantControls"] = {**policy["grantControls"], "termsOfUse": ["ce580154-086a-40fd-91df-8a60abac81a0"]}
    assert (await ready.operate()).state is OperationState.SUCCEEDED
    assert policy["grantControls"]["termsOfUse"] == []
    assert not (await ready.plan()).changes_something


@pytest.mark.pitfall("B10")
async def test_two_policies_with_our_mark_stop_everything(ready: World) -> None:
    """Microsoft365DSC#2184: two policies of one name."""
    policy, objects = await our_policy(ready), await ready.state.objects()
    assert objects is not None
    twin = {**policy, "id": "00000000-0000-4000-8000-00000000beef"}
    ready.tenant.policies.add(twin)
    await ready.state.save_objects(type(objects)(key=objects.key))
    operation = await ready.operate()
    assert operation.state is OperationState.REFUSED
    assert policy["id"] in (operation.detail or "")
    assert twin["id"] in (operation.detail or "")
    assert await ready.requests("P") == []


@pytest.mark.pitfall("B10")
async def test_a_policy_of_our_name_is_never_adopted(world: World) -> None:
    """Microsoft365DSC#2184."""
    await world.operate()
    policy = await our_policy(world)
    objects = await world.state.objects()
    assert objects is not None
    await world.state.save_objects(type(objects)(key=objects.key))
    policy["displayName"] = "MFA Pre-Enrollment"
    operation = await world.operate()
    assert operation.state is OperationState.REFUSED
    assert len(world.tenant.policies) == 1


async def test_a_policy_that_was_deleted_is_made_again_report_only(ready: World) -> None:
    """Conditional Access' recycle bin is closed to apps (conditionalaccessroot-deleteditems): it cannot be restored."""
    await ready.operate(Mode.ENABLE)
    ready.clock.advance(hours=1)
    policy = await our_policy(ready)
    ready.tenant.policies.remove(policy["id"])
    plan = await ready.plan()
    assert [(step.name, step.action) for step in plan.steps if not step.does_nothing] == [("policy", "create")]
    assert (await ready.operate()).state is OperationState.SUCCEEDED
    assert (await our_policy(ready))["state"] == "enabledForReportingButNotEnforced"


async def test_everybody_can_be_covered_by_setting(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLICY_USERS", "all")
    assert (await world.operate()).state is OperationState.SUCCEEDED
    policy = await our_policy(world)
    assert policy["conditions"]["users"]["includeUsers"] == ["All"]
    assert policy["conditions"]["users"]["includeGroups"] == []
    assert policy["conditions"]["users"]["excludeUsers"] == [identities.BREAK_GLASS_USER_ID, "GuestsOrExternalUsers"]
    monkeypatch.delenv("POLICY_USERS")
    assert (await world.operate()).state is OperationState.SUCCEEDED
    assert policy["conditions"]["users"]["includeUsers"] == []
    assert not (await world.plan()).changes_something


@pytest.mark.pitfall("B7", "E6")
@pytest.mark.parametrize("guard", ["mfa", "mfa_or_trusted_location"])
async def test_registration_is_guarded_by_setting(world: World, monkeypatch: pytest.MonkeyPatch, guard: str) -> None:
    """hashicorp/terraform-provider-azuread PR#925: a policy without applications answers 500 unless the list is left
    out. Guests stay out (entra-docs, howto-conditional-access-policy-registration).
    """
    monkeypatch.setenv("REGISTRATION_POLICY", guard)
    operation = await world.operate()
    assert operation.state is OperationState.SUCCEEDED, operation.as_json()
    (policy,) = [item for item in world.tenant.policies if "register security information" in item["displayName"]]
    assert policy["state"] == "enabledForReportingButNotEnforced"
    assert policy["conditions"]["applications"]["includeUserActions"] == ["urn:user:registersecurityinfo"]
    assert not policy["conditions"]["applications"].get("includeApplications")
    assert "GuestsOrExternalUsers" in policy["conditions"]["users"]["excludeUsers"], "a guest can have no TAP"
    locations = policy["conditions"].get("locations") or {}
    assert locations.get("excludeLocations", []) == (["AllTrusted"] if guard != "mfa" else [])
    assert not (await world.plan()).changes_something


async def test_the_guard_goes_on_first_and_off_last(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGISTRATION_POLICY", "mfa")
    await world.operate()
    on = await world.operate(Mode.ENABLE)
    assert [step.name for step in on.steps if step.outcome == "updated"] == ["registration policy", "policy"]
    assert {policy["state"] for policy in world.tenant.policies} == {"enabled"}
    off = await world.operate(Mode.DISABLE)
    assert [step.name for step in off.steps if step.outcome == "updated"] == ["policy", "registration policy"]


async def test_turning_on_is_planned_like_anything_else(ready: World) -> None:
    plan = await ready.plan(Mode.ENABLE)
    (step,) = plan.steps
    assert [(change.field, change.before, change.after) for change in step.changes] == [
        ("state", "enabledForReportingButNotEnforced", "enabled")
    ]
    assert (await ready.operate(Mode.ENABLE, plan_id=plan.plan_id)).state is OperationState.SUCCEEDED
    assert not (await ready.plan(Mode.ENABLE)).changes_something


async def test_there_is_nothing_to_turn_on_before_an_apply(world: World) -> None:
    operation = await world.operate(Mode.ENABLE)
    assert operation.state is OperationState.REFUSED
    assert "Apply first" in (operation.detail or "")
