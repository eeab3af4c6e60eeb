"""Once a day: who registered without our page, who must register again, and who looks suspicious."""

from datetime import timedelta

import pytest

from local import identities
from provisioning.model.ledger import EnrollmentState, Person
from tests.integration.conftest import World
from tests.integration.test_registration import register, seen


async def next_day(world: World) -> Person:
    """Let a day and the report's lag go by, sweep, and return the one person of the ledger."""
    world.clock.advance(days=1, hours=5)
    await world.sweep()
    (person,) = [person async for person in world.people.all_people()]
    return person


@pytest.fixture
async def mia(ready: World) -> str:
    """A person who was invited."""
    object_id = await ready.add_user(employeeId="1")
    await ready.sweep()
    return object_id


async def test_who_registers_without_opening_the_page_is_found_and_dated(ready: World, mia: str) -> None:
    registered_at = ready.clock().replace(microsecond=0)
    await register(ready, mia, "fido2")
    person = await next_day(ready)
    assert (person.state, person.methods) == (EnrollmentState.REGISTERED, ("fido2",))
    assert person.registered_at == registered_at


@pytest.mark.pitfall("D3")
async def test_a_report_that_does_not_know_yet_changes_nothing(ready: World, mia: str) -> None:
    """microsoft-graph-docs#16867: it lags, and a person who has just registered must not be told otherwise."""
    ready.clock.advance(days=1)
    await register(ready, mia, "fido2")
    assert await seen(ready, mia) is EnrollmentState.REGISTERED
    ready.clock.advance(hours=1)
    await ready.sweep()
    assert (await ready.people.persons([mia]))[mia].state is EnrollmentState.REGISTERED


@pytest.mark.pitfall("D1")
async def test_who_is_not_in_the_report_is_not_unregistered(ready: World, mia: str) -> None:
    """entra-docs#878: people whose account is disabled are missing."""
    await register(ready, mia, "fido2")
    await seen(ready, mia)
    await ready.control.patch("/_local/settings", json={"reportShowsDisabled": False})
    await ready.control.patch(f"/_local/users/{mia}", json={"accountEnabled": False})
    person = await next_day(ready)
    assert (person.methods, person.registered_at is not None) == (("fido2",), True)
    assert (person.state, person.reason) == (EnrollmentState.PARKED, "The account is disabled.")


@pytest.mark.pitfall("D8")
async def test_a_method_that_does_not_count_any_more_is_not_enough(ready: World, mia: str) -> None:
    """MicrosoftDocs/azure-docs#109068: the methods still list it, and the person is asked again."""
    await register(ready, mia, "fido2")
    await seen(ready, mia)
    ready.tenant.policy_book.method_states["Fido2"] = "disabled"
    person = await next_day(ready)
    assert (person.state, person.registered_at) == (EnrollmentState.INVITED, None)
    assert "register again" in (person.reason or "")
    assert await seen(ready, mia) is EnrollmentState.INVITED, "the old method is still listed, and still void"
    ready.clock.advance(minutes=5)
    await register(ready, mia, "microsoftAuthenticator")
    assert await seen(ready, mia) is EnrollmentState.REGISTERED


@pytest.mark.pitfall("D6")
async def test_a_refusal_that_passes_by_itself_is_not_believed(ready: World, mia: str) -> None:
    """microsoft-graph-docs#11986: 403 now and then, although there is a license."""
    await register(ready, mia, "fido2")
    body = {"error": {"code": "Authentication_RequestFromNonPremiumTenantOrB2CTenant", "message": "x"}}
    await ready.fault(method="GET", path="userRegistrationDetails", status=403, body=body, times=2)
    assert (await next_day(ready)).state is EnrollmentState.REGISTERED
    assert (await ready.people.last_sweep() or {})["report"] == "read"


@pytest.mark.parametrize("lacking", ["license", "permission"])
async def test_without_a_report_the_methods_are_asked_one_by_one(ready: World, mia: str, lacking: str) -> None:
    if lacking == "license":
        await ready.control.patch("/_local/settings", json={"licenseP1": False})
    else:
        roles = [role for role in identities.PEOPLE.roles if role != "AuditLog.Read.All"]
        await ready.control.put("/_local/roles", json={identities.PEOPLE.client_id: roles})
    await register(ready, mia, "phone")
    person = await next_day(ready)
    assert (person.state, person.phone_only) == (EnrollmentState.REGISTERED, True)
    assert (await ready.people.last_sweep() or {})["report"] == "none"


async def test_who_registers_before_the_invitation_is_flagged_and_counted(ready: World) -> None:
    first_day = (ready.clock() + timedelta(days=60)).strftime("%Y-%m-%dT00:00:00Z")
    eve = await ready.add_user(employeeId="1", employeeHireDate=first_day)
    await ready.sweep()
    await register(ready, eve, "phone")
    person = await next_day(ready)
    assert "before the person was invited" in (person.unexpected or "")
    assert (await ready.people.last_sweep() or {})["unexpected"] == 1


async def test_a_second_sweep_of_a_day_reconciles_nothing(ready: World, mia: str) -> None:
    await next_day(ready)
    await ready.forget_requests()
    await ready.sweep()
    assert await ready.requests() == ["GET /users/delta"]
