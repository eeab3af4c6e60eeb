"""Hires that only a work address leads to: sealed on the way, matched exactly, and never a stranger's."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from provisioning.address_encryption import AddressOpener, AddressSealer, new_key_pair
from provisioning.http import Request, Response
from provisioning.model.hires import HireEvent, HireEventType
from provisioning.model.ledger import EnrollmentState, HireRecord
from provisioning.model.messages import HireMessage
from provisioning.store.queues import send
from provisioning.webhooks.webhook import receive
from tests.integration.conftest import World

(OLD_PUBLIC_KEY, OLD_KEY), (PUBLIC_KEY, KEY) = new_key_pair(), new_key_pair()
ADDRESS = "mia.berg@example.com"
ALONE = AddressOpener([KEY]).references(ADDRESS)[0]


@pytest.fixture
def keyed(ready: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A deployment that uses addresses."""
    monkeypatch.setenv("HR_ADDRESS_PUBLIC_KEY", PUBLIC_KEY)
    monkeypatch.setenv("HR_ADDRESS_PRIVATE_KEYS", KEY)
    return ready


async def tell(
    world: World, address: str = ADDRESS, *, employee_id: str | None = None, key: str = PUBLIC_KEY, **changes: Any
) -> None:
    """Put an event on the queue as the webhook does, and let it be worked on."""
    values: dict[str, Any] = {"kind": HireEventType.HIRE, "start_date": None, "occurred_at": world.clock(), **changes}
    values |= {"employee_id": employee_id or "", "sealed": AddressSealer(key).seal(address)}
    event = HireEvent("standard-webhooks", f"{values['occurred_at']}", **values)
    message = HireMessage.of(event, tenant_id=UUID(world.tenant_id))
    await send(world.services.storage, "hires", message)
    await world.work()


async def announced(world: World, employee_id: str = ALONE) -> HireRecord:
    """The row."""
    row = await world.people.hire_record(employee_id)
    assert row is not None
    return row


async def post_okta(world: World, monkeypatch: pytest.MonkeyPatch) -> Response:
    """An event hook that names its person by login alone."""
    monkeypatch.setenv("HR_SECRET_OKTA", "s3cret-of-okta")
    event = {
        "uuid": "e-1",
        "published": world.clock().isoformat(),
        "eventType": "user.lifecycle.create",
        "target": [{"type": "User", "alternateId": ADDRESS, "id": "00u1"}],
    }
    body = json.dumps({"eventType": "com.okta.event_hook", "data": {"events": [event]}}).encode()
    headers = {"content-type": "application/json", "authorization": "s3cret-of-okta"}
    return await receive(Request(headers, body, {"source": "okta"}, method="POST"), services=world.services)


@pytest.mark.parametrize("field", ["userPrincipalName", "mail"])
async def test_a_delivery_with_a_login_alone_leads_to_its_account(
    keyed: World, field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mia = await keyed.add_user(**{field: ADDRESS.upper()})
    answer = await post_okta(keyed, monkeypatch)
    assert answer.status == 200, answer.body
    (message,) = await keyed.services.storage.queue("hires").peek_messages()
    assert ADDRESS not in message.content
    await keyed.work()
    assert keyed.members() == {mia}
    assert "berg" not in str(await announced(keyed))


async def test_without_a_key_an_address_alone_is_refused_and_with_an_id_it_is_dropped(
    ready: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = await post_okta(ready, monkeypatch)
    assert answer.status == 400
    assert b"HR_ADDRESS_PUBLIC_KEY" in answer.body
    assert await ready.waiting_messages("hires") == 0


async def test_a_key_that_is_none_says_how_to_make_one(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from provisioning.errors import ConfigurationError

    monkeypatch.setenv("HR_ADDRESS_PUBLIC_KEY", "not a key")
    with pytest.raises(ConfigurationError, match=r"HR_ADDRESS_PUBLIC_KEY is not a public key.*sources keys"):
        await post_okta(ready, monkeypatch)


async def test_the_employee_id_counts_before_the_address(keyed: World) -> None:
    mia = await keyed.add_user(employeeId="1187")
    await keyed.add_user(userPrincipalName=ADDRESS)
    await tell(keyed, employee_id="1187")
    assert keyed.members() == {mia}


async def test_an_address_leads_where_no_account_has_the_employee_id(keyed: World) -> None:
    mia = await keyed.add_user(userPrincipalName=ADDRESS)
    await tell(keyed, employee_id="1187")
    assert keyed.members() == {mia}


async def test_an_account_with_another_employee_id_is_another_person(keyed: World) -> None:
    await keyed.add_user(userPrincipalName=ADDRESS, employeeId="9")
    await tell(keyed, employee_id="1187")
    assert keyed.members() == set()
    assert (await announced(keyed, "1187")).state is EnrollmentState.PENDING


async def test_two_accounts_with_one_address_are_parked(keyed: World) -> None:
    await keyed.add_user(userPrincipalName=ADDRESS)
    await keyed.add_user(mail=ADDRESS)
    await tell(keyed)
    assert keyed.members() == set()
    assert (await announced(keyed)).state is EnrollmentState.PARKED


@pytest.mark.pitfall("C4")
@pytest.mark.parametrize("address", ["mia.berg@elsewhere.example", "sean.o'brien@example.com", "mia.ber@example.com"])
async def test_an_address_matches_only_itself_and_only_in_the_tenants_own_domains(keyed: World, address: str) -> None:
    """terraform-provider-azuread#639: a quote in an address broke the filter."""
    await keyed.add_user(userPrincipalName=ADDRESS, mail="mia.berg@elsewhere.example")
    own = await keyed.add_user(userPrincipalName="sean.o'brien@example.com")
    await tell(keyed, address)
    assert keyed.members() == ({own} if "brien" in address else set())


async def test_a_key_can_be_replaced_and_one_that_is_gone_loses_nobody(
    keyed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await tell(keyed, employee_id="1187", key=OLD_PUBLIC_KEY)
    mia = await keyed.add_user(userPrincipalName=ADDRESS)
    keyed.clock.advance(minutes=16)
    await keyed.sweep()
    assert keyed.members() == set()
    monkeypatch.setenv("HR_ADDRESS_PRIVATE_KEYS", f"{KEY}, {OLD_KEY}")
    keyed.clock.advance(days=1)
    await keyed.sweep()
    assert keyed.members() == {mia}


async def test_what_was_said_of_an_address_holds_in_every_sweep(keyed: World) -> None:
    """The account itself knows neither the first day nor an employee id."""
    mia = await keyed.add_user(userPrincipalName=ADDRESS)
    await tell(keyed, start_date=keyed.clock().date() + timedelta(days=60))
    for _ in range(3):
        keyed.clock.advance(days=1, minutes=1)
        await keyed.sweep()
        assert keyed.members() == set(), "too early"
    await tell(keyed, kind=HireEventType.CANCELLED)
    keyed.clock.advance(days=60)
    await keyed.sweep()
    assert keyed.members() == set()
    person = await keyed.people.person(mia)
    assert person is not None
    assert person.state is EnrollmentState.LEFT


async def test_who_is_pending_by_address_is_found_by_the_sweep(keyed: World) -> None:
    await tell(keyed)
    assert (await announced(keyed)).state is EnrollmentState.PENDING
    mia = await keyed.add_user(userPrincipalName=ADDRESS)
    keyed.clock.advance(minutes=16)
    await keyed.sweep()
    assert keyed.members() == {mia}
    assert (await announced(keyed)).state is EnrollmentState.MATCHED
