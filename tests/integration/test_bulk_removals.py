"""Many out of the group: few round trips, a result for each person, and never the account itself."""

import pytest

from provisioning.errors import TransientError
from tests.integration.conftest import World
from tests.integration.test_bulk_members import make_members, remove


async def test_removing_tells_who_was_no_member(ready: World) -> None:
    people = await ready.add_users(50)
    make_members(ready, people[:30])
    await ready.forget_requests()
    result = await remove(ready, [*people, people[0].upper(), "x"])
    assert (sorted(result.removed), sorted(result.absent)) == (sorted(people[:30]), sorted(people[30:]))
    assert list(result.refused) == ["x"]
    assert ready.members() == set()
    assert await ready.round_trips() == 3, "one page of members, two batches"


async def test_few_are_removed_without_looking_first(ready: World) -> None:
    people = await ready.add_users(4)
    make_members(ready, [people[0], people[3]])
    result = await remove(ready, people)
    assert (sorted(result.removed), sorted(result.absent)) == (sorted([people[0], people[3]]), sorted(people[1:3]))


async def test_removing_never_touches_the_account_itself(ready: World) -> None:
    """group-delete-members: without /$ref Graph deletes the user."""
    people = await ready.add_users(25)
    make_members(ready, people)
    await ready.forget_requests()
    await remove(ready, people)
    deletions = await ready.requests("DELETE")
    assert deletions == ["DELETE /groups/{group}/members/{member}/$ref"] * 25
    assert all(object_id in ready.tenant.users for object_id in people)


async def test_a_removal_whose_answer_was_lost_is_repeated(ready: World) -> None:
    people = await ready.add_users(3)
    make_members(ready, people)
    await ready.fault(method="POST", path=r"/\$batch", drop="after", times=1)
    result = await remove(ready, people)
    assert sorted([*result.removed, *result.absent]) == sorted(people)
    assert ready.members() == set()


async def test_throttled_removals_go_back_on_the_queue(ready: World) -> None:
    people = await ready.add_users(3)
    make_members(ready, people)
    await ready.fault(method="DELETE", path=r"/members/", status=429, headers={"Retry-After": "30"})
    with pytest.raises(TransientError) as caught:
        await remove(ready, people)
    assert caught.value.after == 30
