"""The daily look: what was changed by hand shows in health without anybody asking, and nothing is written."""

from typing import Any

import pytest

from provisioning.model.operation import Mode, OperationState
from provisioning.store.tenant_look import TenantLook, TenantLooks
from provisioning.support.check import Check
from provisioning.support.health import examine
from provisioning.tenant.preflight.permissions import NEEDED
from provisioning.tenant.watch import on_watch
from tests.integration.conftest import World
from tests.integration.findings import WHAT_IF, set_roles
from tests.integration.test_exposure import enrollment, guard, guarded, join, our_group

__all__ = ["guarded"]  # the fixture


async def look(world: World) -> TenantLook:
    """Run the timer, and return what it kept."""
    await on_watch(services=world.services)
    found = await TenantLooks(world.state.table, tenant_id=world.tenant_id).last()
    assert found is not None
    return found


async def tenant_check(world: World) -> Check:
    """What health says of the tenant."""
    (found,) = [check for check in (await examine(services=world.services)).checks if check.name == "tenant"]
    return found


async def graph_check(world: World) -> Check:
    """What health says of Graph and the tenant identity's permissions."""
    (found,) = [check for check in (await examine(services=world.services)).checks if check.name == "graph"]
    return found


def codes(found: TenantLook) -> list[str]:
    return [alarm.code for alarm in found.alarms]


async def test_a_tenant_as_it_should_be_raises_no_alarm_and_nothing_is_written(guarded: World) -> None:
    await guarded.forget_requests()
    found = await look(guarded)
    assert (found.enrollment, found.registration, found.alarms) == ("enabled", "enabled", ())
    assert [line for line in await guarded.requests() if not line.startswith("GET ") and line != WHAT_IF] == []
    assert (await tenant_check(guarded)).healthy


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda world: guard(world).update(state="enabledForReportingButNotEnforced"), "registration_unguarded"),
        (lambda world: guard(world).update(state="disabled"), "registration_unguarded"),
        (lambda world: world.tenant.policies.remove(guard(world)["id"]), "policy_deleted"),
        (lambda world: world.tenant.policies.remove(enrollment(world)["id"]), "policy_deleted"),
        (lambda world: enrollment(world).update(state="disabled"), "policy_disabled"),
        (
            lambda world: guard(world)["conditions"].update(platforms={"includePlatforms": ["linux"]}),
            "policy_narrowed",
        ),
        (lambda world: guard(world)["conditions"]["users"].update(excludeUsers=[]), "emergency_account_caught"),
        (lambda world: enrollment(world)["grantControls"].update(builtInControls=["block"]), "drift"),
    ],
)
async def test_a_hand_in_entra_shows_in_health_by_itself(guarded: World, change: Any, expected: str) -> None:
    """Attacks S4 and policy cases "seen beside" 7: health looked at nothing of the policy, and no timer compared it."""
    assert (await tenant_check(guarded)).healthy
    change(guarded)
    assert (await tenant_check(guarded)).healthy, "nobody has looked since"
    assert expected in codes(await look(guarded))
    found = await tenant_check(guarded)
    assert not found.healthy
    assert found.remedy
    assert expected in str(found.as_json()["alarms"])


async def test_a_strange_owner_and_another_kind_of_group_show(guarded: World) -> None:
    group_id, stranger = await our_group(guarded), await guarded.add_user()
    guarded.tenant.owners[group_id].append(stranger)
    assert [code for code in codes(await look(guarded)) if "owner" in code]
    guarded.tenant.owners[group_id].remove(stranger)
    assert (await look(guarded)).alarms == ()
    group = guarded.tenant.groups.get(group_id)
    assert group is not None
    group.update(groupTypes=["DynamicMembership"], membershipRule="user.accountEnabled -eq true")
    assert (await look(guarded)).alarms != ()
    assert not (await tenant_check(guarded)).healthy


async def test_a_deleted_policy_is_told_with_what_it_was(guarded: World) -> None:
    """Policy case B15: a new one was planned without a word of the old one, which was in force."""
    await look(guarded)
    old = enrollment(guarded)["id"]
    guarded.tenant.policies.remove(old)
    (alarm,) = [alarm for alarm in (await look(guarded)).alarms if alarm.code == "policy_deleted"]
    assert f"{old} was deleted" in alarm.text
    assert "had been turned on" in alarm.text


async def test_a_deleted_policy_is_not_forgotten_by_a_later_operation(guarded: World) -> None:
    """The look after an operation took the place of the daily one, and knew nothing of the deletion."""
    guarded.tenant.policies.remove(enrollment(guarded)["id"])
    assert "policy_deleted" in codes(await look(guarded))
    assert (await guarded.operate(Mode.VERIFY)).state is OperationState.FAILED
    found = await tenant_check(guarded)
    assert not found.healthy
    assert "was deleted" in found.detail


async def test_an_operation_is_followed_by_a_look(guarded: World) -> None:
    guard(guarded)["state"] = "disabled"
    assert (await look(guarded)).alarms != ()
    assert (await guarded.operate(Mode.ENABLE)).state is OperationState.SUCCEEDED
    assert (await tenant_check(guarded)).healthy
    assert (await guarded.operate(Mode.DISABLE)).state is OperationState.SUCCEEDED
    found = await tenant_check(guarded)
    assert not found.healthy, "people stay in the group, and nothing guards their registration"
    assert "1 person" in found.detail


async def test_a_look_that_sees_nothing_is_not_taken_for_well(guarded: World) -> None:
    await set_roles(guarded, "Policy.Read.All")
    found = await look(guarded)
    assert found.failure is not None
    check = await tenant_check(guarded)
    assert not check.healthy
    assert "nothing is known to be well" in check.detail


# What docs/permissions.md leaves the tenant identity between changes.
TO_LOOK = ("Group.Read.All", "Policy.Read.All", "User.Read.All", "RoleManagement.Read.Directory")
TO_TURN_OFF = ("Application.Read.All", "Policy.ReadWrite.ConditionalAccess")


@pytest.mark.parametrize("roles", [(*NEEDED,), (*TO_LOOK, *TO_TURN_OFF), (*TO_LOOK, "Application.Read.All")])
async def test_a_look_needs_no_right_to_write(guarded: World, roles: tuple[str, ...]) -> None:
    """A look was refused for want of permissions that only an apply needs."""
    await set_roles(guarded, *roles)
    found = await look(guarded)
    assert (found.failure, found.alarms) == (None, ())
    guard(guarded)["state"] = "disabled"
    assert "registration_unguarded" in codes(await look(guarded))


@pytest.mark.parametrize("missing", TO_LOOK)
async def test_a_look_that_lacks_what_a_proof_needs_names_it(guarded: World, missing: str) -> None:
    await set_roles(guarded, *(role for role in (*TO_LOOK, *TO_TURN_OFF) if role != missing))
    failure = (await look(guarded)).failure
    assert failure is not None
    assert missing.replace("Group.Read.All", "Group.ReadWrite.All") in failure
    assert not (await tenant_check(guarded)).healthy


async def test_where_the_application_is_hidden_exposure_is_seen_and_drift_is_not_taken_for_none(guarded: World) -> None:
    await set_roles(guarded, *TO_LOOK)
    assert codes(await look(guarded)) == ["drift_unknown"]
    guard(guarded)["state"] = "disabled"
    assert {"registration_unguarded", "drift_unknown"} < {*codes(await look(guarded))}


async def test_health_tells_what_a_change_would_need_first(guarded: World) -> None:
    await set_roles(guarded, *TO_LOOK, *TO_TURN_OFF)
    check = await graph_check(guarded)
    assert check.healthy
    assert check.figures == {
        "lacks": ["Group.ReadWrite.All", "Application.ReadWrite.OwnedBy", "LicenseAssignment.Read.All"]
    }
    await set_roles(guarded, *TO_LOOK, "Application.Read.All")
    check = await graph_check(guarded)
    assert not check.healthy, "a policy could not be turned off"
    assert check.figures == {"lacks": ["Policy.ReadWrite.ConditionalAccess"]}


async def test_graph_away_is_kept_as_the_reason(guarded: World) -> None:
    await guarded.fault(method="GET", path="/conditionalAccess/policies", status=503)
    assert "503" in ((await look(guarded)).failure or "")


async def test_a_look_that_is_too_old_is_a_fault(guarded: World) -> None:
    await look(guarded)
    guarded.clock.advance(hours=48)
    assert (await tenant_check(guarded)).healthy
    guarded.clock.advance(hours=2)
    found = await tenant_check(guarded)
    assert not found.healthy
    assert "WATCH_SCHEDULE" in (found.remedy or "")


async def test_before_there_is_anything_there_is_nothing_to_see(world: World) -> None:
    await on_watch(services=world.services)
    assert (await tenant_check(world)).healthy


async def test_what_an_admin_accepted_is_no_alarm_and_is_said(ready: World) -> None:
    await ready.operate(Mode.ENABLE)
    await join(ready, await ready.add_user(employeeId="1"))
    ready.clock.advance(minutes=20)
    found = await look(ready)
    assert (found.alarms, found.accepted) == ((), True)
    assert "unguarded" in (await tenant_check(ready)).detail


async def heartbeat(world: World) -> dict[str, Any]:
    """What a sweep keeps of the last look, as health shows it."""
    await world.sweep()
    (check,) = [check for check in (await examine(services=world.services)).checks if check.name == "sweep"]
    figures: dict[str, Any] = dict(check.figures)
    return {**figures, "detail": check.detail}


async def test_the_sweep_says_what_the_last_look_saw(guarded: World) -> None:
    """The people role may not read policies; who watches its heartbeat sees all the same that a guard was lost."""
    await look(guarded)
    seen = await heartbeat(guarded)
    assert (seen["look"], seen["guarded"], seen["look_hours"], seen["look_codes"]) == ("fresh", "yes", 0, "")
    guard(guarded)["state"] = "disabled"
    guarded.clock.advance(hours=3)
    assert (await heartbeat(guarded))["guarded"] == "yes", "nobody has looked since"
    kept = await look(guarded)
    guarded.clock.advance(hours=2)
    seen = await heartbeat(guarded)
    assert (seen["guarded"], seen["look_hours"], seen["look_at"]) == ("no", 2, kept.at.isoformat())
    assert seen["look_codes"].split(",") == codes(kept)


async def test_the_sweep_says_that_a_look_is_stale_or_failed(guarded: World, caplog: pytest.LogCaptureFixture) -> None:
    await set_roles(guarded, "Policy.Read.All")
    await look(guarded)
    assert (await heartbeat(guarded))["guarded"] == "unknown"
    await set_roles(guarded, *TO_LOOK, *TO_TURN_OFF)
    await look(guarded)
    guarded.clock.advance(hours=50)
    caplog.clear()
    seen = await heartbeat(guarded)
    assert (seen["look"], seen["guarded"], seen["look_hours"]) == ("stale", "yes", 50)
    assert "for too long" in seen["detail"]
    assert '"look": "stale", "hours": 50, "guarded": "yes"' in caplog.text


async def test_what_an_admin_accepted_is_in_the_heartbeat_as_that(ready: World) -> None:
    await ready.operate(Mode.ENABLE)
    await join(ready, await ready.add_user(employeeId="1"))
    ready.clock.advance(minutes=20)
    await look(ready)
    assert (await heartbeat(ready))["guarded"] == "accepted"
