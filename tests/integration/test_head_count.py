"""A plan says how many people it will ask, which it spares, and which administrators it catches."""

import re
from typing import Any

import orjson
import pytest
from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation

from local import identities
from provisioning.model.operation import Mode
from provisioning.model.plan import HeadCount
from provisioning.support.person_in_entra import is_member
from tests.integration.conftest import World
from tests.integration.findings import findings, settings
from tests.integration.wire import body_of, watch

BREAK_GLASS = identities.BREAK_GLASS_USER_ID
ADMINISTRATOR = identities.ADMINISTRATOR_USER_ID


async def post(world: World, path: str, body: dict[str, Any]) -> Any:
    """As an admin."""
    graph = world.services.graph(identities.TENANT.client_id)
    info = RequestInformation(Method.POST)
    info.url = f"{graph.root}{path}"
    info.headers.add("Content-Type", "application/json")
    info.content = orjson.dumps(body)
    return await graph.send(info)


async def join(world: World, group_id: str, *member_ids: str) -> None:
    """Add members to a group."""
    for member_id in member_ids:
        link = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{member_id}"}
        await post(world, f"/groups/{group_id}/members/$ref", link)


async def our_group(world: World) -> str:
    objects = await world.state.objects()
    assert objects is not None
    return str(objects.group_id)


async def add_group(world: World, *member_ids: str) -> str:
    """A security group of another owner."""
    body = {"displayName": "Other", "mailEnabled": False, "mailNickname": "other", "securityEnabled": True}
    group_id = str((await post(world, "/groups", body))["id"])
    await join(world, group_id, *member_ids)
    return group_id


async def heads(world: World, of: Mode = Mode.APPLY) -> HeadCount:
    """What a plan counts."""
    found = (await world.plan(of)).head_count
    assert found is not None
    return found


@pytest.fixture
async def peopled(ready: World) -> World:
    """Two new hires in the group, a third one in a group within it, with an administrator and an emergency account."""
    ada, mia, eve = [await ready.add_user() for _ in range(3)]
    nested = await add_group(ready, eve)
    await join(ready, await our_group(ready), ada, mia, nested, ADMINISTRATOR, BREAK_GLASS)
    return ready


async def test_before_there_is_a_group_there_is_nobody(world: World) -> None:
    found = await heads(world)
    assert found == HeadCount(0, 0, {BREAK_GLASS: "excludeUsers of the policy"})


async def test_a_report_only_policy_asks_nobody_and_covers_people_through_any_nesting(peopled: World) -> None:
    found = await heads(peopled)
    assert (found.in_scope, found.newly_challenged) == (5, 0)
    assert found.administrators == (ADMINISTRATOR,)


async def test_turning_it_on_asks_everybody_in_scope_but_the_emergency_account(peopled: World) -> None:
    found = await heads(peopled, Mode.ENABLE)
    assert (found.in_scope, found.newly_challenged) == (5, 4)
    assert found.excluded_break_glass == {BREAK_GLASS: "excludeUsers of the policy"}
    assert found.administrators == (ADMINISTRATOR,)
    await peopled.operate(Mode.ENABLE)
    for of in (Mode.ENABLE, Mode.APPLY):
        assert (await heads(peopled, of)).newly_challenged == 0, of


async def test_people_of_other_organizations_are_not_counted(peopled: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Case E1: cross-tenant synchronization makes members whose methods are in their home tenant."""
    before = await heads(peopled, Mode.ENABLE)
    name = "kai.lund_partner.example#EXT#@example.com"
    kai = await peopled.add_user(userPrincipalName=name, userType="Member", creationType="Invitation")
    await join(peopled, await our_group(peopled), kai)
    assert await heads(peopled, Mode.ENABLE) == before
    monkeypatch.setenv("POLICY_USERS", "all")
    everybody = await heads(peopled, Mode.ENABLE)
    accounts = [user for user in peopled.tenant.users if user["userType"] == "Member" and user["accountEnabled"]]
    assert everybody.in_scope == len(accounts) - 1


async def test_people_an_admin_excluded_are_not_asked_either(peopled: World) -> None:
    (policy,) = peopled.tenant.policies
    policy["conditions"]["users"]["excludeUsers"].append(ADMINISTRATOR.upper())
    assert (await heads(peopled, Mode.ENABLE)).newly_challenged == 3


async def test_an_emergency_account_that_nothing_excludes_is_shown(peopled: World) -> None:
    (policy,) = peopled.tenant.policies
    policy["conditions"]["users"]["excludeUsers"] = []
    assert (await heads(peopled, Mode.ENABLE)).excluded_break_glass == {BREAK_GLASS: "nothing: apply first"}
    assert (await heads(peopled)).excluded_break_glass == {BREAK_GLASS: "excludeUsers of the policy"}


async def test_putting_back_the_people_of_a_policy_in_force_asks_those_who_were_left_out(peopled: World) -> None:
    await peopled.operate(Mode.ENABLE)
    (policy,) = peopled.tenant.policies
    users, group_id = policy["conditions"]["users"], await our_group(peopled)
    users["excludeGroups"] = [group_id]
    assert (await heads(peopled)).newly_challenged == 4
    users["excludeGroups"] = []
    asked_today = sorted(set(peopled.tenant.members[group_id]) - {BREAK_GLASS, ADMINISTRATOR})
    users["includeGroups"] = [await add_group(peopled, *asked_today)]
    assert (await heads(peopled)).newly_challenged == 1, "the administrator; all others are in the other group"
    users["includeUsers"], users["includeGroups"] = ["All"], []
    assert (await heads(peopled)).newly_challenged == 0


async def test_a_policy_in_force_that_the_list_does_not_show_is_counted_all_the_same(peopled: World) -> None:
    await peopled.operate(Mode.ENABLE)
    (policy,) = peopled.tenant.policies
    policy["conditions"]["users"]["excludeGroups"] = [await our_group(peopled)]
    await peopled.fault(method="GET", path="/conditionalAccess/policies$", status=200, body={"value": []})
    assert (await heads(peopled)).newly_challenged == 4


async def test_putting_back_a_report_only_policy_asks_nobody(peopled: World) -> None:
    (policy,) = peopled.tenant.policies
    policy["conditions"]["users"]["includeGroups"] = [await add_group(peopled)]
    assert (await heads(peopled)).newly_challenged == 0


@pytest.mark.pitfall("C6")
@pytest.mark.parametrize("users", ["group", "all"])
async def test_advanced_queries_say_so_in_header_and_address(
    peopled: World, monkeypatch: pytest.MonkeyPatch, users: str
) -> None:
    """microsoftgraph/microsoft-graph-docs#13114: "Specified filter to the reference property query is ..."."""
    monkeypatch.setenv("POLICY_USERS", users)
    await settings(peopled, castNeedsConsistencyLevel=True)
    object_id = await peopled.add_user(employeeId="1")
    sent = watch(peopled, monkeypatch, identity=identities.TENANT)
    await peopled.plan()
    await peopled.operate(Mode.VERIFY)
    objects = await peopled.state.objects()
    assert objects is not None
    assert await is_member(peopled.services.graph(identities.TENANT.client_id), objects, object_id) is False
    batches = [body_of(info)["requests"] for info in sent if info.url.endswith("/$batch")]
    asked = [(item["url"], (item.get("headers") or {}).get("ConsistencyLevel")) for items in batches for item in items]
    asked += [(info.url, next(iter(info.headers.get("ConsistencyLevel")), None)) for info in sent]
    advanced = [(url, level) for url, level in asked if re.search("graph.user|count=|/members.*filter=", url)]
    assert len(advanced) >= 3
    for url, level in advanced:
        assert level == "eventual", url
        assert re.search("[?&](%24|[$])count=true", url), url


async def test_a_group_that_no_replica_shows_yet_counts_nobody(peopled: World) -> None:
    """msgraph-sdk-java#2575: the id that a POST returned answers 404 for a while."""
    await peopled.fault(method="GET", path="/transitiveMembers", status=404)
    assert (await heads(peopled)).in_scope == 0


async def test_putting_back_the_application_of_a_policy_in_force_asks_everybody_anew(peopled: World) -> None:
    await peopled.operate(Mode.ENABLE)
    (policy,) = peopled.tenant.policies
    policy["conditions"]["applications"]["includeApplications"] = ["Office365"]
    assert (await heads(peopled)).newly_challenged == 4


async def test_a_policy_for_everybody_counts_enabled_members_of_the_tenant(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POLICY_USERS", "all")
    await world.operate()
    before = (await heads(world)).in_scope
    for fields in ({}, {}, {"accountEnabled": False}, {"userType": "Guest"}):
        await world.add_user(**fields)
    found = await heads(world, Mode.ENABLE)
    assert found.in_scope == before + 2
    assert found.newly_challenged == found.in_scope - 1
    assert ADMINISTRATOR in found.administrators
    assert BREAK_GLASS not in found.administrators
    await world.operate(Mode.ENABLE)
    assert (await heads(world)).newly_challenged == 0


async def test_widening_a_policy_in_force_to_everybody_counts_those_outside_the_group(
    peopled: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await peopled.operate(Mode.ENABLE)
    monkeypatch.setenv("POLICY_USERS", "all")
    found = await heads(peopled)
    assert found.newly_challenged == found.in_scope - 5, "the group's four and the emergency account aside"


@pytest.mark.parametrize("mode", [Mode.VERIFY, Mode.REMOVE])
async def test_what_asks_nobody_counts_nobody(peopled: World, mode: Mode) -> None:
    operation = await peopled.operate(mode)
    assert operation.plan is not None
    assert operation.plan.head_count is None


async def test_an_identity_that_may_not_read_people_can_still_turn_the_policy_off(peopled: World) -> None:
    roles = ["Policy.Read.All", "Policy.ReadWrite.ConditionalAccess"]
    await peopled.control.put("/_local/roles", json={identities.TENANT.client_id: roles})
    plan = await peopled.plan(Mode.DISABLE)
    assert plan.head_count is None
    assert [step.name for step in plan.steps] == ["policy"]


async def test_people_who_cannot_be_counted_are_a_finding(peopled: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which properties User.ReadBasic.All may filter by is not documented, so Graph may refuse this one."""
    monkeypatch.setenv("POLICY_USERS", "all")
    await peopled.fault(method="GET", path="/users\\?.*count=true", status=403, times=1)
    plan = await peopled.plan(Mode.APPLY)
    assert plan.head_count is None
    assert "head_count_unknown" in findings(plan)
