"""Second factors of many: the methods themselves, and the report with its lag, its gaps and its price."""

from datetime import timedelta
from typing import Any

import pytest

from local import identities
from provisioning.errors import TransientError
from provisioning.graph.errors import GraphError
from provisioning.graph.registration_report import (
    Registration,
    ReportUnavailable,
    read_registration,
    registration_report,
)
from provisioning.graph.sign_in_methods import Method, method_kinds, methods_of_many, read_methods, registered_methods
from tests.integration.conftest import World
from tests.integration.findings import settings
from tests.integration.test_registration import register

PEOPLE_ROLES = ["User.Read.All", "UserAuthenticationMethod.Read.All"]
NO_LICENSE = {
    "status": 403,
    "body": {
        "error": {
            "code": "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
            "message": "Neither tenant is B2C or tenant doesn't have premium license",
        }
    },
}


async def grant(world: World, *roles: str) -> None:
    answer = await world.control.put("/_local/roles", json={identities.PEOPLE.client_id: [*PEOPLE_ROLES, *roles]})
    assert answer.status_code < 300, answer.text


@pytest.fixture
async def reader(world: World) -> World:
    """A tenant whose people identity may read the report."""
    await grant(world, "AuditLog.Read.All")
    return world


async def report(world: World) -> dict[str, Registration]:
    return {row.object_id: row async for page in registration_report(world.graph) for row in page}


async def test_methods_come_with_the_time_they_were_registered(world: World) -> None:
    (mia,) = await world.add_users(1)
    await register(world, mia, "phone")
    first = world.clock()
    world.clock.advance(hours=1)
    await register(world, mia, "fido2")
    methods, _ = await registered_methods(world.graph, mia)
    assert methods == (Method("fido2", world.clock()), Method("phone", first))
    assert method_kinds(methods) == ("fido2", "phone")


async def test_many_are_asked_for_twenty_a_round_trip(world: World) -> None:
    people = await world.add_users(45)
    for object_id in people[::2]:
        await register(world, object_id, "fido2")
    await world.control.delete(f"/_local/users/{people[1]}")
    await world.forget_requests()
    found = await methods_of_many(world.graph, [*people, people[0], "mia@example.com"])
    assert list(found) == [*people, "mia@example.com"]
    assert [name for name, methods in found.items() if methods] == people[::2]
    assert [name for name, methods in found.items() if methods is None] == [people[1], "mia@example.com"]
    assert await world.round_trips() == 3


async def test_throttled_people_among_many_are_asked_for_again(world: World) -> None:
    people = await world.add_users(20)
    for object_id in people:
        await register(world, object_id, "fido2")
    await world.fault(path="/authentication/methods", preset="throttled", times=3)
    assert all((await methods_of_many(world.graph, people)).values())
    assert world.sleeps.asked == [2.128]


@pytest.mark.pitfall("J6")
async def test_a_long_throttle_of_many_goes_back_to_the_caller(world: World) -> None:
    """msgraph-sdk-python#54."""
    people = await world.add_users(30)
    await world.fault(path="/authentication/methods", status=429, headers={"Retry-After": "33"})
    with pytest.raises(TransientError) as caught:
        await methods_of_many(world.graph, people)
    assert caught.value.after == 33


async def test_methods_that_may_not_be_read_are_no_missing_people(world: World) -> None:
    answer = await world.control.put("/_local/roles", json={identities.PEOPLE.client_id: ["User.Read.All"]})
    assert answer.status_code < 300
    with pytest.raises(GraphError, match="403 accessDenied"):
        await methods_of_many(world.graph, await world.add_users(2))


async def test_the_report_names_methods_as_the_methods_do(reader: World) -> None:
    registered = ["fido2", "microsoftAuthenticator", "phone", "softwareOath", "windowsHelloForBusiness", "email"]
    people = await reader.add_users(len(registered))
    for object_id, method in zip(people, registered, strict=True):
        await register(reader, object_id, method)
    reader.clock.advance(hours=4)
    rows = await report(reader)
    for object_id, methods in (await methods_of_many(reader.graph, people)).items():
        assert methods is not None
        assert rows[object_id].methods == method_kinds(methods)
        assert rows[object_id].registered == bool(methods)
    assert rows[identities.ADMINISTRATOR_USER_ID].administrator


@pytest.mark.pitfall("D3")
async def test_the_report_says_how_old_it_is(reader: World) -> None:
    """microsoft-graph-docs#16867: a person registered and the report still says no."""
    (mia,) = await reader.add_users(1)
    reader.clock.advance(hours=5)
    await register(reader, mia, "fido2")
    row = (await report(reader))[mia]
    assert (row.registered, row.as_of) == (False, reader.clock() - timedelta(hours=4))
    reader.clock.advance(hours=5)
    assert (await report(reader))[mia].registered


@pytest.mark.pitfall("D1")
async def test_a_disabled_account_may_be_missing_and_is_not_unregistered(reader: World) -> None:
    """MicrosoftDocs/entra-docs#878."""
    (mia,) = await reader.add_users(1)
    reader.clock.advance(hours=5)
    await reader.control.patch(f"/_local/users/{mia}", json={"accountEnabled": False})
    await settings(reader, reportShowsDisabled=False)
    assert mia not in await report(reader)


async def test_a_report_of_many_pages_keeps_to_five_in_ten_seconds(reader: World) -> None:
    """The stand-in answers a sixth with 429 and ten seconds, which is longer than the client sleeps."""
    await reader.control.post("/_local/users", json={"count": 7500})
    reader.clock.advance(hours=5)
    await reader.forget_requests()
    pages = [page async for page in registration_report(reader.graph)]
    assert sum(len(page) for page in pages) == len(reader.tenant.users)
    assert len(await reader.requests("GET")) == len(pages) == 8
    assert sum(reader.sleeps.asked) <= 10


@pytest.mark.parametrize("text", ["old", "new"])
async def test_without_a_license_the_report_is_unavailable(reader: World, text: str) -> None:
    await settings(reader, licenseP1=False, licenseP2=False, reportLicenseText=text)
    with pytest.raises(ReportUnavailable, match="needs Microsoft Entra ID P1 or P2") as caught:
        await report(reader)
    assert caught.value.lacks == "license"


@pytest.mark.pitfall("D6")
async def test_a_license_that_is_denied_now_and_then_is_not_believed(reader: World) -> None:
    """microsoft-graph-docs#11986, #11818: intermittent 403 in tenants that have the license."""
    await reader.fault(path="/reports/", times=2, **NO_LICENSE)
    assert await report(reader)
    assert reader.sleeps.asked == [0.5, 1.0]


async def test_without_the_permission_the_report_is_unavailable_at_once(world: World) -> None:
    await grant(world)
    with pytest.raises(ReportUnavailable, match=r"Grant the application permission AuditLog\.Read\.All") as caught:
        await report(world)
    assert (caught.value.lacks, world.sleeps.asked) == ("permission", [])


@pytest.mark.pitfall("D8")
def test_registered_is_not_the_same_as_capable() -> None:
    """MicrosoftDocs/azure-docs#109068: after an admin demanded it, a person with methods must register again."""
    row = read_registration({"id": "a", "isMfaRegistered": True, "isMfaCapable": False, "methodsRegistered": ["email"]})
    assert row == Registration("a", registered=True, capable=False, methods=(), administrator=None, as_of=None)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("mobilePhone", ("phone",)),
        ("officePhone", ("phone",)),
        ("hardwareOneTimePasscode", ("hardwareOath",)),
        ("passKeyDeviceBound", ("fido2",)),
        ("somethingNew", ()),
        ("securityQuestion", ()),
        ("temporaryAccessPass", ()),
        ("qrCodePin", ()),
        ("passKeySynced", ("fido2",)),
    ],
)
def test_report_names(name: str, kind: tuple[str, ...]) -> None:
    assert read_registration({"id": "a", "methodsRegistered": [name]}).methods == kind


@pytest.mark.parametrize(
    "item", [{}, {"@odata.type": "#microsoft.graph.passwordAuthenticationMethod"}, {"createdDateTime": None}]
)
def test_what_is_no_second_factor_is_none(item: dict[str, Any]) -> None:
    assert read_methods([item]) == ()


def test_a_method_without_a_date_sorts_first() -> None:
    kind = {"@odata.type": "#microsoft.graph.fido2AuthenticationMethod"}
    methods = read_methods([{**kind, "createdDateTime": "2026-11-25T09:00:00Z"}, {**kind, "createdDateTime": None}])
    assert [method.created is None for method in methods] == [True, False]
