"""Before the first write an admin learns what is wrong, and what would do harm stops there."""

from typing import Any
from uuid import uuid4

import orjson
import pytest

from local import identities
from provisioning.model.operation import Mode, OperationState
from tests.integration.conftest import World
from tests.integration.findings import findings, refused, settings

P1 = "41781fb2-bc02-4b7c-bd55-b576c07bb09d"
UNKNOWN = "00000000-0000-4000-8000-000000000001"
PASSWORDLESS = "00000000-0000-0000-0000-000000000003"


# Emergency accounts, license, security defaults


@pytest.mark.parametrize(
    ("mode", "ids"),
    [
        (Mode.APPLY, UNKNOWN),
        (Mode.ENABLE, UNKNOWN),
        (Mode.ENABLE, f"{identities.BREAK_GLASS_USER_ID.upper()},{UNKNOWN}"),
    ],
)
async def test_an_emergency_account_that_does_not_exist_stops_what_comes_into_force(
    ready: World, monkeypatch: pytest.MonkeyPatch, mode: Mode, ids: str
) -> None:
    """An id with a typing error excludes nobody."""
    monkeypatch.setenv("BREAK_GLASS_USER_IDS", ids)
    operation = await refused(ready, "break_glass_missing", mode)
    found = findings(operation.plan)["break_glass_missing"]
    assert found.object_ids == (UNKNOWN,)
    assert "BREAK_GLASS_USER_IDS" in found.remedy


async def test_one_emergency_account_that_is_gone_does_not_leave_the_other_one_exposed(
    ready: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Policy case B3: the exclusions were taken off in Entra, and one of the two accounts is deleted."""
    (policy,) = ready.tenant.policies
    monkeypatch.setenv("BREAK_GLASS_USER_IDS", f"{identities.BREAK_GLASS_USER_ID},{UNKNOWN}")
    policy["conditions"]["users"]["excludeUsers"] = [UNKNOWN]
    operation = await ready.operate()
    assert operation.state is OperationState.SUCCEEDED, operation.as_json()
    assert findings(operation.plan)["break_glass_missing"].level == "warning"
    assert policy["conditions"]["users"]["excludeUsers"] == [identities.BREAK_GLASS_USER_ID]


async def test_an_emergency_account_is_known_in_any_case_of_its_id(world: World) -> None:
    """Microsoft365DSC#7118."""
    answer = {"value": [{"id": identities.BREAK_GLASS_USER_ID.upper()}]}
    await world.fault(method="GET", path="/users", status=200, body=answer)
    assert "break_glass_missing" not in findings(await world.plan())


@pytest.mark.parametrize("mode", [Mode.DISABLE, Mode.VERIFY])
async def test_a_policy_can_be_turned_off_whatever_the_emergency_accounts(
    ready: World, monkeypatch: pytest.MonkeyPatch, mode: Mode
) -> None:
    await ready.operate(Mode.ENABLE)
    monkeypatch.setenv("BREAK_GLASS_USER_IDS", "00000000-0000-4000-8000-000000000001")
    operation = await ready.operate(mode)
    if mode is Mode.DISABLE:
        assert operation.state is OperationState.SUCCEEDED
    else:
        assert findings(operation.plan) == {}


@pytest.mark.pitfall("B13")
@pytest.mark.parametrize(
    "changes",
    [
        {"licenseP1": False},
        {"licenseStatus": "Suspended"},
        {"licenseStatus": "LockedOut"},
        {"licenseStatus": "Deleted"},
    ],
    ids=str,
)
async def test_without_a_license_in_force_nothing_is_made(world: World, changes: dict[str, Any]) -> None:
    """samueleng.se, 2025-08-27: without P1 an application cannot be chosen in Conditional Access."""
    await settings(world, **changes)
    await refused(world, "no_p1")


@pytest.mark.parametrize("changes", [{"licenseStatus": "Warning"}, {"licenseP1": False, "licenseP2": True}], ids=str)
async def test_a_license_in_its_grace_period_and_p2_count(world: World, changes: dict[str, Any]) -> None:
    await settings(world, **changes)
    assert findings(await world.plan()).keys() == {"registration_unguarded"}


@pytest.mark.parametrize(
    ("changes", "counts"),
    [
        ({}, True),
        ({"prepaidUnits": {"enabled": 0, "warning": 25, "suspended": 0}}, True),
        ({"prepaidUnits": {"enabled": 0, "warning": 0, "suspended": 25}}, False),
        ({"prepaidUnits": None}, False),
        ({"servicePlans": [{"servicePlanId": P1.upper(), "provisioningStatus": "Success"}]}, True),
        ({"servicePlans": [{"servicePlanId": P1, "provisioningStatus": "Disabled"}]}, False),
        (
            {
                "servicePlans": [
                    {"servicePlanId": "00000000-0000-0000-0000-000000000000", "provisioningStatus": "Success"}
                ]
            },
            False,
        ),
        ({"servicePlans": None}, False),
    ],
    ids=str,
)
async def test_a_license_counts_with_seats_and_a_plan_that_is_on(
    world: World, changes: dict[str, Any], counts: bool
) -> None:
    """subscribedSku resource type: a suite is listed with the plans in it, each of which can be off."""
    suite = {
        "skuPartNumber": "SPE_E3",
        "capabilityStatus": "Enabled",
        "prepaidUnits": {"enabled": 25, "warning": 0},
        "servicePlans": [{"servicePlanId": P1, "provisioningStatus": "Success"}],
    }
    await world.fault(method="GET", path="/subscribedSkus", status=200, body={"value": [{**suite, **changes}]})
    assert ("no_p1" not in findings(await world.plan())) is counts


@pytest.mark.pitfall("B9")
async def test_security_defaults_warn_an_apply_and_stop_an_enable_and_are_never_written(world: World) -> None:
    """ConditionalAccessBaseline#17."""
    await settings(world, securityDefaults=True)
    operation = await world.operate()
    assert operation.state is OperationState.SUCCEEDED, operation.as_json()
    assert findings(operation.plan)["security_defaults_on"].level == "warning"
    assert not [line for line in await world.requests("P") if "identitySecurityDefaults" in line]
    operation = await refused(world, "security_defaults_on", Mode.ENABLE)
    assert "Security defaults are on" in (operation.detail or "")
    await settings(world, securityDefaults=False)
    operation = await world.operate(Mode.ENABLE)
    assert operation.state is OperationState.SUCCEEDED
    assert "security_defaults_on" not in findings(operation.plan)


# The authentication strength


@pytest.mark.parametrize("name", ["multifactor AUTHENTICATION", "00000000-0000-0000-0000-000000000002"])
async def test_a_strength_goes_by_its_name_or_its_id(world: World, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("AUTHENTICATION_STRENGTH", name)
    operation = await world.operate()
    assert operation.state is OperationState.SUCCEEDED, operation.as_json()
    assert findings(operation.plan).keys() == {"registration_unguarded"}
    (policy,) = world.tenant.policies
    assert policy["grantControls"]["authenticationStrength"]["id"] == "00000000-0000-0000-0000-000000000002"
    assert not policy["grantControls"]["builtInControls"]
    await world.forget_requests()
    assert {step.outcome for step in (await world.operate()).steps} == {"unchanged"}
    assert await world.requests("P") == []


@pytest.mark.pitfall("B1")
async def test_an_unknown_strength_stops_everything_and_the_remedy_lists_what_there_is(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CIPP#3614: a name reached Graph where an id belongs. None or several of one name must stop, not pick."""
    monkeypatch.setenv("AUTHENTICATION_STRENGTH", "Phishing resistant")
    operation = await refused(world, "strength_unknown")
    assert f"Passwordless MFA ({PASSWORDLESS})" in (operation.detail or "")


async def test_two_strengths_of_one_name_stop_everything(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[dict[str, Any]] = [
        {"id": str(uuid4()), "displayName": "Ours", "allowedCombinations": ["fido2"]} for _ in range(2)
    ]
    path = "/policies/authenticationStrengthPolicies"
    await world.fault(method="GET", path=path, status=200, body={"value": rows})
    monkeypatch.setenv("AUTHENTICATION_STRENGTH", "ours")
    operation = await refused(world, "strength_unknown")
    assert findings(operation.plan)["strength_unknown"].object_ids == tuple(sorted(row["id"] for row in rows))


async def test_a_strength_that_refuses_a_pass_turns_new_hires_away(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """entra-docs, concept-authentication-strengths: passwordless and phishing-resistant admit no pass."""
    monkeypatch.setenv("AUTHENTICATION_STRENGTH", PASSWORDLESS)
    found = findings(await world.plan())["strength_refuses_tap"]
    assert (found.level, found.object_ids) == ("warning", (PASSWORDLESS,))


# For programs, and its price


async def test_programs_read_the_findings_in_the_operation(world: World) -> None:
    await settings(world, licenseP1=False, securityDefaults=True)
    shown = orjson.loads(orjson.dumps((await world.operate()).as_json()))
    found = {item["code"]: item for item in shown["plan"]["findings"]}
    assert {code: item["level"] for code, item in found.items()} == {
        "no_p1": "blocking",
        "security_defaults_on": "warning",
        "registration_unguarded": "warning",
        "break_glass_single": "note",
    }
    assert all(item.keys() == {"code", "level", "text", "remedy", "objectIds"} for item in found.values())


async def test_a_plan_that_changes_nothing_takes_few_questions(ready: World) -> None:
    """All policies once, one batch for everything else that is judged, and who of the administrators is a person."""
    ready.clock.advance(seconds=2)  # Conditional Access takes one request a second
    await ready.plan()
    asked = await ready.requests()
    assert [line for line in asked if "conditionalAccess/policies" in line] == [
        "GET /identity/conditionalAccess/policies"
    ]
    assert await ready.round_trips() <= 10


async def test_a_people_identity_that_may_send_as_anybody_is_named(ready: World) -> None:
    """Exchange's application-rbac page: rights add up, so a tenant-wide Mail.Send makes the scope void."""
    assert "mail_from_everywhere" not in findings(await ready.plan())
    held = (await ready.control.get("/_local/roles")).json()[identities.PEOPLE.client_id]
    await ready.control.put("/_local/roles", json={identities.PEOPLE.client_id: [*held, "Mail.Send"]})
    found = findings(await ready.plan())["mail_from_everywhere"]
    assert found.level == "warning"
    assert "bootstrap --revoke" in found.remedy


async def test_where_the_permissions_of_the_people_identity_are_hidden_that_is_said(ready: World) -> None:
    await ready.fault(method="GET", path="/appRoleAssignments$", status=403, times=10)
    found = findings(await ready.plan())
    assert "mail_from_everywhere" not in found
    assert "the permissions of the people identity" in found["exposure_unknown"].text
