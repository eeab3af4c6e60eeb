"""Ids of an HR system's own: never taken for employee ids, and matched where Entra keeps them."""

import pytest

from provisioning.model.hires import HireEventType
from provisioning.model.ledger import EnrollmentState
from tests.integration.conftest import World
from tests.integration.test_inbox import bamboo, employee, secrets

__all__ = ["secrets"]  # sets them for every test here


async def test_an_own_id_is_never_looked_up_as_a_number(ready: World) -> None:
    """BambooHR's and Personio's ids are short: 1187 may be another person's number."""
    await ready.add_user(employeeId="1187")
    mia = await ready.add_user(employeeId="E1187")
    await bamboo(ready, [{"id": "1187", "action": "Created", "fields": []}])
    await ready.work()
    assert ready.members() == set()
    waiting = await ready.people.hire_record("~bamboohr:1187")
    assert waiting is not None
    assert waiting.state is EnrollmentState.PENDING
    assert "bamboohr sent only its own ID for the person" in (waiting.reason or "")
    assert "HR_ID_ATTRIBUTE_BAMBOOHR" in (waiting.remedy or "")
    await bamboo(ready, [employee(1187)])
    await ready.work()
    assert ready.members() == {mia}
    linked = await ready.people.hire_record("~bamboohr:1187")
    assert linked is not None
    assert (linked.known_as, linked.state) == ("E1187", EnrollmentState.MATCHED)
    await bamboo(ready, [{"id": "1187", "action": "Deleted", "fields": []}])
    await ready.work()
    assert ready.members() == {mia}, "a deletion is a hint, and the account is enabled"
    await ready.control.patch(f"/_local/users/{mia}", json={"accountEnabled": False})
    await bamboo(ready, [{"id": "1187", "action": "Deleted", "fields": {}, "timestamp": "2026-11-23T00:00:00Z"}])
    await ready.work()
    assert ready.members() == set(), "the link leads from BambooHR's id to the number"


async def test_an_id_that_cannot_stand_in_entra_is_said_at_once_and_not_looked_up(ready: World) -> None:
    """learn.microsoft.com, user resource: employeeId holds 16 characters."""
    await ready.forget_requests()
    guid = "bcfc9744-0ab3-4ef3-ab0d-e728255d659c"
    await ready.send_hire("", source="finch", vendor_id=guid)
    await ready.send_hire("12345678901234567")
    await ready.work()
    for reference, said in ((f"~finch:{guid}", "its 36 characters do not fit"), ("12345678901234567", "17 characters")):
        row = await ready.people.hire_record(reference)
        assert row is not None
        assert row.state is EnrollmentState.PARKED
        assert said in (row.reason or "")
    assert not [line for line in await ready.requests("GET") if "users" in line]
    ready.clock.advance(days=2)
    await ready.sweep()
    row = await ready.people.hire_record(f"~finch:{guid}")
    assert row is not None
    assert row.state is EnrollmentState.PARKED


async def test_an_own_id_is_matched_where_entra_keeps_it(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    guid = "bcfc9744-0ab3-4ef3-ab0d-e728255d659c"
    mia = await ready.add_user(onPremisesExtensionAttributes={"extensionAttribute7": guid.upper()})
    tom = await ready.add_user(employeeId="84711")
    await ready.send_hire("", source="finch", vendor_id=guid)
    await ready.work()
    assert ready.members() == set()
    monkeypatch.setenv("HR_ID_ATTRIBUTE_FINCH", "extensionAttribute7")
    monkeypatch.setenv("HR_ID_ATTRIBUTE_HIBOB", "employeeId")
    ready.clock.advance(days=1, minutes=1)
    await ready.sweep()
    await ready.send_hire("", source="hibob", vendor_id="84711")
    await ready.work()
    assert ready.members() == {mia, tom}
    ready.clock.advance(minutes=1)
    await ready.send_hire("", source="finch", vendor_id=guid, kind=HireEventType.TERMINATED)
    await ready.work()
    assert ready.members() == {tom}, "the admin vouches for the property, so the source's word counts"
