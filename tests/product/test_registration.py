"""Who opened the page, and what they registered."""

import pytest

from provisioning.people.events import Kind
from provisioning.store.people import State
from tests.product.conftest import World


async def register(world: World, object_id: str, method: str) -> None:
    answer = await world.control.post("/_local/registrations", json={"userId": object_id, "method": method})
    assert answer.status_code < 300, answer.text


async def seen(world: World, object_id: str) -> State:
    await world.send_seen(object_id)
    await world.work()
    person = await world.people.person(object_id)
    assert person is not None
    return person.state


@pytest.mark.parametrize("method", ["fido2", "microsoftAuthenticator", "phone"])
async def test_a_second_factor_means_registered(ready: World, method: str) -> None:
    mia = await ready.add_user(employeeId="1")
    await ready.sweep()
    await register(ready, mia, method)
    assert await seen(ready, mia) is State.REGISTERED
    person = await ready.people.person(mia)
    assert person is not None
    assert person.methods == (method,)
    assert person.registered_at == ready.clock()


async def test_a_password_and_a_temporary_access_pass_do_not(ready: World) -> None:
    mia = await ready.add_user(employeeId="1")
    await ready.sweep()
    answer = await ready.control.post(f"/_local/users/{mia}/temporary-access-pass", json={})
    assert answer.status_code < 300, answer.text
    assert await seen(ready, mia) is State.INVITED


async def test_a_method_that_an_admin_removed_is_asked_for_again(ready: World) -> None:
    mia = await ready.add_user(employeeId="1")
    await ready.sweep()
    await register(ready, mia, "fido2")
    await seen(ready, mia)
    ready.tenant.methods[mia] = [item for item in ready.tenant.methods[mia] if "fido2" not in item["@odata.type"]]
    assert await seen(ready, mia) is State.INVITED


async def test_a_visitor_nobody_announced_is_shown_to_the_admin(ready: World) -> None:
    visitor = await ready.add_user(createdDateTime="2020-01-01T00:00:00Z")
    assert await seen(ready, visitor) is State.PARKED
    person = await ready.people.person(visitor)
    assert person is not None
    assert "without having been invited" in (person.reason or "")


async def test_registering_does_not_bring_back_who_left(ready: World) -> None:
    mia = await ready.add_user(employeeId="1")
    await ready.send_hire("1")
    await ready.work()
    ready.clock.advance(minutes=1)
    await ready.send_hire("1", kind=Kind.CANCELLED)
    await ready.work()
    await register(ready, mia, "fido2")
    assert await seen(ready, mia) is State.LEFT


async def test_an_account_that_is_gone_is_no_failure(ready: World) -> None:
    await ready.send_seen("00000000-0000-4000-8000-000000000001")
    await ready.work()
    assert await ready.people.person("00000000-0000-4000-8000-000000000001") is None
    assert await ready.waiting_messages("seen") == 0


async def test_a_registered_person_is_not_parked_when_the_account_grows_old(ready: World) -> None:
    mia = await ready.add_user(employeeId="1")
    await ready.send_hire("1", event_id="e-1")
    await ready.work()
    await register(ready, mia, "fido2")
    await seen(ready, mia)
    ready.clock.advance(days=90)
    await ready.send_hire("1", event_id="e-2", occurred_at=ready.clock())
    await ready.work()
    await ready.sweep()
    person = await ready.people.person(mia)
    assert person is not None
    assert person.state is State.REGISTERED
