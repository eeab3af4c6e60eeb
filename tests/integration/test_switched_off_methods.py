"""A method that policy has switched off stops counting, with the registration report or without it.

Case: a phone was registered, SMS and voice were switched off, and the person stayed "ready" as long as they opened the
page every day. The people role may not read the policy; the tenant role's daily look tells it.
"""

import pytest

from provisioning.model.ledger import EnrollmentState, Person
from provisioning.tenant.watch import on_watch
from tests.integration.conftest import World
from tests.integration.test_membership_ends import next_day
from tests.integration.test_registration import register, seen

PHONE = ("Sms", "Voice")


async def switch(world: World, *names: str, state: str) -> None:
    for name in names:
        world.tenant.policy_book.method_states[name] = state
    await on_watch(services=world.services)


@pytest.fixture
async def mia(ready: World) -> str:
    """A person who registered a phone, in a tenant without a report."""
    await ready.control.patch("/_local/settings", json={"licenseP1": False})
    object_id = await ready.add_user(employeeId="1")
    await ready.sweep()
    ready.clock.advance(minutes=5)
    await register(ready, object_id, "phone")
    assert await seen(ready, object_id) is EnrollmentState.REGISTERED
    ready.clock.advance(minutes=5)
    return object_id


async def row(world: World, object_id: str) -> Person:
    person = await world.people.person(object_id)
    assert person is not None
    return person


@pytest.mark.parametrize("opens_the_page", [True, False])
async def test_a_phone_does_not_count_once_sms_and_voice_are_off(ready: World, mia: str, opens_the_page: bool) -> None:
    await switch(ready, *PHONE, state="disabled")
    if opens_the_page:
        assert await seen(ready, mia) is EnrollmentState.INVITED
    await next_day(ready, mia)
    person = await row(ready, mia)
    assert (person.state, person.methods) == (EnrollmentState.INVITED, ())
    assert "methods policy allows for nobody" in (person.reason or "")
    assert ready.members() == {mia}
    await switch(ready, "Voice", state="enabled")
    await next_day(ready, mia)
    assert (await row(ready, mia)).state is EnrollmentState.REGISTERED, "it counts again by itself"


async def test_one_way_to_use_a_phone_is_enough(ready: World, mia: str) -> None:
    await switch(ready, "Voice", state="enabled")
    await switch(ready, "Sms", state="disabled")
    assert await seen(ready, mia) is EnrollmentState.REGISTERED
    await next_day(ready, mia)
    assert (await row(ready, mia)).state is EnrollmentState.REGISTERED


async def test_another_method_is_enough(ready: World, mia: str) -> None:
    await register(ready, mia, "fido2")
    await switch(ready, *PHONE, state="disabled")
    assert await seen(ready, mia) is EnrollmentState.REGISTERED
    assert (await row(ready, mia)).methods == ("fido2",)


async def test_what_was_seen_long_ago_takes_nothing_away(ready: World, mia: str) -> None:
    await switch(ready, *PHONE, state="disabled")
    ready.clock.advance(days=4)
    assert await seen(ready, mia) is EnrollmentState.REGISTERED
