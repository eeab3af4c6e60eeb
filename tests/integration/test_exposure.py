"""Who is let in and who is locked out: what plan, apply, enable, verify, health and why say when a guard is lost."""

from collections.abc import Callable
from typing import Any

import pytest

from local import identities
from provisioning.model.operation import Mode, Operation, OperationState
from provisioning.model.plan import Finding
from tests.integration.conftest import World, set_up
from tests.integration.findings import REGISTRATION, add_policy, findings, refused, settings, writes
from tests.integration.prepared import Prepared

BREAK_GLASS = identities.BREAK_GLASS_USER_ID
ADMINISTRATOR = identities.ADMINISTRATOR_USER_ID
SECOND_BREAK_GLASS = "b1a5e0c2-0d3f-4a67-9c81-e4f7a2d6b302"
Policy = dict[str, Any]


@pytest.fixture
async def guarded(world: World, monkeypatch: pytest.MonkeyPatch, prepared: dict[str, Prepared]) -> World:
    """A tenant whose enrollment policy and guard of registration are in force, with a member in the group."""
    monkeypatch.delenv("ACKNOWLEDGE_UNPROTECTED_REGISTRATION")
    monkeypatch.setenv("REGISTRATION_POLICY", "mfa")
    await set_up(world, "guarded", prepared, modes=[Mode.APPLY, Mode.ENABLE])
    await join(world, await world.add_user(employeeId="1"))
    world.clock.advance(minutes=20)
    return world


async def join(world: World, *object_ids: str) -> None:
    """Put accounts into the enrollment group."""
    for object_id in object_ids:
        world.tenant.link_member(await our_group(world), object_id)


async def our_group(world: World) -> str:
    objects = await world.state.objects()
    assert objects is not None
    return str(objects.group_id)


def enrollment(world: World) -> Policy:
    """Our enrollment policy."""
    (found,) = [item for item in ours(world) if item["conditions"]["applications"]["includeApplications"]]
    return found


def guard(world: World) -> Policy:
    """Our guard of registration."""
    (found,) = [item for item in ours(world) if item["conditions"]["applications"]["includeUserActions"]]
    return found


def ours(world: World) -> list[Policy]:
    return [item for item in world.tenant.policies if item["displayName"].startswith("MFA Pre-Enrollment")]


def condition(name: str, value: Any) -> Callable[[Policy], None]:
    """A condition of a policy is set by hand."""
    return lambda policy: policy["conditions"].update({name: value})


def people(name: str, *values: str) -> Callable[[Policy], None]:
    """A list of a policy's people is added to by hand."""
    return lambda policy: policy["conditions"]["users"][name].extend(values)


def state(value: str) -> Callable[[Policy], None]:
    """A policy's state is set by hand."""
    return lambda policy: policy.update(state=value)


async def plan_of(world: World, mode: Mode = Mode.APPLY) -> dict[str, Finding]:
    return findings(await world.plan(mode))


# The guard covers everybody the policy covers


@pytest.mark.parametrize("scope", ["all", "group"])
async def test_a_policy_for_all_has_a_guard_for_all(world: World, monkeypatch: pytest.MonkeyPatch, scope: str) -> None:
    """Attacks S1: the guard was for the group, so that a password alone registered a passkey outside of it."""
    monkeypatch.delenv("ACKNOWLEDGE_UNPROTECTED_REGISTRATION")
    monkeypatch.setenv("REGISTRATION_POLICY", "mfa")
    monkeypatch.setenv("POLICY_USERS", "all")
    monkeypatch.setenv("REGISTRATION_POLICY_USERS", scope)
    for mode in (Mode.APPLY, Mode.ENABLE):
        operation = await world.operate(mode)
        assert operation.state is OperationState.SUCCEEDED, operation.as_json()
    users = guard(world)["conditions"]["users"]
    assert users["includeUsers"] == ["All"]
    assert set(users["excludeUsers"]) == {"GuestsOrExternalUsers", BREAK_GLASS}
    assert "GuestsOrExternalUsers" in enrollment(world)["conditions"]["users"]["excludeUsers"]


async def test_the_guard_covers_who_is_not_invited_yet_unless_it_is_set_otherwise(
    guarded: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Attacks S2: a hire who waits, is parked or was cancelled had no guard."""
    assert guard(guarded)["conditions"]["users"]["includeUsers"] == ["All"]
    assert enrollment(guarded)["conditions"]["users"]["includeUsers"] == []
    scope = findings(await guarded.plan(), notes=True)["registration_policy_scope"]
    assert "every member of the tenant" in scope.text
    monkeypatch.setenv("REGISTRATION_POLICY_USERS", "group")
    scope = findings(await guarded.plan(), notes=True)["registration_policy_scope"]
    assert "waiting, parked, or canceled are not covered" in scope.text
    plan = await guarded.plan()
    assert (await guarded.operate(plan_id=plan.plan_id)).state is OperationState.SUCCEEDED
    assert guard(guarded)["conditions"]["users"]["includeGroups"] == [await our_group(guarded)]


# A guard that gets lost is noticed


LOST: dict[str, Callable[[Policy], None]] = {
    "report-only by hand": state("enabledForReportingButNotEnforced"),
    "off by hand": state("disabled"),
    "another platform": condition("platforms", {"includePlatforms": ["linux"], "excludePlatforms": []}),
    "not on phones": condition("platforms", {"includePlatforms": ["all"], "excludePlatforms": ["iOS"]}),
    "trusted places": condition("locations", {"includeLocations": ["AllTrusted"], "excludeLocations": []}),
    "not from a country": condition("locations", {"includeLocations": ["All"], "excludeLocations": ["x"]}),
    "browsers": condition("clientAppTypes", ["browser"]),
    "risk": condition("signInRiskLevels", ["high"]),
    "devices": condition("devices", {"deviceFilter": {"mode": "include", "rule": "device.isCompliant -eq True"}}),
    "flows": condition("authenticationFlows", {"transferMethods": "deviceCodeFlow"}),
    "a weaker control beside it": lambda policy: policy["grantControls"].update(
        builtInControls=["mfa", "approvedApplication"], operator="OR"
    ),
    "another action": lambda policy: policy["conditions"]["applications"].update(
        includeUserActions=["urn:user:registerdevice"]
    ),
    "nobody": lambda policy: policy["conditions"]["users"].update(includeUsers=["None"]),
    "guests only": lambda policy: policy["conditions"]["users"].update(includeUsers=["GuestsOrExternalUsers"]),
}


@pytest.mark.parametrize("change", LOST.values(), ids=LOST.keys())
async def test_a_guard_that_is_lost_by_hand_is_noticed_by_every_plan_and_fails_verify(
    guarded: World, change: Callable[[Policy], None]
) -> None:
    """Attacks S4b and S4d: enrollment stayed in force without a guard, and plan, verify and health were silent."""
    change(guard(guarded))
    found = await plan_of(guarded)
    assert "registration_unguarded" in found
    verified = await guarded.operate(Mode.VERIFY)
    assert verified.state is OperationState.FAILED, verified.as_json()
    assert outcomes(verified)["policies in force"] == "failed"


def outcomes(operation: Operation) -> dict[str, str]:
    return {step.name: str(step.outcome) for step in operation.steps}


async def test_a_member_of_the_group_that_the_guard_leaves_out_is_noticed(guarded: World) -> None:
    """Attacks S11: by id, by role, by a group, by a group in a group."""
    (member,) = guarded.members()
    users = guard(guarded)["conditions"]["users"]
    outer, inner = await add_group(guarded), await add_group(guarded, member)
    guarded.tenant.link_member(outer, inner)
    for name, value in (("excludeUsers", member), ("excludeGroups", inner), ("excludeGroups", outer)):
        users[name].append(value)
        found = await plan_of(guarded)
        assert member in found["registration_unguarded"].object_ids, name
        assert value in found["further_exclusions"].object_ids
        assert outcomes(await guarded.operate(Mode.VERIFY))["policies in force"] == "failed"
        users[name].remove(value)
    assert "registration_unguarded" not in await plan_of(guarded)


def give_role(world: World, principal_id: str) -> None:
    """A person is made an administrator."""
    role = world.tenant.directory_roles[0]["roleDefinitionId"]
    assignment = {"id": principal_id, "principalId": principal_id, "roleDefinitionId": role, "directoryScopeId": "/"}
    world.tenant.directory_roles.append(assignment)


async def add_group(world: World, *members: str) -> str:
    """A group of another owner."""
    group_id = world.tenant.ids()
    world.tenant.groups.add_settled(
        {"id": group_id, "displayName": "Other", "securityEnabled": True, "mailEnabled": False, "groupTypes": []}
    )
    world.tenant.members[group_id] = dict.fromkeys(members)
    return group_id


async def test_a_guard_that_was_deleted_comes_back_in_force(guarded: World) -> None:
    """Attacks S4a: apply made it again report-only, beside an enrollment policy in force."""
    old = guard(guarded)["id"]
    guarded.tenant.policies.remove(old)
    found = await plan_of(guarded)
    assert found["registration_unguarded"].level == "warning"
    assert found["policy_deleted"].object_ids == (old,)
    assert (await guarded.operate(Mode.VERIFY)).state is OperationState.FAILED
    operation = await guarded.operate()
    assert operation.state is OperationState.SUCCEEDED, operation.as_json()
    assert guard(guarded)["state"] == "enabled"
    assert "registration_unguarded" not in await plan_of(guarded)


@pytest.mark.parametrize("taken", [guard, enrollment])
@pytest.mark.parametrize("of", [Mode.APPLY, Mode.ENABLE])
async def test_a_deleted_policy_is_told_once(guarded: World, taken: Any, of: Mode) -> None:
    """What is read for exposure and what the plan reads of the policy itself must not both tell it."""
    old = taken(guarded)["id"]
    guarded.tenant.policies.remove(old)
    told = [finding for finding in (await guarded.plan(of)).findings if old in finding.object_ids]
    assert [finding.code for finding in told] == ["policy_deleted"]


async def test_a_guard_asked_for_after_enable_is_made_in_force(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Attacks S4c: first enabled with ACKNOWLEDGE_..., then REGISTRATION_POLICY and apply, as the remedy said."""
    await world.operate()
    await world.operate(Mode.ENABLE)
    world.clock.advance(minutes=20)
    monkeypatch.setenv("REGISTRATION_POLICY", "mfa")
    assert (await world.operate()).state is OperationState.SUCCEEDED
    assert guard(world)["state"] == "enabled"
    assert "registration_unguarded" not in await plan_of(world)


async def test_what_leaves_people_without_a_guard_is_refused(guarded: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Attacks S8: the guard was off, POLICY_USERS became all, and apply asked everybody from then on."""
    monkeypatch.setenv("REGISTRATION_POLICY", "off")
    guard(guarded)["state"] = "disabled"
    monkeypatch.setenv("POLICY_USERS", "all")
    await refused(guarded, "registration_unguarded")
    assert (await plan_of(guarded, Mode.ENABLE))["registration_unguarded"].level == "blocking"
    assert enrollment(guarded)["conditions"]["users"]["includeUsers"] == []


async def test_after_disable_people_who_stay_in_the_group_are_named(guarded: World) -> None:
    """Attacks S4e: disable takes the guard down too, and who was invited can go on registering by a password."""
    (member,) = guarded.members()
    assert (await guarded.operate(Mode.DISABLE)).state is OperationState.SUCCEEDED
    found = (await plan_of(guarded))["registration_unguarded"]
    assert (found.level, found.object_ids) == ("warning", (member,))


async def test_a_foreign_guard_is_as_good_as_ours(guarded: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGISTRATION_POLICY", "off")
    guard(guarded)["state"] = "disabled"
    await add_policy(guarded, applications={"includeUserActions": [REGISTRATION]}, users={"includeUsers": ["All"]})
    assert "registration_unguarded" not in await plan_of(guarded)
    verified = await guarded.operate(Mode.VERIFY)
    assert outcomes(verified)["member at the registration of methods"] == "passed"


async def test_an_administrators_word_does_not_count_where_the_settings_ask_for_a_guard(
    guarded: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACKNOWLEDGE_UNPROTECTED_REGISTRATION", "true")
    guard(guarded)["conditions"]["users"]["excludeUsers"] += list(guarded.members())
    assert (await plan_of(guarded))["registration_unguarded"].level == "blocking"


# What-If has the last word


async def test_before_enable_what_if_is_asked_about_real_members(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Attacks S11: a guard that we read as one, and that Entra says does not apply, is none."""
    monkeypatch.delenv("ACKNOWLEDGE_UNPROTECTED_REGISTRATION")
    monkeypatch.setenv("REGISTRATION_POLICY", "mfa")
    await world.operate()
    await join(world, await world.add_user(employeeId="1"), await world.add_user(employeeId="2"))
    world.clock.advance(minutes=20)
    await world.forget_requests()
    await world.plan(Mode.ENABLE)
    assert len([line for line in await world.requests() if line.endswith("/evaluate")]) >= 4
    answer = {"value": [{**item, "policyApplies": False, "analysisReasons": "users"} for item in ours(world)]}
    await world.fault(method="POST", path="/evaluate", status=200, body=answer)
    operation = await refused(world, "registration_unguarded", Mode.ENABLE)
    assert set(findings(operation.plan)["registration_unguarded"].object_ids) == world.members()
    assert "what_if_disagrees" in findings(operation.plan)


async def test_what_if_that_may_not_be_asked_is_said(ready: World) -> None:
    await join(ready, await ready.add_user(employeeId="1"))
    await ready.fault(method="POST", path="/evaluate", status=403, body={"error": {"code": "AccessDenied"}})
    assert "what_if_not_asked" in await plan_of(ready, Mode.ENABLE)


# Findings that were missing


async def test_a_policy_that_excludes_our_group_is_a_finding_and_never_advised(ready: World) -> None:
    """Attacks S3: the group would be a way around MFA that the group's owner can fill."""
    theirs = await add_policy(ready)
    assert "xclude" not in (await plan_of(ready))["mfa_everywhere"].remedy
    (policy,) = [item for item in ready.tenant.policies if item["id"] == theirs]
    group_id = await our_group(ready)
    policy["conditions"]["users"]["excludeGroups"] = [group_id.upper()]
    assert (await plan_of(ready))["group_excluded"].object_ids == (theirs,)
    outer = await add_group(ready)
    ready.tenant.link_member(outer, group_id)
    policy["conditions"]["users"]["excludeGroups"] = [outer]
    assert (await plan_of(ready))["group_excluded"].object_ids == (theirs,)
    policy["state"] = "disabled"
    assert "group_excluded" not in await plan_of(ready)


@pytest.mark.parametrize("scope", ["off", "others"])
async def test_a_guard_without_passes_is_not_turned_on(
    world: World, monkeypatch: pytest.MonkeyPatch, scope: str
) -> None:
    """Attacks S21: behind the guard a new hire needs a Temporary Access Pass, which was switched off."""
    monkeypatch.setenv("REGISTRATION_POLICY", "mfa")
    await world.operate()
    await join(world, await world.add_user(employeeId="1"))
    world.clock.advance(minutes=20)
    if scope == "off":
        await settings(world, tapEnabled=False)
    else:
        target = {"targetType": "group", "id": await add_group(world), "isRegistrationRequired": False}
        world.tenant.policy_book.method_targets["TemporaryAccessPass"] = {"includeTargets": [target]}
    code = "tap_off" if scope == "off" else "tap_not_for_group"
    assert (await plan_of(world))[code].level == "warning"
    operation = await refused(world, code, Mode.ENABLE)
    assert "1 person" in findings(operation.plan)["people_turned_away"].text


async def test_the_number_of_people_who_need_a_pass_is_told(guarded: World) -> None:
    note = findings(await guarded.plan(), notes=True)["people_need_a_pass"]
    assert note.text.startswith("1 person in the enrollment group")
    (member,) = guarded.members()
    await guarded.control.post("/_local/registrations", json={"userId": member})
    await guarded.send_hire("1")
    await guarded.work()
    await guarded.send_seen(member)
    await guarded.work()
    assert "people_need_a_pass" not in findings(await guarded.plan(), notes=True)


async def test_what_may_not_be_read_is_unknown_and_never_well(guarded: World) -> None:
    await guarded.fault(
        method="GET", path="/policies/authenticationMethodsPolicy", status=403, body={"error": {"code": "x"}}
    )
    assert "the authentication methods policy" in (await plan_of(guarded))["exposure_unknown"].text
    verified = await guarded.operate(Mode.VERIFY)
    assert outcomes(verified)["policies in force"] == "unproved"
    assert verified.state is not OperationState.SUCCEEDED


# Verify


async def test_verify_asks_about_every_emergency_account_at_both_places(
    guarded: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Attacks S12: the second account was taken off one policy, both off the other, and verify succeeded."""
    second = await guarded.add_user()
    give_role(guarded, second)
    monkeypatch.setenv("BREAK_GLASS_USER_IDS", f"{BREAK_GLASS},{second}")
    await guarded.operate()
    good = outcomes(await guarded.operate(Mode.VERIFY))
    guard(guarded)["conditions"]["users"]["excludeUsers"].remove(second)
    bad = outcomes(await guarded.operate(Mode.VERIFY))
    assert good.keys() == bad.keys()
    assert [name for name in good if good[name] == "passed" != bad[name]] == [
        "policies in force",
        "break-glass account 2 at the registration of methods",
    ]


async def test_without_a_member_verify_is_unproved_and_says_so_to_a_program(guarded: World) -> None:
    guarded.tenant.members[await our_group(guarded)].clear()
    verified = await guarded.operate(Mode.VERIFY)
    assert verified.state is OperationState.UNPROVED
    assert verified.state.final


async def test_verify_fails_where_the_policy_is_gone(ready: World) -> None:
    """Policy case B15: with no policy and an empty group it succeeded."""
    (policy,) = ready.tenant.policies
    ready.tenant.policies.remove(policy["id"])
    ready.clock.advance(minutes=20)
    verified = await ready.operate(Mode.VERIFY)
    assert verified.state is OperationState.FAILED
    assert outcomes(verified)["policies in force"] == "failed"


async def test_a_plan_writes_nothing_and_asks_little(guarded: World) -> None:
    await guarded.forget_requests()
    await guarded.plan()
    assert writes(await guarded.requests()) == []
    assert await guarded.round_trips() <= 10
