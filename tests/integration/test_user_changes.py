"""users/delta: everybody once, then what changed, with the service's oddities."""

from itertools import pairwise
from typing import Any

import httpx
import pytest

from provisioning.errors import Rejected
from provisioning.graph.accounts import FIELDS
from provisioning.graph.errors import GraphError
from provisioning.graph.users_delta import LinkExpired, UserChanges, read_page, user_changes
from tests.integration.conftest import World
from tests.integration.findings import settings
from tests.support import ENDPOINT, graph_over


async def round_of(world: World, link: str | None = None) -> list[UserChanges]:
    """All pages of a round; only the last one is the last."""
    pages = [page async for page in user_changes(world.graph, link)]
    assert [page.last for page in pages] == [False] * (len(pages) - 1) + [True]
    return pages


async def end_of_round(world: World) -> str:
    return (await round_of(world))[-1].link


def ids(pages: list[UserChanges]) -> list[str]:
    return [account.object_id for page in pages for account in page.accounts]


async def add_users(world: World, count: int) -> list[str]:
    answer = await world.control.post("/_local/users", json={"count": count})
    return list(answer.json()["ids"])


async def change(world: World, object_id: str, **changes: Any) -> None:
    answer = await world.control.patch(f"/_local/users/{object_id}", json=changes)
    assert answer.status_code < 300, answer.text


async def test_everybody_comes_once_and_each_page_is_one_request(world: World) -> None:
    await add_users(world, 25)
    await settings(world, deltaPageSize=10)
    await world.forget_requests()
    pages = await round_of(world)
    assert sorted(ids(pages)) == sorted(user["id"] for user in world.tenant.users)
    assert await world.requests() == ["GET /users/delta"] * len(pages)
    assert len(pages) == 3


async def test_an_account_comes_as_the_other_reads_show_it(world: World) -> None:
    mia = await world.add_user(employeeId="7", employeeHireDate="2026-12-01T00:00:00Z", accountEnabled=False)
    pages = await round_of(world)
    (account,) = [account for page in pages for account in page.accounts if account.object_id == mia]
    assert (account.employee_id, account.enabled, account.user_type) == ("7", False, "Member")
    assert account.hire_date is not None
    assert account.hire_date.isoformat() == "2026-12-01"
    assert account.created == world.clock()


async def test_what_was_never_set_is_left_out_and_that_is_no_partial_account(world: World) -> None:
    mia = await world.add_user()
    pages = await round_of(world)
    assert mia in ids(pages)
    assert [page.partial for page in pages] == [()]


async def test_the_next_round_has_what_came_changed_and_went(world: World) -> None:
    ada, mia, kai = [await world.add_user(employeeId=str(number)) for number in range(3)]
    link = await end_of_round(world)
    assert ids(await round_of(world, link)) == []
    new = await world.add_user(employeeId="9")
    await change(world, ada, accountEnabled=False)
    await change(world, mia, displayName="Mia Berg")  # not selected, so no change for us
    await world.control.delete(f"/_local/users/{kai}")
    (page,) = await round_of(world, link)
    assert {account.object_id: account.enabled for account in page.accounts} == {ada: False, new: True}
    assert page.removed == (kai,)


async def test_empty_pages_are_not_the_end(world: World) -> None:
    """msgraph-core's PageIterator stops at the first one, which here is the very first page."""
    await add_users(world, 8)
    await settings(world, deltaEmptyPages=2, deltaPageSize=4)
    pages = await round_of(world)
    assert pages[0].accounts == ()
    assert len(ids(pages)) == len(world.tenant.users.objects)


async def test_a_round_may_repeat_what_an_earlier_one_told(world: World) -> None:
    mia = await world.add_user()
    link = await end_of_round(world)
    await settings(world, deltaReplays=5)
    await change(world, mia, accountEnabled=False)
    (page,) = await round_of(world, link)
    (again,) = await round_of(world, page.link)
    assert ids([page]) == ids([again]) == [mia]


async def test_a_link_can_be_followed_twice(world: World) -> None:
    """A run that died goes on from the last link it kept, or repeats the page."""
    await add_users(world, 9)
    await settings(world, deltaPageSize=3)
    pages = await round_of(world)
    for before, after in pairwise(pages):
        assert await anext(user_changes(world.graph, before.link)) == after
    assert ids(await round_of(world, pages[0].link)) == ids(pages[1:])


@pytest.mark.pitfall("C9")
async def test_an_account_that_has_not_replicated_comes_in_a_later_round(world: World) -> None:
    """azure-powershell#6493: the first look-up of a new user finds nothing; a live probe missed one for 7.5 minutes."""
    link = await end_of_round(world)
    await settings(world, deltaLag=450)
    mia = await world.add_user()
    (page,) = await round_of(world, link)
    assert ids([page]) == []
    world.clock.advance(seconds=451)
    assert ids(await round_of(world, page.link)) == [mia]


@pytest.mark.parametrize("code", ["syncStateNotFound", "resyncRequired"])
async def test_a_link_older_than_seven_days_has_expired(world: World, code: str) -> None:
    await settings(world, deltaExpiredCode=code)
    link = await end_of_round(world)
    world.clock.advance(days=7)
    with pytest.raises(LinkExpired, match=f"410 {code}"):
        await round_of(world, link)
    assert await round_of(world)


async def test_a_mangled_link_has_expired_too(world: World) -> None:
    link = await end_of_round(world)
    with pytest.raises(LinkExpired, match="is no longer valid"):
        await round_of(world, link[:-4])


async def test_a_link_that_expires_under_way_says_so(world: World) -> None:
    await add_users(world, 4)
    await settings(world, deltaPageSize=2)
    pages = user_changes(world.graph, None)
    await anext(pages)
    world.clock.advance(days=7)
    with pytest.raises(LinkExpired):
        await anext(pages)


async def test_a_refusal_of_the_first_request_is_no_expired_link(world: World) -> None:
    body = {"error": {"code": "BadRequest", "message": "Parsing OData Select and Expand failed."}}
    await world.fault(path="/users/delta", status=400, body=body)
    with pytest.raises(GraphError):
        await round_of(world)


async def test_a_link_of_another_host_is_not_followed() -> None:
    graph = graph_over(lambda _: httpx.Response(200, json={}))
    with pytest.raises(Rejected, match="not the configured host"):
        await anext(user_changes(graph, "https://evil.example/v1.0/users/delta?$deltatoken=a"))
    await graph.close()


async def test_the_properties_are_asked_for_by_the_first_request_alone(world: World) -> None:
    await add_users(world, 4)
    await settings(world, deltaPageSize=2)
    await world.forget_requests()
    await round_of(world)
    paths = [
        entry["path"] for entry in (await world.control.get("/_local/requests")).json() if "delta" in entry["path"]
    ]
    assert f"$select={','.join(FIELDS)}" in paths[0].replace("%24", "$").replace("%2C", ",")
    assert all("select" not in path for path in paths[1:])


def test_an_account_of_which_only_some_properties_came_is_to_be_read_again() -> None:
    """As with Prefer: return=minimal; taking the rest for unset would forget an employee id."""
    items = [
        {"id": "a", "accountEnabled": False},
        {"id": "b", "employeeId": "7"},
        {"id": "c", "accountEnabled": True, "userType": "Member"},
    ]
    page = read_page({"value": items, "@odata.deltaLink": f"{ENDPOINT}/v1.0/users/delta?$deltatoken=x"})
    assert page.partial == ("a", "b")
    assert [account.object_id for account in page.accounts] == ["c"]


def test_of_a_person_who_is_on_a_page_twice_the_last_word_counts() -> None:
    whole = {"id": "a", "accountEnabled": True, "userType": "Member"}
    items = [whole, {"id": "b", "@removed": {"reason": "changed"}}, {"id": "a", "@removed": {"reason": "deleted"}}]
    page = read_page({"value": [*items, {**whole, "id": "b"}], "@odata.nextLink": f"{ENDPOINT}/v1.0/users/delta"})
    assert (page.removed, [account.object_id for account in page.accounts], page.last) == (("a",), ["b"], False)
