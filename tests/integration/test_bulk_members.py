"""Many into the group and out of it: few round trips, and a result for each person."""

from math import ceil
from uuid import uuid4

import pytest

from local.entra.limits.storm import Storm
from provisioning.errors import TransientError
from provisioning.graph.bulk_members import Additions, add_members
from provisioning.graph.errors import GraphError
from provisioning.graph.members import Removals, remove_members
from tests.integration.conftest import World
from tests.integration.findings import settings
from tests.integration.wire import body_of, watch


def group_of(world: World) -> str:
    (group,) = world.tenant.groups
    return str(group["id"])


async def add(world: World, object_ids: list[str]) -> Additions:
    """Add people; everybody has exactly one result."""
    result = await add_members(world.graph, group_of(world), object_ids)
    results = [*result.added, *result.already, *result.missing, *result.refused]
    assert sorted(results) == sorted({object_id.lower(): object_id for object_id in reversed(object_ids)}.values())
    return result


async def remove(world: World, object_ids: list[str]) -> Removals:
    return await remove_members(world.graph, group_of(world), object_ids)


def make_members(world: World, object_ids: list[str]) -> None:
    """Put people into the group behind the product's back."""
    for object_id in object_ids:
        world.tenant.link_member(group_of(world), object_id)


async def test_a_thousand_people_take_few_round_trips(ready: World) -> None:
    people = await ready.add_users(1000)
    members, gone = people[::100], people[5::100]
    make_members(ready, members)
    await ready.control.request("DELETE", "/_local/users", json=gone)
    await settings(ready, throttleWrites=0)
    await ready.forget_requests()
    result = await add(ready, people)
    assert (sorted(result.already), sorted(result.missing), result.refused) == (sorted(members), sorted(gone), {})
    assert len(result.added) == 980
    assert ready.members() == set(people) - set(gone)
    assert await ready.round_trips() == ceil(1000 / 400) + 2, "one page of members, one look-up"


async def test_up_to_twenty_are_tried_without_looking_first(ready: World) -> None:
    people = await ready.add_users(20)
    result = await add(ready, people)
    assert sorted(result.added) == sorted(people)
    assert await ready.requests() == ["PATCH /groups/{group}"]
    assert await ready.round_trips() == 1


@pytest.mark.pitfall("C1")
async def test_one_member_among_twenty_is_found(ready: World) -> None:
    """microsoft-graph-docs-contrib#5090: one duplicate fails a whole PATCH."""
    people = await ready.add_users(20)
    make_members(ready, people[7:8])
    result = await add(ready, people)
    assert (len(result.added), result.already) == (19, people[7:8])
    assert await ready.round_trips() == 3, "the refusal, a look at the members, the others"


@pytest.mark.pitfall("C1")
async def test_a_member_that_reads_do_not_show_yet_is_found(ready: World) -> None:
    """Looking first does not help while the members have not replicated; then each is tried alone, in batches."""
    people = await ready.add_users(45)
    await settings(ready, memberLag=900)
    make_members(ready, [people[3], people[30]])
    await ready.forget_requests()
    result = await add(ready, people)
    assert (len(result.added), sorted(result.already)) == (43, sorted([people[3], people[30]]))
    assert ready.members() == set(people)
    assert await ready.round_trips() < 15


@pytest.mark.pitfall("C2")
async def test_an_account_that_vanishes_after_the_look_up_is_missing(ready: World) -> None:
    """pulumi-azuread#2014: the 404 names who is not known; the other 19, and those behind them, are added."""
    people = await ready.add_users(60)
    body = {"value": [{"id": object_id} for object_id in people]}
    await ready.fault(method="POST", path="/getByIds", status=200, body=body, times=1)
    await ready.control.request("DELETE", "/_local/users", json=[people[4], people[5], people[50]])
    result = await add(ready, people)
    assert sorted(result.missing) == sorted([people[4], people[5], people[50]])
    assert ready.members() == set(result.added)


async def test_where_accounts_may_not_be_looked_up_everybody_still_has_a_result(ready: World) -> None:
    """The documentation wants Directory.Read.All for it, which is more than this product asks for."""
    people = await ready.add_users(50)
    await ready.control.request("DELETE", "/_local/users", json=people[9:10])
    await settings(ready, getByIdsNeedsDirectoryRead=True)
    result = await add(ready, people)
    assert (len(result.added), result.missing) == (49, people[9:10])


async def test_the_same_person_twice_and_in_another_case_is_one(ready: World) -> None:
    (mia,) = await ready.add_users(1)
    result = await add(ready, [mia.upper(), mia, mia])
    assert result == Additions(added=[mia.upper()])
    assert ready.members() == {mia}


@pytest.mark.parametrize("count", [1, 30])
async def test_what_is_no_object_id_is_refused_without_asking(ready: World, count: int) -> None:
    people = await ready.add_users(count)
    result = await add(ready, [*people, "mia@example.com", "../users"])
    assert sorted(result.added) == sorted(people)
    assert set(result.refused) == {"mia@example.com", "../users"}


async def test_nobody_is_no_request(ready: World) -> None:
    assert await add(ready, []) == Additions()
    assert await remove(ready, []) == Removals()
    assert await ready.requests() == []


@pytest.mark.pitfall("C2")
@pytest.mark.parametrize("count", [1, 30])
async def test_a_group_that_is_gone_raises(ready: World, count: int) -> None:
    """pulumi-azuread#2014: a 404 that names the group must not look like missing people."""
    people, group_id = await ready.add_users(count), str(uuid4())
    for change in (add_members, remove_members):
        with pytest.raises(GraphError, match=group_id):
            await change(ready.graph, group_id, people)


@pytest.mark.parametrize("count", [1, 30])
async def test_a_group_that_is_not_ours_raises(ready: World, count: int) -> None:
    people = await ready.add_users(count)
    ready.tenant.owners.clear()
    for change in (add_members, remove_members):
        with pytest.raises(GraphError, match="403 Authorization_RequestDenied"):
            await change(ready.graph, group_of(ready), people)


async def test_a_group_with_dynamic_members_raises_before_everybody_was_tried(ready: World) -> None:
    people = await ready.add_users(1000)
    (group,) = ready.tenant.groups
    group["groupTypes"] = ["DynamicMembership"]
    with pytest.raises(GraphError, match="403 Authorization_RequestDenied"):
        await add(ready, people)
    assert await ready.round_trips() < 30


async def test_one_person_who_is_refused_has_a_reason_and_the_others_are_added(ready: World) -> None:
    people = await ready.add_users(25)
    body = {"error": {"code": "Request_BadRequest", "message": f"The object '{people[2].upper()}' cannot be a member."}}
    await ready.fault(method="PATCH", path="/groups/", status=400, body=body, times=1)
    result = await add(ready, people)
    assert result.refused == {people[2]: f"The object '{people[2].upper()}' cannot be a member."}
    assert len(result.added) == 24


async def test_a_refusal_that_names_nobody_is_narrowed_down(ready: World) -> None:
    people = await ready.add_users(25)
    body = {"error": {"code": "Request_BadRequest", "message": "Some reason."}}
    await ready.fault(method="PATCH", path="/groups/", status=400, body=body, times=1)
    await ready.fault(method="POST", path=r"/members/\$ref", status=400, body=body, times=1)
    result = await add(ready, people)
    assert (len(result.added), list(result.refused.values())) == (24, ["Some reason."])


async def test_a_throttled_link_is_waited_for_and_only_the_rest_is_sent_again(ready: World) -> None:
    people = await ready.add_users(100)
    await ready.fault(method="PATCH", path="/groups/", preset="throttled", times=1)
    await ready.forget_requests()
    result = await add(ready, people)
    assert len(result.added) == 100
    assert ready.sleeps.asked[-1] == 2.128
    assert (await ready.requests("PATCH")).count("PATCH /groups/{group}") == 5


async def test_a_wait_longer_than_ten_seconds_is_the_queue_s(ready: World) -> None:
    people = await ready.add_users(60)
    throttled = {"status": 429, "headers": {"Retry-After": "61.5"}, "body": {"error": {"code": "TooManyRequests"}}}
    sleeps = len(ready.sleeps.asked)
    await ready.fault(method="PATCH", path="/groups/", times=1, delay=0.001)  # the first one passes
    await ready.fault(method="PATCH", path="/groups/", **throttled)
    with pytest.raises(TransientError) as caught:
        await add(ready, people)
    assert caught.value.after == 61.5
    assert len(ready.sleeps.asked) == sleeps
    assert len(ready.members()) == 20


@pytest.mark.parametrize("count", [20, 500])
async def test_a_batch_whose_answer_was_lost_is_not_taken_for_another_s(ready: World, count: int) -> None:
    people = await ready.add_users(count)
    await ready.fault(method="POST", path=r"/\$batch", drop="after", times=1)
    result = await add(ready, people)
    assert sorted(result.added) == sorted(people), "nobody was a member before"
    assert await ready.round_trips() < 10


async def test_a_link_that_took_effect_and_was_answered_504_is_ours_too(ready: World) -> None:
    people = await ready.add_users(40)
    await ready.fault(method="PATCH", path="/groups/", preset="gatewayTimeout", takesEffect=True, times=1)
    result = await add(ready, people)
    assert (sorted(result.added), result.already) == (sorted(people), [])


async def test_an_outage_keeps_those_who_are_in_and_is_soon_given_up(ready: World) -> None:
    people = await ready.add_users(500)
    await ready.fault(method="POST", path=r"/\$batch", times=1, delay=0.001)  # the first one passes
    await ready.fault(method="POST", path=r"/\$batch", status=503)
    with pytest.raises(TransientError):
        await add(ready, people)
    assert len(ready.members()) == 400
    assert sum(ready.sleeps.asked) < 10


@pytest.mark.parametrize("seed", range(6))
async def test_in_a_storm_everybody_gets_in_and_nobody_who_was_in_is_taken_for_added(ready: World, seed: int) -> None:
    """A call in three is throttled, fails, takes effect without an answer, or loses its connection."""
    people = await ready.add_users(130)
    members, gone = people[:9], people[-9:]
    make_members(ready, members)
    await ready.control.request("DELETE", "/_local/users", json=gone)
    ready.tenant.storm = Storm(seed=seed, rate=1 / 3, delay=0.0)
    for _ in range(40):
        try:
            result = await add(ready, people)
            break
        except TransientError:
            continue
    assert ready.members() == set(people) - set(gone)
    assert (set(result.missing), result.refused) == (set(gone), {})
    assert set(result.already) >= set(members)
    assert set(members).isdisjoint(result.added)


@pytest.mark.pitfall("J2")
async def test_the_wire_says_what_graph_knows(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """msgraph-sdk-python#611: a key other than members@odata.bind is silently ignored."""
    sent = watch(ready, monkeypatch)
    (mia,) = await ready.add_users(1)
    await add(ready, [mia])
    (request,) = body_of(sent[-1])["requests"]
    assert request["body"] == {"members@odata.bind": [f"{ready.graph.root}/directoryObjects/{mia}"]}
