"""Why a person is not done: one paragraph, one next step, asked without a write."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from local import identities
from provisioning.errors import TransientError
from provisioning.http import Request, Response
from provisioning.model.hires import HireEventType
from provisioning.model.operation import Mode
from provisioning.services import Services
from provisioning.support import person_in_entra as standing
from provisioning.support.person_status import get_person_status
from tests.integration.conftest import World

# What-If twice, and again where Conditional Access takes no second request within a second; six in one round trip.
MOST_CALLS = 8 + 6
STRENGTH = {"id": "00000000-0000-0000-0000-000000000002"}


async def answer(world: World, name: str) -> Response:
    return await get_person_status(Request(route={"person": name}), services=world.services)


async def ask(world: World, name: str) -> dict[str, Any]:
    """The answer about a person who is known; asking writes nothing and is short."""
    await world.forget_requests()
    got = await answer(world, name)
    assert got.status == 200, got.body
    calls = await world.requests()
    assert len(calls) <= MOST_CALLS, calls
    assert all(call.startswith("GET ") or call.endswith("/evaluate") for call in calls), calls
    content: dict[str, Any] = json.loads(got.body)
    assert "\n" not in content["why"]
    assert "@" not in content["why"]
    assert content["next"]["what"] in content["why"]
    assert datetime.fromisoformat(content.pop("askedAt")) <= world.clock()
    return content


async def invited(world: World, employee_id: str = "1187") -> str:
    object_id = await world.add_user(employeeId=employee_id, displayName="Mia Berg")
    await world.send_hire(employee_id, start=world.clock().date() + timedelta(days=3))
    await world.work()
    return object_id


async def test_a_person_invited_with_the_policy_on_has_to_open_the_page(ready: World) -> None:
    mia = await invited(ready)
    await ready.operate(Mode.ENABLE)
    by_employee, by_object = await ask(ready, "1187"), await ask(ready, mia)
    assert by_employee == by_object
    assert by_employee["state"] == "invited"
    assert by_employee["group"]["member"] is True
    assert by_employee["assigned"] is True
    assert by_employee["policy"] == "asked"
    assert by_employee["next"]["who"] == "person"
    assert by_employee["notAsked"] == {}
    assert "Mia" not in by_employee["why"]
    assert (by_employee["hr"]["kind"], by_employee["hr"]["source"]) == ("hire", "standard-webhooks")


async def test_a_hire_record_without_an_account_waits_for_one(ready: World) -> None:
    await ready.send_hire("1187", start=ready.clock().date() + timedelta(days=3))
    await ready.work()
    found = await ask(ready, "1187")
    assert (found["state"], found["objectId"], found["next"]["who"]) == ("pending", None, "identity_admin")
    assert "exactly this employee ID" in found["next"]["what"]


async def test_several_accounts_with_one_employee_id_are_named(ready: World) -> None:
    ids = {await ready.add_user(employeeId="1187"), await ready.add_user(employeeId="1187")}
    await ready.send_hire("1187")
    await ready.work()
    found = await ask(ready, "1187")
    assert (found["state"], found["next"]["who"]) == ("parked", "identity_admin")
    assert all(object_id in found["why"] for object_id in ids)
    assert found["remedy"] == found["next"]["what"]


async def test_several_accounts_that_no_hire_named_are_told_apart_by_object_id(ready: World) -> None:
    ids = sorted([await ready.add_user(employeeId="1187"), await ready.add_user(employeeId="1187")])
    await ready.sweep()
    found = await ask(ready, "1187")
    assert (found["state"], found["accounts"], found["next"]["who"]) == ("parked", ids, "identity_admin")
    assert (await ask(ready, ids[0]))["state"] == "invited"
    await ready.send_hire("1187")
    await ready.work()
    assert (await ask(ready, "1187"))["next"]["who"] == "identity_admin"
    assert (await ask(ready, ids[0]))["state"] == "invited", "HR's word does not tell which of them is meant"


async def test_a_person_the_sweep_found_is_known_by_employee_id_too(ready: World) -> None:
    mia = await ready.add_user(employeeId="O'Brien/1")
    await ready.sweep()
    found = await ask(ready, "O'Brien/1")
    assert (found["objectId"], found["hr"]) == (mia, None)
    assert await ask(ready, "O'Brien%2F1") == found, "ASP.NET leaves this escape in a route's value"


async def test_who_waits_for_the_window_is_told_when_it_opens(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first_day = ready.clock().date() + timedelta(days=60)
    await ready.add_user(employeeId="1187")
    await ready.send_hire("1187", start=first_day)
    await ready.work()
    found = await ask(ready, "1187")
    opens = datetime(first_day.year, first_day.month, first_day.day, tzinfo=UTC) - timedelta(days=14)
    assert (found["state"], found["next"]["who"]) == ("waiting", "product")
    assert found["next"]["at"] == found["window"]["opensAt"] == opens.isoformat()
    assert found["group"]["member"] is False
    monkeypatch.setenv("ENROLL_DAYS_BEFORE_START", "59")
    assert (await ask(ready, "1187"))["window"]["opensAt"] == (opens - timedelta(days=45)).isoformat()


async def test_who_waits_and_is_due_is_the_next_sweeps_unless_it_is_stopped(ready: World) -> None:
    await ready.add_user(employeeId="1187")
    await ready.send_hire("1187", start=ready.clock().date() + timedelta(days=20))
    await ready.work()
    ready.clock.advance(days=10)
    found = await ask(ready, "1187")
    assert (found["state"], found["window"]["open"], found["next"]["who"]) == ("waiting", True, "product")
    assert "next sweep" in found["next"]["what"]
    await ready.people.heartbeat({"outcome": "limit_exceeded"}, at=ready.clock())
    found = await ask(ready, "1187")
    assert found["next"]["who"] == "identity_admin"
    assert "limits" in found["next"]["what"]


async def test_who_was_taken_out_of_the_group_by_hand_is_noticed(ready: World) -> None:
    mia = await invited(ready)
    await ready.operate(Mode.ENABLE)
    (group,) = ready.tenant.groups
    ready.tenant.unlink_member(group["id"], mia)
    found = await ask(ready, mia)
    assert (found["state"], found["group"]["member"], found["policy"]) == ("invited", False, "not_covered")
    assert found["next"]["who"] == "identity_admin"
    assert found["next"]["what"].startswith("Ask again in a few minutes"), "the invitation is just made"
    ready.clock.advance(hours=1)
    assert "taken out by hand" in (await ask(ready, mia))["next"]["what"]
    ready.clock.advance(days=1)
    await ready.sweep()
    found = await ask(ready, mia)
    assert (found["state"], found["takenOutAt"][:10]) == ("parked", ready.clock().date().isoformat())
    assert "taken out of the group by hand on" in found["why"]


@pytest.mark.parametrize(
    ("state", "outcome", "what"),
    [
        ("enabledForReportingButNotEnforced", "report_only", "enable"),
        ("disabled", "off", "enable"),
    ],
)
async def test_a_policy_that_asks_nobody_is_the_admins(ready: World, state: str, outcome: str, what: str) -> None:
    await invited(ready)
    (policy,) = ready.tenant.policies
    policy["state"] = state
    found = await ask(ready, "1187")
    assert (found["policy"], found["next"]["who"]) == (outcome, "identity_admin")
    assert what in found["next"]["what"]


async def test_another_policy_that_asks_everybody_for_mfa_does_as_well(ready: World) -> None:
    await invited(ready)
    (policy,) = ready.tenant.policies
    other = json.loads(json.dumps(policy))
    other |= {"id": str(uuid4()), "displayName": "MFA for all", "state": "enabled"}
    other["conditions"]["users"] |= {"includeUsers": ["All"], "includeGroups": []}
    ready.tenant.policies.add_settled(other)
    found = await ask(ready, "1187")
    assert (found["policy"], found["next"]["who"]) == ("asked_by_others", "person")
    other["grantControls"] = {"operator": "OR", "builtInControls": [], "authenticationStrength": STRENGTH}
    assert (await ask(ready, "1187"))["policy"] == "asked_by_others", "a strength is MFA of some kind"
    other["grantControls"]["builtInControls"] = ["block"]
    found = await ask(ready, "1187")
    assert (found["policy"], found["next"]["who"]) == ("blocked", "identity_admin")


@pytest.mark.parametrize(("spared", "outcome"), [(True, "break_glass"), (False, "excluded")])
async def test_who_the_policy_excludes_is_told_apart(
    ready: World, monkeypatch: pytest.MonkeyPatch, spared: bool, outcome: str
) -> None:
    mia = await invited(ready)
    (policy,) = ready.tenant.policies
    policy["conditions"]["users"]["excludeUsers"].append(mia)
    if spared:
        monkeypatch.setenv("BREAK_GLASS_USER_IDS", f"{identities.BREAK_GLASS_USER_ID},{mia.upper()}")
    found = await ask(ready, mia)
    assert (found["policy"], found["next"]["who"]) == (outcome, "identity_admin")


async def test_a_policy_or_an_assignment_that_is_gone_is_said(ready: World) -> None:
    await invited(ready)
    await ready.operate(Mode.ENABLE)
    (group,) = ready.tenant.groups
    kept = {key: item for key, item in ready.tenant.assignments.items() if item["principalId"] != group["id"]}
    assert len(kept) == len(ready.tenant.assignments) - 1
    ready.tenant.assignments = kept
    found = await ask(ready, "1187")
    assert (found["assigned"], found["next"]["who"]) == (False, "identity_admin")
    (policy,) = ready.tenant.policies
    ready.tenant.policies.remove(policy["id"])
    found = await ask(ready, "1187")
    assert found["policy"] == "missing"
    assert "apply" in found["next"]["what"]


async def test_before_the_tenant_is_set_up_that_comes_first(world: World) -> None:
    await world.add_user(employeeId="1187")
    await world.send_hire("1187")
    await world.work()
    found = await ask(world, "1187")
    assert (found["state"], found["group"]["id"], found["next"]["who"]) == ("pending", None, "identity_admin")
    assert "has not been set up" in found["why"]
    assert await world.requests() == []


async def test_registered_is_done_and_says_with_what_and_when_that_was_seen(ready: World) -> None:
    mia = await invited(ready)
    await ready.control.post("/_local/registrations", json={"userId": mia, "method": "fido2"})
    await ready.send_seen(mia)
    await ready.work()
    looked = ready.clock().isoformat()
    found = await ask(ready, mia)
    assert (found["state"], found["next"]["who"]) == ("registered", "nobody")
    assert (found["methods"], found["checkedAt"]) == (["fido2"], looked)


async def test_a_phone_alone_is_registered_and_will_not_do_for_long(ready: World) -> None:
    """entra-docs, 2026-06-10: SMS and voice calls end on 2027-02-01."""
    mia = await invited(ready)
    await ready.control.post("/_local/registrations", json={"userId": mia, "method": "phone"})
    await ready.send_seen(mia)
    await ready.work()
    assert (await ask(ready, mia))["next"]["who"] == "person"


async def test_who_left_needs_nobody(ready: World) -> None:
    mia = await invited(ready)
    ready.clock.advance(minutes=1)
    await ready.send_hire("1187", kind=HireEventType.CANCELLED)
    await ready.work()
    found = await ask(ready, mia)
    assert (found["state"], found["next"]["who"], found["hr"]["kind"]) == ("left", "nobody", "cancelled")


async def test_who_is_cancelled_but_not_taken_out_yet_is_the_products(ready: World) -> None:
    mia = await invited(ready)
    announced = await ready.people.hire_record("1187")
    assert announced is not None
    await ready.fault(method="DELETE", path="/v1.0/groups", status=503)
    ready.clock.advance(minutes=1)
    await ready.send_hire("1187", kind=HireEventType.CANCELLED)
    await ready.work()
    found = await ask(ready, mia)
    assert (found["state"], found["group"]["member"], found["next"]["who"]) == ("left", True, "product")


@pytest.mark.parametrize(
    ("fields", "reason"), [({"accountEnabled": False}, "disabled"), ({"userType": "Guest"}, "guest")]
)
async def test_parked_says_the_stored_reason_and_remedy(ready: World, fields: dict[str, Any], reason: str) -> None:
    mia = await ready.add_user(employeeId="1187", **fields)
    await ready.send_hire("1187")
    await ready.work()
    found = await ask(ready, mia)
    assert found["state"] == "parked"
    assert reason in found["reason"]
    assert found["remedy"] == found["next"]["what"]


async def test_an_account_that_was_deleted_is_noticed(ready: World) -> None:
    mia = await invited(ready)
    answer = await ready.control.request("DELETE", "/_local/users", json=[mia])
    assert answer.status_code < 300, answer.text
    found = await ask(ready, mia)
    assert (found["policy"], found["next"]["who"]) == ("gone", "identity_admin")


async def test_a_part_that_is_refused_names_the_permission_and_the_rest_is_told(ready: World) -> None:
    mia = await invited(ready)
    kept = [role for role in identities.TENANT.roles if not role.startswith("Policy")]
    await ready.control.put("/_local/roles", json={identities.TENANT.client_id: kept})
    found = await ask(ready, mia)
    assert found["group"]["member"] is True
    assert found["policy"] is None
    assert list(found["notAsked"]) == ["policy", "registration"]
    assert "403" in found["notAsked"]["policy"]
    assert "Policy.Read.All" in found["notAsked"]["policy"]
    assert found["notAsked"]["policy"] in found["why"]


async def test_with_graph_away_the_ledger_still_answers(ready: World) -> None:
    await invited(ready)
    await ready.fault(path="/v1.0/", status=503)
    got = await answer(ready, "1187")
    content = json.loads(got.body)
    assert (got.status, content["state"], content["group"]["member"]) == (200, "invited", None)
    assert set(content["notAsked"]) == {"group", "assignment", "policy", "registration"}
    assert content["next"]["who"] == "person"


async def test_a_question_that_hangs_does_not_hold_up_the_answer(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await invited(ready)
    monkeypatch.setattr(standing, "PATIENCE", 0.3)
    await ready.fault(method="POST", path="/evaluate", delay=30)
    started = time.monotonic()
    found = await ask(ready, "1187")
    assert time.monotonic() - started < 5
    assert (found["group"]["member"], list(found["notAsked"])) == (True, ["policy", "registration"])
    assert "did not answer" in found["why"]
    assert found["next"]["what"].startswith("As far as could be checked")


async def test_without_the_tenants_settings_the_ledger_still_answers(
    ready: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await invited(ready)
    monkeypatch.delenv("BREAK_GLASS_USER_IDS")
    found = await ask(ready, "1187")
    assert "BREAK_GLASS_USER_IDS is missing" in found["notAsked"]["policy"]


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("4711", 404, "HR has not announced"),
        ("5a8b7f0e-61c4-4d0b-8f7a-2c9d3e1b6aff", 404, "no account with the object ID"),
        (" ", 400, "not an ID"),
        ("x" * 129, 400, "not an ID"),
        ("a\nb", 400, "not an ID"),
        ("\ud800", 400, "not an ID"),
        ("' or 1 eq 1", 404, "nobody with the employee ID"),
    ],
)
async def test_an_id_nobody_has_is_said_with_the_remedy(ready: World, name: str, status: int, words: str) -> None:
    await invited(ready)
    got = await answer(ready, name)
    assert got.status == status
    assert words in json.loads(got.body)["message"]


async def test_with_the_tables_away_it_is_try_again(away: Services) -> None:
    with pytest.raises(TransientError):
        await get_person_status(Request(route={"person": "1187"}), services=away)
