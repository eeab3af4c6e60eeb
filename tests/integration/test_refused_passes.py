"""Who gets no pass: administrators, guests, strangers to the claim, and people who had one today."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from local import identities
from local.entra.directory.directory_role.routes import ROLE_NAMES
from provisioning.model.graph_roles import PASSES_ROLES
from provisioning.model.ledger import EnrollmentState
from provisioning.model.pass_refusals import pass_remedy
from provisioning.model.passes import PassRefusal
from tests.integration.conftest import World
from tests.integration.handover import Handover, claim_for, new_handover, new_person
from tests.integration.test_passes import passes_are_on

__all__ = ["passes_are_on"]  # for every test here

HELPDESK_ROLE = "729827e3-9c14-49f7-bb1b-9608f156bbb8"
CHANGES: dict[str, tuple[dict[str, Any], str]] = {
    "disabled": ({"accountEnabled": False}, "account_disabled"),
    "guest": ({"userType": "Guest"}, "external"),
    "invited from elsewhere": ({"externalUserState": "Accepted"}, "external"),
    "signs in elsewhere": (
        {"identities": [{"signInType": "federated", "issuer": "ExternalAzureAD", "issuerAssignedId": None}]},
        "external",
    ),
}


MAY_JOIN = ("may join", "may own", "group may join")  # by Privileged Identity Management for groups


def add_group(world: World, group_id: str) -> None:
    """Make a group, without a way to tell from it that it may hold a role: that takes a permission to read groups."""
    world.tenant.groups.add({"id": group_id, "displayName": group_id, "mailEnabled": False, "securityEnabled": True})
    world.tenant.members[group_id] = {}


async def be_administrator(world: World, person_id: str, how: str) -> None:
    """Give a person a role directly, by a group, by a nested group, or to be activated."""
    groups = [str(uuid4()), str(uuid4()), str(uuid4())]
    for group_id in groups:
        add_group(world, group_id)
    world.tenant.link_member(groups[0], person_id)
    world.tenant.link_member(groups[1], groups[0])
    principal = {"group": groups[0], "nested": groups[1], **dict.fromkeys(MAY_JOIN, groups[2])}.get(how, person_id)
    if how in MAY_JOIN:
        joins = {"groupId": groups[2], "principalId": groups[0] if how == "group may join" else person_id}
        access = {"accessId": "owner" if how == "may own" else "member"}
        await world.control.put("/_local/group-eligibilities", json=[joins | access])
    row = {"id": str(uuid4()), "principalId": principal, "roleDefinitionId": HELPDESK_ROLE, "directoryScopeId": "/"}
    if how.startswith("eligible"):
        world.tenant.role_eligibilities.append(
            row | {"principalId": groups[0] if how == "eligible_group" else person_id}
        )
    else:
        world.tenant.directory_roles.append(row)


@pytest.mark.parametrize("how", ["direct", "group", "nested", "eligible", "eligible_group", *MAY_JOIN])
async def test_no_administrator_gets_a_pass(ready: World, how: str) -> None:
    """EphemGate looks at direct assignments only, and misses what a group gives or PIM lets activate."""
    assert HELPDESK_ROLE in ROLE_NAMES
    await ready.control.patch("/_local/settings", json={"licenseP2": True})
    handover = await new_handover(ready)
    await be_administrator(ready, handover.person_id, how)
    found = await handover.outcome()
    assert (found["state"], found["reason"]) == ("refused", "administrator")
    assert handover.passes == []


@pytest.mark.parametrize("license_p2", [True, False])
async def test_who_may_join_a_group_without_a_role_gets_a_pass(ready: World, *, license_p2: bool) -> None:
    await ready.control.patch("/_local/settings", json={"licenseP2": license_p2})
    handover = await new_handover(ready)
    joins = {"groupId": str(uuid4()), "principalId": handover.person_id}
    await ready.control.put("/_local/group-eligibilities", json=[joins])
    assert await handover.receive()


async def test_where_that_may_not_be_read_the_other_reads_decide(
    ready: World, caplog: pytest.LogCaptureFixture
) -> None:
    """A deployment of before this permission goes on, and the log says what is not known."""
    caplog.set_level("INFO")
    held = [name for name in PASSES_ROLES if name != "PrivilegedEligibilitySchedule.Read.AzureADGroup"]
    await ready.control.put("/_local/roles", json={identities.PASSES.client_id: held})
    await ready.control.patch("/_local/settings", json={"licenseP2": True})
    handover = await new_handover(ready)
    assert await handover.receive()
    assert "eligible_groups_hidden" in caplog.text
    other = await new_handover(ready, "1188")
    await be_administrator(ready, other.person_id, "eligible")
    assert (await other.outcome())["reason"] == "administrator"


@pytest.mark.parametrize("case", CHANGES)
async def test_what_an_account_is_now_decides(ready: World, case: str) -> None:
    handover = await new_handover(ready)
    change, reason = CHANGES[case]
    account = ready.tenant.users.get(handover.person_id)
    assert account is not None
    account.update(change)
    found = await handover.outcome()
    assert (found["state"], found["reason"]) == ("refused", reason)
    assert handover.passes == []


async def test_who_has_a_method_or_is_not_invited_gets_none(ready: World) -> None:
    handover = await new_handover(ready)
    await ready.control.post("/_local/registrations", json={"userId": handover.person_id})
    assert (await handover.outcome())["reason"] == "has_method", "though the ledger does not know it yet"
    other = await new_handover(ready, "2")
    person = await ready.people.person(other.person_id)
    assert person is not None
    for state in EnrollmentState:
        if state is not EnrollmentState.INVITED:
            person = await ready.people.save(replace(person, state=state))
            assert (await other.outcome())["reason"] == "not_invited", state
    assert not other.passes
    assert not handover.passes


async def test_emergency_accounts_and_deleted_ones_get_none(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    handover = await new_handover(ready)
    monkeypatch.setenv("BREAK_GLASS_USER_IDS", handover.person_id.upper())
    assert (await handover.outcome())["reason"] == "administrator"
    await ready.control.delete(f"/_local/users/{handover.person_id}")
    assert (await handover.outcome())["reason"] == "account_gone"


async def test_the_directory_says_who_the_manager_is_not_the_claim(ready: World) -> None:
    """An attacker who could write claims could not have a pass made: the passes role asks Graph itself."""
    handover = await new_handover(ready)
    forged = Handover(ready, handover.person_id, "", "")
    stranger = await ready.add_user()
    forged.manager_id = stranger
    forged.code = await claim_for(ready, handover.person_id, manager_id=stranger)
    assert (await forged.outcome())["reason"] == "not_manager"
    del ready.tenant.managers[handover.person_id]
    assert (await handover.outcome())["reason"] == "not_manager", "J9: no manager is a 404, and another answer"
    assert handover.passes == []


async def test_a_manager_uses_no_claim_of_anothers_person(ready: World) -> None:
    """microsoft/coe-starter-kit#9115: what was meant for one person's manager reached another's."""
    first, second = await new_handover(ready, "1"), await new_handover(ready, "2")
    page = await first.open(as_id=second.manager_id)
    assert page.status == 403
    assert first.person_id not in page.body.decode()
    assert (await first.step(as_id=second.manager_id, step="look", request=str(uuid4())))[0] == 403
    assert (await first.open(as_id=first.person_id)).status == 403, "nor the person themselves"


async def test_a_helpdesk_needs_the_role_and_the_setting(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    person_id = await new_person(ready)
    code = await claim_for(ready, person_id, manager_id=None)
    helpdesk = Handover(ready, person_id, await ready.add_user(), code, roles=("Passes.Issue",))
    assert (await helpdesk.open()).status == 403, "by setting only"
    monkeypatch.setenv("PASS_HELPDESK", "true")
    assert (await Handover(ready, person_id, helpdesk.manager_id, code).open()).status == 403, "by role only"
    assert (await helpdesk.open()).status == 200
    request_id = await helpdesk.ask()
    monkeypatch.setenv("PASS_HELPDESK", "false")
    await ready.work()
    assert (await refused_as(ready, request_id)) is PassRefusal.WRONG_ISSUER, "front's word alone is not enough"
    monkeypatch.setenv("PASS_HELPDESK", "true")
    assert await helpdesk.receive()


async def refused_as(world: World, request_id: str) -> PassRefusal | None:
    outcome = await world.services.passes.outcome(request_id)
    assert outcome is not None
    return outcome.refusal


async def test_the_policy_decides_with_exclusion_first(ready: World) -> None:
    handover = await new_handover(ready)
    group_id = str(uuid4())
    add_group(ready, group_id)
    ready.tenant.link_member(group_id, handover.person_id)
    target = {"targetType": "group", "id": group_id}
    ready.tenant.policy_book.method_targets["TemporaryAccessPass"] = {"excludeTargets": [target]}
    assert (await handover.outcome())["reason"] == "out_of_policy"
    assert "Authentication Policy Administrator" in pass_remedy(PassRefusal.OUT_OF_POLICY)
    ready.tenant.policy_book.method_targets["TemporaryAccessPass"] = {"includeTargets": [target]}
    assert await handover.receive()


async def test_a_late_claim_and_a_request_nobody_waits_for_are_refused(ready: World) -> None:
    handover = await new_handover(ready)
    request_id = await handover.ask()
    ready.clock.advance(minutes=6)
    await ready.work()
    assert (await handover.look(request_id))["reason"] == "nobody_waits"
    ready.clock.advance(hours=24)
    page = await handover.open()
    assert (page.status, "no longer valid" in page.body.decode()) == (410, True)
    status, found = await handover.step(step="make", publicKey="AA", identityProof="known")
    assert (status, found["error"]) == (410, "claim_expired")
    assert handover.passes == []


async def test_at_most_so_many_an_hour(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSES_PER_HOUR", "2")
    handovers = [await new_handover(ready, str(number)) for number in range(4)]
    requests = [await item.ask() for item in handovers]
    await ready.work()
    states = [(await item.look(request))["state"] for item, request in zip(handovers, requests, strict=True)]
    assert sorted(states) == ["made", "made", "refused", "refused"]
    ready.clock.advance(minutes=61)
    late = handovers[states.index("refused")]
    assert await late.receive(), "its claim was not used up"


async def test_at_most_one_a_day_and_a_live_one_only_on_request(ready: World) -> None:
    ready.tenant.settings = ready.tenant.settings.changed({"tapMaximumMinutes": 4000})
    handover = await new_handover(ready)
    first = await handover.receive()
    again = await handover.again()
    assert (await again.outcome(replace=True))["reason"] == "day_limit"
    (made,) = handover.passes
    made["lifetimeInMinutes"] = 4000
    ready.clock.advance(hours=25)
    again = await handover.again()
    assert (await again.outcome())["reason"] == "live_pass"
    second = await again.receive(replace=True)
    assert second != first
    (made,) = handover.passes
    assert made["temporaryAccessPass"] == second
