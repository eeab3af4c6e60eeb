"""An unexpected registration is not done: own state, unhealthy, and an admin's word ends it (case S20)."""

import json

import pytest

from provisioning.cli.main import main
from provisioning.model.ledger import EnrollmentState
from provisioning.support.health import get_health
from tests.integration.conftest import World
from tests.integration.test_registration import add_method, day, register, seen, taken_over


async def check(world: World) -> dict[str, object]:
    answer = await get_health(services=world.services)
    (found,) = [item for item in json.loads(answer.body)["checks"] if item["name"] == "registrations"]
    return dict(found)


async def test_it_is_a_state_of_its_own_until_acknowledged(ready: World) -> None:
    mia = await taken_over(ready)
    assert await ready.state_of(mia) is EnrollmentState.UNEXPECTED
    found = await check(ready)
    assert (found["healthy"], found["unexpected"]) == (False, 1)
    assert "people acknowledge" in str(found["remedy"])
    for _ in range(2):
        ready.clock.advance(minutes=5)
        assert await seen(ready, mia) is EnrollmentState.UNEXPECTED, "another look does not make it go away"
    ready.clock.advance(days=40)
    await ready.sweep()
    assert await ready.state_of(mia) is EnrollmentState.UNEXPECTED


@pytest.mark.parametrize("by", ["employee id", "object id"])
async def test_an_acknowledged_registration_is_the_persons_own(
    ready: World, capsys: pytest.CaptureFixture[str], by: str
) -> None:
    mia = await taken_over(ready)
    person = await ready.people.person(mia)
    assert person is not None
    code = await run_command(["people", "acknowledge", mia if by == "object id" else "1"])
    assert (code, "is registered" in capsys.readouterr().out) == (0, True)
    assert (await check(ready))["healthy"] is True
    ready.clock.advance(minutes=5)
    assert await seen(ready, mia) is EnrollmentState.REGISTERED


async def test_who_is_unexpected_before_the_invitation_is_not_invited(ready: World) -> None:
    """Case S2: the method made the person done, and nobody looked."""
    mia = await ready.add_user(employeeId="1", employeeHireDate=day(ready, 60))
    await ready.sweep()
    await register(ready, mia, "phone")
    assert await seen(ready, mia) is EnrollmentState.UNEXPECTED
    ready.clock.advance(days=50)
    await ready.sweep()
    assert ready.members() == set()
    assert await run_command(["people", "acknowledge", mia]) == 0
    ready.clock.advance(days=1)
    await ready.sweep()
    assert ready.members() == {mia}


async def test_a_stranger_stays_unexpected_at_the_second_look(ready: World) -> None:
    """A new account that nobody announced was forgotten with the second visit."""
    eve = await ready.add_user()
    await register(ready, eve, "phone")
    for _ in range(2):
        assert await seen(ready, eve) is EnrollmentState.UNEXPECTED
        ready.clock.advance(minutes=5)


async def test_once_the_method_is_removed_the_person_goes_on(ready: World) -> None:
    mia = await taken_over(ready)
    ready.tenant.methods[mia] = []
    ready.clock.advance(minutes=5)
    assert await seen(ready, mia) is EnrollmentState.INVITED
    assert (await check(ready))["healthy"] is True


async def test_reloads_cost_one_look(ready: World) -> None:
    """Thirty reloads made 127 Graph calls, and rows that were written against each other."""
    mia = await ready.add_user(employeeId="1")
    await ready.sweep()
    await ready.forget_requests()
    for _ in range(30):
        await ready.send_seen(mia)
    await ready.work()
    await ready.work()
    assert len(await ready.requests()) == 1


async def test_qr_code_with_pin_is_one_factor(ready: World) -> None:
    """Case E3: qrCodePinAuthenticationMethod, "this single-factor authentication method"."""
    mia = await ready.add_user(employeeId="1")
    await ready.sweep()
    add_method(ready, mia, "qrCodePinAuthenticationMethod")
    assert await seen(ready, mia) is EnrollmentState.INVITED


async def test_a_kind_that_is_unknown_does_not_count_and_is_kept_apart(ready: World) -> None:
    """Graph adds kinds of methods; none is a second factor before this product knows it."""
    mia = await ready.add_user(employeeId="1")
    await ready.sweep()
    add_method(ready, mia, "somethingNewAuthenticationMethod")
    assert await seen(ready, mia) is EnrollmentState.INVITED
    person = await ready.people.person(mia)
    assert person is not None
    assert (person.methods, person.unknown_methods) == ((), ("somethingNew",))


async def test_a_method_that_policy_switched_off_is_not_enough_however_often_the_page_is_opened(ready: World) -> None:
    """Case D7: each visit moved the time that the report is compared with."""
    mia = await ready.add_user(employeeId="1")
    await ready.sweep()
    await register(ready, mia, "phone")
    assert await seen(ready, mia) is EnrollmentState.REGISTERED
    ready.tenant.policy_book.method_states["Sms"] = "disabled"
    ready.tenant.policy_book.method_states["Voice"] = "disabled"
    for _ in range(4):
        ready.clock.advance(hours=20)
        await seen(ready, mia)
        ready.clock.advance(hours=9)
        await ready.sweep()
    assert await ready.state_of(mia) is EnrollmentState.INVITED
    assert await seen(ready, mia) is EnrollmentState.INVITED


async def run_command(arguments: list[str]) -> int:
    """Run a command of the command line beside the running loop."""
    import asyncio

    return await asyncio.to_thread(main, arguments)
