"""Who opened the page, and what they registered."""

from datetime import timedelta

import pytest

from provisioning.model.hires import HireEventType
from provisioning.model.ledger import EnrollmentState
from tests.integration.conftest import World


def day(world: World, ahead: int) -> str:
    """A first day, as Graph has it."""
    return (world.clock() + timedelta(days=ahead)).strftime("%Y-%m-%dT00:00:00Z")


async def register(world: World, object_id: str, method: str) -> None:
    answer = await world.control.post("/_local/registrations", json={"userId": object_id, "method": method})
    assert answer.status_code < 300, answer.text


async def seen(world: World, object_id: str) -> EnrollmentState:
    await world.send_seen(object_id)
    await world.work()
    person = await world.people.person(object_id)
    assert person is not None
    return person.state


async def taken_over(world: World) -> str:
    """A new hire in whose place a method was registered before the invitation."""
    mia = await world.add_user(employeeId="1")
    await register(world, mia, "phone")
    world.clock.advance(hours=2)
    await world.sweep()
    await seen(world, mia)
    return mia


def add_method(world: World, object_id: str, kind: str) -> None:
    created = world.clock().strftime("%Y-%m-%dT%H:%M:%SZ")
    world.tenant.methods.setdefault(object_id, []).append(
        {"@odata.type": f"#microsoft.graph.{kind}", "id": "m-1", "createdDateTime": created}
    )


@pytest.mark.parametrize("method", ["fido2", "microsoftAuthenticator", "phone"])
async def test_a_second_factor_means_registered(ready: World, method: str) -> None:
    mia = await ready.add_user(employeeId="1")
    await ready.sweep()
    await register(ready, mia, method)
    assert await seen(ready, mia) is EnrollmentState.REGISTERED
    person = await ready.people.person(mia)
    assert person is not None
    assert person.methods == (method,)
    assert person.registered_at == ready.clock().replace(microsecond=0), "as Graph dates it"
    assert person.unexpected is None
    assert person.phone_only is (method == "phone")


async def test_a_password_and_a_temporary_access_pass_do_not(ready: World) -> None:
    mia = await ready.add_user(employeeId="1")
    await ready.sweep()
    answer = await ready.control.post(f"/_local/users/{mia}/temporary-access-pass", json={})
    assert answer.status_code < 300, answer.text
    assert await seen(ready, mia) is EnrollmentState.INVITED


async def test_a_method_that_an_admin_removed_is_asked_for_again(ready: World) -> None:
    mia = await ready.add_user(employeeId="1")
    await ready.sweep()
    await register(ready, mia, "fido2")
    await seen(ready, mia)
    ready.tenant.methods[mia] = [item for item in ready.tenant.methods[mia] if "fido2" not in item["@odata.type"]]
    ready.clock.advance(minutes=1)
    assert await seen(ready, mia) is EnrollmentState.INVITED


async def test_a_visitor_nobody_announced_is_shown_to_the_admin(ready: World) -> None:
    visitor = await ready.add_user(createdDateTime="2020-01-01T00:00:00Z")
    assert await seen(ready, visitor) is EnrollmentState.PARKED
    person = await ready.people.person(visitor)
    assert person is not None
    assert "without an invitation" in (person.reason or "")


async def test_registering_does_not_bring_back_who_left(ready: World) -> None:
    mia = await ready.add_user(employeeId="1")
    await ready.send_hire("1")
    await ready.work()
    ready.clock.advance(minutes=1)
    await ready.send_hire("1", kind=HireEventType.CANCELLED)
    await ready.work()
    await register(ready, mia, "fido2")
    assert await seen(ready, mia) is EnrollmentState.LEFT


async def test_an_account_that_is_gone_is_no_failure(ready: World) -> None:
    await ready.send_seen("00000000-0000-4000-8000-000000000001")
    await ready.work()
    assert await ready.people.person("00000000-0000-4000-8000-000000000001") is None
    assert await ready.waiting_messages("seen") == 0


async def test_a_registered_person_is_not_parked_when_the_account_grows_old(
    ready: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEMBERSHIP_DAYS_AFTER_REGISTRATION", "0")
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
    assert person.state is EnrollmentState.REGISTERED


async def test_a_method_from_before_the_invitation_is_flagged(ready: World, caplog: pytest.LogCaptureFixture) -> None:
    """An attacker who has a first password can register in the new hire's place."""
    mia = await ready.add_user(employeeId="1")
    await register(ready, mia, "phone")
    ready.clock.advance(hours=2)
    await ready.sweep()
    assert await seen(ready, mia) is EnrollmentState.UNEXPECTED
    person = await ready.people.person(mia)
    assert person is not None
    assert "before the invitation" in (person.unexpected or "")
    assert f'{{"event": "unexpected_registration", "object": "{mia}"}}' in caplog.text


async def test_a_method_of_a_person_who_still_waits_is_flagged(ready: World) -> None:
    mia = await ready.add_user(employeeId="1", employeeHireDate=day(ready, 60))
    await ready.sweep()
    await register(ready, mia, "phone")
    await seen(ready, mia)
    person = await ready.people.person(mia)
    assert person is not None
    assert "before the person was invited" in (person.unexpected or "")


async def test_a_new_account_nobody_announced_is_flagged_and_an_old_one_is_not(ready: World) -> None:
    young, old = await ready.add_user(), await ready.add_user(createdDateTime="2020-01-01T00:00:00Z")
    for visitor in (young, old):
        await register(ready, visitor, "phone")
        await seen(ready, visitor)
    assert [(await ready.people.persons([who]))[who].unexpected is not None for who in (young, old)] == [True, False]
